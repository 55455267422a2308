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
_LEFT_SECONDS: Final = 3_600.0
_ROWS_AT_ONCE: Final = 10_000
log = structlog.get_logger()


async def run(running: RunningComponents) -> None:
    """Forget once a minute what the log may not have, and once an hour what was left, in the process that records."""
    now = asyncio.get_running_loop().time
    due = now()
    while True:
        try:
            if EVENTS_LANE in running.lanes.owned:
                await forget(running.engine, left_too=now() >= due)
                due = now() + _LEFT_SECONDS if now() >= due else due
        except (SQLAlchemyError, OSError) as error:
            log.warning("log_values_not_forgotten", **describe(error))
        await asyncio.sleep(_PAUSE_SECONDS)


async def forget(engine: AsyncEngine, *, left_too: bool = True) -> None:
    """Forget values that have to go, some at a time."""
    statements = [*tables.FORGET_NOT_ALLOWED, *(tables.FORGET_LEFT if left_too else ())]
    async with connect_autocommit(engine) as connection:
        for statement in statements:
            while count := (await connection.execute(statement, {"at_most": _ROWS_AT_ONCE})).rowcount:
                log.info("log_values_forgotten", rows=count)
