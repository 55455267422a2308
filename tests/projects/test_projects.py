"""Projects: opened, given what they hold, listed, read and deleted."""

import asyncio

import pytest

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import AddSequences, CreateProject, DeleteProject, UpdateProject
from contracts.projects.parts import AddCall, AddComment
from contracts.projects.queries import GetProject, ListProjects
from contracts.properties import AddStatus, AddType
from incidents import Client, Refused
from tests.projects.helpers import NOON, Operator, sequence
from tests.support import Site


async def test_a_project_holds_all_of_an_incident(operator: Operator) -> None:
    """Details, comments, calls and sequences of a project are read in one answer (PRJ-02, PRJ-05, PRJ-11)."""
    project_id = operator.project_id
    await operator.send(AddComment(project_id=project_id, comment_id=uuid7(), text="Bag seen."))
    await operator.send(AddCall(project_id=project_id, call_id=uuid7(), direction="made", at=NOON, party="Police"))
    await operator.send(AddSequences(project_id=project_id, sequences=[sequence()]))
    project = await operator.project()
    assert project.description == "A bag was left at gate 4."
    assert project.revision == 4
    assert [comment.text for comment in project.comments or []] == ["Bag seen."]
    assert [call.party for call in project.calls or []] == ["Police"]
    assert [sequence.camera_name for sequence in project.sequences or []] == ["Gate 4"]


async def test_main_details_are_given_and_cleared(site: Site, operator: Operator) -> None:
    """Type, status, start and end can be cleared; number and author stay what they were (PRJ-04, PRJ-10)."""
    await site.worker("administration")
    type_id, status_id = [(await operator.send(command(name="x"))).id for command in (AddType, AddStatus)]
    names = ("type_id", "status_id", "start_time", "end_time")
    for values in ((type_id, status_id, NOON, NOON), (None,) * 4):
        expected = dict(zip(names, values, strict=True))
        await operator.send(UpdateProject.model_validate({"project_id": operator.project_id, **expected}))
        project = await operator.project()
        assert tuple(getattr(project, name) for name in names) == values
        assert project.number == 1
        assert project.created_by == "admin"


async def test_a_type_is_given_at_creation_or_later(site: Site, operator: Operator) -> None:
    """A project has one type at a time: that of its creation, or that of the last update (PRJ-13, PRJ-14)."""
    await site.worker("administration")
    first, second = [(await operator.send(AddType(name=name))).id for name in ("Theft", "Fire")]
    operator.project_id = uuid7()
    await operator.send(CreateProject(project_id=operator.project_id, type_id=first))
    assert (await operator.project()).type_id == first
    await operator.send(UpdateProject(project_id=operator.project_id, type_id=second))
    assert (await operator.project()).type_id == second


async def test_a_status_is_given_to_what_exists(site: Site, operator: Operator) -> None:
    """A creation with a status is refused; a new project has none until an update gives it one (PRJ-13, PRJ-15)."""
    await site.worker("administration")
    status_id = (await operator.send(AddStatus(name="New"))).id
    caller, project_id = await site.caller("admin"), str(uuid7())
    body = {"project_id": project_id, "status_id": status_id}
    refused = await caller.send("projects.create", project_id, body)
    assert [field["field"] for field in refused["error"]["details"]["fields"]] == ["status_id"]
    assert (await operator.project()).status_id is None
    await operator.send(UpdateProject(project_id=operator.project_id, status_id=status_id))
    assert (await operator.project()).status_id == status_id


async def test_a_listed_project_is_opened(operator: Operator) -> None:
    """Whatever the list shows can be opened by its id and says the same (PRJ-12)."""
    await Operator.start(operator.site, operator.client)
    page = await operator.client.ask(ListProjects(count="exact"))
    assert page.total == len(page.items) == 2
    for row in page.items:
        project = await operator.client.ask(GetProject(project_id=row.project_id))
        assert project.number == row.number
        assert project.description == row.description


async def test_what_is_left_says_when_and_by_whom(operator: Operator) -> None:
    """A deleted project is gone for readers and writers, who learn when and by whom (PRJ-21, PRJ-23)."""
    await operator.send(DeleteProject(project_id=operator.project_id))
    for asking in (
        operator.project(),
        operator.send(UpdateProject(project_id=operator.project_id, description="Late.")),
        operator.send(CreateProject(project_id=operator.project_id)),
    ):
        with pytest.raises(Refused) as refusal:
            await asking
        assert refusal.value.code is Code.GONE
        details = refusal.value.details
        assert details["number"] == 1
        assert details["deleted_by"] == "admin"
        assert details["expired"] is False
        assert details["deleted_at"]
    left = await operator.site.sql("SELECT to_jsonb(t)::text FROM projects.tombstone t")
    assert "gate 4" not in str(left)


async def test_a_sequence_outlives_its_recording(operator: Operator) -> None:
    """A project keeps references alone, also of recordings that expired long ago (SEQ-06, SEQ-07)."""
    lost = sequence().model_copy(update={"media_expires_at": NOON})
    await operator.send(AddSequences(project_id=operator.project_id, sequences=[lost]))
    (stored,) = (await operator.project()).sequences or []
    assert stored.media == "lost"
    assert stored.model_dump(exclude={"added_by", "added_at", "media"}) == lost.model_dump()


async def test_repeating_a_creation_loses_nothing(operator: Operator) -> None:
    """The same creation again is the same project; another content under its id is refused, never dropped."""
    same = CreateProject(project_id=operator.project_id, description="A bag was left at gate 4.")
    assert (await operator.send(same)).number == 1
    for other in ({"description": "Another bag."}, {"start_time": NOON}):
        refused = await operator.refusal(same.model_copy(update=other))
        assert refused.code is Code.CONFLICT


@pytest.mark.parametrize("level, allowed", [("none", 0), ("view", 1), ("manage", 2)])
async def test_three_levels_on_projects(operator: Operator, level: str, allowed: int) -> None:
    """None sees nothing, view sees, manage creates and deletes, too (PERM-02, PERM-03, PERM-04, PERM-08)."""
    await operator.site.grant("olga", {Node.PROJECTS: level})
    olga = await operator.site.client("olga")

    async def list_projects(client: Client) -> None:
        await client.ask(ListProjects())

    async def create_and_delete(client: Client) -> None:
        created = await client.send(CreateProject(project_id=uuid7()))
        await client.send(DeleteProject(project_id=created.project_id))

    results = await asyncio.gather(list_projects(olga), create_and_delete(olga), return_exceptions=True)
    assert [result is None for result in results] == [allowed >= 1, allowed >= 2]
    codes = [result.code for result in results if isinstance(result, Refused)]
    assert codes == [Code.NOT_AVAILABLE, Code.PERMISSION_DENIED][allowed:]
