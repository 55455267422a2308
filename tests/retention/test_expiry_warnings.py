"""Warnings before projects expire: which projects, when, how often, and whatever is killed."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from contracts.administration import ChangeSettings
from contracts.expiry_warnings import WARNED_AT_ONCE_MAX, ExpiriesAnnounced
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import DeleteProject
from contracts.projects.set_aside import RestrictProject
from contracts.projects.watching import WatchedProjects
from contracts.retention import HoldProject, ListDue, ReleaseProject
from contracts.retention_policies import SetPolicy
from incidents import CloudEvent
from incidents.feed import Watch
from tests.projects.feeds import follow, next_events
from tests.retention.conftest import EventsByKind, Fill
from tests.support import Site, eventually
from tests.support.system import worker_process
from workers.local.run_worker import slice_of
from workers.retention.background_work.expiry_warnings import announce
from workers.runtime.process.assembly import run_here

OFTEN: Final[dict[str, Any]] = {"expiry_warning_seconds": 0.2}
ANNOUNCED, EACH = "retention.expiries-announced", "retention.expiry-announced"
KILLS, MANY = 3, WARNED_AT_ONCE_MAX * 2 + 1


async def announced(site: Site, happened: EventsByKind, count: int) -> list[UUID]:
    """Wait for so many announcements and two looks after them, and return their projects."""

    async def are_there() -> bool:
        return sum(len(event["project_ids"]) for event in happened.get(ANNOUNCED, [])) >= count

    await eventually(are_there)
    await looks(site, 2)
    return [UUID(each) for event in happened.get(ANNOUNCED, []) for each in event["project_ids"]]


async def looks(site: Site, count: int) -> None:
    """Wait until the worker has looked so many times: each look drops what has passed."""
    for _ in range(count):
        await site.sql("INSERT INTO retention.expiry_warning VALUES (:id, '2000-01-01')", id=uuid7())

        async def is_dropped() -> bool:
            return not await site.sql("SELECT FROM retention.expiry_warning WHERE expires_at < '2001-01-01'")

        await eventually(is_dropped)


async def test_what_expires_soon_is_announced_once(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """Each project is announced once, by `system`, with its number and the time that the list of due ones has."""
    await site.worker("projects")
    soon, _ = await fill(2, days=5), await fill(1, days=3)
    await site.worker("retention", **OFTEN)
    assert set(await announced(site, happened, 2)) == set(soon)
    [event] = happened[ANNOUNCED]
    page = await (await site.client()).ask(ListDue())
    due = {project.project_id: project for project in page.items}
    assert event["actor"] == "system"
    assert event["numbers"] == [due[UUID(each)].number for each in event["project_ids"]]
    expiries = [datetime.fromisoformat(each) for each in event["expiries"]]
    assert expiries == [due[UUID(each)].expires_at for each in event["project_ids"]]
    assert happened.keys() & {"retention.swept", EACH} == set()


async def test_no_project_is_announced_in_its_first_half(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """Whatever the setting is, a warning comes when at least as much time has passed as is left."""
    await site.workers("projects", "administration")
    client = await site.client()
    await client.send(ChangeSettings(retention_days=30, expiry_warning_days=90))
    [late], _ = await fill(1, days=15.1), await fill(1, days=14.9)
    await site.worker("retention", **OFTEN)
    assert await announced(site, happened, 1) == [late]


async def test_what_no_sweep_will_delete_is_not_announced(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """Neither exempt, held, restricted or set aside projects are announced, nor what has expired."""
    await site.workers("projects", "administration")
    client = await site.client()
    await client.send(ChangeSettings(undo_days=7))
    await fill(1, days=5, exempt=True)
    await fill(1, days=8)
    held, restricted, deleted, plain = await fill(4, days=5)
    async with run_here(slice_of("retention"), site.settings("retention")):
        await client.send(HoldProject(project_id=held, reason="A lawsuit."))
    await client.send(RestrictProject(project_id=restricted, reason="It is contested."))
    await client.send(DeleteProject(project_id=deleted))
    await site.worker("retention", **OFTEN)
    assert await announced(site, happened, 1) == [plain]
    await client.send(ReleaseProject(project_id=held, reason="It was settled."))
    assert await announced(site, happened, 2) == [plain, held]


async def test_zero_days_announce_nothing(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """With the setting 0 there are no warnings."""
    await site.workers("projects", "administration")
    await (await site.client()).send(ChangeSettings(expiry_warning_days=0))
    await fill(2, days=6)
    await site.worker("retention", **OFTEN)
    assert await announced(site, happened, 0) == []


async def test_another_time_is_announced_again(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """What was announced and is kept for longer is announced again when its new time is near, and not before."""
    await site.workers("projects", "administration")
    client = await site.client()
    [project_id] = await fill(1, days=6)
    await site.worker("retention", **OFTEN)
    assert await announced(site, happened, 1) == [project_id]
    await client.send(ChangeSettings(retention_days=100))
    assert await announced(site, happened, 1) == [project_id]
    await client.send(ChangeSettings(retention_days=8))
    assert await announced(site, happened, 2) == [project_id] * 2
    first, second = (datetime.fromisoformat(event["expiries"][0]) for event in happened[ANNOUNCED])
    assert second - first == timedelta(days=1)


async def test_policies_decide_what_is_near(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """With policies, a project is announced by the one that decides, and one that is kept for long is not."""
    await site.workers("projects", "administration")
    client = await site.client()
    [plain, injury, visit] = await fill(3, days=5)
    [injury_type, visit_type] = [await new_type(site, name) for name in ("Injury", "Visit")]
    await set_type(site, injury, injury_type)
    await set_type(site, visit, visit_type)
    async with run_here(slice_of("retention"), site.settings("retention")):
        await client.send(SetPolicy(policy_id="injuries", property_id=injury_type, years=5))
        await client.send(SetPolicy(policy_id="visits", property_id=visit_type, days=6))
    await site.worker("retention", **OFTEN)
    assert await announced(site, happened, 2) == [visit, plain]


async def new_type(site: Site, name: str) -> int:
    """Add a type."""
    [row] = await site.sql(
        "INSERT INTO administration.property (kind, name, description) VALUES ('type', :name, '') RETURNING id",
        name=name,
    )
    return int(row.id)


async def set_type(site: Site, project_id: UUID, type_id: int) -> None:
    """Give a project a type."""
    await site.sql("UPDATE projects.project SET type_id = :type_id WHERE id = :id", type_id=type_id, id=project_id)


async def warnings(watch: Watch, count: int) -> list[CloudEvent]:
    """Return the next warnings of a feed, which may begin with an event from just before it was opened."""
    received = list[CloudEvent]()
    while len(received) < count:
        received += [event for event in await next_events(watch, 1) if event.happened == EACH]
    return received


async def events_until(watch: Watch, imported: UUID) -> list[CloudEvent]:
    """Return the events of a feed to the import of a project."""
    received = await next_events(watch, 1)
    while received[-1].data.get("project_ids") != [str(imported)]:
        received += await next_events(watch, 1)
    return received


async def test_feeds_show_each_warning_to_those_who_see_retention(site: Site, fill: Fill) -> None:
    """A follower with view on retention gets each project's warning, also by a filter; nobody else gets any."""
    await site.worker("projects")
    await site.grant("vera", {Node.PROJECTS: "view", Node.RETENTION: "view"})
    await site.grant("paul", {Node.PROJECTS: "view"})
    first, second = await fill(2, days=5)
    vera, paul = await site.client("vera"), await site.client("paul")
    chosen = WatchedProjects(project_ids=[second])
    async with follow(vera) as whole, follow(vera, matching=chosen) as filtered, follow(paul) as other:
        await site.worker("retention", **OFTEN)
        received, [of_one] = await warnings(whole, 2), await warnings(filtered, 1)
        [after] = await fill(1, days=0)
        of_none = await events_until(other, after)
    assert {(event.happened, event.subject) for event in received} == {(EACH, str(first)), (EACH, str(second))}
    assert of_one.subject == str(second)
    assert of_one.data["project_id"] == str(second)
    assert set(of_one.data) == {"project_id", "number", "expires_at"}
    assert {event.happened for event in of_none} == {"projects.imported"}


