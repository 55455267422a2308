"""Verifying both stores of a system, with the key of the site and the checkpoints inside and outside the database."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.evidence.checkpoints import is_note
from contracts.evidence.log_entries import LOGS, log_origin
from contracts.message import Store
from workers.audit.tamper_evidence import stored_evidence
from workers.audit.tamper_evidence.log_verification import Verified, verify
from workers.audit.tamper_evidence.stored_evidence import Unnumbered
from workers.runtime.process.preconditions import explain_errors
from workers.runtime.storage.database import SessionTimeouts, open_engine

_WAITS: Final = SessionTimeouts("incidents-verify", statement_seconds=0, idle_seconds=0)
_ONE_MOMENT: Final = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


_BEGINNING: Final = re.compile(f"(?<!\u2014 )(?={LOGS})")
"""Where a note begins, also behind one that a crash cut off; a signature has the name of the log, too."""


class Databases(NamedTuple):
    """The addresses of both databases; a site may have no log server."""

    incident_manager: str
    log_server: str | None


class Trusted(NamedTuple):
    """What is trusted: the site's name, its public key, and the directory with checkpoints outside the database."""

    site: str
    key: bytes
    folder: Path | None


class Result(NamedTuple):
    """What was found out about a store.

    `unsigned_notes` are checkpoints that the site's key has not signed.
    """

    store: Store
    verified: Verified
    unnumbered: Unnumbered
    checkpoints: int
    unsigned_notes: int

    @property
    def is_intact(self) -> bool:
        """Whether nothing was changed, as far as anybody can tell."""
        return not (self.verified.discrepancies or self.unnumbered.since or self.unsigned_notes)


async def verify_store(databases: Databases, store: Store, trusted: Trusted) -> Result:
    """Verify one store as it is at a moment, with the checkpoints of the database and of the files in a folder."""
    async with _connect(databases.incident_manager, "INCIDENTS_DATABASE_URL") as main:
        notes = [*await stored_evidence.read_notes(main, store), *_notes_in(trusted.folder, store)]
        checkpoints, unsigned = stored_evidence.read_checkpoints(notes, log_origin(trusted.site, store), trusted.key)
        evidence = await stored_evidence.read_tree(main, store, checkpoints)
        if store is Store.INCIDENT_MANAGER:
            verified = await verify(stored_evidence.entries(main, store), evidence)
            left = await stored_evidence.unnumbered(main, store)
            return Result(store, verified, left, len(checkpoints), unsigned)
        waiting = await stored_evidence.waiting(main)
        async with _connect(databases.log_server or "", "INCIDENTS_LOG_DATABASE_URL") as log_server:
            verified = await verify(stored_evidence.entries(log_server, store), evidence, waiting)
            left = await stored_evidence.unnumbered(log_server, store)
        return Result(store, verified, left, len(checkpoints), unsigned)


@asynccontextmanager
async def _connect(url: str, variable: str) -> AsyncIterator[AsyncConnection]:
    engine = open_engine(url, connections=1, waits=_WAITS)
    try:
        async with explain_errors(url, variable), engine.connect() as connection:
            await connection.execute(_ONE_MOMENT)
            yield connection
    finally:
        await engine.dispose()


def _notes_in(folder: Path | None, store: Store) -> list[str]:
    """Return the notes in the file of a store; one that a crash cut off is left out."""
    path = folder / f"{store}.notes" if folder else None
    if path is None or not path.exists():
        return []
    begun = _BEGINNING.split(path.read_text("utf-8", errors="replace"))
    notes = [f"{note.rstrip()}\n" for note in begun if note.strip()]
    return [note for note in notes if is_note(note)]
