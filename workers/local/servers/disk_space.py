"""Room on the disk: before a first start, and when a server does not store."""

import shutil
from pathlib import Path
from typing import Final

MIB: Final = 1 << 20
START_BYTES_MIN: Final = 1024 * MIB
"""Bytes that must be free for a first start: a third for the streams, a third for PostgreSQL, and some to live on."""

RESTART_BYTES_MIN: Final = 64 * MIB
"""Bytes that must be free for a start of what cannot store to be of use."""


class NoRoomError(Exception):
    """The disk is too full for a first start."""

    def __init__(self, folder: Path, free: int) -> None:
        super().__init__(
            f"{folder} has {free // MIB} MiB free, a first start needs {START_BYTES_MIN // MIB} MiB: "
            "make room, or choose another directory with --data."
        )


def free(folder: Path) -> int:
    """Return how many bytes are free where a folder is, or will be."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(existing).free


def require(folder: Path, needed: int = START_BYTES_MIN) -> None:
    """Refuse a first start below this folder when too little is free.

    Raises:
        NoRoomError: It says what is free, what is needed and what to do.
    """
    bytes_free = free(folder)
    if bytes_free < needed:
        raise NoRoomError(folder, bytes_free)
