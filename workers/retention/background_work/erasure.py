"""The clean-up after deletions: what people wrote leaves freed pages, the write-ahead log and the dead letters."""

import re
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from nats.errors import Error as NatsError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.values import EARLIEST
from workers.common.logs import describe
from workers.common.operators_time import QuietHours
from workers.retention import tables
from workers.retention.background_work.intervals import Interval
from workers.retention.row_types import RedactionRow
from workers.retention.worker import worker
from workers.runtime.bus import outbox
from workers.runtime.commands.dead_letter_reading import DeadLetterStream, Letter
from workers.runtime.commands.letter_sealing.opening import key_id_of
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.storage import erasure_place
from workers.runtime.storage.database import SessionTimeouts, connect_autocommit, open_engine
from workers.runtime.storage.identity_map import rows_of
from workers.runtime.storage.page_cleanup import PageCleaner

_RETRY_SECONDS: Final = 60.0
_LETTERS_AT_ONCE: Final = 100
_WAITS: Final = SessionTimeouts("incidents-erasure", lock_seconds=0.2, statement_seconds=0)
_PUBLICATION_MAX: Final = timedelta(hours=1)
"""Letters that take longer to be published stay in the outbox until its day is dropped."""

_ID: Final = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NOW: Final = text("SELECT now()")
log = structlog.get_logger()


@dataclass
class Progress:
    """What earlier clean-ups of this process have reached."""

    pages: PageCleaner = field(default_factory=PageCleaner)
    blanked_at: datetime = EARLIEST
    cleaned: tuple[datetime, datetime] | None = None
    """When a complete clean-up began and ended that nobody knows of yet, because the erasure journal was behind."""


@worker.background
async def clean_up(running: RunningComponents) -> None:
    """Clean up at intervals if something was deleted, in the process that owns the first lane."""
    progress, interval = Progress(), Interval(running, running.settings.erasure_seconds)
    while True:
        await interval.turn()
        try:
            is_done = await erase(running, progress)
            interval.restart(None if is_done else _RETRY_SECONDS)
        except (DBAPIError, NatsError, OSError) as error:
            interval.restart(_RETRY_SECONDS)
            log.warning("erasure_failed", **describe(error))


async def erase(running: RunningComponents, progress: Progress) -> bool:
    """Erase what deletions left in files, and return whether nothing of it is left."""
    engine = open_engine(running.settings.database_url, connections=1, waits=_WAITS)
    try:
        async with connect_autocommit(engine) as connection:
            began_at, begun = (await connection.execute(_NOW)).scalar_one(), time.monotonic()
            if not await progress.pages.is_needed(connection):
                return await _confirm(connection, progress, began_at)
            letters = await remove_letters(running)
            await outbox.blank_letters(connection, progress.blanked_at - _PUBLICATION_MAX)
            progress.blanked_at = began_at
            hours = _quiet_hours(running)
            pages = await progress.pages.clean(connection, is_quiet=hours is not None and hours.include(began_at))
            if pages.is_complete:
                progress.cleaned = began_at, (await connection.execute(_NOW)).scalar_one()
            elif pages.large and not pages.failures:
                quiet_until = hours and hours.next_end(began_at)
                await connection.execute(tables.PARTIALLY_ERASED, {"began_at": began_at, "quiet_until": quiet_until})
            is_concluded = await _conclude(connection, progress)
    finally:
        await engine.dispose()
    done = {"rewritten": len(pages.rewritten), "letters": letters, "seconds": round(time.monotonic() - begun, 1)}
    if pages.failures:
        log.warning("erasure_incomplete", **done, **pages.failures)
    elif pages.large:
        log.info("erasure_partial", **done, large=pages.large)
    else:
        log.info("erasure_complete", **done)
    return is_concluded and not (pages.locked or pages.held_back)


def _quiet_hours(running: RunningComponents) -> QuietHours | None:
    hours = running.settings.erasure_quiet_hours
    return None if hours is None else QuietHours.parse(hours)


async def _confirm(connection: AsyncConnection, progress: Progress, at: datetime) -> bool:
    """Note that nothing was deleted from the last complete clean-up until then; return whether none waits."""
    is_concluded = await _conclude(connection, progress)
    if is_concluded:
        await connection.execute(tables.STILL_ERASED, {"clean_at": at})
    return is_concluded


async def _conclude(connection: AsyncConnection, progress: Progress) -> bool:
    """Note that a clean-up is complete, unless the journal still lacks what it erased; return whether none waits."""
    if progress.cleaned is None:
        return True
    began_at, completed_at = progress.cleaned
    if await erasure_place.is_behind(connection, began_at):
        return False
    await connection.execute(tables.ERASED, {"began_at": began_at, "completed_at": completed_at})
    progress.cleaned = None
    return True


async def remove_letters(running: RunningComponents) -> int:
    """Remove the dead letters of earlier versions with words that were erased, and return how many.

    The server overwrites their bytes. The key of a later letter died with the words.
    """
    stream = DeadLetterStream(running.settings.site, lambda: running.nats)
    place, removed = 0, 0
    while letters := await stream.after(place, _LETTERS_AT_ONCE):
        place = letters[-1].number
        for letter in await _with_erased_words(running, letters):
            await stream.remove(letter.number, letter.message_id)
            removed += 1
    return removed


async def _with_erased_words(running: RunningComponents, letters: list[Letter]) -> list[Letter]:
    """Return the letters that name a deleted project, or a text that was redacted after them."""
    letters = [letter for letter in letters if key_id_of(letter) is None]
    named = {letter.number: set(map(_as_id, _ID.findall(letter.subject.encode() + letter.body))) for letter in letters}
    async with connect_autocommit(running.engine) as connection:
        ids = list(set[UUID]().union(*named.values()))
        deleted = {row.project_id for row in await connection.execute(tables.ERASED_PROJECTS, {"ids": ids})}
        redactions = rows_of(await connection.execute(tables.REDACTIONS, {"ids": ids}), RedactionRow)
    return [
        letter
        for letter in letters
        if named[letter.number] & deleted
        or any(_is_redacted(letter, named[letter.number], redaction) for redaction in redactions)
    ]


def _is_redacted(letter: Letter, named: set[UUID], redaction: RedactionRow) -> bool:
    """Tell whether a letter from before a redaction names its text: the comment or call, or the field."""
    if redaction["project_id"] not in named or letter.at > redaction["at"]:
        return False
    part_id = redaction["part_id"]
    return part_id in named if part_id else f'"{redaction["field"]}"'.encode() in letter.body


def _as_id(text_of_id: bytes) -> UUID:
    return UUID(text_of_id.decode())
