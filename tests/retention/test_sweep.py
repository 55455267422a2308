"""Sweeping, on real servers."""

import pytest

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import ProjectsExpired
from contracts.retention import Sweep
from incidents import Refused
from tests.audit.publisher import open_publisher
from tests.retention.conftest import Fill, Happened
from tests.support import Site, eventually
from workers.local.run_worker import slice_of
from workers.runtime.process.assembly import run_here


async def swept_once(happened: Happened) -> int:
    """Return how many projects the only sweep has deleted, when it has ended."""

    async def ended() -> bool:
        return len(happened.get("retention.swept", [])) == 1

    await eventually(ended)
    deleted: int = happened["retention.swept"][0]["deleted"]
    return deleted


async def there(site: Site) -> set[object]:
    """Return the ids of the projects that are there."""
    return {row[0] for row in await site.sql("SELECT id FROM projects.project")}


async def test_sweep_deletes_what_has_expired(site: Site, fill: Fill, happened: Happened) -> None:
    """A sweep deletes every expired project, in steps, and nothing that is younger (RET-03)."""
    await site.workers("projects", "retention")
    await fill(450, days=7.1)
    young = await fill(3, days=6.9)
    begun = await (await site.client()).send(Sweep())
    assert begun.due == 450
    assert await swept_once(happened) == 450
    assert await there(site) == set(young)
    assert happened["retention.swept"][0]["actor"] == "system"
    assert await site.count("retention.sweep") == 0


async def test_each_deletion_is_an_event(site: Site, fill: Fill, happened: Happened) -> None:
    """Whatever a sweep deletes is said project by project, by `system` (AMB-5)."""
    await site.workers("projects", "retention")
    old = await fill(120, days=30)
    await (await site.client()).send(Sweep())
    await swept_once(happened)
    gone = happened["projects.deleted"]
    assert {item["project_id"] for item in gone} == {str(item) for item in old}
    assert {(item["actor"], item["expired"]) for item in gone} == {("system", True)}


async def test_exempt_projects_stay(site: Site, fill: Fill, happened: Happened) -> None:
    """A project that is exempt from retention is not deleted, however old it is (RET-05)."""
    await site.workers("projects", "retention")
    exempt = await fill(2, days=3_000, exempt=True)
    await fill(2, days=3_000)
    assert (await (await site.client()).send(Sweep())).due == 2
    assert await swept_once(happened) == 2
    assert await there(site) == set(exempt)


async def test_nothing_due_is_said(site: Site, happened: Happened) -> None:
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
    with pytest.raises(Refused) as refused:
        await (await site.client("vera")).send(Sweep())
    assert refused.value.code is Code.PERMISSION_DENIED


async def test_longest_retention_deletes_nothing(site: Site, fill: Fill) -> None:
    """Keeping projects for 365,000 days is possible and deletes nothing (RET-01)."""
    await site.workers("projects", "retention")
    old = await fill(1, days=36_000)
    await site.sql("UPDATE administration.settings SET retention_days = 365000")
    assert (await (await site.client()).send(Sweep())).due == 0
    assert await there(site) == set(old)


async def test_changed_retention_counts_for_what_is_there(site: Site, fill: Fill, happened: Happened) -> None:
    """A changed retention time applies to the projects that exist already (RET-07, AMB-6)."""
    await site.workers("projects", "retention")
    await fill(1, days=3)
    await site.sql("UPDATE administration.settings SET retention_days = 2")
    await (await site.client()).send(Sweep())
    assert await swept_once(happened) == 1


async def test_sweep_survives_its_workers(site: Site, fill: Fill, happened: Happened) -> None:
    """A sweep goes on where it was, however often all of its workers stop on the way."""
    projects, retention = slice_of("projects"), slice_of("retention")
    async with run_here(projects, site.settings("projects")):
        await fill(450, days=8)
    async with run_here(retention, site.settings("retention")):
        await (await site.client()).send(Sweep())
    stops, left = 0, 450
    while await site.count("retention.sweep"):

        async def went_on(before: int = left) -> bool:
            return len(await there(site)) < before or not await site.count("retention.sweep")

        async with run_here(projects, site.settings("projects")), run_here(retention, site.settings("retention")):
            await eventually(went_on)
        stops, left = stops + 1, len(await there(site))
    assert stops > 1
    await site.worker("retention")
    assert await swept_once(happened) == 450
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
