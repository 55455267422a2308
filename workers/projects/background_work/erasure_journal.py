"""The erasure journal: read again before a process answers, then written, and how far it is behind."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.common import signing_key
from workers.common.erasure_journal.journal import MISSING, ErasureJournal, JournalAheadError, JournalError
from workers.common.logs import describe
from workers.common.signing_key import NoSigningKeyError
from workers.projects.erasures import recording
from workers.projects.erasures.replay import erase_again
from workers.projects.worker import worker
from workers.runtime.bus.backlog_metrics import Figure
from workers.runtime.commands.deferred_commands import TRANSIENT
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.storage import erasure_place
from workers.runtime.storage.database import connect_autocommit

_LOOK_SECONDS: Final = 0.5
_RETRY_SECONDS: Final = 1.0
_REMINDER_SECONDS: Final = 60.0
log = structlog.get_logger()


@worker.prepares
async def read_journal(running: RunningComponents) -> None:
    """Erase again what the journal names, before anything is answered; with a journal that is refused, wait."""
    logged = set[str]()
    while True:
        try:
            await _read(running)
        except (JournalError, NoSigningKeyError) as error:
            if str(error) not in logged:
                log.error("erasure_journal_refused", reason=str(error))  # noqa: TRY400 - the reason says it all
            logged.add(str(error))
        except TRANSIENT as error:
            log.warning("erasure_journal_not_read", **describe(error))
        else:
            return
        await asyncio.sleep(_RETRY_SECONDS)


async def _read(running: RunningComponents) -> None:
    folder, work = running.settings.erasures, running.deferred_work()
    if folder is None:
        async with connect_autocommit(running.engine) as connection:
            if await erasure_place.read(connection):
                raise JournalError("INCIDENTS_ERASURES", MISSING)
        log.warning("erasure_journal_not_kept")
        return
    journal = ErasureJournal(folder)
    while await erase_again(work, journal, signing_key.current) is None:
        await recording.create_journal(work, journal, signing_key.current())


@worker.background
async def write_journal(running: RunningComponents) -> None:
    """Write what was erased into the journal, in the process that owns the first lane."""
    folder, now = running.settings.erasures, asyncio.get_running_loop().time
    if folder is None:
        return
    journal, reminder = ErasureJournal(folder), now()
    while True:
        written = 0
        try:
            if running.lanes.owns_first:
                written = await _write(running, journal)
        except (JournalError, NoSigningKeyError, *TRANSIENT) as error:
            if now() >= reminder:
                log.warning("erasure_journal_not_written", **describe(error))
                reminder = now() + _REMINDER_SECONDS
        if written < recording.ENTRIES_AT_ONCE:
            await asyncio.sleep(_LOOK_SECONDS)


async def _write(running: RunningComponents, journal: ErasureJournal) -> int:
    async with connect_autocommit(running.engine) as connection:
        state = await erasure_place.state(connection)
    if not state.waiting:
        return 0
    work = running.deferred_work()
    if not state.known:  # it was set aside, to begin another one
        await recording.create_journal(work, journal, signing_key.current())
    try:
        return await recording.record(work, journal, signing_key.current())
    except JournalAheadError:
        await erase_again(work, journal, signing_key.current)
        return 0


@worker.shows_figures
async def journal_figures(connection: AsyncConnection) -> Sequence[Figure]:
    """Return how far the journal is behind, as metrics."""
    state = await erasure_place.state(connection)
    waiting, late = "erasures that the journal lacks", "for how long the oldest of them has waited"
    return [
        Figure("erasure_journal_waiting_entries", waiting, state.waiting),
        Figure("erasure_journal_late_seconds", late, state.late_seconds),
    ]


@worker.reports_status
async def report_journal(running: RunningComponents) -> dict[str, Any]:
    """Return the same for the status of the process, and whether a journal is kept."""
    async with running.engine.connect() as connection:
        state = await erasure_place.state(connection)
    return {"erasure_journal": {"configured": running.settings.erasures is not None, **state._asdict()}}
