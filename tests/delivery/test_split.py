"""Lanes that are split while commands are handled: every order and every outcome stays as it is."""

import asyncio
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from tests.delivery.helpers import Inspector, creation, project_in
from tests.delivery.project_load import ProjectLoad
from tests.support import Site, eventually
from tests.support.system import worker_process
from workers.local.lanes.splitting import NoMoreError, NoSessionsError, Split, UnsettledError, split
from workers.runtime.bus.lane_progress import take
from workers.runtime.storage.database import connect_autocommit

UNLIMITED: dict[str, Any] = {"commands_per_second": 0}
OWNERS = "SELECT lane, lanes, released FROM runtime.lane WHERE worker = 'projects' ORDER BY lane"
PLACES = "SELECT lane, stream, place, stored_ns FROM runtime.lane WHERE worker = 'projects' ORDER BY lane"


async def are_split(site: Site, lanes: int) -> bool:
    """Tell whether every lane has an owner who knows that there are so many."""
    rows = await site.sql(OWNERS)
    assert [tuple(row) for row in rows] == [(lane, lanes, False) for lane in range(lanes)]
    return True


async def split_when_settled(site: Site, lanes: int) -> bool:
    """Split the lanes; return False while events of before the last split wait."""
    try:
        return (await split(site.engine, "projects", lanes)).after == lanes
    except UnsettledError:
        return False


@pytest.mark.parametrize("processes", [1, 2])
async def test_a_split_under_load_keeps_order_and_outcomes(site: Site, inspector: Inspector, processes: int) -> None:
    """Each command has one effect and one outcome, in the order of its key, while the lanes are split twice."""
    for _ in range(processes):
        await site.worker("projects", **UNLIMITED)
    load = ProjectLoad(await site.caller())
    async with load.publishing():
        for lanes in (16, 32):
            await eventually(load.has_gone_on)
            await eventually(partial(split_when_settled, site, lanes))
            await eventually(partial(are_split, site, lanes), within=60)
        await eventually(load.has_gone_on)
    await inspector.wait_until_idle()
    await load.require_all_kept(site, inspector)


async def test_a_split_beside_a_kill_keeps_order_and_outcomes(site: Site, inspector: Inspector) -> None:
    """The same when an owner is killed while the lanes are split, and another process takes them over."""
    load = ProjectLoad(await site.caller())
    start = partial(worker_process, site, "projects", **UNLIMITED)
    async with start() as first, start() as second:
        for started in (first, second):
            await started.wait_until_ready(within=60)
        async with load.publishing():
            await eventually(load.has_gone_on)
            splitting = asyncio.create_task(split(site.engine, "projects", 16))
            await first.kill()
            assert await splitting == Split(8, 16)
            await eventually(partial(are_split, site, 16), within=60)
            await eventually(load.has_gone_on)
        await inspector.wait_until_idle()
        await load.ask_for_lost_outcomes()
        await load.require_all_kept(site, inspector)


async def test_an_owner_of_before_cannot_commit(site: Site) -> None:
    """Who took a lane before it was split cannot move its place, and the new lanes begin where it was."""
    async with connect_autocommit(site.engine) as earlier, connect_autocommit(site.engine) as later:
        former = await take(earlier, "projects", 3)
        await former.restart("stream", 0)
        await former.advance(5, 70)
        assert await split(site.engine, "projects", 32) == Split(8, 32)
        with pytest.raises(DBAPIError):
            await former.advance(9, 90)
        owner = await take(later, "projects", 3)
        assert owner.place == 5
        assert owner.lanes == 32
        owner.lanes = 8
        with pytest.raises(DBAPIError):
            await owner.advance(9, 90)
    rows = {lane: tuple(row) for lane, *row in await site.sql(PLACES)}
    assert rows.keys() == set(range(32))
    assert [rows[lane] for lane in (3, 11, 19, 27)] == [("stream", 5, 70)] * 4


async def test_events_of_a_new_lane_wait_for_earlier_ones(site: Site, inspector: Inspector) -> None:
    """A lane that was split off handles commands at once, and publishes after what its former lane had posted."""
    caller = await site.caller()
    await site.sql("INSERT INTO runtime.posted (worker, lane, posted, published) VALUES ('projects', 3, 5, 4)")
    await split(site.engine, "projects", 16)
    with pytest.raises(UnsettledError):
        await split(site.engine, "projects", 32)
    await site.worker("projects")
    waiting, free = project_in(11, 16), project_in(10, 16)
    for project_id in (waiting, free):
        assert (await caller.send("projects.create", project_id, creation(project_id)))["status"] == "applied"

    async def has_event(project_id: UUID) -> bool:
        return bool(await inspector.events_of(project_id))

    await eventually(partial(has_event, free))
    assert not await has_event(waiting)
    await site.sql("UPDATE runtime.posted SET published = 5 WHERE lane = 3")
    await eventually(partial(has_event, waiting))
    assert (await split(site.engine, "projects", 32)).before == 16


async def test_what_cannot_be_is_refused(site: Site) -> None:
    """Lanes are never joined, and the database must have a connection for each."""
    assert await split(site.engine, "projects") == Split(8, 16)
    for lanes in (8, 16):
        with pytest.raises(NoMoreError):
            await split(site.engine, "projects", lanes)
    assert await split(site.engine, "projects", 64) == Split(16, 64)
    with pytest.raises(NoMoreError):
        await split(site.engine, "projects")
    assert await site.count("runtime.lane") == 64


async def test_two_splits_at_once_are_one_after_the_other(site: Site) -> None:
    """Whoever splits lanes that are being split finds them as they are afterwards."""
    done = await asyncio.gather(*(split(site.engine, "reports") for _ in range(2)))
    assert set(done) == {Split(8, 16), Split(16, 32)}
    assert await site.count("runtime.lane WHERE worker = 'reports' AND lanes = 32") == 32


async def test_lanes_without_connections_are_refused(site: Site) -> None:
    """A split that needs more connections than the database has is refused, and changes nothing."""
    with pytest.raises(NoSessionsError):
        await split(site.engine, "projects", spare_sessions=10_000)
    assert await site.count("runtime.lane") == 0
