"""How much memory an embedded server may use as a cache."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final

import psutil

MEBIBYTE: Final = 1024 * 1024
CACHE_MEBIBYTES: Final = (256, 8192)
"""The smallest and the largest cache of the database."""

_SHARE: Final = 4
"""PostgreSQL's documentation advises a quarter of the memory; the rest also caches files, and runs the workers."""

_MOUNTED: Final = Path("/sys/fs/cgroup")
_OWN: Final = Path("/proc/self/cgroup")


def memory_bytes(mounted: Path = _MOUNTED, own: Path = _OWN) -> int:
    """Return the memory of the machine, or the lowest limit of the control groups around this process."""
    total: int = psutil.virtual_memory().total
    return min([total, *_limits(mounted, own)])


def cache_mebibytes(memory: int) -> int:
    """Return the size of the database's cache (`shared_buffers`): a quarter of the memory, within its bounds."""
    smallest, largest = CACHE_MEBIBYTES
    return min(max(memory // _SHARE // MEBIBYTE, smallest), largest)


def _limits(mounted: Path, own: Path) -> Iterator[int]:
    for file in _limit_files(mounted, own):
        with suppress(OSError, ValueError):  # "max" is no limit
            yield int(file.read_text())


def _limit_files(mounted: Path, own: Path) -> Iterator[Path]:
    """Yield where the limits of a process may be: of its groups and of those above, in both versions of the kernel."""
    lines = ["0::/"]  # a container sees its own group as the highest one
    with suppress(OSError):
        lines = own.read_text().splitlines()
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers in {"", "memory"}:
            top, name = (mounted, "memory.max") if not controllers else (mounted / "memory", "memory.limit_in_bytes")
            inside = PurePosixPath(group.lstrip("/"))
            for folder in (inside, *inside.parents):
                yield top / folder / name
