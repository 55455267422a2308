"""The background work of projects: old packages and drafts are deleted, and a search learns which parts are rare."""

import asyncio
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError

from workers.common.logs import describe
from workers.projects import domain
from workers.projects.packages import store
from workers.projects.search.rarity import learned
from workers.projects.worker import worker
from workers.runtime.process.worker_process import Running
from workers.runtime.storage.database import autocommit
from workers.runtime.storage.database_clock import is_believed

_LANE: Final = 0
"""Whoever owns this lane does what one process is to do for all."""

_LOOK_SECONDS: Final = 1.0
_PURGE_SECONDS: Final = 60.0
_LEARN_SECONDS: Final = 3_600.0

log = structlog.get_logger()


@worker.background
async def housekeeping(running: Running) -> None:
    """Forget packages after a day and drafted sequences after a month; the process that owns the first lane does it."""
    now = asyncio.get_running_loop().time
    due = now()
    while True:
        if _LANE in running.lanes.owned and now() >= due:
            try:
                await purge(running)
                due = now() + _PURGE_SECONDS
            except (DBAPIError, OSError) as error:
                log.warning("purge_failed", **describe(error))
        await asyncio.sleep(_LOOK_SECONDS)


@worker.background
async def learning(running: Running) -> None:
    """Learn every hour how common the parts of words are; until then, and without it, their letters decide."""
    while True:
        try:
            async with autocommit(running.engine).connect() as connection:
                await learned.learn(connection)
        except (DBAPIError, OSError) as error:
            log.warning("learning_failed", **describe(error))
        await asyncio.sleep(_LEARN_SECONDS)


async def purge(running: Running) -> None:
    """Delete what has been kept for long enough, unless the clock is doubted."""
    async with autocommit(running.engine).connect() as connection:
        if not await is_believed(connection):
            return
        packages, drafts = await store.purge(connection, domain.PACKAGE_KEPT, domain.DRAFT_KEPT)
    if packages or drafts:
        log.info("purged", packages=packages, drafts=drafts)
