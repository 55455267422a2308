"""Housekeeping of every worker: settings, partitions, keys of dead letters, the check of the clock, excess counts."""

import asyncio
from datetime import UTC, datetime

import structlog
from nats.errors import Error as NatsError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from workers.common import logs
from workers.common.logs import describe
from workers.runtime.bus import streams
from workers.runtime.bus.lane_ownership import EVENTS_LANE
from workers.runtime.commands import audit_flood_control
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.storage import database_clock_check
from workers.runtime.storage.database import connect_autocommit
from workers.runtime.storage.database_clock_check import ClockJudge

_REPORT_SECONDS = 20.0
_NOW = text("SELECT now()")
_RETRY_SECONDS = 5.0
_LOG_SIZE = text("SELECT log_archive_bytes FROM published.settings")
_MAINTENANCE = text(
    """
    SELECT runtime.maintain_partitions('runtime.inbox', 2, now()),
           runtime.maintain_partitions('audit.activity', NULL, now()),
           runtime.maintain_outbox(:outbox_days, now()),
           runtime.maintain_letters(:dead_letter_days, now())
    """
)
log = structlog.get_logger()


async def housekeeping(running: RunningComponents) -> None:
    """Apply changed settings to this process, and create next month's partitions in advance."""
    judge = ClockJudge()
    while True:
        try:
            await run_round(running, judge)
            await asyncio.sleep(running.settings.housekeeping_seconds)
        except (NatsError, DBAPIError, OSError) as error:
            log.warning("housekeeping_failed", **describe(error))
            await asyncio.sleep(_RETRY_SECONDS)


async def run_round(running: RunningComponents, judge: ClockJudge) -> None:
    """Run one round; the clock is judged first, because while it is doubted nothing is deleted by age."""
    async with connect_autocommit(running.engine) as connection:
        logs.set_archive_bytes((await connection.execute(_LOG_SIZE)).scalar_one())
        now, believed = await database_clock_check.read_clock(connection)
        others = [datetime.now(UTC), await _bus_time(running)]
        if judge.believes(now, believed, others, asyncio.get_running_loop().time()):
            await database_clock_check.believe(connection)
        else:
            log.warning("clock_doubted", database=now, believed=believed, here=others[0], bus=others[1])
        running.condition.clock_doubted = judge.doubts
        days = {name: getattr(running.settings, name) for name in ("outbox_days", "dead_letter_days")}
        await connection.execute(_MAINTENANCE, days)


async def _bus_time(running: RunningComponents) -> datetime:
    """Return the time of the NATS server."""
    answer = await streams.api(running.nats, f"STREAM.INFO.{streams.COMMANDS}", {})
    if "ts" not in answer:
        raise NatsError
    return datetime.fromisoformat(f"{answer['ts'][:19]}+00:00")


async def report_excess(running: RunningComponents) -> None:
    """Post the excess counts of the lanes of this process, until cancelled."""
    while True:
        await asyncio.sleep(_REPORT_SECONDS)
        lanes = running.lanes.owned - {EVENTS_LANE}
        try:
            async with running.engine.begin() as connection:
                now = (await connection.execute(_NOW)).scalar_one()
                name = running.worker.name
                posted = await audit_flood_control.report(connection, running.settings.site, name, lanes, now)
        except (DBAPIError, OSError) as error:
            log.warning("excess_counts_failed", **describe(error))
            continue
        if posted:
            running.relay.wake()
