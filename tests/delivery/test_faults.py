"""Faults that pass delay commands and reject none; faults that stay end the process."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import text

from contracts.ids import uuid7
from contracts.subjects import LANES
from tests.delivery.helpers import Inspector, comment, creation, wait_for_outcomes
from tests.support import Site, eventually
from tests.support.system import worker_process
from workers.local.servers.postgres import EmbeddedPostgres

GAVE_UP = 70
RAISING = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.text = 'refused' THEN RAISE EXCEPTION 'no' USING ERRCODE = '{}'; END IF;
        RETURN NEW;
    END $$
"""


@contextmanager
def away(postgres: EmbeddedPostgres, site: Site) -> Iterator[None]:
    """Let the database of a site drop its connections and take no new ones for as long as the block lasts."""
    name = site.database_url.split("/")[3].split("?")[0]
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        yield
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


async def test_a_lock_that_is_held_delays(site: Site) -> None:
    """A command that meets a lock is tried again until the lock is gone, and then applied."""
    running = await site.worker("projects", lock_seconds=0.05)
    caller, project_id = await site.caller(), uuid7()
    await caller.send("projects.create", project_id, creation(project_id))

    async def is_tried_again() -> bool:
        return running.delivery.counters.retried >= 3

    async with site.engine.connect() as connection:
        await connection.execute(text("LOCK TABLE projects.comment IN ACCESS EXCLUSIVE MODE"))
        command_id = await caller.publish("projects.add-comment", project_id, comment(project_id))
        await eventually(is_tried_again)
        assert command_id not in caller.outcomes
    results = (await wait_for_outcomes(caller, 2))[command_id]
    assert [(result["status"], result["revision"]) for result in results] == [("applied", 2)]


async def test_a_database_that_goes_away_delays(site: Site, inspector: Inspector, postgres: EmbeddedPostgres) -> None:
    """Commands that arrive while the database is away are applied when it is back; none is rejected."""
    running = await site.worker("projects")
    caller, project_id = await site.caller(), uuid7()
    await caller.send("projects.create", project_id, creation(project_id))

    async def has_noticed() -> bool:
        return len(running.lanes.owned) < LANES

    with away(postgres, site):
        for _ in range(30):
            await caller.publish("projects.add-comment", project_id, comment(project_id))
        await eventually(has_noticed)
    results = await wait_for_outcomes(caller, 31)
    assert [result[0]["status"] for result in results.values()] == ["applied"] * 31
    assert sorted(result[0]["revision"] for result in results.values()) == list(range(1, 32))
    await inspector.wait_until_idle()
    assert len(await inspector.events_of(project_id)) == 31


@pytest.mark.parametrize("state", ["P0001", "22003", "23514", "54000", "XX000"])
async def test_a_fault_of_the_message_does_not_stop_its_lane(site: Site, inspector: Inspector, state: str) -> None:
    """A command that the database can never take becomes a dead letter, whatever the database calls it."""
    await site.sql(RAISING.format(state))
    await site.sql("CREATE TRIGGER refuse BEFORE INSERT ON projects.comment FOR EACH ROW EXECUTE FUNCTION refuse()")
    await site.worker("projects")
    caller, project_id = await site.caller(), uuid7()
    await caller.send("projects.create", project_id, creation(project_id))
    outcome = await caller.send("projects.add-comment", project_id, comment(project_id, "refused"))
    assert outcome["status"] == "rejected"
    assert outcome["error"]["code"] == "unavailable"
    assert (await caller.send("projects.add-comment", project_id, comment(project_id)))["revision"] == 2
    await inspector.wait_until_idle()
    assert await inspector.has_letters(1)


async def test_a_message_server_that_stays_away_ends_the_process(site: Site) -> None:
    """A process that cannot reach NATS for the set time ends itself, so that its supervisor starts it again."""
    async with worker_process(site, "projects", watchdog_seconds=1) as process:
        caller, project_id = await site.caller(), uuid7()
        await caller.send("projects.create", project_id, creation(project_id))
        site.server.stop()
        assert await process.wait() == GAVE_UP


async def test_a_database_that_stays_away_ends_the_process(site: Site, postgres: EmbeddedPostgres) -> None:
    """A process that cannot reach the database for the set time ends itself."""
    async with worker_process(site, "projects", watchdog_seconds=1) as process:
        caller, project_id = await site.caller(), uuid7()
        await caller.send("projects.create", project_id, creation(project_id))
        with away(postgres, site):
            assert await process.wait() == GAVE_UP
