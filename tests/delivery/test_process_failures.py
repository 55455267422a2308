"""Processes that end or stop in the middle of work: what they held goes on without them."""

import os
import signal
from functools import partial

import pytest
from sqlalchemy import text

from contracts.ids import uuid7
from contracts.subjects import LANES
from tests.delivery.helpers import Inspector, comment, creation, project_in, wait_for_outcomes
from tests.support import Site, eventually
from tests.support.system import worker_process

WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND application_name LIKE :name
"""
END_WAITING = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND application_name LIKE 'incidents-projects-%'
"""
OWNERS = """
    SELECT count(DISTINCT a.application_name) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.mode = 'ExclusiveLock' AND l.granted AND l.objid < 100
      AND a.datname = current_database()
"""


async def is_in_hand(site: Site, pid: int) -> bool:
    """Tell whether a process has a batch that waits for a row that somebody else has locked."""
    return bool((await site.sql(WAITING, name=f"incidents-projects-{pid}-%"))[0][0])


async def ends_its_process(site: Site, inspector: Inspector) -> bool:
    """Start a process and kill it while it handles the message; False when it put the message away instead."""
    async with worker_process(site, "projects") as process:

        async def decides() -> str:
            if await is_in_hand(site, process.pid):
                return "in hand"
            return "away" if await inspector.dead_letters() else ""

        if await eventually(decides, within=90) == "away":
            return False
        await process.kill()
        return True


@pytest.mark.timeout(400)
async def test_a_message_that_ends_its_process_becomes_a_dead_letter(site: Site, inspector: Inspector) -> None:
    """After three attempts by itself a deadly command has a dead letter and an outcome, and its lane goes on."""
    caller, project_id = await site.caller(), uuid7()
    async with worker_process(site, "projects"):
        await caller.send("projects.create", project_id, creation(project_id))
    async with site.engine.begin() as connection:
        await connection.execute(text("SELECT 1 FROM projects.project FOR UPDATE"))
        command_id = await caller.publish("projects.add-comment", project_id, comment(project_id))
        deaths = 0
        while await ends_its_process(site, inspector):
            deaths += 1
            assert deaths <= 5
    assert deaths >= 3
    [letter] = await inspector.dead_letters()
    assert letter["reason"] == "It ended its process 3 times."
    results = (await wait_for_outcomes(caller, 2))[command_id]
    assert [(result["status"], result["error"]["code"]) for result in results] == [("rejected", "unavailable")]
    async with worker_process(site, "projects"):
        assert (await caller.send("projects.add-comment", project_id, comment(project_id)))["revision"] == 2


@pytest.mark.timeout(400)
async def test_kills_by_others_cost_no_message(site: Site, inspector: Inspector) -> None:
    """However often idle processes are killed, what is sent afterwards is applied and no dead letter is written."""
    caller, project_id = await site.caller(), uuid7()
    async with worker_process(site, "projects"):
        await caller.send("projects.create", project_id, creation(project_id))
    for _ in range(5):
        async with worker_process(site, "projects") as process:
            await eventually(partial(has_owners, site, 1), within=90)
            await process.kill()
    async with worker_process(site, "projects"):
        assert (await caller.send("projects.add-comment", project_id, comment(project_id)))["revision"] == 2
    assert await inspector.dead_letters() == []


async def test_sessions_that_others_end_are_no_fault_of_a_message(site: Site, inspector: Inspector) -> None:
    """However often the session that handles a command is ended, a process that lives on applies the command."""
    caller, project_id = await site.caller(), uuid7()
    running = await site.worker("projects")
    await caller.send("projects.create", project_id, creation(project_id))
    async with site.engine.begin() as connection:
        await connection.execute(text("SELECT 1 FROM projects.project FOR UPDATE"))
        await caller.publish("projects.add-comment", project_id, comment(project_id))
        for _ in range(6):
            await eventually(partial(loses_its_session, site))
    results = await wait_for_outcomes(caller, 2)
    assert {result[0]["status"] for result in results.values()} == {"applied"}
    assert await inspector.dead_letters() == []
    assert not any(owned.stuck for owned in running.lanes.held.values())


async def loses_its_session(site: Site) -> bool:
    """End the session in which a command waits for a lock; False while there is none."""
    return bool(await site.sql(END_WAITING))


async def has_owners(site: Site, number: int) -> bool:
    """Tell whether so many processes own lanes."""
    return bool((await site.sql(OWNERS))[0][0] == number)


@pytest.mark.timeout(400)
async def test_a_stopped_process_loses_its_lanes(site: Site, inspector: Inspector) -> None:
    """While one of two processes hangs, every lane is served; when it runs again it has its share."""
    caller = await site.caller()
    start = partial(worker_process, site, "projects", lease_seconds=2)
    async with start() as stopped, start():
        await eventually(partial(has_owners, site, 2), within=90)
        os.kill(stopped.pid, signal.SIGSTOP)
        for project_id in map(project_in, range(LANES)):
            await caller.publish("projects.create", project_id, creation(project_id))
        results = await wait_for_outcomes(caller, LANES)
        os.kill(stopped.pid, signal.SIGCONT)
        assert {result[0]["status"] for result in results.values()} == {"applied"}
        await eventually(partial(has_owners, site, 2), within=90)
        for project_id in map(project_in, range(LANES)):
            await caller.publish("projects.create", project_id, creation(project_id))
        assert {outcome[0]["status"] for outcome in (await wait_for_outcomes(caller, 2 * LANES)).values()} == {
            "applied"
        }
        await inspector.wait_until_idle()
