"""The background work of retention: a sweep is wished for every so often."""

import asyncio
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError

from contracts.ids import uuid7
from contracts.retention import Sweep
from workers.common.logs import describe
from workers.retention.worker import worker
from workers.runtime.commands import outbox
from workers.runtime.commands.envelopes import Post
from workers.runtime.process.worker_process import Running
from workers.runtime.storage.database import autocommit
from workers.runtime.storage.database_clock import is_believed

_FIRST_SECONDS: Final = 30.0
"""From the start of a process to its first scheduled sweep: the others come up meanwhile."""

_LOOK_SECONDS: Final = 1.0
_LANE: Final = 0
"""Whoever owns this lane does what one process is to do for all."""

log = structlog.get_logger()


@worker.background
async def schedule(running: Running) -> None:
    """Wish for a sweep, as `system`, every so often; the process that owns the first lane does it."""
    now, seconds = asyncio.get_running_loop().time, running.settings.sweep_seconds
    due = now() + min(_FIRST_SECONDS, seconds)
    while True:
        await asyncio.sleep(min(_LOOK_SECONDS, seconds))
        if now() < due or _LANE not in running.lanes.owned:
            continue
        try:
            await wish(running)
            due = now() + seconds
        except (DBAPIError, OSError) as error:
            log.warning("sweep_delayed", **describe(error))


async def wish(running: Running) -> None:
    """Put the command into the outbox, from where it goes the way of every command, unless the clock is doubted."""
    row = Post(running.settings.site, worker.name, _LANE).command(Sweep(), uuid7())
    async with autocommit(running.engine).connect() as connection:
        if not await is_believed(connection):
            log.warning("sweep_withheld")
            return
        await outbox.post(connection, [row])
    running.relay.wake(urgent=True)
