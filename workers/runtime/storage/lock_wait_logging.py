"""Logging the sessions that block one of ours while it waits for a lock, without the text of their queries."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from workers.common.asyncio_cancellation import end
from workers.common.logs import describe
from workers.runtime.storage.database import connect_autocommit
from workers.runtime.storage.statement_execution import backend

_BLOCKING = text(
    """
    SELECT b.pid, s.application_name AS application, s.state,
           round(extract(epoch FROM clock_timestamp() - s.xact_start))::int AS transaction_seconds
    FROM unnest(pg_blocking_pids(:pid)) AS b(pid) LEFT JOIN pg_stat_activity s ON s.pid = b.pid
    """
)
log = structlog.get_logger()


@asynccontextmanager
async def watch_lock_waits(
    engine: AsyncEngine, connection: AsyncConnection, seconds: float, **fields: object
) -> AsyncIterator[None]:
    """Log periodically, within the block, the sessions for whose locks the connection waits."""
    loop, pid = asyncio.get_running_loop(), backend(connection)
    looking: list[asyncio.Task[None]] = []
    timer = loop.call_later(seconds, lambda: looking.append(loop.create_task(_look(engine, pid, seconds, fields))))
    try:
        yield
    finally:
        timer.cancel()
        await end(looking)


async def _look(engine: AsyncEngine, pid: int, seconds: float, fields: dict[str, object]) -> None:
    while True:
        try:
            async with connect_autocommit(engine) as connection:
                sessions = (await connection.execute(_BLOCKING, {"pid": pid})).mappings().all()
        except (DBAPIError, OSError) as error:
            log.warning("lock_holder_unknown", **fields, **describe(error))
            sessions = []
        for session in sessions:
            log.warning("waiting_for_lock", **fields, **session)
        await asyncio.sleep(seconds)
