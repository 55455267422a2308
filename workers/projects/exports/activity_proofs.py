"""The proofs of a package's activity: each entry is shown to be in the log, at a state that the site has signed.

Audit signs a fresh state when entries of a package need one. The proofs are made from its tree page by page, as the
package is packed.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.evidence.checkpoints import Checkpoint, NoteError, read_note, signed_note, verifier_line
from contracts.evidence.merkle_tree import Edge, leaf_hash
from contracts.evidence.packaged_activity import ENTRIES, LOG_KEY, PROOFS, activity_origin, package_origin
from contracts.evidence.subtrees import TileName, edge_tiles
from contracts.evidence.tlog_proofs import TlogProof, proof_bytes
from contracts.evidence.tree_proofs import inclusion_proofs, needed_tiles
from workers.common.signing_key import SigningKey, is_signature
from workers.projects import export_tables
from workers.projects.packages.sealing import Item
from workers.projects.row_types.export_rows import CheckpointRow, ExportEntryRow, LogTileRow, LogTreeRow
from workers.runtime.commands.deferred_commands import StepChangedError
from workers.runtime.storage.identity_map import row_of, rows_of

CHECKPOINT_SECONDS_MAX: Final = 10.0
"""How long a package waits for a signed state of the log after its last project was collected."""

_PAGE_ENTRIES: Final = 256
"""Entries whose proofs are made at once: if they are all far from each other, they need 2 MB of tiles."""

log = structlog.get_logger()


class ActivityProofs(NamedTuple):
    """What proves the entries of a package: a signed state of the log; without one, later entries have no proof."""

    connection: AsyncConnection
    package_id: UUID
    note: str
    log_size: int

    async def files(self, site: str, key: SigningKey) -> dict[str, bytes]:
        """Return the small files: the signed state of all entries as the package has them, and the key of the log.

        A package without entries has none.
        """
        edge, proven = Edge(), False
        async for page in self._pages():
            edge.append(row["shown_hash"] for row in page)
            proven |= page[0]["log_index"] < self.log_size
        if edge.size == 0:
            return {}
        edge.append([leaf_hash(self.note.encode())] if proven else ())
        checkpoint = Checkpoint(package_origin(site, self.package_id), edge.size, edge.root())
        key_line = verifier_line(activity_origin(site), key.public_key)
        note = signed_note(checkpoint, key.public_key, key.sign_raw)
        return {ENTRIES: note.encode(), LOG_KEY: f"{key_line}\n".encode()}

    async def item(self) -> Item | None:
        """Return the file of proofs, if there is any."""
        size = 0
        async for page in self._pages(self.log_size):
            size += sum(proof_bytes(row["log_index"], self.log_size, self.note) for row in page)
        return Item(PROOFS, size, self._pieces(size)) if size else None

    async def _pieces(self, size: int) -> AsyncIterator[bytes]:
        """Yield the proofs, so many bytes.

        Raises:
            StepChangedError: A project was deleted with its entries meanwhile.
        """
        tree = _Tree(self.connection, await _edge(self.connection))
        async for page in self._pages(self.log_size):
            indexes = [row["log_index"] for row in page]
            tiles = await tree.tiles(needed_tiles(indexes, self.log_size))
            texts = await asyncio.to_thread(self._texts, page, indexes, tiles)
            size -= len(texts)
            yield texts
        if size:
            raise StepChangedError

    def _texts(self, page: Sequence[ExportEntryRow], indexes: Sequence[int], tiles: dict[TileName, bytes]) -> bytes:
        proofs = inclusion_proofs(indexes, self.log_size, tiles)
        texts = (
            TlogProof(row["log_index"], hashes, self.note, row["shown_hash"]).text
            for row, hashes in zip(page, proofs, strict=True)
        )
        return "".join(texts).encode()

    async def _pages(self, end: int | None = None) -> AsyncIterator[Sequence[ExportEntryRow]]:
        """Yield the entries in the order of their places in the log, those before an end."""
        after = -1
        while True:
            named: dict[str, Any] = {"package_id": self.package_id, "after": after, "at_most": _PAGE_ENTRIES}
            page = rows_of(await self.connection.execute(export_tables.ENTRIES, named), ExportEntryRow)
            rows = [row for row in page if end is None or row["log_index"] < end]
            if not rows:
                return
            yield rows
            after = rows[-1]["log_index"]


class _Tree(NamedTuple):
    """The tiles of the log's tree: the partial ones at its edge, as they were, and the full ones, which stay."""

    connection: AsyncConnection
    edge: dict[TileName, bytes]

    async def tiles(self, names: set[TileName]) -> dict[TileName, bytes]:
        """Read some tiles; a full one that is gone is left out, and what is made without it proves nothing."""
        full = sorted(names - self.edge.keys())
        if not full:
            return self.edge
        named = {"levels": [name.level for name in full], "indexes": [name.number for name in full]}
        rows = rows_of(await self.connection.execute(export_tables.LOG_TILES, named), LogTileRow)
        return {**self.edge, **{TileName(row["level"], row["index"]): row["hashes"] for row in rows}}


async def _edge(connection: AsyncConnection) -> dict[TileName, bytes]:
    tree = row_of(await connection.execute(export_tables.LOG_TREE), LogTreeRow)
    return edge_tiles(tree["size"], tree["edge"]) if tree else {}


async def ready_proofs(
    connection: AsyncConnection, package_id: UUID, site: str, key: SigningKey, waits: tuple[datetime, datetime]
) -> ActivityProofs | None:
    """Return what proves the entries of a package; None while a state of the log is awaited.

    `waits` are the times of now and of the end of the last collection.
    """
    result = await connection.execute(export_tables.NEEDED_LOG_SIZE, {"package_id": package_id})
    needed: int = result.scalar_one_or_none() or 0
    row = row_of(await connection.execute(export_tables.CHECKPOINT), CheckpointRow)
    size = row["size"] if row and _is_signed(row["note"], site, key) else 0
    now, collected_at = waits
    if size < needed and now - collected_at < timedelta(seconds=CHECKPOINT_SECONDS_MAX):
        return None
    if size < needed:
        log.warning("package_entries_not_proven", package_id=str(package_id), size=size, needed=needed)
    return ActivityProofs(connection, package_id, row["note"] if row and size else "", size)


def _is_signed(note: str, site: str, key: SigningKey) -> bool:
    try:
        return read_note(note, key.public_key, is_signature).origin == activity_origin(site)
    except NoteError:
        return False
