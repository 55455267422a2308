"""The folder of a site's recordings: the files of a camera by their names, and no way out of it.

    FOLDER/CAMERA/20250131T143000Z_20250131T144000Z.mkv

CAMERA is the id of a camera as it is written in a URL: letters, digits and `-._~` stay, anything else is `%` and two
hexadecimal digits for each byte. The name of a file says when it begins and ends (UTC). No symbolic link is followed.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple
from urllib.parse import quote

_NAME: Final = re.compile(r"(\d{8}T\d{6}Z)_(\d{8}T\d{6}Z)(\.[A-Za-z0-9]{1,8})")
_TIME: Final = "%Y%m%dT%H%M%SZ"
_OPEN: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_NAME_BYTES_MAX: Final = 255
"""Of a folder: no camera with a longer one can have recordings."""

_NO_FOLDERS: Final = frozenset({".", ".."})


class NoRecordingsError(Exception):
    """The folder of recordings, or that of a camera, cannot be read; the reason says why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class RecordingFile(NamedTuple):
    """A file of a camera: when it begins and ends, and its size; one that cannot be read has none."""

    camera: str
    name: str
    start: datetime
    end: datetime
    bytes: int | None

    @property
    def ending(self) -> str:
        """The ending of its name, with the dot."""
        return Path(self.name).suffix


@dataclass(frozen=True)
class RecordingFolder:
    """Where the recordings of a site are, and how many bytes of them a package may have."""

    path: Path
    bytes_max: int

    def files_of(self, camera_id: str) -> list[RecordingFile]:
        """Return the files of a camera, in the order of their times; none if it has no folder.

        Raises:
            NoRecordingsError: The folder cannot be read, or that of the camera, or it is a symbolic link.
        """
        camera = camera_folder(camera_id)
        try:
            with self._folder_of(camera) as handle, os.scandir(handle) as entries:
                files = [file for entry in entries if (file := _file_of(handle, camera, entry.name))]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise NoRecordingsError(self.path / camera, error.strerror or type(error).__name__) from error
        return sorted(files, key=lambda file: (file.start, file.end, file.name))

    def open(self, file: RecordingFile) -> BinaryIO:
        """Open a file of a camera.

        Raises:
            OSError: It is gone, or cannot be read, or is not a regular file.
        """
        with self._folder_of(file.camera) as handle:
            return os.fdopen(_open_regular(handle, file.name), "rb")

    @contextmanager
    def _folder_of(self, camera: str) -> Iterator[int]:
        """Open the folder of a camera, one that is really below the folder of recordings."""
        try:
            whole = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise NoRecordingsError(self.path, error.strerror or type(error).__name__) from error
        try:
            if not camera or camera in _NO_FOLDERS or len(camera) > _NAME_BYTES_MAX:
                raise FileNotFoundError
            handle = os.open(camera, _OPEN | os.O_DIRECTORY, dir_fd=whole)
        finally:
            os.close(whole)
        try:
            yield handle
        finally:
            os.close(handle)


def camera_folder(camera_id: str) -> str:
    """Return the name of the folder of a camera."""
    return quote(camera_id, safe="")


def _file_of(handle: int, camera: str, name: str) -> RecordingFile | None:
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    try:
        start, end = (datetime.strptime(text, _TIME).replace(tzinfo=UTC) for text in match.groups()[:2])
    except ValueError:
        return None
    size = None
    with suppress(OSError):
        opened = _open_regular(handle, name)
        size = os.fstat(opened).st_size
        os.close(opened)
    return RecordingFile(camera, name, start, end, size) if start <= end else None


def _open_regular(handle: int, name: str) -> int:
    """Open a regular file; without O_NONBLOCK a pipe of that name would keep the worker waiting."""
    opened = os.open(name, _OPEN | os.O_NONBLOCK, dir_fd=handle)
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise PermissionError
    return opened


_CURRENT: ContextVar[RecordingFolder | None] = ContextVar("recording_folder", default=None)


def use(folder: RecordingFolder | None) -> None:
    """Name the folder of recordings for this process; without one, packages have none."""
    _CURRENT.set(folder)


def current() -> RecordingFolder | None:
    """Return the folder of recordings of this process."""
    return _CURRENT.get()
