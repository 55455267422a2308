"""Dropping entries that are older than the settings keep them, a range of numbers at a time.

Each entry is compared with its leaf before, and the signed statement says how many were as recorded: what somebody
changed or removed is not forgotten with them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.evidence.checkpoints import read_note
from contracts.evidence.dropped_entries import DroppedEntries, signed_statement
from contracts.evidence.log_entries import leaf_of
from contracts.evidence.merkle_tree import HASH_BYTES, TILE_HASHES, leaf_hash
from contracts.message import Store
from workers.audit.row_types import DropStateRow, EdgeRow, LastDropRow, TreeTileRow
from workers.audit.tamper_evidence import stored_evidence
from workers.audit.tamper_evidence.log_tree import EDGE, Signer
from workers.audit.tamper_evidence.log_verification import has_own_values
from workers.common.signing_key import is_signature
from workers.runtime.storage.identity_map import rows_of

ENTRIES_AT_ONCE: Final = 20_000
"""In one range, with a statement of its own."""

_ROWS_PER_READ: Final = 1_000
_STATE: Final = text(
    """
    SELECT now() AS now, date_trunc('day', now(), 'UTC') - make_interval(days => CASE :store
            WHEN 'log_server' THEN log_days ELSE activity_days END) AS before,
        coalesce((SELECT max(d.size) FROM audit.dropped d WHERE d.store = :store), 0) AS first,
        least(newest.size, CASE :store WHEN 'log_server' THEN (SELECT min(first_index) FROM audit.undelivered) END)
            AS proven, newest.note
    FROM published.settings CROSS JOIN LATERAL (
        SELECT size, note FROM audit.checkpoint c WHERE c.store = :store ORDER BY size DESC LIMIT 1
    ) AS newest
    """
)
_TILES: Final = text(
    """
    SELECT store, level, index, hashes FROM audit.tile
    WHERE store = :store AND level = 0 AND index BETWEEN :first AND :last
    """
)
_DROP: Final = text("SELECT audit.drop_entries(:first, :end, :before, :note)")
_STATE_DROP: Final = text(
    """
    INSERT INTO audit.dropped (store, first, size, before, at, note)
    VALUES ('log_server', :first, :end, :before, now(), :note)
    """
)
_LAST_DROP: Final = text("SELECT size, before FROM audit.dropped WHERE store = 'log_server' ORDER BY size DESC LIMIT 1")
_DROP_LOGGED: Final = text("SELECT drop_entries(:size, :before)")


class _Range(NamedTuple):
    """The numbers that are old enough, from the first to before the end, and how many of their entries are intact."""

    end: int
    intact: int


async def drop_activity(main: AsyncConnection, signer: Signer) -> int:
    """Drop the next entries of projects' activity that are old enough, and return the length of their range.

    Raises:
        NoteError: The last checkpoint is not signed with the key of this site.
    """
    statement = await _next_statement(main, main, Store.INCIDENT_MANAGER, signer)
    if statement:
        await main.execute(_DROP, statement)
    return statement["end"] - statement["first"] if statement else 0


async def drop_logged(main: AsyncConnection, log_server: AsyncConnection, signer: Signer) -> int:
    """Do the same with the log server, whose statement is written before: what it names is dropped whenever it can be.

    Raises:
        NoteError: The last checkpoint is not signed with the key of this site.
    """
    statement = await _next_statement(main, log_server, Store.LOG_SERVER, signer)
    if statement:
        await main.execute(_STATE_DROP, statement)
    for last in rows_of(await main.execute(_LAST_DROP), LastDropRow):
        await log_server.execute(_DROP_LOGGED, last)
    return statement["end"] - statement["first"] if statement else 0


async def _next_statement(
    main: AsyncConnection, entries: AsyncConnection, store: Store, signer: Signer
) -> dict[str, Any] | None:
    rows = rows_of(await main.execute(_STATE, {"store": store.value}), DropStateRow)
    if not rows:
        return None  # nothing has ever been signed
    [state] = rows
    first, last = state["first"], min(state["proven"], state["first"] + ENTRIES_AT_ONCE)
    due = await _due(entries, store, (first, last), state, await _leaves(main, store, first, last))
    if due.end <= first:
        return None
    tree = read_note(state["note"], signer.key.public_key, is_signature)
    dropped = DroppedEntries(first, due.end, due.intact, state["before"], state["now"], tree)
    note = signed_statement(dropped, signer.key.public_key, signer.key.sign_raw)
    return {"first": first, "end": due.end, "before": state["before"], "note": note}


async def _leaves(main: AsyncConnection, store: Store, first: int, end: int) -> list[bytes]:
    """Return the hashes of the leaves in a range as the tree has them, empty where it has none."""
    parameters = {"store": store.value, "first": first // TILE_HASHES, "last": end // TILE_HASHES}
    tiles = {row["index"]: row["hashes"] for row in rows_of(await main.execute(_TILES, parameters), TreeTileRow)}
    [edge] = rows_of(await main.execute(EDGE, {"store": store.value}), EdgeRow)
    tiles[edge["size"] // TILE_HASHES] = edge["edge"][0] if edge["edge"] else b""
    places = (divmod(index, TILE_HASHES) for index in range(first, end))
    return [tiles.get(tile, b"")[place * HASH_BYTES : (place + 1) * HASH_BYTES] for tile, place in places]


async def _due(
    entries: AsyncConnection, store: Store, numbers: tuple[int, int], state: DropStateRow, leaves: Sequence[bytes]
) -> _Range:
    """Return the range before the first entry that is not old enough; nothing has to be there of a range."""
    first, last = numbers
    end, intact, is_empty = first, set[int](), True
    for start in range(first, last, _ROWS_PER_READ):
        for row in await stored_evidence.read_range(entries, store, start, min(start + _ROWS_PER_READ, last)):
            is_empty = False
            if row["at"] >= state["before"]:
                return _Range(end, len(intact))
            end = row["log_index"] + 1
            if _is_intact(row, leaves[row["log_index"] - first]):
                intact.add(row["log_index"])
    return _Range(last if is_empty else end, len(intact))


def _is_intact(row: Mapping[str, Any], leaf: bytes) -> bool:
    return leaf_hash(leaf_of(row)) == leaf and has_own_values(row)
