"""Delivering entries to the log server: they wait in the database of projects until it has them (LOG-06, LOG-07)."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from workers.audit import log_server_database, tables
from workers.audit.entry_values import forgetting
from workers.audit.log_server_database import LogServer
from workers.audit.row_types import BacklogRow, NextBatchRow
from workers.audit.tamper_evidence import log_retention, tree_growth, tree_state
from workers.audit.tamper_evidence.witnesses import background_work as witnesses
from workers.audit.worker import worker
from workers.common.logs import describe
from workers.runtime.bus.backlog_metrics import Figure
from workers.runtime.bus.lane_ownership import EVENTS_LANE
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.storage.database import connect_autocommit
from workers.runtime.storage.identity_map import rows_of

BATCHES_AT_ONCE = 4
"""Rows that are delivered in one statement; each has the entries of a batch of events."""

_PAUSE_SECONDS = 0.3
_BULK_PAUSE_SECONDS = 0.1
_BULK_ENTRIES = 250
"""Entries of a delivery behind which more are likely: it pays to look again soon."""

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
            delivered = Delivered()
            if EVENTS_LANE in running.lanes.owned:
                delivered = await try_to_deliver(running.engine, server, reminder)
            await asyncio.sleep(delivered.pause_seconds)


@worker.background
async def grow_trees(running: RunningComponents) -> None:
    """Let the trees of both stores grow, and sign their states."""
    await tree_growth.run(running)


@worker.background
async def drop_old_entries(running: RunningComponents) -> None:
    """Drop what both logs have kept for as long as the settings say."""
    await log_retention.run(running)


@worker.background
async def forget_values(running: RunningComponents) -> None:
    """Forget the values of projects that no rule lets the log have."""
    await forgetting.run(running)


@worker.background
async def show_checkpoints(running: RunningComponents) -> None:
    """Show the signed states to the witnesses of the site."""
    await witnesses.run(running)


@worker.reports_status
async def report_trees(running: RunningComponents) -> dict[str, Any]:
    """Return how far the trees of both logs and their witnesses are behind."""
    async with running.engine.connect() as connection:
        return await tree_state.status(connection)


@worker.shows_figures
async def tree_figures(connection: AsyncConnection) -> Sequence[Figure]:
    """Return the same as metrics."""
    return await tree_state.figures(connection)


@worker.reports_status
async def report_backlog(running: RunningComponents) -> dict[str, Any]:
    """Return how many entries wait for the log server, and how long the oldest has waited."""
    async with running.engine.connect() as connection:
        [backlog] = await _backlog(connection)
    configured = running.settings.log_database_url is not None
    return {
        "log_server": {"configured": configured, "waiting": backlog["waiting"], "oldest_seconds": backlog["seconds"]}
    }


async def try_to_deliver(engine: AsyncEngine, server: LogServer, reminder: "Reminder") -> "Delivered":
    """Deliver some batches of entries and return how many; while a database is unreachable, they wait."""
    try:
        return await deliver(engine, server)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        await reminder.say("log_server_unreachable", **describe(error))
        return Delivered()


async def deliver(engine: AsyncEngine, server: LogServer) -> "Delivered":
    """Write batches to the log server, then delete them here; after a crash in between, they are not written twice."""
    async with connect_autocommit(engine) as connection:
        rows = rows_of(await connection.execute(tables.NEXT_BATCHES, {"at_once": BATCHES_AT_ONCE}), NextBatchRow)
        await server.write(rows)
        if rows:
            await connection.execute(tables.DELETE_DELIVERED, {"ids": [row["id"] for row in rows]})
    return Delivered(len(rows), sum(row["size"] for row in rows))


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


class Delivered(NamedTuple):
    """What was delivered at once: rows with the entries of a batch of events each, and the entries."""

    batches: int = 0
    entries: int = 0

    @property
    def pause_seconds(self) -> float:
        """The time until the next delivery: none while more waits, and a short one during a sweep or an import."""
        if self.batches == BATCHES_AT_ONCE:
            return 0
        return _PAUSE_SECONDS if self.entries < _BULK_ENTRIES else _BULK_PAUSE_SECONDS


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
