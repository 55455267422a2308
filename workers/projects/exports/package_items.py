"""The files of a package in their order, each read piece by piece while it is packed."""

from collections.abc import AsyncIterator, Mapping
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.evidence import bag
from contracts.evidence.bag import FileDigest
from workers.common.signing_key import SigningKey
from workers.projects import export_tables
from workers.projects.export_tables import ExportFileRow
from workers.projects.packages import bagging
from workers.projects.packages.bagging import Contents
from workers.projects.packages.sealing import Item, item_of
from workers.runtime.commands.deferred_commands import StepChangedError
from workers.runtime.storage.identity_map import rows_of

_PIECE_BYTES: Final = 1024 * 1024


class StoredFiles(NamedTuple):
    """The files of collected projects, which are rows; `folders` are those of the projects by their places."""

    connection: AsyncConnection
    package_id: UUID
    folders: Mapping[int, str]

    async def items(self) -> AsyncIterator[Item]:
        """Yield each file."""
        result = await self.connection.execute(export_tables.FILES, {"package_id": self.package_id})
        for row in rows_of(result, ExportFileRow):
            yield Item(f"{bag.PAYLOAD}{self.folders[row['place']]}{row['name']}", row["bytes"], self._pieces(row))

    async def _pieces(self, row: ExportFileRow) -> AsyncIterator[bytes]:
        named = {"package_id": self.package_id, "place": row["place"], "name": row["name"], "length": _PIECE_BYTES}
        for start in range(0, row["bytes"], _PIECE_BYTES):
            result = await self.connection.execute(export_tables.FILE_PIECE, {**named, "start": start})
            piece: bytes | None = result.scalar_one_or_none()
            if piece is None:  # its project was deleted meanwhile
                raise StepChangedError
            yield piece


async def package_items(
    package: Contents, key: SigningKey, stored: StoredFiles, digests: Mapping[str, FileDigest]
) -> AsyncIterator[Item]:
    """Yield the files of a package; whoever packs them notes the digest of each before taking the next one."""
    for name, data in bagging.opening_files(package, key).items():
        yield item_of(name, data)
    async for item in stored.items():
        yield item
    for name, data in bagging.closing_files(package, key, digests).items():
        yield item_of(name, data)
