"""Values of projects' data in the activity: beside the entries, and gone with the project or with a short retention."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import pytest

from contracts import catalogue
from contracts.audit import SiteLog
from contracts.ids import uuid7
from contracts.message import Change, Store
from contracts.projects.commands import ProjectCreated, ProjectDeleted, ProjectsExpired, ProjectUpdated
from contracts.projects.parts import CallAdded
from tests.audit.publisher import Publisher
from tests.audit.test_activity import entries_of
from tests.audit.test_tampering import change, verify
from tests.support import Site, eventually
from workers.audit.entry_values.forgetting import forget

AT: Final = datetime(2031, 7, 6, 5, 4, 3, tzinfo=UTC)
CHANGED: Final = {"description": Change(), "integer_1": Change(old=None, new=77_123_456)}
NAMES: Final = {"old": None, "new": None}
NO_VALUES: Final = {
    "call_id", "comment_id", "number", "sequence_ids", "package_id", "report_id", "hold_id", "part_id", "field",
    "earlier_only", "texts", "files", "expired", "first_erased_at", "project_id", "project_ids", "numbers",
    "restorable_until",
}  # fmt: skip
"""Ids, numbers of projects, sizes, and the names of fields."""

DISCLOSURES: Final = {"recipient", "reference", "legal_basis", "reason", "access_reason"}
"""They are the record of a disclosure, a deletion or an access, and outlive the project."""


@pytest.fixture
async def long_kept(site: Site) -> Site:
    """Keep projects for so long that logs have values."""
    await site.sql("UPDATE administration.settings SET retention_days = 183")
    return site


async def tell(events: Publisher, project_id: UUID) -> None:
    """Publish the events of a project whose entries have values."""
    await events.publish(ProjectCreated(project_id=project_id, number=1, type_id=1_747_711_747))
    await events.publish(ProjectUpdated(project_id=project_id, changed=CHANGED))
    await events.publish(CallAdded(project_id=project_id, call_id=uuid7(), direction="made", at=AT))


async def stored(site: Site) -> str:
    """Return all that the audit's tables and the log server have, as one text."""
    tables = ("activity", "undelivered", "entry_values")
    rows = [await site.sql(f"SELECT t::text FROM audit.{table} t") for table in tables]  # noqa: S608 - names of tables
    return "".join(text for table in rows for (text,) in table)


async def is_without_values(site: Site) -> bool:
    """Tell whether no value is in any table of audit."""
    text = await stored(site)
    return not any(value in text for value in ("1747711747", "77123456", "made", "2031-07-06"))


@pytest.mark.usefixtures("long_kept")
async def test_an_entry_has_its_values_while_its_project_is_there(site: Site, events: Publisher) -> None:
    """Values are shown with the entry that has their hash, and the entry itself has none of them (LOG-05)."""
    await site.worker("audit")
    project_id = uuid7()
    await tell(events, project_id)
    called, updated, created = await entries_of(await site.client(), project_id, 3)
    assert called.details["direction"] == "made"
    assert updated.details == {"changed": {"description": NAMES, "integer_1": {"old": None, "new": 77_123_456}}}
    assert created.details == {"number": 1, "type_id": 1_747_711_747, "sequence_ids": []}
    assert await site.count("audit.entry_values") == 3
    assert await site.sql("SELECT 1 FROM audit.activity a WHERE a::text LIKE '%77123456%'") == []
    client = await site.client()

    async def logged() -> list[object]:
        page = await client.ask(SiteLog(activities=["projects.created"]))
        return [entry.details["type_id"] for entry in page.items]

    assert await eventually(logged) == [1_747_711_747]


@pytest.mark.parametrize("by_sweep", [False, True])
@pytest.mark.usefixtures("long_kept")
async def test_values_go_with_their_project(site: Site, events: Publisher, by_sweep: bool) -> None:
    """Once a project is deleted its entries name fields alone, for good, and the logs verify (RET-03)."""
    await site.worker("audit", checkpoint_seconds=1, checkpoints=site.directory / "checkpoints")
    project_id, other = uuid7(), uuid7()
    await tell(events, other)
    await tell(events, project_id)
    if by_sweep:
        expired = ProjectsExpired(
            sweep_id=uuid7(), chain=1, deleted=1, more=False, project_ids=[project_id], numbers=[1]
        )
        await events.publish(expired)
    else:
        await events.publish(ProjectDeleted(project_id=project_id, number=1))
    entries = await entries_of(await site.client(), project_id, 4)
    by_name = {entry.activity: entry.details for entry in entries}
    assert by_name["projects.updated"] == {"changed": {"description": NAMES, "integer_1": NAMES}}
    assert by_name["projects.created"] == {"number": 1, "sequence_ids": []}
    assert {*by_name["projects.call-added"]} == {"call_id"}
    assert await site.sql("SELECT DISTINCT project_id FROM audit.entry_values") == [(other,)]
    assert (await verify(site)).status == 0


