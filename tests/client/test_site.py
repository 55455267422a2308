"""The client library against a real site."""

import asyncio

import pytest

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.message import Outcome
from contracts.projects.commands import CreateProject, DeleteProject, ProjectCreated, UpdateProject
from contracts.projects.parts import AddComment
from contracts.projects.queries import GetOutcome, GetProject, ListProjects
from incidents import Client, Refused, connect
from tests.support import Site


@pytest.fixture
async def client(site: Site) -> Client:
    """Connect an administrator to a site whose projects are handled."""
    await site.worker("projects")
    return await site.client()


async def created(client: Client) -> ProjectCreated:
    """Open a project."""
    return await client.send(CreateProject(project_id=uuid7(), description="Fell from the ladder."))


async def test_a_project_lives_and_is_read_back(client: Client) -> None:
    """What commands did is what queries answer."""
    project = await created(client)
    changed = await client.send(UpdateProject(project_id=project.project_id, description="Fell."))
    assert "description" in changed.changed
    await client.send(AddComment(project_id=project.project_id, comment_id=uuid7(), text="Broken."))
    details = await client.ask(GetProject(project_id=project.project_id))
    assert details.number == project.number
    assert details.revision == 3
    assert details.description == "Fell."
    assert [comment.text for comment in details.comments or []] == ["Broken."]


async def test_a_list_is_walked_page_by_page(client: Client) -> None:
    """The cursor of a page leads to the next one until there is none."""
    numbers = {(await created(client)).number for _ in range(5)}
    query, results = ListProjects(limit=2), []
    while True:
        page = await client.ask(query)
        results += [row.number for row in page.items]
        if page.next is None:
            break
        query = ListProjects(limit=2, after=page.next)
    assert len(results) == 5
    assert set(results) == numbers


async def test_the_same_id_is_the_same_command(client: Client) -> None:
    """A command that is sent again returns what it did the first time."""
    command, command_id = CreateProject(project_id=uuid7()), uuid7()
    first = await client.send(command, command_id=command_id)
    assert await client.send(command, command_id=command_id) == first
    assert len((await client.ask(ListProjects())).items) == 1


async def test_somebody_was_faster(client: Client) -> None:
    """A change that expects another revision is refused as a conflict, with what it missed."""
    project = await created(client)
    await client.send(UpdateProject(project_id=project.project_id, description="First."))
    late = UpdateProject(project_id=project.project_id, expected_revision=1, description="Second.")
    with pytest.raises(Refused) as caught:
        await client.send(late)
    assert caught.value.code == Code.CONFLICT
    assert caught.value.retryable is False
    assert caught.value.details


async def test_what_was_deleted_is_gone(client: Client) -> None:
    """After a deletion, commands and queries say that the project is gone, and by whom."""
    project = await created(client)
    await client.send(DeleteProject(project_id=project.project_id))
    for call in (
        client.send(UpdateProject(project_id=project.project_id, description="Late.")),
        client.ask(GetProject(project_id=project.project_id)),
    ):
        with pytest.raises(Refused) as caught:
            await call
        assert caught.value.code is Code.GONE
        assert "admin" in str(caught.value.details)


async def test_an_outcome_can_be_asked_for_later(site: Site, client: Client) -> None:
    """Anyone who sent a command can ask for its outcome from another connection."""
    submitted = await client.submit(CreateProject(project_id=uuid7()))
    outcome = await submitted.outcome()
    async with connect(site.url, site.credentials("admin"), site.name) as other:
        again: Outcome = await other.ask(GetOutcome(command_id=submitted.command_id))
        known = await other.outcome(submitted.command_id)
    assert [again, known] == [outcome, outcome]


async def test_an_outcome_can_be_waited_for(site: Site, client: Client) -> None:
    """Whoever asks with a time gets the outcome of a command that is sent meanwhile, and else a refusal."""
    command_id = uuid7()
    async with connect(site.url, site.credentials("admin"), site.name) as other:
        waiting = asyncio.create_task(other.outcome(command_id, wait_seconds=60))
        with pytest.raises(Refused) as caught:
            await client.outcome(uuid7(), wait_seconds=0.1)
        submitted = await client.submit(CreateProject(project_id=uuid7()), command_id=command_id)
        assert await waiting == await submitted.outcome()
    assert caught.value.code is Code.GONE


async def test_a_stranger_is_refused_in_its_language(site: Site, client: Client) -> None:
    """A principal without a role can do nothing, and is refused in the language it asked for."""
    stranger = await site.client("stranger", language="fr")
    with pytest.raises(Refused, match="Permission refusée") as caught:
        await created(stranger)
    assert caught.value.code is Code.PERMISSION_DENIED
    with pytest.raises(Refused, match="pas accès"):
        await stranger.ask(ListProjects())


async def test_commands_of_one_project_keep_their_order(client: Client) -> None:
    """Commands that are submitted one after the other take effect in this order."""
    project = await created(client)
    submitted = [
        await client.submit(UpdateProject(project_id=project.project_id, description=str(number)))
        for number in range(20)
    ]
    outcomes = await asyncio.gather(*(each.outcome() for each in submitted))
    assert [each.revision for each in outcomes] == list(range(2, 22))
    assert (await client.ask(GetProject(project_id=project.project_id))).description == "19"


async def test_a_lost_connection_loses_no_command(site: Site, client: Client) -> None:
    """A command that is sent while the server is away is kept and answered when it is back."""
    await created(client)
    site.server.stop()
    sending = asyncio.create_task(created(client))
    await asyncio.to_thread(site.server.start)
    assert (await sending).number == 2
    assert len((await client.ask(ListProjects())).items) == 2
