"""Locks of somebody else's session: they hold up what needs them and nothing else, and the log names their holder."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import text
from structlog.testing import capture_logs

from tests.delivery.helpers import comment, creation, project_in, wait_for_outcomes
from tests.support import Caller, Site, eventually
from workers.migrations.upgrade import migrate
from workers.runtime.storage.database import SessionTimeouts, open_engine

_SECRET = "what-somebody-wrote"


@asynccontextmanager
async def locked(site: Site, statement: str) -> AsyncIterator[int]:
    """Let a foreign session hold locks in an open transaction, and return its process id."""
    url = site.database_url
    async with await psycopg.AsyncConnection.connect(url, application_name="foreign") as session:
        await session.execute(f"{statement} /* {_SECRET} */".encode())
        yield session.info.backend_pid
        await session.rollback()


async def created(caller: Caller, lane: int) -> UUID:
    """Create a project whose commands go through a lane."""
    project_id = project_in(lane)
    await caller.send("projects.create", project_id, creation(project_id))
    return project_id


def blocked_by(logs: list[Any], pid: int) -> list[dict[str, Any]]:
    """Return what the log says of a session that blocks."""
    return [log for log in logs if log["event"] == "waiting_for_lock" and log["pid"] == pid]


async def test_other_lanes_go_on(site: Site) -> None:
    """Three commands that wait for somebody's lock hold up no other lane, and are applied when it is gone."""
    await site.worker("projects")
    caller = await site.caller()
    blocked = [await created(caller, lane) for lane in range(3)]
    free = [await created(caller, lane) for lane in range(3, 8)]
    ids = ", ".join(f"'{project_id}'" for project_id in blocked)
    with capture_logs() as logs:
        async with locked(site, f"SELECT FROM projects.project WHERE id IN ({ids}) FOR UPDATE") as pid:
            waiting = [
                await caller.publish("projects.add-comment", project_id, comment(project_id)) for project_id in blocked
            ]

            async def are_blocked() -> bool:
                return {entry["lane"] for entry in blocked_by(logs, pid)} == {0, 1, 2}

            await eventually(are_blocked)
            for project_id in free:
                outcome = await caller.send("projects.add-comment", project_id, comment(project_id))
                assert outcome["status"] == "applied"
            assert not [command_id for command_id in waiting if command_id in caller.outcomes]
        results = await wait_for_outcomes(caller, 16)
    assert [results[command_id][0]["status"] for command_id in waiting] == ["applied"] * 3
    first = blocked_by(logs, pid)[0]
    assert first["application"] == "foreign"
    assert first["state"] == "idle in transaction"
    assert first["transaction_seconds"] >= 0
    assert _SECRET not in str(logs)


async def test_queries_and_the_outbox_go_on(site: Site) -> None:
    """What only reads is answered while somebody holds locks, and events of other lanes leave."""
    running = await site.worker("projects")
    caller = await site.caller()
    blocked, other = await created(caller, 0), await created(caller, 4)
    async with locked(site, f"SELECT FROM projects.project WHERE id = '{blocked}' FOR UPDATE"):
        await caller.publish("projects.add-comment", blocked, comment(blocked))
        before = running.relay.published
        await caller.send("projects.add-comment", other, comment(other))

        async def has_left() -> bool:
            return running.relay.published > before

        await eventually(has_left)
        project, status = await caller.ask("projects.get", {"project_id": str(blocked)})
        assert project["revision"] == 1
        assert status == ""


async def test_a_migration_says_whom_it_waits_for(site: Site) -> None:
    """A migration that waits behind somebody's open transaction names its session, and goes on afterwards."""
    engine = open_engine(site.database_url, connections=1, waits=SessionTimeouts("incidents-migrate", 0, 0, 0))
    with capture_logs() as logs:
        async with locked(site, "LOCK TABLE public.alembic_version IN ACCESS EXCLUSIVE MODE") as pid:
            migrating = asyncio.ensure_future(migrate(engine))
            await eventually(partial(_is_named, logs, pid))
        await migrating
    await engine.dispose()


async def _is_named(logs: list[Any], pid: int) -> bool:
    return bool(blocked_by(logs, pid))


async def test_sessions_say_whose_they_are(site: Site) -> None:
    """Who looks at the database's sessions sees which worker each of ours belongs to."""
    await site.worker("audit")
    async with site.engine.connect() as connection:
        names = await connection.execute(
            text("SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database()")
        )
        kinds = {"-".join(name.split("-")[:2]) for name in names.scalars()}
    assert {"incidents-audit", "incidents"} <= kinds
