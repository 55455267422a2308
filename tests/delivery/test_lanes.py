"""Lanes: shared fairly, owned by one, taken over at once, kept in order whatever happens."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial

from contracts.ids import uuid7
from contracts.subjects import LANES, lane_of
from tests.delivery.helpers import Inspector, comment, creation, project_in, wait_for_outcomes
from tests.support import Site, eventually
from workers.local.run_worker import slice_of
from workers.runtime.bus.hardened_parser import Frame, read_safely
from workers.runtime.process.assembly import run_here
from workers.runtime.process.running_components import RunningComponents

OWNERS = """
    SELECT objid::int, array_agg(pid) FROM pg_locks
    WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted AND objid < 100
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    GROUP BY objid ORDER BY objid
"""
LOSE = """
    SELECT pg_terminate_backend(pid) FROM pg_locks
    WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND objid = :lane
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


async def are_shared(site: Site, running: Sequence[RunningComponents], shares: list[int]) -> bool:
    """Tell whether every lane has one owner, and every process its share."""
    owners = await site.sql(OWNERS)
    assert all(len(pids) == 1 for _, pids in owners)
    owned = sorted((sorted(process.lanes.owned) for process in running), key=len)
    return len(owners) == LANES and [len(lanes) for lanes in owned] == sorted(shares)


async def test_processes_share_the_lanes(site: Site) -> None:
    """Every process has its fair share of the lanes, and those of one that leaves are taken over at once (CLU-01)."""
    async with AsyncExitStack() as stack:
        start = partial(run_here, slice_of("projects"), site.settings("projects"))
        first = await stack.enter_async_context(start())
        await eventually(partial(are_shared, site, [first], [LANES]))
        second = await stack.enter_async_context(start())
        await eventually(partial(are_shared, site, [first, second], [4, 4]))
        async with start() as third:
            await eventually(partial(are_shared, site, [first, second, third], [2, 3, 3]))
        await eventually(partial(are_shared, site, [first, second], [4, 4]), within=3)


async def test_a_lane_whose_connection_broke_is_taken_again(site: Site) -> None:
    """A process that lost the connection of a lane takes the lane again and goes on."""
    caller, project_id = await site.caller(), uuid7()
    running = await site.worker("projects")
    await caller.send("projects.create", project_id, creation(project_id))
    for number in (2, 3, 4):
        assert await site.sql(LOSE, lane=lane_of(str(project_id))) == [(True,)]
        outcome = await caller.send("projects.add-comment", project_id, comment(project_id))
        assert outcome["status"] == "applied"
        assert outcome["revision"] == number
    await eventually(partial(are_shared, site, [running], [LANES]))


async def test_a_process_that_lost_its_connections_is_back(site: Site) -> None:
    """After the database dropped every connection, commands and queries are handled as before."""
    caller = await site.caller()
    running = await site.worker("projects")
    await eventually(partial(are_shared, site, [running], [LANES]))
    ids = [project_in(lane) for lane in range(LANES)]
    await site.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    for project_id in ids:
        await caller.publish("projects.create", project_id, creation(project_id))
    results = await wait_for_outcomes(caller, LANES)
    assert {result[0]["status"] for result in results.values()} == {"applied"}
    assert len((await caller.ask("projects.list", {}))[0]["items"]) == LANES


async def test_messages_that_are_lost_on_the_way_are_read_again_in_order(site: Site, inspector: Inspector) -> None:
    """What the server sent and the process never got is read again before what was published after it."""
    caller, project_id = await site.caller(), uuid7()
    running = await site.worker("projects")
    await caller.send("projects.create", project_id, creation(project_id))
    bodies = [comment(project_id, str(number)) for number in range(160)]
    for burst in range(0, len(bodies), 40):
        await eventually(partial(lose_one, running, lane_of(str(project_id))))
        for body in bodies[burst : burst + 40]:
            await caller.publish("projects.add-comment", project_id, body)
    await inspector.wait_until_idle()
    effects = {
        outcomes[0]["revision"]: outcomes[0]["result"].get("comment_id") for outcomes in caller.outcomes.values()
    }
    assert [effects[revision] for revision in sorted(effects)][1:] == [body["comment_id"] for body in bodies]


async def lose_one(running: RunningComponents, lane: int) -> bool:
    """Let the next message of a lane be lost between the server and the process, once the lane is read."""
    owned = running.lanes.held.get(lane)
    if owned is None or owned.reader is None:
        return False
    reader = owned.reader
    sinks = read_safely(running.nats).sinks
    [number] = [sid for sid, sink in sinks.items() if getattr(sink, "__self__", None) is reader]
    taking = sinks[number]

    def lose(frame: Frame) -> None:
        if frame.reply.startswith(b"$JS.ACK."):
            sinks[number] = taking
        else:
            taking(frame)

    sinks[number] = lose
    return True
