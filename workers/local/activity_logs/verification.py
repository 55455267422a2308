"""Verifying both stores of a system, with the key of the site and the checkpoints inside and outside the database."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.evidence.checkpoints import is_note
from contracts.evidence.cosignatures import Verifier
from contracts.evidence.dropped_entries import DroppedEntries
from contracts.evidence.log_entries import LOGS, log_origin
from contracts.message import Store
from workers.audit.tamper_evidence import stored_evidence
from workers.audit.tamper_evidence.attestations import Kind, read_attestations
from workers.audit.tamper_evidence.checkpoint_copies import NOTES, STAMPS
from workers.audit.tamper_evidence.log_verification import Evidence, Verified, verify
from workers.audit.tamper_evidence.statement_copies import STATEMENTS
from workers.audit.tamper_evidence.stored_evidence import Unnumbered
from workers.audit.tamper_evidence.witnesses.witness_list import Cosigner
from workers.local.activity_logs.stamps import StampedState, Stamps, read_stamps
from workers.local.activity_logs.witness_answers import Asked, CosignedState, Witnessed, ask, cosigned_states
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
    """What is trusted: the site's name, its public key, and the directory with checkpoints outside the database.

    `witnesses` are the keys of those whose cosignatures count, `asked` those that are also asked now. `authority` is
    the fingerprint of the certificate of one that stamps times: without it, any counts, and none is required.
    """

    site: str
    key: bytes
    folder: Path | None
    witnesses: Sequence[Verifier] = ()
    asked: Sequence[Cosigner] = ()
    authority: str | None = None


class Result(NamedTuple):
    """What was found out about a store.

    `unsigned_notes` are checkpoints that the site's key has not signed. `first` is the number of the first entry that
    was compared. `witnessed` is None where no witness is known.
    """

    store: Store
    verified: Verified
    unnumbered: Unnumbered
    checkpoints: int
    unsigned_notes: int
    first: int = 0
    witnessed: Witnessed | None = None
    stamped: StampedState | None = None
    other_stamps: int = 0
    is_unstamped: bool = False
    """Whether a stamp of a certain authority is required, and there is none of a state that fits."""

    dropped: DroppedEntries | None = None
    """What retention dropped last: entries from the first one on, up to there."""

    other_statements: int = 0
    """How many statements about dropped entries the site's key has not signed."""

    @property
    def is_refused(self) -> bool:
        """Whether witnesses do not know this history of the log."""
        return bool(self.witnessed and self.witnessed.is_refused and self.verified.size)

    @property
    def is_intact(self) -> bool:
        """Whether nothing was changed, as far as anybody can tell."""
        changed = self.verified.discrepancies or self.unnumbered.since or self.unsigned_notes
        return not (changed or self.is_refused or self.other_stamps or self.is_unstamped or self.other_statements)


class _Known(NamedTuple):
    """What a store is compared with, read at one moment."""

    evidence: Evidence
    states: Sequence[CosignedState]
    unsigned: int
    other_statements: int
    stamps: Stamps
    times: Sequence[tuple[int, datetime]]
    """When a checkpoint of a size was signed, as the database says."""


async def verify_store(databases: Databases, store: Store, trusted: Trusted, since: datetime | None = None) -> Result:
    """Verify one store as it is at a moment, with the checkpoints of the database and of the files in a folder.

    With `since`, entries before the last checkpoint that is older are not read: the tree has to fit that checkpoint.
    """
    async with _open(databases.incident_manager, "INCIDENTS_DATABASE_URL") as engine:
        asked = await ask(engine, store, trusted.asked)
        async with _at_one_moment(engine) as main:
            known = await _read(main, store, trusted, asked.notes)
            if store is Store.INCIDENT_MANAGER:
                return await _compare(main, store, trusted, (known, asked, ()), since)
            waiting = await stored_evidence.waiting(main)
            url = databases.log_server or ""
            async with _open(url, "INCIDENTS_LOG_DATABASE_URL") as other, _at_one_moment(other) as log_server:
                return await _compare(log_server, store, trusted, (known, asked, waiting), since)


