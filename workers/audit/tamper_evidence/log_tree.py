"""The tree of each store: recorded entries come into it within a second, and its states are signed now and then."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple

import structlog
from sqlalchemy import BigInteger, LargeBinary, SmallInteger, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.evidence.checkpoints import Checkpoint, signed_note
from contracts.evidence.log_entries import log_origin
from contracts.evidence.merkle_tree import Edge, leaf_hash, split
from contracts.message import Store
from workers.audit.row_types import EdgeRow, NewHashesRow
from workers.common.signing_key import SigningKey
from workers.runtime.storage.database import connect_autocommit
from workers.runtime.storage.identity_map import rows_of

MISSING: Final = leaf_hash(b"")
"""The hash at the place of an entry that was removed before it came into the tree: no entry has it."""

_LEAVES_AT_ONCE: Final = 50_000
_GROWN: Final = text(
    """
    SELECT log.store FROM audit.log JOIN audit.tree USING (store)
    LEFT JOIN LATERAL (
        SELECT size, at FROM audit.checkpoint c WHERE c.store = log.store ORDER BY size DESC LIMIT 1
    ) AS signed ON true
    WHERE log.size > tree.size OR CAST(:signs AS boolean) AND log.size > coalesce(signed.size, 0) AND (
        coalesce(signed.at <= now() - CAST(:pause AS interval), true)
        OR log.store = 'incident_manager' AND signed.size < (SELECT max(size) FROM published.requested_checkpoints)
    )
    """
)
EDGE: Final = text(
    """
    SELECT log.size AS recorded, tree.size, tree.edge, now() AS now,
        signed.size AS signed_size, signed.at AS signed_at
    FROM audit.log JOIN audit.tree USING (store) LEFT JOIN LATERAL (
        SELECT size, at FROM audit.checkpoint c WHERE c.store = log.store ORDER BY size DESC LIMIT 1
    ) AS signed ON true WHERE log.store = :store
    """
)
_NEW_HASHES: Final[dict[Store, TextClause]] = {
    Store.INCIDENT_MANAGER: text(
        """
        SELECT log_index AS first_index, hash AS hashes FROM audit.activity
        WHERE log_index >= :first AND log_index < :first + :at_most AND octet_length(hash) = 32 ORDER BY log_index
        """
    ),
    Store.LOG_SERVER: text(
        """
        SELECT first_index, hashes FROM audit.undelivered
        WHERE first_index >= :first AND first_index < :first + :at_most AND octet_length(hashes) = size * 32
        ORDER BY first_index
        """
    ),
}
_GROW: Final = text(
    """
    WITH full_tiles AS (
        INSERT INTO audit.tile (store, level, index, hashes)
        SELECT :store, * FROM unnest(:levels, :indexes, :hashes)
    )
    UPDATE audit.tree SET size = :size, edge = :edge WHERE store = :store AND size = :before
    """
).bindparams(
    bindparam("levels", type_=ARRAY(SmallInteger)),
    bindparam("indexes", type_=ARRAY(BigInteger)),
    bindparam("hashes", type_=ARRAY(LargeBinary)),
    bindparam("edge", type_=ARRAY(LargeBinary)),
)
_REQUESTED: Final = text(
    "SELECT coalesce(max(size), 0) FROM published.requested_checkpoints WHERE :store = 'incident_manager'"
)
_SIGN: Final = text(
    "INSERT INTO audit.checkpoint (store, size, at, note) VALUES (:store, :size, now(), :note) ON CONFLICT DO NOTHING"
)
log = structlog.get_logger()


class Signer(NamedTuple):
    """What signs the states of a site's trees, and how long a state of a growing tree stays unsigned."""

    site: str
    key: SigningKey
    pause: timedelta


async def grown(engine: AsyncEngine, signer: Signer | None) -> list[Store]:
    """Return the stores whose trees lack recorded entries, or whose states are to be signed.

    A state is signed when the last one is old enough, or when a package that is being made needs a later one.
    """
    parameters = {"signs": signer is not None, "pause": signer.pause if signer else None}
    async with connect_autocommit(engine) as connection:
        return [Store(name) for name in (await connection.execute(_GROWN, parameters)).scalars()]


async def grow(engine: AsyncEngine, store: Store) -> Edge:
    """Put what a store has recorded into its tree, and return the edge; `MISSING` stands for removed entries."""
    async with connect_autocommit(engine) as connection:
        while True:
            [row] = rows_of(await connection.execute(EDGE, {"store": store.value}), EdgeRow)
            edge = Edge(row["size"], [split(hashes) for hashes in row["edge"]])
            if edge.size >= row["recorded"]:
                return edge
            last = min(row["recorded"], edge.size + _LEAVES_AT_ONCE)
            hashes = await _new_hashes(connection, store, edge.size, last)
            await _grow(connection, store, edge, hashes)


async def _new_hashes(connection: AsyncConnection, store: Store, first: int, last: int) -> list[bytes]:
    """Return the hashes of the entries from the first number to the one before the last."""
    parameters = {"first": first, "at_most": last - first}
    rows = rows_of(await connection.execute(_NEW_HASHES[store], parameters), NewHashesRow)
    hashes: list[bytes] = []
    for row in rows:
        if row["first_index"] >= (place := first + len(hashes)):
            hashes += _missing(store, place, row["first_index"])
            hashes += split(row["hashes"])
    return hashes + _missing(store, first + len(hashes), last)


def _missing(store: Store, first: int, last: int) -> list[bytes]:
    """Return what stands for entries that were removed before they came into the tree."""
    if first < last:
        log.error("audit_entry_missing", store=store, index=first, count=last - first)
    return [MISSING] * (last - first)


async def _grow(connection: AsyncConnection, store: Store, edge: Edge, hashes: Sequence[bytes]) -> None:
    before, tiles = edge.size, edge.append(hashes)
    levels, indexes, contents = map(list, zip(*tiles, strict=True)) if tiles else ([], [], [])
    parameters: dict[str, Any] = {"levels": levels, "indexes": indexes, "hashes": contents}
    levels_of_edge = [b"".join(level) for level in edge.levels]
    parameters |= {"store": store.value, "size": edge.size, "edge": levels_of_edge, "before": before}
    await connection.execute(_GROW, parameters)


async def sign(engine: AsyncEngine, store: Store, edge: Edge, signer: Signer) -> str | None:
    """Sign the state of a tree that has grown since the last checkpoint, and return the note.

    That checkpoint must be old enough, unless a package that is being made needs a later one.
    """
    async with connect_autocommit(engine) as connection:
        [row] = rows_of(await connection.execute(EDGE, {"store": store.value}), EdgeRow)
        if edge.size <= (row["signed_size"] or 0):
            return None
        if row["signed_at"] and row["now"] - row["signed_at"] < signer.pause:
            requested: int = (await connection.execute(_REQUESTED, {"store": store.value})).scalar_one()
            if requested <= (row["signed_size"] or 0):
                return None
        checkpoint = Checkpoint(log_origin(signer.site, store), edge.size, edge.root())
        note = signed_note(checkpoint, signer.key.public_key, signer.key.sign_raw)
        await connection.execute(_SIGN, {"store": store.value, "size": edge.size, "note": note})
        return note
