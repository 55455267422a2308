"""Writing the erasure journal: what was erased gets its entries, and the database remembers the place behind them."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from workers.common.erasure_journal.entries import Entry, Head, Kind
from workers.common.erasure_journal.journal import EMPTY, ErasureJournal, JournalAheadError
from workers.common.signing_key import SigningKey
from workers.runtime.commands.deferred_commands import DeferredWork
from workers.runtime.storage import erasure_place

ENTRIES_AT_ONCE: Final = 1_000


async def create_journal(work: DeferredWork, journal: ErasureJournal, key: SigningKey) -> None:
    """Make the journal, unless there is one or another process has made it."""
    async with work.step() as step:
        if await erasure_place.lock(step.connection) is None:
            entry = Entry(Kind.BEGUN, datetime.now(UTC), site=work.site)
            try:
                place = await asyncio.to_thread(journal.create, entry, key)
            except JournalAheadError:  # its process was killed before it committed, and its entries are read next
                return
            await erasure_place.move(step.connection, place)


async def record(work: DeferredWork, journal: ErasureJournal, key: SigningKey) -> int:
    """Append what waits, and forget that it waits once it is synced; return how many entries it became.

    A process that is killed in between leaves a journal that is ahead of the database: reading it again mends that.

    Raises:
        JournalAheadError: The journal has entries that the database does not know.
        JournalError: It was cut, or is another one.
        OSError: It cannot be written.
    """
    async with work.step() as step:
        place: Head = await erasure_place.lock(step.connection) or EMPTY
        rows = await erasure_place.waiting(step.connection, ENTRIES_AT_ONCE)
        if rows:
            entries = [erasure_place.entry_of(row) for row in rows]
            place = await asyncio.to_thread(journal.append, entries, place, key)
            await erasure_place.drop(step.connection, rows)
            await erasure_place.move(step.connection, place)
    return len(rows)
