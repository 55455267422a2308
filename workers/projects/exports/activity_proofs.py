"""The proofs of a package's activity: each entry is shown to be in the log, at a state that the site has signed.

Audit signs a fresh state when entries of a package need one. The proofs are made from its tree page by page, as the
package is packed.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.evidence.merkle_tree import Edge
from contracts.evidence.packaged_activity import ENTRIES, LOG_KEY, PROOFS, package_origin
from contracts.evidence.tlog_proofs import proof_bytes
from workers.common.signing_key import SigningKey
from workers.projects import export_tables
from workers.projects.packages.sealing import Item
from workers.projects.row_types.export_rows import ExportEntryRow
from workers.runtime.commands.deferred_commands import StepChangedError
from workers.runtime.storage import log_proofs
from workers.runtime.storage.identity_map import rows_of
from workers.runtime.storage.log_proofs import (
    LoggedEntry,
    LogTree,
    SignedState,
    log_key_line,
    read_signed_state,
    signed_entries,
)

_PAGE_ENTRIES: Final = 256
"""Entries whose proofs are made at once: if they are all far from each other, they need 2 MB of tiles."""

log = structlog.get_logger()


class ActivityProofs(NamedTuple):
    """What proves the entries of a package: a signed state of the log; without one, later entries have no proof."""

    connection: AsyncConnection
    package_id: UUID
    state: SignedState

    async def files(self, site: str, key: SigningKey) -> dict[str, bytes]:
        """Return the small files: the signed state of all entries as the package has them, and the key of the log.

        A package without entries has none.
        """
        edge, proven = Edge(), False
        async for page in self._pages():
            edge.append(row["shown_hash"] for row in page)
            proven |= page[0]["log_index"] < self.state.size
        if edge.size == 0:
            return {}
        note = signed_entries(package_origin(site, self.package_id), edge, self.state.note if proven else None, key)
        return {ENTRIES: note.encode(), LOG_KEY: log_key_line(site, key).encode()}

    async def item(self) -> Item | None:
        """Return the file of proofs, if there is any."""
        size = 0
        async for page in self._pages(self.state.size):
            size += sum(proof_bytes(row["log_index"], self.state.size, self.state.note) for row in page)
        return Item(PROOFS, size, self._pieces(size)) if size else None

    async def _pieces(self, size: int) -> AsyncIterator[bytes]:
        """Yield the proofs, so many bytes.

        Raises:
            StepChangedError: A project was deleted with its entries meanwhile.
        """
        tree = await LogTree.read(self.connection)
        async for page in self._pages(self.state.size):
            entries = [LoggedEntry(row["log_index"], row["shown_hash"]) for row in page]
            texts = (await tree.proofs(self.state, entries)).encode()
            size -= len(texts)
            yield texts
        if size:
            raise StepChangedError

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


async def ready_proofs(
    connection: AsyncConnection, package_id: UUID, site: str, key: SigningKey, waits: tuple[datetime, datetime]
) -> ActivityProofs | None:
    """Return what proves the entries of a package; None while a state of the log is awaited.

    `waits` are the times of now and of the end of the last collection.
    """
    result = await connection.execute(export_tables.NEEDED_LOG_SIZE, {"package_id": package_id})
    needed: int = result.scalar_one_or_none() or 0
    state = await read_signed_state(connection, site, key)
    now, collected_at = waits
    if state.size < needed and now - collected_at < timedelta(seconds=log_proofs.CHECKPOINT_SECONDS_MAX):
        return None
    if state.size < needed:
        log.warning("package_entries_not_proven", package_id=str(package_id), size=state.size, needed=needed)
    return ActivityProofs(connection, package_id, state)
