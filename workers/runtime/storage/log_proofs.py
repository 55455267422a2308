"""Proofs that entries are in the activity log of the site, made from its published tree, for whoever hands them out."""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple, TypedDict

from sqlalchemy import BigInteger, SmallInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.evidence.checkpoints import Checkpoint, NoteError, read_note, signed_note, verifier_line
from contracts.evidence.merkle_tree import Edge, leaf_hash
from contracts.evidence.packaged_activity import activity_origin
from contracts.evidence.subtrees import TileName, edge_tiles
from contracts.evidence.tlog_proofs import TlogProof
from contracts.evidence.tree_proofs import inclusion_proofs, needed_tiles
from workers.common.signing_key import SigningKey, is_signature
from workers.runtime.storage.identity_map import row_of, rows_of

CHECKPOINT_SECONDS_MAX: Final = 10.0
"""How long a file with entries of the log waits for a signed state that has them all."""

_CHECKPOINT = text(
    """
    SELECT size, note FROM published.log_checkpoints WHERE store = 'incident_manager' ORDER BY size DESC LIMIT 1
    """
)
_TREE = text("SELECT size, edge FROM published.log_trees WHERE store = 'incident_manager'")
_TILES = text(
    """
    SELECT level, index, hashes FROM published.log_tiles
    JOIN unnest(:levels, :indexes) AS wanted(level, index) USING (level, index) WHERE store = 'incident_manager'
    """
).bindparams(bindparam("levels", type_=ARRAY(SmallInteger)), bindparam("indexes", type_=ARRAY(BigInteger)))


class _CheckpointRow(TypedDict):
    """The row of the statement that reads the newest signed state of the log's tree."""

    size: int
    note: str


class _TreeRow(TypedDict):
    """The row of the statement that reads the right edge of the log's tree."""

    size: int
    edge: list[bytes]


class _TileRow(TypedDict):
    """A row of the statement that reads full tiles of the log's tree."""

    level: int
    index: int
    hashes: bytes


class LoggedEntry(NamedTuple):
    """An entry in a file: its place in the log, and its hash as the file has it."""

    log_index: int
    shown_hash: bytes


class SignedState(NamedTuple):
    """A state of the log that the site has signed: its note, and how many entries it has."""

    note: str = ""
    size: int = 0


async def read_signed_state(connection: AsyncConnection, site: str, key: SigningKey) -> SignedState:
    """Return the newest state that this key has signed; one of no entry if there is none."""
    row = row_of(await connection.execute(_CHECKPOINT), _CheckpointRow)
    return SignedState(row["note"], row["size"]) if row and _is_signed(row["note"], site, key) else SignedState()


def _is_signed(note: str, site: str, key: SigningKey) -> bool:
    try:
        return read_note(note, key.public_key, is_signature).origin == activity_origin(site)
    except NoteError:
        return False


class LogTree(NamedTuple):
    """The log's tree: the partial tiles at its edge, as they were, and the full ones, which stay."""

    connection: AsyncConnection
    edge: dict[TileName, bytes]

    @classmethod
    async def read(cls, connection: AsyncConnection) -> "LogTree":
        """Read the edge."""
        tree = row_of(await connection.execute(_TREE), _TreeRow)
        return cls(connection, edge_tiles(tree["size"], tree["edge"]) if tree else {})

    async def proofs(self, state: SignedState, entries: Sequence[LoggedEntry]) -> str:
        """Return the proofs of entries that the state has, one after the other (C2SP tlog-proof)."""
        tiles = await self._tiles(needed_tiles([entry.log_index for entry in entries], state.size))
        return await asyncio.to_thread(_texts, state, entries, tiles)

    async def _tiles(self, names: set[TileName]) -> dict[TileName, bytes]:
        """Read some tiles; a full one that is gone is left out, and what is made without it proves nothing."""
        full = sorted(names - self.edge.keys())
        if not full:
            return self.edge
        named = {"levels": [name.level for name in full], "indexes": [name.number for name in full]}
        rows = rows_of(await self.connection.execute(_TILES, named), _TileRow)
        return {**self.edge, **{TileName(row["level"], row["index"]): row["hashes"] for row in rows}}


def _texts(state: SignedState, entries: Sequence[LoggedEntry], tiles: dict[TileName, bytes]) -> str:
    proofs = inclusion_proofs([entry.log_index for entry in entries], state.size, tiles)
    return "".join(
        TlogProof(entry.log_index, hashes, state.note, entry.shown_hash).text
        for entry, hashes in zip(entries, proofs, strict=True)
    )


def signed_entries(origin: str, entries: Edge, note: str | None, key: SigningKey) -> str:
    """Return the signed state of the tree over all entries of a file; the note of the log is its last leaf."""
    if note is not None:
        entries.append([leaf_hash(note.encode())])
    return signed_note(Checkpoint(origin, entries.size, entries.root()), key.public_key, key.sign_raw)


def log_key_line(site: str, key: SigningKey) -> str:
    """Return the file with the key of the log, as other programs take it."""
    return f"{verifier_line(activity_origin(site), key.public_key)}\n"
