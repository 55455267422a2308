"""Proofs that a store's tree has only grown, from its tiles."""

from typing import Final

from sqlalchemy import BigInteger, SmallInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.evidence.consistency import consistency_proof, proof_subtrees
from contracts.evidence.merkle_tree import ProofError
from contracts.evidence.subtrees import TileName, edge_tiles
from contracts.message import Store
from workers.audit.row_types import EdgeRow, TreeTileRow
from workers.audit.tamper_evidence.log_tree import EDGE
from workers.runtime.storage.identity_map import rows_of

_TILES: Final = text(
    """
    SELECT store, level, index, hashes FROM audit.tile
    JOIN unnest(:levels, :indexes) AS wanted(level, index) USING (level, index) WHERE store = :store
    """
).bindparams(bindparam("levels", type_=ARRAY(SmallInteger)), bindparam("indexes", type_=ARRAY(BigInteger)))


async def read_proof(connection: AsyncConnection, store: Store, old: int, new: int) -> list[bytes]:
    """Return the proof from a size of a store's tree to a larger one; between a size and itself it is empty.

    Raises:
        ProofError: The tree has not grown so far, or tiles of it are missing.
    """
    if old in {0, new}:
        return []
    # The edge first: what is not in a full tile when it is read is in the edge.
    [row] = rows_of(await connection.execute(EDGE, {"store": store.value}), EdgeRow)
    if not old < new <= row["size"]:
        raise ProofError
    names = {subtree.tile for subtrees in proof_subtrees(old, new) for subtree in subtrees}
    parameters = {"levels": [name.level for name in names], "indexes": [name.number for name in names]}
    rows = rows_of(await connection.execute(_TILES, {"store": store.value, **parameters}), TreeTileRow)
    full = {TileName(tile["level"], tile["index"]): tile["hashes"] for tile in rows}
    tiles = {**full, **edge_tiles(row["size"], row["edge"])}
    return consistency_proof(old, new, lambda *place: tiles.get(TileName(*place), b""))
