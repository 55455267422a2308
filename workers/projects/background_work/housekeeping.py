"""Deleting packages, drafts and selections that nobody needs any more, and learning rare parts of words."""

import asyncio
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError

from contracts.projects.drafts import DRAFT_LIFETIME
from workers.common.logs import describe
from workers.projects import domain, export_tables
from workers.projects.background_work.selections import DROP_SELECTIONS
from workers.projects.exports import database_storage
from workers.projects.search.rarity import learned
from workers.projects.worker import worker
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.storage.database import connect_autocommit
from workers.runtime.storage.database_clock_check import is_believed

_CHECK_SECONDS: Final = 1.0
_PURGE_SECONDS: Final = 60.0
_LEARN_SECONDS: Final = 3_600.0

log = structlog.get_logger()


@worker.background
async def housekeeping(running: RunningComponents) -> None:
    """Delete packages after a day and drafted sequences after a month, in the process that owns the first lane."""
    now = asyncio.get_running_loop().time
    due = now()
    while True:
        if running.lanes.owns_first and now() >= due:
            try:
                await purge(running)
                due = now() + _PURGE_SECONDS
            except (DBAPIError, OSError) as error:
                log.warning("purge_failed", **describe(error))
        await asyncio.sleep(_CHECK_SECONDS)


@worker.background
async def learn_rarity(running: RunningComponents) -> None:
    """Learn every hour how common parts of words are; without a sample, their letters decide."""
    while True:
        try:
            async with connect_autocommit(running.engine) as connection:
                await learned.learn(connection)
        except (DBAPIError, OSError) as error:
            log.warning("rarity_sampling_failed", **describe(error))
        await asyncio.sleep(_LEARN_SECONDS)


async def purge(running: RunningComponents) -> None:
    """Delete selections that were taken, and expired exports, packages and drafts, unless the clock is doubted."""
    async with connect_autocommit(running.engine) as connection:
        await connection.execute(DROP_SELECTIONS)
        if not await is_believed(connection):
            return
        await connection.execute(export_tables.PURGE, {"kept": domain.PACKAGE_LIFETIME})
        packages, drafts = await database_storage.purge(connection, domain.PACKAGE_LIFETIME, DRAFT_LIFETIME)
    if packages or drafts:
        log.info("purged", packages=packages, drafts=drafts)
