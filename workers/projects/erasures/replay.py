"""Erasing again what the erasure journal names and a restored database has brought back."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypedDict, get_args
from uuid import UUID

import structlog
from sqlalchemy import BigInteger, Boolean, DateTime, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from contracts.errors import Refusal
from contracts.ids import uuid7
from contracts.projects.commands import ProjectDeleted
from contracts.projects.queries import RedactedField
from contracts.projects.redaction import RedactProject
from contracts.subjects import SYSTEM
from workers.common.erasure_journal.entries import Entry, Head, Kind
from workers.common.erasure_journal.journal import MISSING, NEWER, ErasureJournal, JournalError, Reading
from workers.common.signing_key import SigningKey
from workers.projects.erasures.redaction import erase_words
from workers.projects.rows import ProjectRows
from workers.runtime.commands.deferred_commands import DeferredWork, Step
from workers.runtime.commands.unit_of_work import EmittedEvent, Unit
from workers.runtime.storage import erasure_place
from workers.runtime.storage.identity_map import rows_of

_ENTRIES_AT_ONCE: Final = 1_000

# A hold is no obstacle: the project was erased when none was in force. The tombstones of projects that this database
# has never known refuse their creation by a command that is repeated.
_ERASE = text(
    """
    WITH given AS (
        SELECT * FROM unnest(:ids, :numbers, :times, :expired) AS given(project_id, number, erased_at, expired)
    ), gone AS (
        DELETE FROM projects.project p USING given WHERE p.id = given.project_id
        RETURNING p.id AS project_id, p.number, p.revision, given.erased_at, given.expired
    ), buried AS (
        INSERT INTO projects.tombstone (project_id, number, deleted_by, deleted_at, expired)
        SELECT given.project_id, coalesce(gone.number, given.number), :by, given.erased_at, given.expired
        FROM given LEFT JOIN gone USING (project_id) WHERE coalesce(gone.number, given.number) IS NOT NULL
        ON CONFLICT (project_id) DO UPDATE SET erase_after = NULL, restricted = false, reason = NULL
    )
    SELECT project_id, number, revision, erased_at, expired, now() AS at FROM gone ORDER BY number
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("numbers", type_=ARRAY(BigInteger)),
    bindparam("times", type_=ARRAY(DateTime(timezone=True))),
    bindparam("expired", type_=ARRAY(Boolean)),
)
log = structlog.get_logger()


class _ErasedRow(TypedDict):
    """A project that was erased again."""

    project_id: UUID
    number: int
    revision: int
    erased_at: datetime
    expired: bool
    at: datetime


Repeat = Callable[[Step, Sequence[Entry]], Awaitable[int]]
"""Erases again what entries of some kinds name, in the transaction of a step, and returns how much there was."""


async def erase_again(work: DeferredWork, journal: ErasureJournal, key: Callable[[], SigningKey]) -> int | None:
    """Erase what the journal has behind the place that the database remembers; return how many projects were there.

    It returns None if there is neither a journal nor a place. `key` reads the key of the site; the one that the
    database remembers counts, too, so that a new key is no obstacle.

    Raises:
        JournalError: The journal is missing, was changed or cut, or belongs to another system.
    """
    async with work.step() as step:
        place = await erasure_place.lock(step.connection)
    head = await asyncio.to_thread(journal.head)
    if head is None:
        if place:
            raise JournalError(journal.path, MISSING)
        return None
    if head.is_at(place):
        return 0
    keys = {key().public_key, *([place.key] if place else [])}
    reading = await asyncio.to_thread(journal.read, place, keys)
    erased = await _repeat(work, journal, place, reading)
    log.info("erasure_journal_read", entries=len(reading.entries), erased=erased)
    return erased


async def _repeat(work: DeferredWork, journal: ErasureJournal, place: Head | None, reading: Reading) -> int:
    erased = 0
    for first in range(0, len(reading.entries), _ENTRIES_AT_ONCE):
        part = reading.entries[first : first + _ENTRIES_AT_ONCE]
        async with work.step() as step:
            known = await erasure_place.lock(step.connection)
            if known != place:  # another process erases them
                return erased + (await _repeat_rest(work, journal, known, reading))
            erased += await _erase_part(step, journal, [each.entry for each in part], place)
            await erasure_place.move(step.connection, place := part[-1].place)
        work.wake()
    return erased


