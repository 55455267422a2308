"""How much memory an embedded server may use as a cache."""

from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

MEBIBYTE: Final = 1024 * 1024
CACHE_MEBIBYTES: Final = (256, 2048)
"""The smallest and the largest cache of the database."""

_SHARE: Final = 8
"""The database, the bus and the workers share the machine, and the system itself caches files, too."""

_LIMIT: Final = Path("/sys/fs/cgroup/memory.max")


def memory_bytes(limit: Path = _LIMIT) -> int:
    """Return the memory of the machine, or of the container if its limit is lower (version 2 of control groups)."""
    total: int = psutil.virtual_memory().total
    with suppress(OSError, ValueError):  # "max" is no limit
        return min(total, int(limit.read_text()))
    return total


def cache_mebibytes(memory: int) -> int:
    """Return the size of the database's cache (`shared_buffers`): an eighth of the memory, within its bounds."""
    smallest, largest = CACHE_MEBIBYTES
    return min(max(memory // _SHARE // MEBIBYTE, smallest), largest)
