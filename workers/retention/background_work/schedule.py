"""Requesting a sweep at intervals."""

from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError

from contracts.ids import uuid7
from contracts.retention import Sweep
from workers.common.logs import describe
from workers.retention.background_work.intervals import Interval
from workers.retention.worker import worker
from workers.runtime.bus import outbox
from workers.runtime.bus.lane_ownership import FIRST_LANE
from workers.runtime.commands.envelopes import LaneOutbox
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.storage.database import connect_autocommit
from workers.runtime.storage.database_clock_check import is_believed

_FIRST_SWEEP_SECONDS: Final = 30.0
"""Time from the start of a process to its first scheduled sweep, in which the other workers start."""

log = structlog.get_logger()


@worker.background
async def schedule(running: RunningComponents) -> None:
    """Request a sweep as `system` at intervals, in the process that owns the first lane."""
    interval = Interval(running, running.settings.sweep_seconds, _FIRST_SWEEP_SECONDS)
    while True:
        await interval.turn()
        try:
            await request_sweep(running)
            interval.restart()
        except (DBAPIError, OSError) as error:
            log.warning("sweep_request_failed", **describe(error))


async def request_sweep(running: RunningComponents) -> None:
    """Write the command to the outbox, unless the clock is doubted."""
    row = LaneOutbox(running.settings.site, worker.name, FIRST_LANE).command(Sweep(), uuid7())
    async with connect_autocommit(running.engine) as connection:
        if not await is_believed(connection):
            log.warning("sweep_skipped")
            return
        await outbox.post(connection, [row])
    running.relay.wake(urgent=True)