async def test_the_log_has_one_entry(site: Site, fill: Fill) -> None:
    """All projects of an event are one entry in each store, with their ids, numbers and times alone."""
    await site.workers("projects", "audit")
    await fill(3, days=5)
    await site.worker("retention", **OFTEN)
    statement = "SELECT project_id, details FROM audit.activity WHERE activity LIKE 'retention.expir%'"

    async def is_recorded() -> Any:
        return await site.sql(statement)

    [entry] = await eventually(is_recorded)
    assert entry.project_id is None
    assert {name: len(values) for name, values in entry.details.items()} == dict.fromkeys(
        ("project_ids", "numbers", "expiries"), 3
    )


async def test_many_are_announced_together(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """Many projects need few events, each with those that expire after one another."""
    await site.worker("projects")
    later, sooner = await fill(MANY - 1, days=4), await fill(1, days=6)
    await site.worker("retention", **OFTEN)
    assert sorted(await announced(site, happened, MANY)) == sorted([*later, *sooner])
    events = sorted(happened[ANNOUNCED], key=lambda event: len(event["expiries"]))
    assert [len(event["project_ids"]) for event in events] == [1, WARNED_AT_ONCE_MAX, WARNED_AT_ONCE_MAX]
    assert all(event["expiries"] == sorted(event["expiries"]) for event in events)


async def test_kills_lose_and_double_no_warning(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """Whenever the process is killed, each project is announced once."""
    await site.worker("projects")
    expected = list[UUID]()
    for _ in range(KILLS):
        expected += await fill(MANY, days=5)
        async with worker_process(site, "retention", **OFTEN) as process:

            async def has_begun(least: int = len(expected) - MANY) -> bool:
                return await site.count("retention.expiry_warning") > least

            await eventually(has_begun, within=60)
            await process.kill()
    await site.worker("retention", **OFTEN)
    assert sorted(await announced(site, happened, len(expected))) == sorted(expected)


async def test_a_doubted_clock_announces_nothing(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """While the clock is doubted nothing is announced; when it is believed again, everything is."""
    await site.worker("projects")
    soon = await fill(1, days=5)
    await site.sql("UPDATE runtime.clock SET believed_at = now() - interval '3 days'")
    running = await site.worker("retention", expiry_warning_seconds=600, housekeeping_seconds=600)
    assert await announce(running.deferred_work()) == 0
    await site.sql("UPDATE runtime.clock SET believed_at = now()")
    assert await announce(running.deferred_work()) == 1

    async def is_announced() -> bool:
        return [event["project_ids"] for event in happened.get(ANNOUNCED, [])] == [[str(each) for each in soon]]

    await eventually(is_announced)


def test_a_full_event_fits_into_a_message() -> None:
    """The event of the most projects is far smaller than a message may be, with the largest numbers."""
    count = WARNED_AT_ONCE_MAX
    event = ExpiriesAnnounced(
        project_ids=[uuid7() for _ in range(count)],
        numbers=[10**12] * count,
        expiries=[datetime(2026, 11, 29, 1, 2, 3, 456789, UTC)] * count,
    )
    assert len(json.dumps(event.model_dump(mode="json"))) < 60_000
