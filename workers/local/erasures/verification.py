"""Verifying the erasure journal with the site's key, and with what the database remembers of it."""

from pathlib import Path
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from workers.common.erasure_journal.entries import Head
from workers.common.erasure_journal.journal import MISSING, ErasureJournal, JournalError, Reading
from workers.runtime.storage import erasure_place
from workers.runtime.storage.erasure_place import JournalState


class Remembered(NamedTuple):
    """What a database knows of the journal."""

    place: Head | None
    state: JournalState


class VerifiedJournal(NamedTuple):
    """What was found out: the journal if it is whole, otherwise what is wrong with it."""

    reading: Reading | None
    error: JournalError | None


async def remember(connection: AsyncConnection) -> Remembered:
    """Read what a database knows."""
    return Remembered(await erasure_place.read(connection), await erasure_place.state(connection))


def verify(folder_or_file: Path, key: bytes | None, place: Head | None) -> VerifiedJournal:
    """Verify the whole journal, also by the place that a database remembers; without any key, every key counts.

    Raises:
        OSError: The file cannot be read.
    """
    journal = ErasureJournal.at(folder_or_file)
    keys = {each for each in (key, place.key if place else None) if each}
    if not journal.path.exists():
        return VerifiedJournal(None, JournalError(journal.path, MISSING))
    try:
        whole = journal.read(None, keys or None)
        if place:
            journal.read(place, keys)
    except JournalError as error:
        return VerifiedJournal(None, error)
    return VerifiedJournal(whole, None)
