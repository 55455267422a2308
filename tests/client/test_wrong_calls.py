"""What a program hands to the client by mistake is refused before anything is sent, with the right call."""

from typing import Any

import pytest

from contracts.projects.commands import CreateProject
from contracts.projects.queries import ListProjects
from incidents import Client, connect, uuid7
from tests.client.conftest import Bus, Peer


@pytest.fixture
async def client(bus: Bus) -> Any:
    """A client of a bus that somebody answers on."""
    async with connect(bus.url, bus.credentials("alice")) as connected:
        yield connected


@pytest.mark.parametrize("call", ["send", "submit"])
@pytest.mark.parametrize(
    "message, words",
    [
        (ListProjects(), r"ListProjects is a query: use client\.ask\(\)"),
        (CreateProject, r"not the class CreateProject: use CreateProject\(\.\.\.\)"),
        ({"project_id": "12"}, r"expected a command such as CreateProject\(\.\.\.\), not dict"),
        (None, r"expected a command such as CreateProject\(\.\.\.\), not NoneType"),
    ],
)
async def test_only_commands_are_sent(client: Client, peer: Peer, call: str, message: Any, words: str) -> None:
    """A query, a class and a dictionary are no commands."""
    with pytest.raises(TypeError, match=words):
        await getattr(client, call)(message)
    assert peer.commands == []


@pytest.mark.parametrize(
    "message, words",
    [
        (CreateProject(project_id=uuid7()), r"CreateProject is a command: use client\.send\(\)"),
        (ListProjects, r"not the class ListProjects: use ListProjects\(\.\.\.\)"),
        ("projects.list", r"expected a query such as ListProjects\(\.\.\.\), not str"),
    ],
)
async def test_only_queries_are_asked(client: Client, message: Any, words: str) -> None:
    """A command, a class and a subject are no queries."""
    with pytest.raises(TypeError, match=words):
        await client.ask(message)


async def test_the_id_of_a_command_is_a_uuid(client: Client, peer: Peer) -> None:
    """Under the text of an id no outcome would be recognised, and the caller would wait for nothing."""
    wrong: Any = str(uuid7())
    with pytest.raises(TypeError, match=r"command_id must be a UUID, not str: use uuid\.UUID\(\.\.\.\)"):
        await client.send(CreateProject(project_id=uuid7()), command_id=wrong)
    assert peer.commands == []
