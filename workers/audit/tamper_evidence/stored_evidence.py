"""Reading what a verification needs from the databases: the entries of a store, its tree, and its checkpoints."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, cast

from sqlalchemy import ColumnElement, Select, and_, func, not_, select, text, true
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.evidence.checkpoints import Checkpoint, NoteError, read_note
from contracts.evidence.dropped_entries import DroppedEntries, chain, read_statement
from contracts.evidence.log_entries import FIELDS
from contracts.evidence.merkle_tree import HASH_BYTES, TILE_HASHES, split
from contracts.message import Store
from workers.audit.entry_values.tables import EntryValues
from workers.audit.row_types import DroppedRow, EdgeRow, SignedCheckpointRow, TreeTileRow, WaitingRow
from workers.audit.tables import Activity, LogEntry
from workers.audit.tamper_evidence.attestations import Kind, read_attestations
from workers.audit.tamper_evidence.log_tree import EDGE
from workers.audit.tamper_evidence.log_verification import Evidence
from workers.common.signing_key import is_signature
from workers.runtime.storage.identity_map import rows_of

_AT_ONCE: Final = 5_000
_TABLES: Final[dict[Store, type[Activity | LogEntry]]] = {
    Store.INCIDENT_MANAGER: Activity,
    Store.LOG_SERVER: LogEntry,
}
_TILES: Final = text(
    "SELECT store, level, index, hashes FROM audit.tile WHERE store = :store AND level = 0 ORDER BY index"
)
_DROPPED: Final = text(
    "SELECT store, first, size, before, at, note FROM audit.dropped WHERE store = :store ORDER BY first"
)
_CHECKPOINTS: Final = text("SELECT store, size, at, note FROM audit.checkpoint WHERE store = :store ORDER BY size")

_WAITING: Final = text(
    """
    SELECT u.first_index + w.place - 1 AS log_index, w.entry, CAST(w.entry ->> 'at' AS timestamptz) AS at,
        substring(u.hashes FROM CAST(w.place - 1 AS integer) * 32 + 1 FOR 32) AS hash
    FROM audit.waiting w JOIN audit.undelivered u USING (id) ORDER BY 1
    """
)


_UPGRADE_TIME: Final = timedelta(hours=1)
"""For so long after the first numbered entry's time, entries may still be from before: events overtake each other."""


class Unnumbered(NamedTuple):
    """Entries without a number: how many are from before the log began, and how many are younger."""

    before: int
    since: int


async def read_tree(
    connection: AsyncConnection, store: Store, checkpoints: Sequence[Checkpoint], dropped: Sequence[DroppedEntries] = ()
) -> Evidence:
    """Return what the entries of a store are compared with; a tile that is missing ends the tree."""
    [row] = rows_of(await connection.execute(EDGE, {"store": store.value}), EdgeRow)
    tiles: list[bytes] = []
    for tile in rows_of(await connection.execute(_TILES, {"store": store.value}), TreeTileRow):
        if tile["index"] != len(tiles) or len(tile["hashes"]) != TILE_HASHES * HASH_BYTES:
            break
        tiles.append(tile["hashes"])
    rest = split(row["edge"][0]) if row["edge"] and len(tiles) == row["size"] // TILE_HASHES else []
    return Evidence(row["recorded"], tiles, rest, checkpoints, dropped)


async def read_statements(
    connection: AsyncConnection, store: Store, origin: str, public_key: bytes, copies: Iterable[str] = ()
) -> tuple[list[DroppedEntries], int]:
    """Return what was dropped from a store, as the site's key has stated it, and the number of other statements.

    Copies count where the database has lost statements; those that are cut off or of another key do not.
    """
    rows = rows_of(await connection.execute(_DROPPED, {"store": store.value}), DroppedRow)
    stated: list[DroppedEntries] = []
    for row in rows:
        with suppress(NoteError):
            stated.append(read_statement(row["note"], origin, public_key, is_signature))
    others = len(rows) - len(stated)
    copied: list[DroppedEntries] = []
    for note in copies:
        with suppress(NoteError):
            copied.append(read_statement(note, origin, public_key, is_signature))
    own, whole = chain(stated), chain([*stated, *copied])
    return whole if _end(whole) > _end(own) else own, others


def _end(dropped: Sequence[DroppedEntries]) -> int:
    return dropped[-1].end if dropped else 0


