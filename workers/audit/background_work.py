"""Delivering entries to the log server: they wait in the database of projects until it has them (LOG-06, LOG-07)."""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from workers.audit import log_server_database, tables
from workers.audit.log_server_database import LogServer
from workers.audit.row_types import BacklogRow, NextBatchRow
from workers.audit.worker import worker
from workers.common.logs import describe
from workers.runtime.bus.backlog_metrics import Figure
from workers.runtime.bus.lane_ownership import EVENTS_LANE
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.storage.database import autocommit
from workers.runtime.storage.identity_map import rows_of

BATCHES_AT_ONCE = 4
"""Rows that are delivered in one statement; each has the entries of a batch of events."""

_PAUSE_SECONDS = 0.3
_REMINDER_SECONDS = 60.0
"""Time between two log lines about waiting entries."""

_COUNTED_BATCHES_MAX = 100_000
log = structlog.get_logger()


@worker.background
async def forward(running: RunningComponents) -> None:
    """Deliver waiting entries to the log server, in the process that reads the events."""
    url = running.settings.log_database_url
    reminder = Reminder(running.engine)
    if url is None:
        while True:
            await reminder.say("log_server_not_configured")
            await asyncio.sleep(_PAUSE_SECONDS)
    async with log_server_database.connect(url, running.engine) as server:
        while True:
            moved = 0
            if EVENTS_LANE in running.lanes.owned:
                moved = await try_to_deliver(running.engine, server, reminder)
            if moved < BATCHES_AT_ONCE:
                await asyncio.sleep(_PAUSE_SECONDS)


@worker.reports_status
async def report_backlog(running: RunningComponents) -> dict[str, Any]:
    """Return how many entries wait for the log server, and how long the oldest has waited."""
    async with running.engine.connect() as connection:
        [backlog] = await _backlog(connection)
    configured = running.settings.log_database_url is not None
    return {
        "log_server": {"configured": configured, "waiting": backlog["waiting"], "oldest_seconds": backlog["seconds"]}
    }


async def try_to_deliver(engine: AsyncEngine, server: LogServer, reminder: "Reminder") -> int:
    """Deliver some batches of entries and return how many; while a database is unreachable, they wait."""
    try:
        return await deliver(engine, server)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        await reminder.say("log_server_unreachable", **describe(error))
        return 0


async def deliver(engine: AsyncEngine, server: LogServer) -> int:
    """Write batches to the log server, then delete them here; after a crash in between, they are not written twice."""
    async with autocommit(engine).connect() as connection:
        rows = rows_of(await connection.execute(tables.NEXT_BATCHES, {"at_once": BATCHES_AT_ONCE}), NextBatchRow)
        await server.write([row["entries"] for row in rows])
        if rows:
            await connection.execute(tables.DELETE_DELIVERED, {"ids": [row["id"] for row in rows]})
    return len(rows)


@worker.shows_figures
async def backlog_figures(connection: AsyncConnection) -> Sequence[Figure]:
    """Return how many entries wait for the log server, and how long the oldest has waited, as metrics."""
    [backlog] = await _backlog(connection)
    meaning = f"entries that wait, of at most {_COUNTED_BATCHES_MAX} batches"
    return [
        Figure("log_server_backlog_entries", meaning, backlog["waiting"]),
        Figure("log_server_oldest_seconds", "for how long the oldest entry waits", max(backlog["seconds"] or 0, 0)),
    ]


async def _backlog(connection: AsyncConnection) -> list[BacklogRow]:
    parameters = {"at_most": _COUNTED_BATCHES_MAX}
    return rows_of(await connection.execute(tables.BACKLOG, parameters), BacklogRow)


class Reminder:
    """Logs from time to time how many entries wait for the log server."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Keep the engine of the database in which entries wait."""
        self._engine = engine
        self._next = 0.0

    async def say(self, event: str, **why: str) -> None:
        """Log the number of waiting entries, at most once per interval."""
        now = asyncio.get_running_loop().time()
        if now < self._next:
            return
        self._next = now + _REMINDER_SECONDS
        try:
            async with self._engine.connect() as connection:
                [backlog] = await _backlog(connection)
            log.warning(event, waiting=backlog["waiting"], **why)
        except (SQLAlchemyError, OSError) as error:
            log.warning(event, **describe(error))
