"""The files of a package in their order, each read piece by piece while it is packed."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.evidence.bag import FileDigest
from workers.common.recordings import folder as recordings
from workers.common.recordings.folder import NoRecordingsError, RecordingFile
from workers.common.signing_key import SigningKey
from workers.projects import export_tables
from workers.projects.exports.media import MediaChangedError, MediaFileRow, read_blocks
from workers.projects.exports.media_steps import Progress
from workers.projects.packages import bagging
from workers.projects.packages.bagging import Contents
from workers.projects.packages.sealing import Item, item_of
from workers.projects.row_types.export_rows import ExportFileRow
from workers.runtime.commands.deferred_commands import StepChangedError
from workers.runtime.storage.identity_map import rows_of

_PIECE_BYTES: Final = 1024 * 1024


class ProjectFiles(NamedTuple):
    """The files of a collected project: its rows, and its recordings."""

    connection: AsyncConnection
    package_id: UUID
    place: int
    folder: str
    media: Sequence[MediaFileRow]

    async def items(self, progress: Progress) -> AsyncIterator[Item]:
        """Yield each file.

        Raises:
            MediaChangedError: A recording has other bytes than when it was hashed.
        """
        result = await self.connection.execute(export_tables.FILES, self._named)
        for row in rows_of(result, ExportFileRow):
            yield Item(f"{self.folder}{row['name']}", row["bytes"], self._pieces(row))
        for media in self.media:
            yield Item(f"{self.folder}{media['name']}", media["bytes"], self._blocks(media, progress), is_stored=True)

    @property
    def _named(self) -> dict[str, Any]:
        return {"package_id": self.package_id, "place": self.place}

    async def _pieces(self, row: ExportFileRow) -> AsyncIterator[bytes]:
        named = {**self._named, "name": row["name"], "length": _PIECE_BYTES}
        for start in range(0, row["bytes"], _PIECE_BYTES):
            result = await self.connection.execute(export_tables.FILE_PIECE, {**named, "start": start})
            piece: bytes | None = result.scalar_one_or_none()
            if piece is None:  # its project was deleted meanwhile
                raise StepChangedError
            yield piece

    async def _blocks(self, media: MediaFileRow, progress: Progress) -> AsyncIterator[bytes]:
        folder = recordings.current()
        if folder is None:
            raise MediaChangedError(self.place)
        start, end = (datetime.fromisoformat(media[name]) for name in ("start", "end"))
        file = RecordingFile(media["camera"], media["source"], start, end, media["bytes"])
        try:
            async for block in read_blocks(folder, file, media["bytes"]):
                yield block
                await progress.add(len(block))
        except (OSError, NoRecordingsError) as error:
            raise MediaChangedError(self.place) from error


class Sources(NamedTuple):
    """Where the large files of a package come from: its projects, and the proofs of their activity, if there are."""

    projects: Sequence[ProjectFiles]
    proofs: Item | None
    progress: Progress


async def package_items(
    package: Contents, key: SigningKey, sources: Sources, digests: Mapping[str, FileDigest]
) -> AsyncIterator[Item]:
    """Yield the files of a package; whoever packs them notes the digest of each before taking the next one.

    Raises:
        MediaChangedError: A recording has other bytes than when it was hashed.
    """
    for name, data in bagging.opening_files(package, key).items():
        yield item_of(name, data)
    for project in sources.projects:
        async for item in project.items(sources.progress):
            yield item
        for media in project.media:
            if digests[f"{project.folder}{media['name']}"].sha256 != media["sha256"]:
                raise MediaChangedError(project.place)
    await sources.progress.tell()
    if sources.proofs:
        yield sources.proofs
    for name, data in bagging.closing_files(package, key, digests).items():
        yield item_of(name, data)
