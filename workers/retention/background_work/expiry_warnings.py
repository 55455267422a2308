"""Announcing which projects expire soon: once for each project and each time at which it expires."""

from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.expiry_warnings import WARNED_AT_ONCE_MAX, ExpiriesAnnounced
from contracts.ids import uuid7
from contracts.values import EARLIEST
from workers.common.logs import describe
from workers.retention import expiry_tables
from workers.retention.background_work.intervals import Interval
from workers.retention.queries import read_rules
from workers.retention.row_types import NearExpiryRow, WarningDaysRow
from workers.retention.worker import worker
from workers.runtime.commands.deferred_commands import TRANSIENT, DeferredWork
from workers.runtime.commands.unit_of_work import EmittedEvent
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.storage.database_clock_check import is_believed
from workers.runtime.storage.identity_map import row_of, rows_of

_RETRY_SECONDS: Final = 60.0
_FIRST_SECONDS: Final = 20.0
"""Time from the start of a process to its first look, which is before its first sweep."""

STEP_PROJECTS: Final = 20 * WARNED_AT_ONCE_MAX
"""Projects of one transaction: where there are policies, each reads every project that may expire in time."""

log = structlog.get_logger()


@worker.background
async def announce_expiries(running: RunningComponents) -> None:
    """Announce at intervals what expires soon, in the process that owns the first lane."""
    interval = Interval(running, running.settings.expiry_warning_seconds, _FIRST_SECONDS)
    while True:
        await interval.turn()
        try:
            while await announce(running.deferred_work()) == STEP_PROJECTS:
                pass
            interval.restart()
        except TRANSIENT as error:
            interval.restart(_RETRY_SECONDS)
            log.warning("expiries_not_announced", **describe(error))


async def announce(work: DeferredWork) -> int:
    """Announce the projects that expire soonest, unless the clock is doubted; return how many there were.

    What was announced and its events are one transaction: a process that is killed leaves both or neither.
    """
    async with work.step() as step:
        await step.connection.execute(expiry_tables.TURN)
        if not await is_believed(step.connection):
            return 0
        await step.connection.execute(expiry_tables.FORGET)
        rows = await _near_expiry(step.connection)
        parts = [rows[first : first + WARNED_AT_ONCE_MAX] for first in range(0, len(rows), WARNED_AT_ONCE_MAX)]
        emitted = [EmittedEvent(_event(part), event_id := uuid7(), str(event_id), None) for part in parts]
        if rows:
            await step.announce(emitted, rows[0]["at"].isoformat())
            log.info("expiries_announced", projects=len(rows))
    work.wake()
    return len(rows)


async def _near_expiry(connection: AsyncConnection) -> list[NearExpiryRow]:
    """Return the projects that expire within the days of the setting and are not announced, and note them."""
    setting = row_of(await connection.execute(expiry_tables.WARNING_DAYS), WarningDaysRow)
    if setting is None or not setting["expiry_warning_days"]:
        return []
    rules, now, days = await read_rules(connection), setting["now"], setting["expiry_warning_days"]
    parameters = {
        **rules.parameters(),
        "created_after": EARLIEST if rules.policies else rules.created_before(now),
        "created_before": rules.created_before(now, days),
        "warning_days": days,
        "limit": STEP_PROJECTS,
    }
    return rows_of(await connection.execute(expiry_tables.ANNOUNCE, parameters), NearExpiryRow)


def _event(rows: list[NearExpiryRow]) -> ExpiriesAnnounced:
    return ExpiriesAnnounced(
        project_ids=[row["project_id"] for row in rows],
        numbers=[row["number"] for row in rows],
        expiries=[row["expires_at"] for row in rows],
    )