@pytest.mark.usefixtures("long_kept")
async def test_an_event_that_is_late_brings_no_values(site: Site, events: Publisher) -> None:
    """What is heard of a project after its deletion is recorded with the names of its fields."""
    project_id = uuid7()
    tombstone = "INSERT INTO projects.tombstone (project_id, number, deleted_by, deleted_at, expired)"
    await site.sql(f"{tombstone} VALUES (:id, 1, 'ann', now(), false)", id=project_id)
    await site.worker("audit")
    await tell(events, project_id)
    await entries_of(await site.client(), project_id, 3)
    assert await is_without_values(site)


@pytest.mark.parametrize(
    "days, policy, has_values",
    [
        (182, None, False),
        (183, None, True),
        (30, "100, 0, false, 'creation'", False),
        (30, "0, 1, false, 'creation'", True),
        (30, "0, 0, true, 'creation'", True),
        (30, "10, 0, false, 'closing'", True),
        (30, "10, 0, false, 'year-end'", True),
    ],
)
async def test_a_short_retention_logs_no_values(
    site: Site,
    events: Publisher,
    days: int,
    policy: str | None,
    has_values: bool,
) -> None:
    """Where no rule keeps projects for 183 days, logs have names of fields alone, and not even a hash of values."""
    await site.sql("UPDATE administration.settings SET retention_days = :days", days=days)
    if policy:
        columns = "policy_id, property_id, days, years, exempt, counted_from, set_by, set_at"
        await site.sql(f"INSERT INTO retention.policy ({columns}) VALUES ('p', 1, {policy}, 'ann', now())")  # noqa: S608 - a case
    await site.worker("audit")
    project_id = uuid7()
    await tell(events, project_id)
    entries = await entries_of(await site.client(), project_id, 3)
    assert {"type_id" in entry.details for entry in entries if entry.activity == "projects.created"} == {has_values}
    assert await is_without_values(site) is not has_values
    assert ("values_hash" in await stored(site)) is has_values


@pytest.mark.usefixtures("long_kept")
async def test_shortening_forgets_what_was_logged(site: Site, events: Publisher) -> None:
    """Values that were recorded before go when no rule keeps projects for 183 days any more, and the logs verify."""
    running = await site.worker("audit", checkpoint_seconds=1, checkpoints=site.directory / "checkpoints")
    project_id = uuid7()
    await tell(events, project_id)
    await entries_of(await site.client(), project_id, 3)
    await forget(running.engine)
    assert await site.count("audit.entry_values") == 3
    await site.sql("UPDATE administration.settings SET retention_days = 100")
    await forget(running.engine)
    assert await is_without_values(site)
    assert (await verify(site)).status == 0


@pytest.mark.usefixtures("long_kept")
async def test_values_that_somebody_changed_are_found(site: Site, events: Publisher) -> None:
    """A value beside an entry that is not the recorded one is named by a verification."""
    await site.worker("audit", checkpoint_seconds=1, checkpoints=site.directory / "checkpoints")
    project_id = uuid7()
    await tell(events, project_id)
    await entries_of(await site.client(), project_id, 3)

    async def is_verified() -> bool:
        return (await verify(site)).status == 0

    await eventually(is_verified)
    forgery = """UPDATE audit.entry_values SET content = '{"type_id": 1}' WHERE content ? 'type_id'"""
    change(site, Store.INCIDENT_MANAGER, forgery)
    ended = await verify(site)
    assert ended.status != 0
    assert "changed" in ended.out + ended.err


def test_every_field_of_a_projects_events_is_classified() -> None:
    """A new field of an event about a project is a value of its data, an id or a name, or part of a disclosure."""
    events = [event for event in catalogue.events().values() if event.__module__.startswith("contracts.projects")]
    assert len(events) > 15
    known = NO_VALUES | DISCLOSURES | {"package", "already_there", "refused", "sweep_id", "chain", "deleted", "more"}
    unknown = {
        (event.subject, name)
        for event in events
        for name in event.model_fields
        if name not in known | event.project_values
    }
    assert unknown == {("projects.export-cancelled", "export_id")}
