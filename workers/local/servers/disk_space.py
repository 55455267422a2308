"""Free disk space: required for a first start, and for restarting a server that does not store."""

import shutil
from pathlib import Path
from typing import Final

MIB: Final = 1 << 20
MB: Final = 1_000_000
START_BYTES_MIN: Final = 1024 * MIB
"""Free bytes that a first start needs: a third for the streams, a third for PostgreSQL, and the rest for growth."""

RESTART_BYTES_MIN: Final = 64 * MIB
"""Free bytes without which restarting a server that cannot store does not help."""


class NoRoomError(Exception):
    """The disk is too full for a first start."""

    def __init__(self, folder: Path, free: int) -> None:
        super().__init__(
            f"{folder} has {free // MB} MB free, a first start needs {START_BYTES_MIN // MB} MB: "
            "make room, or choose another directory with --data."
        )


def free(folder: Path) -> int:
    """Return the free bytes on the disk of a folder, which may not exist yet."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(existing).free


def require(folder: Path, needed: int = START_BYTES_MIN) -> None:
    """Check that the disk of a folder has enough space for a first start.

    Raises:
        NoRoomError: It has not; the error names the free and the needed space, and a remedy.
    """
    bytes_free = free(folder)
    if bytes_free < needed:
        raise NoRoomError(folder, bytes_free)
