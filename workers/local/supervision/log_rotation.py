"""Archiving files that children hold open: their output, and the log of PostgreSQL."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import psycopg
import structlog

from workers.common import logs
from workers.local.servers import process_control

POLL_SECONDS: Final = 2.0
_RETRY_SECONDS: Final = 60.0
"""Time between two reads of the setting, and before a retry when archiving failed, as on a full disk."""

_SIZE: Final = "SELECT log_archive_bytes FROM published.settings"
log = structlog.get_logger()


def look(folder: Path, size: int) -> None:
    """Archive every file of a child that has reached the size."""
    for path in _files(folder):
        if path.stat().st_size >= size:
            process_control.archive(path)


def _files(folder: Path) -> Iterator[Path]:
    yield from folder.glob("*.out")
    yield from folder.glob("postgres.log")


async def keep_small(folder: Path, size: Callable[[], int]) -> None:
    """Archive the files of a folder for as long as the system runs; `size` reads the size at which to archive them."""
    now = asyncio.get_running_loop().time
    limit, asked_at, rest = logs.ARCHIVE_BYTES, now() - _RETRY_SECONDS, POLL_SECONDS
    while True:
        try:
            await asyncio.to_thread(look, folder, limit)
            rest = POLL_SECONDS
            if now() - asked_at >= _RETRY_SECONDS:
                asked_at = now()
                limit = await asyncio.to_thread(size)
                logs.set_archive_bytes(limit)
        except OSError as error:
            rest = _RETRY_SECONDS
            log.warning("log_archiving_failed", **logs.describe(error))
        except psycopg.Error as error:
            log.info("log_size_unknown", **logs.describe(error))
        await asyncio.sleep(rest)


def size_in(url: str) -> int:
    """Return the size at which the settings of a site archive its log files."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute(_SIZE).fetchone()
    return int(row[0]) if row else logs.ARCHIVE_BYTES
