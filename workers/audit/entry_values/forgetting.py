"""The work in the background that forgets values: those that no rule lets the log have any more, and what was left."""

import asyncio
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from workers.audit.entry_values import tables
from workers.common.logs import describe
from workers.runtime.bus.lane_ownership import EVENTS_LANE
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.storage.database import connect_autocommit

_PAUSE_SECONDS: Final = 60.0
_ROWS_AT_ONCE: Final = 10_000
log = structlog.get_logger()


async def run(running: RunningComponents) -> None:
    """Forget once a minute, in the process that records."""
    while True:
        try:
            if EVENTS_LANE in running.lanes.owned:
                await forget(running.engine)
        except (SQLAlchemyError, OSError) as error:
            log.warning("log_values_not_forgotten", **describe(error))
        await asyncio.sleep(_PAUSE_SECONDS)


async def forget(engine: AsyncEngine) -> None:
    """Forget all values that have to go, some at a time."""
    async with connect_autocommit(engine) as connection:
        for statement in tables.FORGET:
            while count := (await connection.execute(statement, {"at_most": _ROWS_AT_ONCE})).rowcount:
                log.info("log_values_forgotten", rows=count)