async def read_notes(connection: AsyncConnection, store: Store) -> list[SignedCheckpointRow]:
    """Return the notes of a store's checkpoints as the database has them, each with the cosignatures that it has."""
    rows = rows_of(await connection.execute(_CHECKPOINTS, {"store": store.value}), SignedCheckpointRow)
    lines: dict[int, str] = defaultdict(str)
    for attestation in await read_attestations(connection, store):
        if attestation["kind"] == Kind.COSIGNATURE:
            lines[attestation["size"]] += attestation["content"]
    return [{**row, "note": row["note"] + lines[row["size"]]} for row in rows]


def read_checkpoints(notes: Iterable[str], origin: str, public_key: bytes) -> tuple[list[Checkpoint], int]:
    """Return the checkpoints that the site's key has signed, by size, and the number of notes that it has not."""
    known: dict[tuple[int, bytes], Checkpoint] = {}
    unsigned = 0
    for note in {_without_cosignatures(note) for note in notes}:
        try:
            checkpoint = read_note(note, public_key, is_signature)
        except NoteError:
            unsigned += 1
            continue
        if checkpoint.origin == origin:
            known[checkpoint.size, checkpoint.root] = checkpoint
        else:
            unsigned += 1
    return sorted(known.values(), key=lambda checkpoint: (checkpoint.size, checkpoint.root)), unsigned


def _without_cosignatures(note: str) -> str:
    """Return a note with its first signature alone, that of the site: copies with more of them are verified once."""
    text, _, signatures = note.rpartition("\n\n")
    return f"{text}\n\n{signatures.partition(chr(10))[0]}\n"


async def size_before(connection: AsyncConnection, store: Store, moment: datetime) -> int | None:
    """Return how many entries were recorded before the first one of a moment or later; None if there is none."""
    table = _TABLES[store]
    first: int | None = (await connection.execute(select(func.min(table.log_index)).where(table.at >= moment))).scalar()
    return first


async def entries(connection: AsyncConnection, store: Store, first: int = 0) -> AsyncIterator[Mapping[str, Any]]:
    """Yield the numbered entries of a store, from the first number on, in the order of their numbers."""
    numbered = _select(store).where(_TABLES[store].log_index >= first)
    ordered = numbered.order_by(_TABLES[store].log_index, _TABLES[store].event_id)
    result = await connection.stream(ordered.execution_options(yield_per=_AT_ONCE))
    async for rows in result.mappings().partitions():
        for row in rows:
            yield cast("Mapping[str, Any]", row)


async def read_range(connection: AsyncConnection, store: Store, first: int, end: int) -> list[Mapping[str, Any]]:
    """Return the entries from a number to before another one, in the order of their numbers."""
    table = _TABLES[store]
    numbered = _select(store).where(table.log_index >= first, table.log_index < end)
    rows = await connection.execute(numbered.order_by(table.log_index, table.event_id))
    return [cast("Mapping[str, Any]", row) for row in rows.mappings()]


def _select(store: Store) -> Select[Any]:
    """Return the statement that reads entries, those of projects with the values that are still known."""
    columns = [getattr(_TABLES[store], name) for name in (*FIELDS, "log_index", "hash")]
    if store is Store.LOG_SERVER:
        return select(*columns)
    beside = EntryValues.event_id == Activity.event_id
    return select(*columns, EntryValues.content, EntryValues.salt).outerjoin(EntryValues, beside)


async def waiting(connection: AsyncConnection) -> list[Mapping[str, Any]]:
    """Return the entries that wait for the log server, in the order of their numbers."""
    rows = rows_of(await connection.execute(_WAITING), WaitingRow)
    return [{**row["entry"], "at": row["at"], "log_index": row["log_index"], "hash": row["hash"]} for row in rows]


async def unnumbered(connection: AsyncConnection, store: Store) -> Unnumbered:
    """Count the entries without a number; none may be younger than the first one that has a number."""
    table = _TABLES[store]
    first = select(func.min(table.at)).where(table.log_index.is_not(None)).scalar_subquery()
    is_since: ColumnElement[bool] = and_(first.is_not(None), table.at > first + _UPGRADE_TIME)
    if store is Store.INCIDENT_MANAGER:
        is_since = true()  # the migration has numbered all that was there
    counts = select(func.count().filter(not_(is_since)), func.count().filter(is_since))
    before, since = (await connection.execute(counts.where(table.log_index.is_(None)))).one()
    return Unnumbered(before, since)
