"""The recordings of a project in a package: found, hashed, and what is said of each sequence."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol, TypedDict, TypeGuard

import structlog

from contracts.evidence.documents import MediaState
from workers.common.recordings.folder import NoRecordingsError, RecordingFile, RecordingFolder

FILES_MAX: Final = 2_000
"""Recordings in one package: the seal and the list of the ZIP have a line for each."""

FOLDER: Final = "media/"
_BLOCK_BYTES: Final = 1024 * 1024
_SECOND: Final = timedelta(seconds=1)
"""The times in names are whole seconds: recordings that follow each other may differ by one."""

_ASKED: Final = ("sequence_id", "camera_id", "site", "start", "end")
log = structlog.get_logger()


class MediaFileRow(TypedDict):
    """A recording that is in a package: its name there, and from which file it is."""

    name: str
    camera: str
    source: str
    start: str
    end: str
    bytes: int
    sha256: str


class LeftOutRow(TypedDict):
    """A recording that is not in a package."""

    source: str
    bytes: int | None
    reason: str


class PartMedia(TypedDict):
    """The recordings of a project, and those of each sequence; `asked` is what they were selected for."""

    asked: list[list[Any]]
    files: list[MediaFileRow]
    sequences: dict[str, Any]
    bytes: int


class MediaChangedError(Exception):
    """A recording is not as it was when it was selected; `place` is that of its project."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


class ReadProgress(Protocol):
    """What hears how many bytes are to be read, and how many were."""

    def expect(self, count: int) -> None:
        """Count bytes that are to be read."""

    async def add(self, count: int) -> None:
        """Count bytes that were read."""


class Budget(NamedTuple):
    """What is left for recordings in a package."""

    bytes: int
    files: int


def asked(sequences: Iterable[Mapping[str, Any]]) -> list[list[Any]]:
    """Return what the recordings of sequences depend on."""
    return [[*(sequence[name] for name in _ASKED), sequence["media"] == "lost"] for sequence in sequences]


def stated(sequences: Sequence[Mapping[str, Any]], state: MediaState) -> PartMedia:
    """Return that no sequence has recordings in the package, and why."""
    of_each = {sequence["sequence_id"]: _entry(state) for sequence in sequences}
    return {"asked": asked(sequences), "files": [], "sequences": of_each, "bytes": 0}


def with_media(sequences: Iterable[Mapping[str, Any]], media: PartMedia) -> list[dict[str, Any]]:
    """Return sequences with what is said of their recordings."""
    return [{**sequence, **media["sequences"][sequence["sequence_id"]]} for sequence in sequences]


