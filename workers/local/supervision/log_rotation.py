"""Archiving what our children write to files that they hold open: their own output, and the log of PostgreSQL."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import psycopg
import structlog

from workers.common import logs
from workers.local.servers import process

LOOK_SECONDS: Final = 2.0
_REST_SECONDS: Final = 60.0
"""Time between two questions for the size, and before another try when archiving failed, as on a full disk."""

_SIZE: Final = "SELECT log_archive_bytes FROM published.settings"
log = structlog.get_logger()


def look(folder: Path, size: int) -> None:
    """Archive every file of a child that has reached a size."""
    for path in _files(folder):
        if path.stat().st_size >= size:
            process.archive(path)


def _files(folder: Path) -> Iterator[Path]:
    yield from folder.glob("*.out")
    yield from folder.glob("postgres.log")


async def keep_small(folder: Path, size: Callable[[], int]) -> None:
    """Look after the files of a folder for as long as the system runs; `size` asks when to archive them."""
    now = asyncio.get_running_loop().time
    limit, asked, rest = logs.ARCHIVE_AT, now() - _REST_SECONDS, LOOK_SECONDS
    while True:
        try:
            await asyncio.to_thread(look, folder, limit)
            rest = LOOK_SECONDS
            if now() - asked >= _REST_SECONDS:
                asked = now()
                limit = await asyncio.to_thread(size)
                logs.archive_at(limit)
        except OSError as error:
            rest = _REST_SECONDS
            log.warning("server.log_not_archived", **logs.describe(error))
        except psycopg.Error as error:
            log.info("server.log_size_unknown", **logs.describe(error))
        await asyncio.sleep(rest)


def size_in(url: str) -> int:
    """Ask the settings of a site at which size its log files are archived."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        found = connection.execute(_SIZE).fetchone()
    return int(found[0]) if found else logs.ARCHIVE_AT
