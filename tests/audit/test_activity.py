"""What was done to a project."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from contracts.audit import PAGE, Entry, ProjectActivity
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.message import Change
from contracts.permissions import Node
from contracts.projects.commands import CreateProject, DeleteProject, ProjectDeleted, ProjectOpened, ProjectUpdated
from contracts.projects.imports import ImportProjects
from contracts.projects.parts import AddCall, AddComment, CommentAdded
from incidents import Client, Refused
from tests.audit.publisher import Publisher
from tests.projects.helpers import sequence
from tests.projects.test_imports import legacy
from tests.support import Site, eventually
from workers.migrations.scripts import read_sql, run_script

TAKE_OVER = next(part for part in read_sql("*_canonical.sql").split(";\n") if "INSERT INTO audit.activity" in part)
"""The statement that makes entries of imports of before; the history, which the script updates, is a view now."""


async def entries_of(client: Client, project_id: UUID, count: int) -> list[Entry]:
    """Wait until a project has so many entries, and return them."""

    async def all_there() -> list[Entry]:
        items = (await client.ask(ProjectActivity(project_id=project_id))).items
        entries = [entry for entry in items if entry.activity != PAGE]  # of this question itself
        assert len(entries) == count, [entry.activity for entry in entries]
        return entries

    return await eventually(all_there)


async def test_what_operators_do_is_kept(site: Site) -> None:
    """An entry says who did what to which project, not what was written (PRJ-03, PRJ-08, LOG-01, LOG-05, LOG-08)."""
    await site.workers("projects", "audit")
    client, project_id = await site.client(), uuid7()
    await client.send(CreateProject(project_id=project_id, description="secret"))
    await client.send(AddComment(project_id=project_id, comment_id=uuid7(), text="secret"))
    entries = await entries_of(client, project_id, 2)
    assert [(entry.activity, entry.actor, entry.revision) for entry in entries] == [
        ("projects.comment-added", "admin", 2),
        ("projects.created", "admin", 1),
    ]
    assert entries[1].details == {"number": 1, "type_id": None, "sequence_ids": []}
    assert "secret" not in "".join(entry.model_dump_json() for entry in entries)


async def test_deleted_project_keeps_its_entries(site: Site) -> None:
    """What was done to a project can still be read when the project is gone (PRJ-08)."""
    await site.workers("projects", "audit")
    client, project_id = await site.client(), uuid7()
    await client.send(CreateProject(project_id=project_id))
    await client.send(DeleteProject(project_id=project_id))
    entries = await entries_of(client, project_id, 2)
    assert entries[0].activity == "projects.deleted"
    assert entries[0].details == {"number": 1, "expired": False}


async def test_event_heard_again_is_one_entry(site: Site, events: Publisher) -> None:
    """An event that is delivered again, at once or later, leaves exactly one entry in each store."""
    opened, deleted = ProjectOpened(project_id=uuid7()), ProjectDeleted(project_id=uuid7(), number=1)
    at = datetime.now(UTC)
    ids = [await events.publish(event, at=at) for event in (opened, deleted)]
    for event, event_id in zip((opened, deleted), ids, strict=True):
        await events.publish(event, event_id=event_id, at=at)
    audit = await site.worker("audit", log_database_url=None)

    async def are_handled() -> bool:
        return audit.event_delivery.handled >= 2

    await eventually(are_handled)
    repeated = audit.event_delivery.repeated
    await events.publish(deleted, event_id=ids[1], at=at)

    async def is_repeated() -> bool:
        return audit.event_delivery.repeated > repeated

    await eventually(is_repeated)
    assert await site.count("audit.activity") == 2
    assert await site.sql("SELECT store, size FROM audit.log ORDER BY store") == [
        ("incident_manager", 2),
        ("log_server", 1),
    ]
    assert await site.sql("SELECT DISTINCT event_id FROM audit.waiting") == [(ids[1],)]
    await entries_of(await site.client(), deleted.project_id, 1)


async def test_all_that_an_event_carries_is_kept(site: Site, events: Publisher) -> None:
    """An entry has the event's own id and time, the command that caused it, and the fields that it names."""
    await site.sql("UPDATE administration.settings SET retention_days = 183")  # otherwise logs have no values
    await site.worker("audit")
    at, cause = datetime(2026, 5, 4, 3, 2, 1, 7, tzinfo=UTC), uuid7()
    changed = {"description": Change(), "type_id": Change(old=1, new=2)}
    updated = ProjectUpdated(project_id=uuid7(), changed=changed)
    event_id = await events.publish(updated, at=at, cause=cause, revision=4)
    (entry,) = await entries_of(await site.client(), updated.project_id, 1)
    assert entry.event_id == event_id
    assert entry.at == at
    assert entry.command_id == cause
    assert entry.revision == 4
    assert entry.details["changed"]["type_id"] == {"old": 1, "new": 2}


