"""Sweeping, on real servers."""

import pytest

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import AddSequences, ProjectsExpired
from contracts.projects.parts import AddComment
from contracts.retention import Sweep
from incidents import Refused
from tests.audit.publisher import open_publisher
from tests.projects.helpers import sequence
from tests.retention.conftest import EventsByKind, Fill
from tests.support import Site, eventually
from workers.local.run_worker import slice_of
from workers.projects.rules.sweep_step_size import FEWEST_PROJECTS
from workers.retention import domain
from workers.runtime.process.assembly import run_here


async def swept_once(happened: EventsByKind) -> int:
    """Return how many projects the only sweep has deleted, when it has ended."""

    async def ended() -> bool:
        return len(happened.get("retention.swept", [])) == 1

    await eventually(ended)
    deleted: int = happened["retention.swept"][0]["deleted"]
    return deleted


async def existing_ids(site: Site) -> set[object]:
    """Return the ids of the projects that are there."""
    return {row[0] for row in await site.sql("SELECT id FROM projects.project")}


async def test_sweep_deletes_what_has_expired(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """A sweep deletes every expired project, in steps, and nothing that is younger (RET-03)."""
    await site.workers("projects", "retention")
    await fill(450, days=7.1)
    young = await fill(3, days=6.9)
    begun = await (await site.client()).send(Sweep())
    assert begun.due == 450
    assert await swept_once(happened) == 450
    assert await existing_ids(site) == set(young)
    assert happened["retention.swept"][0]["actor"] == "system"
    assert await site.count("retention.sweep") == 0


async def test_each_step_is_one_event(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """An event of each step names every project that it deleted, by id and number, by `system` (AMB-5)."""
    await site.workers("projects", "retention")
    count = FEWEST_PROJECTS + 20
    old = await fill(count, days=30)
    await (await site.client()).send(Sweep())
    await swept_once(happened)
    steps = [step for step in happened["projects.expired"] if step["deleted"]]
    named = [pair for step in steps for pair in zip(step["project_ids"], step["numbers"], strict=True)]
    assert sorted(named) == sorted(zip(map(str, old), range(1, count + 1), strict=True))
    assert {(step["actor"], step["deleted"] == len(step["numbers"])) for step in steps} == {("system", True)}
    assert max(step["deleted"] for step in steps) <= domain.STEP_PROJECTS
    assert "projects.deleted" not in happened


async def test_steps_take_turns_in_one_lane(
    site: Site, fill: Fill, happened: EventsByKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All steps are in one lane, so that the others never wait for one, and each is a transaction of its own."""
    monkeypatch.setattr(domain, "STEP_PROJECTS", 50)
    await site.workers("projects", "retention")
    await fill(420, days=8)
    await (await site.client()).send(Sweep())
    assert await swept_once(happened) == 420
    steps = await site.sql("SELECT lane, size FROM runtime.outbox WHERE messages LIKE '%projects.expired%'")
    assert {lane for lane, _ in steps} == {steps[0].lane}
    assert {size for _, size in steps} == {1}
    of_step = await site.sql("SELECT count(*) AS projects FROM projects.tombstone GROUP BY deleted_at")
    assert sorted(row.projects for row in of_step) == [20, *[50] * 8]


async def test_a_step_leaves_tombstones_alone(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """Of an expired project nothing is left in any table of projects but its tombstone (RET-03, PRJ-21)."""
    await site.workers("projects", "retention")
    client, (project_id,) = await site.client(), await fill(1, days=8)
    await client.send(AddComment(project_id=project_id, comment_id=uuid7(), text="Seen at gate 4."))
    await client.send(AddSequences(project_id=project_id, sequences=[sequence()]))
    await client.send(Sweep())
    assert await swept_once(happened) == 1
    tables = ("project", "comment", "call", "sequence", "camera", "search", "history")
    assert {name: await site.count(f"projects.{name}") for name in tables} == dict.fromkeys(tables, 0)
    (left,) = await site.sql("SELECT project_id, number, deleted_by, expired FROM projects.tombstone")
    assert left == (project_id, 1, "system", True)


async def test_exempt_projects_stay(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """A project that is exempt from retention is not deleted, however old it is (RET-05)."""
    await site.workers("projects", "retention")
    exempt = await fill(2, days=3_000, exempt=True)
    await fill(2, days=3_000)
    assert (await (await site.client()).send(Sweep())).due == 2
    assert await swept_once(happened) == 2
    assert await existing_ids(site) == set(exempt)


async def test_nothing_due_is_said(site: Site, happened: EventsByKind) -> None:
    """A sweep that somebody asks for ends at once when nothing is due, and says so."""
    await site.worker("retention")
    begun = await (await site.client()).send(Sweep())
    assert begun.due == 0
    assert await swept_once(happened) == 0
    assert await site.count("retention.sweep") == 0


async def test_sweep_needs_its_permission(site: Site) -> None:
    """A principal who may only see retention starts no sweep."""
    await site.worker("retention")
    await site.grant("vera", {Node.RETENTION: "view", Node.PROJECTS: "manage"})
    with pytest.raises(Refused) as refusal:
        await (await site.client("vera")).send(Sweep())
    assert refusal.value.code is Code.PERMISSION_DENIED


async def test_longest_retention_deletes_nothing(site: Site, fill: Fill) -> None:
    """Keeping projects for 365,000 days is possible and deletes nothing (RET-01)."""
    await site.workers("projects", "retention")
    old = await fill(1, days=36_000)
    await site.sql("UPDATE administration.settings SET retention_days = 365000")
    assert (await (await site.client()).send(Sweep())).due == 0
    assert await existing_ids(site) == set(old)


async def test_changed_retention_counts_for_what_is_there(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """A changed retention time applies to the projects that exist already (RET-07, AMB-6)."""
    await site.workers("projects", "retention")
    await fill(1, days=3)
    await site.sql("UPDATE administration.settings SET retention_days = 2")
    await (await site.client()).send(Sweep())
    assert await swept_once(happened) == 1


async def test_sweep_survives_its_workers(
    site: Site, fill: Fill, happened: EventsByKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep goes on where it was, however often all of its workers stop on the way."""
    monkeypatch.setattr(domain, "STEP_PROJECTS", 25)
    projects, retention, due = slice_of("projects"), slice_of("retention"), 1_050
    async with run_here(projects, site.settings("projects")):
        await fill(due, days=8)
    async with run_here(retention, site.settings("retention")):
        await (await site.client()).send(Sweep())
    stops, left = 0, due
    while await site.count("retention.sweep"):

        async def went_on(before: int = left) -> bool:
            return len(await existing_ids(site)) < before or not await site.count("retention.sweep")

        async with run_here(projects, site.settings("projects")), run_here(retention, site.settings("retention")):
            await eventually(went_on)
        stops, left = stops + 1, len(await existing_ids(site))
    assert stops > 1
    await site.worker("retention")
    assert await swept_once(happened) == due
    assert left == 0


async def test_step_lying_twice_in_one_batch_counts_once(site: Site) -> None:
    """A step that is in the stream twice when its reader comes is heard once, and the reader goes on."""
    events, sweep_id = await open_publisher(site), uuid7()
    await site.sql("INSERT INTO retention.sweep VALUES (:id, now(), now(), 1, 0)", id=sweep_id)
    step = ProjectsExpired(sweep_id=sweep_id, chain=0, deleted=100, more=True)
    event_id = await events.publish(step)
    await events.publish(step, event_id=event_id)
    retention = await site.worker("retention")

    async def all_heard() -> bool:
        return retention.event_delivery.handled == 2 and retention.relay.published == 1

    await eventually(all_heard)
    assert await site.sql("SELECT deleted, chains_left FROM retention.sweep") == [(100, 1)]


async def test_step_heard_twice_counts_once(site: Site) -> None:
    """A step that is reported again, because a process died, adds nothing and sends nothing."""
    retention, events = await site.worker("retention"), await open_publisher(site)
    sweep_id = uuid7()
    await site.sql("INSERT INTO retention.sweep VALUES (:id, now(), now(), 1, 0)", id=sweep_id)
    step = ProjectsExpired(sweep_id=sweep_id, chain=0, deleted=100, more=True)
    event_id = await events.publish(step)
    await events.publish(step, event_id=event_id)
    await events.publish(ProjectsExpired(sweep_id=uuid7(), chain=0, deleted=1, more=True))

    async def all_heard() -> bool:
        return retention.event_delivery.handled == 3 and retention.relay.published == 1

    await eventually(all_heard)
    assert await site.sql("SELECT deleted, chains_left FROM retention.sweep") == [(100, 1)]
