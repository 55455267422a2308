"""The two databases of a site as `incidents migrate` leaves them: owned by one role, used by another."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from workers.local.servers.postgres import APP_ROLE, EmbeddedPostgres
from workers.migrations.upgrade import migrate, prepare_log_server
from workers.runtime.storage.database import open_engine

TEMPLATES = ("template_incident_manager", "template_log_server")

# Each test makes two databases, and none of them cuts the power: leave writing to the operating system, and keep the
# cache small, because dropping a database looks through all of it.
MANY_DATABASES = """\
fsync = off
full_page_writes = off
shared_buffers = 64MB
min_wal_size = 32MB
"""

_MEMORY = Path("/dev/shm")  # noqa: S108 - only its owner may look into the folder
_FREE_BYTES_MIN = 2 * 1024**3
_PREFIX = "incidents-tests-"


@contextmanager
def folder_in_memory() -> Iterator[Path | None]:
    """Provide a folder in memory, where making a database takes a tenth of the time; None if there is little room."""
    if not os.access(_MEMORY, os.W_OK) or shutil.disk_usage(_MEMORY).free < _FREE_BYTES_MIN:
        yield None
        return
    for left in _MEMORY.glob(f"{_PREFIX}*"):  # of a process that was killed
        if not psutil.pid_exists(int(left.name.removeprefix(_PREFIX))):
            shutil.rmtree(left, ignore_errors=True)
    folder = _MEMORY / f"{_PREFIX}{os.getpid()}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def prepared(server: EmbeddedPostgres, incident_manager: str, log_server: str) -> None:
    """Make both databases, and give the role of workers its rights."""
    server.ensure_role(APP_ROLE)
    for name, prepare in ((incident_manager, migrate), (log_server, prepare_log_server)):
        server.ensure_database(name)
        engine = open_engine(server.url(name), connections=1)
        await prepare(engine, APP_ROLE)
        await engine.dispose()