async def test_pages_meet_without_gap_or_overlap(site: Site, events: Publisher) -> None:
    """Page by page, newest first, every entry comes once, also where many have the same time."""
    await site.worker("audit")
    project_id, now = uuid7(), datetime.now(UTC)
    for number in range(7):
        added = CommentAdded(project_id=project_id, comment_id=uuid7())
        await events.publish(added, at=now - timedelta(seconds=number // 3))
    client = await site.client()
    everything = await entries_of(client, project_id, 7)
    paged: list[Entry] = []
    page = await client.ask(ProjectActivity(project_id=project_id, limit=2))
    while page.next:
        paged += page.items
        page = await client.ask(ProjectActivity(project_id=project_id, limit=2, after=page.next))
    paged = [entry for entry in paged + page.items if entry.activity != PAGE]
    assert paged == everything == sorted(everything, key=lambda entry: (entry.at, entry.event_id), reverse=True)


async def test_other_projects_entries_stay_out(site: Site, events: Publisher) -> None:
    """A project's activity is its own; one that never was has none."""
    await site.worker("audit")
    mine = ProjectOpened(project_id=uuid7())
    await events.publish(ProjectOpened(project_id=uuid7()))
    await events.publish(mine)
    client = await site.client()
    await entries_of(client, mine.project_id, 1)
    assert (await client.ask(ProjectActivity(project_id=uuid7()))).items == []


@pytest.mark.parametrize("cursor", ["x", "bm90IGpzb24=", "WyIyMDI2LTAxLTAxVDAwOjAwOjAwWiIsIDEyXQ=="])
async def test_foreign_cursor_is_refused(site: Site, cursor: str) -> None:
    """A cursor that no page gave is refused, and names the field."""
    await site.worker("audit")
    with pytest.raises(Refused) as refusal:
        await (await site.client()).ask(ProjectActivity(project_id=uuid7(), after=cursor))
    assert refusal.value.code is Code.INVALID
    assert refusal.value.details["fields"][0]["field"] == "after"


async def test_activity_tells_nothing_of_hidden_parts(site: Site) -> None:
    """Who may see activity but not calls and sequences learns who did what, and nothing of what was in them."""
    await site.sql("UPDATE administration.settings SET retention_days = 183")  # otherwise logs have no values
    await site.workers("projects", "audit")
    await site.grant("vera", {Node.PROJECTS: "view", Node.ACTIVITY_LOGS: "view"})
    admin, vera, project_id = await site.client(), await site.client("vera"), uuid7()
    await admin.send(CreateProject(project_id=project_id, sequences=[sequence()]))
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    await admin.send(AddCall(project_id=project_id, call_id=uuid7(), direction="made", at=at, party="Police"))
    hidden, entries = await entries_of(vera, project_id, 2), await entries_of(admin, project_id, 2)
    assert [(activity.actor, activity.activity) for activity in hidden] == [
        (entry.actor, entry.activity) for entry in entries
    ]
    assert [activity.details for activity in hidden] == [{}, {"number": 1, "type_id": None, "sequence_ids": []}]
    assert entries[0].details["direction"] == "made"
    assert len(entries[1].details["sequence_ids"]) == 1


async def test_activity_needs_its_permission(site: Site) -> None:
    """A principal who may see projects but not their activity gets none of it."""
    await site.worker("audit")
    await site.grant("vera", {Node.PROJECTS: "manage"})
    with pytest.raises(Refused) as refusal:
        await (await site.client("vera")).ask(ProjectActivity(project_id=uuid7()))
    assert refusal.value.code is Code.NOT_AVAILABLE


async def test_an_imported_project_says_by_whom(site: Site) -> None:
    """The activity of a project that was taken over begins with who did it and when, once (RET-05)."""
    await site.workers("projects", "audit")
    client, projects = await site.client(), [legacy(number) for number in (7, 8)]
    await client.send(ImportProjects(projects=projects))
    for project in projects:
        (entry,) = await entries_of(client, project.project_id, 1)
        assert entry.activity == "projects.imported"
        assert entry.actor == "admin"
        assert entry.project_id == project.project_id
        assert entry.details["project_ids"] == [str(project.project_id)]
        assert entry.details["numbers"] == [project.number]
    (whole,) = await site.sql(
        "SELECT details FROM audit.activity WHERE activity = 'projects.imported' AND project_id IS NULL"
    )
    assert whole.details["numbers"] == [7, 8]


async def test_a_project_that_was_imported_before_says_so_too(site: Site) -> None:
    """The migration makes the entries that audit makes, under the same ids, however often it runs."""
    await site.workers("projects", "audit")
    client, imported = await site.client(), legacy(7)
    await client.send(ImportProjects(projects=[imported]))
    before = await entries_of(client, imported.project_id, 1)
    async with site.engine.begin() as connection:
        await connection.run_sync(run_script, "ALTER TABLE audit.activity DISABLE TRIGGER refuse_change")
        await connection.run_sync(run_script, "DELETE FROM audit.activity WHERE project_id IS NOT NULL")
        for _ in range(2):
            await connection.run_sync(run_script, TAKE_OVER)
    assert await entries_of(client, imported.project_id, 1) == before