async def _read(main: AsyncConnection, store: Store, trusted: Trusted, asked: Sequence[str]) -> _Known:
    rows = await stored_evidence.read_notes(main, store)
    notes = [*(row["note"] for row in rows), *_notes_in(trusted.folder, store), *asked]
    checkpoints, unsigned = stored_evidence.read_checkpoints(notes, log_origin(trusted.site, store), trusted.key)
    origin = log_origin(trusted.site, store)
    dropped, others = await stored_evidence.read_statements(
        main, store, origin, trusted.key, _notes_of(trusted.folder, f"{store}{STATEMENTS}")
    )
    heads = {*checkpoints, *(each.tree for each in dropped)}
    ordered = sorted(heads, key=lambda each: (each.size, each.root))
    evidence = await stored_evidence.read_tree(main, store, ordered, dropped)
    states = cosigned_states(notes, trusted.witnesses)
    attested = await read_attestations(main, store)
    contents = [each["content"] for each in attested if each["kind"] == Kind.TIME_STAMP]
    stamps = read_stamps([*contents, *_stamps_in(trusted.folder, store)], checkpoints)
    return _Known(evidence, states, unsigned, others, stamps, [(row["size"], row["at"]) for row in rows])


async def _compare(
    entries: AsyncConnection,
    store: Store,
    trusted: Trusted,
    read: tuple[_Known, Asked, Sequence[Mapping[str, Any]]],
    since: datetime | None,
) -> Result:
    known, asked, waiting = read
    first = await _first(entries, store, known, since) if since else 0
    evidence = known.evidence
    verified = await verify(stored_evidence.entries(entries, store, first), evidence, waiting, first)
    left = await stored_evidence.unnumbered(entries, store)
    signed = set(evidence.checkpoints)
    fitting = [state for state in known.states if state.checkpoint in signed]
    last = max(
        (state for state in fitting if state.checkpoint.size <= verified.signed),
        key=lambda state: state.checkpoint.size,
        default=None,
    )
    witnessed = Witnessed(last, asked.answers) if trusted.witnesses else None
    stamped = known.stamps.last(verified.signed, trusted.authority)
    missing = trusted.authority is not None and stamped is None and bool(verified.size)
    result = Result(store, verified, left, len(evidence.checkpoints), known.unsigned, first, witnessed)
    dropped = evidence.dropped[-1] if evidence.dropped else None
    result = result._replace(dropped=dropped, other_statements=known.other_statements)
    return result._replace(stamped=stamped, other_stamps=known.stamps.others, is_unstamped=missing)


async def _first(entries: AsyncConnection, store: Store, known: _Known, since: datetime) -> int:
    """Return the size of the last checkpoint that fits, is older than a moment, and has no younger entry before it."""
    most = await stored_evidence.size_before(entries, store, since)
    proven = {checkpoint.size for checkpoint in known.evidence.checkpoints[: known.evidence.proven()]}
    times = [*known.times, *((state.checkpoint.size, state.at) for state in known.states)]
    times += [(state.checkpoint.size, state.at) for state in known.stamps.states]
    older = {size for size, at in times if at < since and (most is None or size <= most)}
    return max(older & proven, default=0)


@asynccontextmanager
async def _open(url: str, variable: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(url, connections=2, waits=_WAITS)
    try:
        async with explain_errors(url, variable):
            yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def _at_one_moment(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with engine.connect() as connection:
        await connection.execute(_ONE_MOMENT)
        yield connection


def _notes_in(folder: Path | None, store: Store) -> list[str]:
    """Return the notes in the file of a store; one that a crash cut off is left out."""
    return [note for note in _notes_of(folder, f"{store}{NOTES}") if is_note(note)]


def _notes_of(folder: Path | None, name: str) -> list[str]:
    begun = _BEGINNING.split(_text_in(folder, name))
    return [f"{note.rstrip()}\n" for note in begun if note.strip()]


def _stamps_in(folder: Path | None, store: Store) -> list[str]:
    """Return the time stamps in the file of a store; the last line may be one that a crash cut off."""
    return _text_in(folder, f"{store}{STAMPS}").rpartition("\n")[0].split()


def _text_in(folder: Path | None, name: str) -> str:
    path = folder / name if folder else None
    return path.read_text("utf-8", errors="replace") if path and path.exists() else ""