async def _repeat_rest(work: DeferredWork, journal: ErasureJournal, known: Head | None, reading: Reading) -> int:
    rest = [each for each in reading.entries if known is None or each.place.size > known.size]
    return await _repeat(work, journal, known, reading._replace(entries=rest))


async def _erase_part(step: Step, journal: ErasureJournal, entries: Sequence[Entry], place: Head | None) -> int:
    by_function: dict[Repeat, list[Entry]] = {}
    for line, entry in enumerate(entries, (place.size if place else 0) + 1):
        repeat = REPEATS.get(entry.kind)
        if repeat is None:
            raise JournalError(journal.path, NEWER, line)
        by_function.setdefault(repeat, []).append(entry)
    return sum([await repeat(step, its) for repeat, its in by_function.items()])


async def _pass_over(_step: Step, _entries: Sequence[Entry]) -> int:
    return 0


async def _delete_projects(step: Step, entries: Sequence[Entry]) -> int:
    parameters = {
        "ids": [entry.project_id for entry in entries],
        "numbers": [entry.number for entry in entries],
        "times": [entry.erased_at for entry in entries],
        "expired": [entry.kind == Kind.EXPIRED for entry in entries],
        "by": SYSTEM,
    }
    rows = rows_of(await step.connection.execute(_ERASE, parameters), _ErasedRow)
    await erasure_place.drop_recorded(step.connection, entries)
    if rows:
        await step.announce([_event(row) for row in rows], rows[0]["at"].isoformat())
        log.warning("projects_erased_again", projects=len(rows))
    return len(rows)


async def _redact_texts(step: Step, entries: Sequence[Entry]) -> int:
    """Redact texts again that a restored database has; those that it never had are passed over."""
    await erasure_place.drop_recorded(step.connection, entries)
    now = (await step.context(SYSTEM)).now
    events = [event for entry in entries if (event := await _redact(step, entry, now))]
    if events:
        await step.announce(events, now.isoformat())
        log.warning("texts_redacted_again", texts=len(events))
    return len(events)


async def _redact(step: Step, entry: Entry, now: datetime) -> EmittedEvent | None:
    """Redact a text again.

    Where only its past was redacted, the present text may be older than the correction: then it goes, too.
    """
    kind, _, field = entry.kind.partition(":")
    command = RedactProject.model_validate(
        {
            "project_id": entry.project_id,
            "field": field,
            "part_id": next(iter(entry.ids), None),
            "earlier_only": kind == Kind.CORRECTED,
            "reason": f"redacted before, at {entry.erased_at.isoformat()}",
        }
    )
    rows = await ProjectRows.load(step.connection, [command])
    project = rows.projects.get(command.project_id)
    if project is None or entry.revision is None:
        return None
    if project["revision"] < entry.revision - 1:
        command = command.model_copy(update={"earlier_only": False})
    unit = Unit(uuid7(), SYSTEM, now, rows, step.connection)
    try:
        event = await erase_words(command, project, unit)
    except Refusal:  # the text was written after the backup, or the backup was made after its redaction
        return None
    await rows.save(step.connection)
    return EmittedEvent(event, unit.id, str(command.project_id), unit.revision)


def _event(row: _ErasedRow) -> EmittedEvent:
    event = ProjectDeleted(
        project_id=row["project_id"], number=row["number"], expired=row["expired"], first_erased_at=row["erased_at"]
    )
    return EmittedEvent(event, uuid7(), str(row["project_id"]), row["revision"] + 1)


REPEATS: Final[Mapping[str, Repeat]] = {
    Kind.BEGUN: _pass_over,
    Kind.DELETED: _delete_projects,
    Kind.EXPIRED: _delete_projects,
    **{
        f"{kind}:{field}": _redact_texts
        for kind in (Kind.REDACTED, Kind.CORRECTED)
        for field in get_args(RedactedField)
    },
}
"""What repeats the entries of each kind."""
