"""Telling, minute by minute, how much more was refused or put aside than is recorded one by one."""

import asyncio
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from workers.runtime import surplus
from workers.runtime.lanes import EVENTS_LANE
from workers.runtime.logs import describe
from workers.runtime.running import Running

_SECONDS: Final = 20.0
_NOW = text("SELECT now()")
log = structlog.get_logger()


async def counting(running: Running) -> None:
    """Post what was counted in the lanes of this process, until cancelled."""
    while True:
        await asyncio.sleep(_SECONDS)
        lanes = running.lanes.owned - {EVENTS_LANE}
        try:
            async with running.engine.begin() as connection:
                now = (await connection.execute(_NOW)).scalar_one()
                name = running.worker.name
                posted = await surplus.report(connection, running.settings.site, name, lanes, now)
        except (DBAPIError, OSError) as error:
            log.warning("counting_failed", **describe(error))
            continue
        if posted:
            running.relay.wake()
