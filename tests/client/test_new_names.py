"""Names of new definitions: what later commands could not tell apart is refused, unless it is forced."""

import json
from typing import Any

import pytest

from tests.client.conftest import Peer
from tests.client.test_commands import PROPERTIES, RunLine, run_line

__all__ = ["run_line"]
ROLES = {"roles": [{"role_id": "guards", "name": "Gate", "permissions": {}, "members": []}]}
ID = "0190a000-0000-7000-8000-000000000077"
TYPES = [{"id": 1, "name": "Injury", "description": ""}, {"id": 2, "name": "Theft", "description": ""}]
EVENT: dict[str, Any] = {"id": 9, "slot": 1, "kind": "text", "role_id": "doors", "permissions": {}, "enabled": True}


@pytest.fixture(autouse=True)
def defined(peer: Peer, run_line: RunLine) -> None:
    """Define something of every kind."""
    peer.answers["administration.properties"] = json.dumps({**PROPERTIES, "types": TYPES}).encode()
    peer.answers["administration.roles"] = json.dumps(ROLES).encode()
    peer.result = EVENT


@pytest.mark.parametrize(
    "line",
    [
        ("types", "add", "injury "),
        ("types", "rename", "Theft", "INJURY"),
        ("types", "add", "Inj\u200bury"),
        ("statuses", "add", "In\u2060 prog\u00adress"),
        ("types", "add", "2"),
        ("statuses", "add", "IN  PROGRESS"),
        ("statuses", "add", "Ín progress"),
        ("categories", "define", "2", "reason"),
        ("categories", "define", "2", "Damaged?"),
        ("categories", "add", "Reason", "trapped"),
        ("fields", "define", "text_1", "damaged?"),
        ("fields", "define", "text_1", "Reason"),
        ("roles", "define", "doors", "--name", "gate"),
        ("roles", "define", "doors", "--name", "guards"),
    ],
    ids=" ".join,
)
async def test_a_name_in_use_is_refused_unless_forced(peer: Peer, run_line: RunLine, line: tuple[str, ...]) -> None:
    """Case, accents and spaces aside, a name is of one definition; --force makes another one with it."""
    ended = await run_line(*line, "--json")
    assert ended.status == 2
    assert peer.commands == []
    assert [query.subject for query in peer.queries if query.subject.endswith(".outcome")] == []
    assert "--force" in ended.json["error"]["message"]
    assert "est déjà pris" in " ".join((await run_line(*line, "--lang", "fr")).err.split())
    await run_line(*line, "--force")
    assert len(peer.commands) == 1


@pytest.mark.parametrize(
    "line",
    [
        ("types", "add", "Fire"),
        ("types", "rename", "Theft", "THEFT"),
        ("categories", "define", "1", "reason"),
        ("categories", "rename", "Reason", "Trapped", "trapped"),
        ("fields", "define", "checkbox_1", "Damaged"),
        ("roles", "define", "guards", "--name", "gate"),
    ],
    ids=" ".join,
)
async def test_a_new_name_and_ones_own_are_taken(peer: Peer, run_line: RunLine, line: tuple[str, ...]) -> None:
    """Nobody is asked about a name that only the defined thing itself has."""
    await run_line(*line)
    assert len(peer.commands) == 1


async def test_a_repeated_command_finds_its_own_name(peer: Peer, run_line: RunLine) -> None:
    """The same line with the same id is sent again, though the name is in use by what it made."""
    peer.outcomes[ID] = json.dumps({"command_id": ID, "status": "applied", "result": EVENT}).encode()
    await run_line("types", "add", "Injury", "--id", ID)
    assert len(peer.commands) == 1