class Selection:
    """Selects the recordings of one project, in the order of its sequences, as far as they fit."""

    def __init__(self, folder: RecordingFolder, budget: Budget, progress: ReadProgress) -> None:
        """Select from a folder, and tell how far the reading is."""
        self._folder = folder
        self._bytes, self._count = budget
        self._progress = progress
        self._files = dict[RecordingFile, MediaFileRow | LeftOutRow]()
        self._has_complained = False

    async def select(self, sequences: Sequence[Mapping[str, Any]], site: str) -> PartMedia:
        """Return the recordings of sequences; those of other sites are not in the folder."""
        media = stated(sequences, "missing")
        for sequence in sequences:
            if sequence["site"] in {None, site}:
                entry = await self._of_sequence(sequence)
            else:
                entry = _entry("other-site")
            media["sequences"][sequence["sequence_id"]] = entry
        media["files"] = [row for row in self._files.values() if _is_included(row)]
        media["bytes"] = sum(row["bytes"] for row in media["files"])
        return media

    async def _of_sequence(self, sequence: Mapping[str, Any]) -> dict[str, Any]:
        try:
            files = await asyncio.to_thread(self._folder.files_of, sequence["camera_id"])
        except NoRecordingsError as error:
            self._complain(error.reason)
            return _entry("unreadable")
        start, end = (datetime.fromisoformat(sequence[name]) for name in ("start", "end"))
        rows = [await self._row(file) for file in files if _overlaps(file, start, end)]
        included = [row for row in rows if _is_included(row)]
        left_out = [row for row in rows if _is_left_out(row)]
        if included:
            is_whole = not left_out and _is_covered(included, start, end)
            return _entry("included" if is_whole else "partial", included, left_out)
        if left_out:
            is_large = any(row["reason"] == "too-large" for row in left_out)
            return _entry("too-large" if is_large else "unreadable", (), left_out)
        return _entry("expired" if sequence["media"] == "lost" else "missing")

    def _complain(self, reason: str) -> None:
        """Log once for a project that recordings cannot be read, without the name of a camera, which people wrote."""
        if not self._has_complained:
            log.warning("recordings_unreadable", path=str(self._folder.path), reason=reason)
        self._has_complained = True

    async def _row(self, file: RecordingFile) -> MediaFileRow | LeftOutRow:
        if file not in self._files:
            self._files[file] = await self._included(file)
        return self._files[file]

    async def _included(self, file: RecordingFile) -> MediaFileRow | LeftOutRow:
        if file.bytes is None:
            return _left_out(file, "unreadable")
        if file.bytes > self._bytes or self._count <= 0:
            return _left_out(file, "too-large")
        digest = hashlib.sha256()
        self._progress.expect(file.bytes)
        try:
            async for block in read_blocks(self._folder, file, file.bytes):
                await asyncio.to_thread(digest.update, block)
                await self._progress.add(len(block))
        except (OSError, NoRecordingsError) as error:
            self._complain(type(error).__qualname__)
            return _left_out(file, "unreadable")
        number = sum(map(_is_included, self._files.values())) + 1
        self._bytes, self._count = self._bytes - file.bytes, self._count - 1
        return {
            "name": f"{FOLDER}{number}{file.ending.lower()}",
            "camera": file.camera,
            "source": file.name,
            "start": file.start.isoformat(),
            "end": file.end.isoformat(),
            "bytes": file.bytes,
            "sha256": digest.hexdigest(),
        }


async def read_blocks(folder: RecordingFolder, file: RecordingFile, size: int) -> AsyncIterator[bytes]:
    """Yield a recording in blocks.

    Raises:
        OSError: It cannot be read, or has another size.
    """
    opened = await asyncio.to_thread(folder.open, file)
    with opened:
        while block := await asyncio.to_thread(opened.read, min(_BLOCK_BYTES, size + 1)):
            size -= len(block)
            if size < 0:
                break
            yield block
    if size != 0:
        raise OSError


def _entry(
    state: MediaState, files: Iterable[MediaFileRow] = (), left_out: Iterable[LeftOutRow] = ()
) -> dict[str, Any]:
    shown = [{name: value for name, value in row.items() if name != "camera"} for row in files]
    return {"media_state": state, "media_files": shown, "media_left_out": list(left_out)}


def _is_included(row: MediaFileRow | LeftOutRow) -> TypeGuard[MediaFileRow]:
    return "sha256" in row


def _is_left_out(row: MediaFileRow | LeftOutRow) -> TypeGuard[LeftOutRow]:
    return not _is_included(row)


def _left_out(file: RecordingFile, reason: str) -> LeftOutRow:
    return {"source": file.name, "bytes": file.bytes, "reason": reason}


def _overlaps(file: RecordingFile, start: datetime, end: datetime) -> bool:
    return file.start < max(end, start + timedelta.resolution) and file.end > start


def _is_covered(files: Iterable[MediaFileRow], start: datetime, end: datetime) -> bool:
    """Tell whether files have every second of a span, in the order of their times."""
    for file in files:
        if datetime.fromisoformat(file["start"]) > start + _SECOND:
            return False
        start = max(start, datetime.fromisoformat(file["end"]))
    return end <= start + _SECOND
