"""What a sweep leaves in both stores: an entry for each project, as if it had been deleted alone."""

from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

from contracts.audit import Entry, SiteLog
from contracts.ids import derived_ids, uuid7
from contracts.projects.commands import ProjectDeleted, ProjectsExpired
from contracts.retention import Sweep
from incidents import Client
from tests.audit.publisher import open_publisher
from tests.audit.test_activity import entries_of
from tests.retention.conftest import Fill
from tests.support import Site, eventually

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def logged(client: Client, count: int) -> list[Entry]:
    """Wait until the log server has the deletions of so many projects, and return its entries of them."""

    async def all_there() -> list[Entry]:
        entries = (await client.ask(SiteLog(activities=["projects.deleted", "projects.expired"], limit=500))).items
        assert len(entries) == count, len(entries)
        return entries

    return await eventually(all_there)


def step(project_ids: list[UUID]) -> ProjectsExpired:
    """Return the event of a step that deleted these projects."""
    count = len(project_ids)
    numbers = list(range(1, count + 1))
    return ProjectsExpired(
        sweep_id=uuid7(), chain=0, deleted=count, more=False, project_ids=project_ids, numbers=numbers
    )


async def test_each_deletion_has_an_entry_in_both_stores(site: Site, fill: Fill) -> None:
    """The activity of an expired project and the log server say when and by whom it was deleted (RET-03, LOG-T1)."""
    await site.workers("projects", "retention", "audit")
    client, old = await site.client(), await fill(3, days=8)
    await client.send(Sweep())
    of_log = {entry.project_id: entry for entry in await logged(client, 3)}
    tombstones = await site.sql("SELECT project_id, number, deleted_at FROM projects.tombstone")
    assert {tombstone.project_id for tombstone in tombstones} == set(old)
    for project_id, number, at in tombstones:
        deletion = (await entries_of(client, project_id, 2))[0]
        assert deletion.activity == "projects.deleted"
        assert deletion.actor == "system"
        assert deletion.at == at
        assert deletion.details == {"number": number, "expired": True}
        assert deletion.revision is None
        assert deletion == of_log[project_id]
    causes = await site.sql("SELECT DISTINCT command_id FROM audit.activity WHERE activity = 'projects.deleted'")
    steps = await site.sql("SELECT command_id FROM runtime.inbox WHERE principal = 'system'")
    assert {cause for (cause,) in causes} <= {command_id for (command_id,) in steps}


async def test_a_step_that_is_heard_again_has_the_same_entries(site: Site) -> None:
    """The entries of a step have the same ids however often it is heard, so that each project has one (LOG-T1)."""
    events, old = await open_publisher(site), [uuid7() for _ in range(5)]
    event_id = await events.publish(step(old), at=AT, actor="system")
    audit = await site.worker("audit")

    async def is_handled() -> bool:
        return audit.event_delivery.handled == 1

    async def is_repeated() -> bool:
        return audit.event_delivery.repeated == 1

    await eventually(is_handled)
    await events.publish(step(old), event_id=event_id, at=AT, actor="system")
    await eventually(is_repeated)
    rows = await site.sql("SELECT event_id, project_id FROM audit.activity")
    assert Counter(row.project_id for row in rows) == Counter(old)
    entries = await logged(await site.client(), 5)
    assert {entry.event_id for entry in entries} == {row.event_id for row in rows}


async def test_entries_are_those_of_the_deletions_that_feeds_show(site: Site) -> None:
    """The database derives the ids and the details of entries as `individual_events` does, also while they wait."""
    await site.worker("audit", log_database_url=None)
    events, old = await open_publisher(site), [uuid7() for _ in range(300)]
    event_id = await events.publish(step(old), at=AT, actor="system")

    async def are_kept() -> bool:
        return await site.count("audit.activity") == len(old)

    await eventually(are_kept)
    deletions = step(old).individual_events()
    expected = {
        (UUID(entry_id), deletion.project_id): deletion.model_dump(mode="json", exclude={"project_id"})
        for entry_id, deletion in zip(derived_ids(event_id, old), deletions, strict=True)
    }
    rows = await site.sql("SELECT event_id, project_id, details FROM audit.activity")
    assert {(row.event_id, row.project_id): row.details for row in rows} == expected
    waiting = await site.sql("SELECT event_id, entry FROM audit.waiting")
    assert {(row.event_id, UUID(row.entry["project_id"])): row.entry["details"] for row in waiting} == expected
    assert {(row.entry["actor"], row.entry["activity"]) for row in waiting} == {("system", "projects.deleted")}


async def test_an_older_sweep_is_recorded_as_before(site: Site) -> None:
    """A deletion of an older version has an event of its own, and its step names no project: one entry."""
    await site.worker("audit")
    events, project_id = await open_publisher(site), uuid7()
    await events.publish(ProjectDeleted(project_id=project_id, number=7, expired=True), at=AT, actor="system")
    await events.publish(ProjectsExpired(sweep_id=uuid7(), chain=0, deleted=1, more=False), at=AT, actor="system")
    await events.publish(step([later := uuid7()]), at=AT, actor="system")
    entries = await logged(await site.client(), 2)
    assert {entry.project_id: entry.details["number"] for entry in entries} == {project_id: 7, later: 1}
    assert await site.count("audit.activity WHERE activity = 'projects.deleted'") == 2
