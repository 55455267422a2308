"""Housekeeping of every worker: settings of its process, partitions, the judgement of the clock, and counts."""

import asyncio
from datetime import UTC, datetime

import structlog
from nats.errors import Error as NatsError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from workers.common import logs
from workers.common.logs import describe
from workers.runtime.bus import streams
from workers.runtime.bus.lanes import EVENTS_LANE
from workers.runtime.commands import excess_counts
from workers.runtime.process.worker_process import Running
from workers.runtime.storage import database_clock
from workers.runtime.storage.database import autocommitting
from workers.runtime.storage.database_clock import Judge

_COUNTING_SECONDS = 20.0
_NOW = text("SELECT now()")
_SOON = 5.0
_LOG_SIZE = text("SELECT log_archive_bytes FROM published.settings")
_PARTITIONS = text(
    """
    SELECT runtime.maintain_partitions('runtime.inbox', 2, now()),
           runtime.maintain_partitions('audit.activity', NULL, now())
    """
)
log = structlog.get_logger()


async def housekeeping(running: Running) -> None:
    """Follow the settings that concern this process, and make next month's partitions before it comes."""
    judge = Judge()
    while True:
        try:
            await keep_house(running, judge)
            await asyncio.sleep(running.settings.housekeeping_seconds)
        except (NatsError, DBAPIError, OSError) as error:
            log.warning("housekeeping_failed", **describe(error))
            await asyncio.sleep(_SOON)


async def keep_house(running: Running, judge: Judge) -> None:
    """Judge the clock first: while it is doubted, nothing is deleted because of its age."""
    async with autocommitting(running.engine).connect() as connection:
        logs.archive_at((await connection.execute(_LOG_SIZE)).scalar_one())
        now, believed = await database_clock.read_clock(connection)
        others = [datetime.now(UTC), await _bus_time(running)]
        if judge.believes(now, believed, others, asyncio.get_running_loop().time()):
            await database_clock.believe(connection)
        else:
            log.warning("clock_doubted", database=now, believed=believed, here=others[0], bus=others[1])
        running.condition.clock_doubted = judge.doubts
        await connection.execute(_PARTITIONS)


async def _bus_time(running: Running) -> datetime:
    """Return the time of the server of NATS."""
    found = await streams.api(running.nats, f"STREAM.INFO.{streams.COMMANDS}", {})
    if "ts" not in found:
        raise NatsError
    return datetime.fromisoformat(f"{found['ts'][:19]}+00:00")


async def counting(running: Running) -> None:
    """Post what was counted in the lanes of this process, until cancelled."""
    while True:
        await asyncio.sleep(_COUNTING_SECONDS)
        lanes = running.lanes.owned - {EVENTS_LANE}
        try:
            async with running.engine.begin() as connection:
                now = (await connection.execute(_NOW)).scalar_one()
                name = running.worker.name
                posted = await excess_counts.report(connection, running.settings.site, name, lanes, now)
        except (DBAPIError, OSError) as error:
            log.warning("counting_failed", **describe(error))
            continue
        if posted:
            running.relay.wake()
