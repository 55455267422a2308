"""Erasing deleted projects when their undo window has ended."""

import asyncio
from datetime import datetime
from typing import Final, TypedDict

import structlog

from contracts.ids import uuid7
from contracts.projects.set_aside import ProjectsErased
from workers.common.logs import describe
from workers.projects.tables import set_aside
from workers.projects.worker import worker
from workers.runtime.commands.deferred_commands import TRANSIENT, DeferredWork
from workers.runtime.commands.unit_of_work import EmittedEvent
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.storage.database_clock_check import is_believed
from workers.runtime.storage.identity_map import rows_of

_LOOK_SECONDS: Final = 10.0
_AT_ONCE: Final = 500
log = structlog.get_logger()


class _ErasedRow(TypedDict):
    """A project that was erased."""

    number: int
    expired: bool
    at: datetime


@worker.background
async def end_windows(running: RunningComponents) -> None:
    """Erase what can no longer be restored, in the process that owns the first lane."""
    while True:
        erased = 0
        try:
            if running.lanes.owns_first:
                erased = await erase(running.deferred_work())
        except TRANSIENT as error:
            log.warning("set_aside_not_erased", **describe(error))
        if erased < _AT_ONCE:
            await asyncio.sleep(_LOOK_SECONDS)


async def erase(work: DeferredWork) -> int:
    """Erase the projects whose undo window has ended, unless the clock is doubted; return how many there were."""
    async with work.step() as step:
        if not await is_believed(step.connection):
            return 0
        rows = rows_of(await step.connection.execute(set_aside.ERASE, {"at_most": _AT_ONCE}), _ErasedRow)
        by_kind = {expired: [row["number"] for row in rows if row["expired"] is expired] for expired in (False, True)}
        events = [ProjectsErased(numbers=numbers, expired=expired) for expired, numbers in by_kind.items() if numbers]
        if rows:
            emitted = [EmittedEvent(event, event_id := uuid7(), str(event_id), None) for event in events]
            await step.announce(emitted, rows[0]["at"].isoformat())
            log.info("set_aside_erased", projects=len(rows))
    work.wake()
    return len(rows)
