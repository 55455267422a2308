"""Backup and restore of external servers, which `INCIDENTS_*` variables name."""

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import nats
from nats.aio.client import Client as Nats
from sqlalchemy.engine import make_url

from workers.common.process_settings import Settings
from workers.local import schema_and_grants, start_errors
from workers.local.backup import archive, database_dumps, journal_copies, stream_snapshots
from workers.local.backup.database_dumps import Database, DumpError
from workers.local.backup.stream_snapshots import SnapshotError
from workers.local.cli_environment import connect
from workers.migrations.upgrade import NewerSchemaError, NoRoleError
from workers.runtime.process.preconditions import UnfitError

VARIABLES: Final = ("INCIDENTS_DATABASE_URL", "INCIDENTS_OWNER_DATABASE_URL")
"""Setting one of them selects external servers."""

_INCIDENT_MANAGER: Final = "incident_manager"
_LOG_SERVER: Final = "log_server"
_USAGE: Final = 2
_FAILURES: Final = (
    *(DumpError, SnapshotError, UnfitError, OSError, nats.errors.Error),
    *(NoRoleError, NewerSchemaError, schema_and_grants.RoleNotNamedError),
)


class UnfinishedError(Exception):
    """A restore failed after its first write."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"{why}. A part may be restored already: empty the databases and the message bus, and run it again."
        )


def are_named() -> bool:
    """Return whether the variables name external servers."""
    return any(name in os.environ for name in VARIABLES)


async def save(settings: Settings, who: str, out: Path) -> None:
    """Save the streams first and then the databases of a running system.

    Raises:
        UnfitError: A database does not meet the requirements.
        DumpError: A program of PostgreSQL failed.
        SnapshotError: The message bus did not deliver a stream completely.
    """
    databases = {
        name: await database_dumps.look(url, variable) for name, (url, variable) in _databases(settings).items()
    }
    with tempfile.TemporaryDirectory(dir=out.absolute().parent, prefix=f"{out.name}.") as folder:
        draft = Path(folder)
        async with _open_bus(settings, who) as bus:
            for stream in stream_snapshots.SAVED:
                await stream_snapshots.save(bus, stream, who, draft)
        for name, database in databases.items():
            await database_dumps.dump(database, draft / f"{name}.dump", os.environ)
        archive.describe(draft, settings.site)
        archive.pack(out, sorted(draft.iterdir()), draft)


async def restore(settings: Settings, who: str, file: Path, *, is_without_journal: bool) -> None:
    """Restore into empty databases and an empty message bus; write nothing unless all of them are empty.

    Raises:
        NoBackupError: The file is not a backup.
        UnfitError: The backup is of another site, or a server is not empty.
        UnfinishedError: It failed after its first write.
    """
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder)
        archive.unpack(file, draft)
        await _require_place(settings, draft, file)
        databases = {name: await _require_empty(*place) for name, place in _databases(settings).items()}
        await _require_role(settings)
        async with _open_bus(settings, who) as bus:
            if existing := await stream_snapshots.existing_streams(bus):
                why = f"{settings.nats_url}: the streams {', '.join(existing)} are there already"
                raise UnfitError(f"{why}. Restore into a message bus that has none.")
            try:
                await _write(settings, bus, databases, draft, is_without_journal=is_without_journal)
            except _FAILURES as error:
                raise UnfinishedError(start_errors.reason_of(error).rstrip(".")) from error


async def _write(
    settings: Settings, bus: Nats, targets: dict[str, Database], draft: Path, *, is_without_journal: bool
) -> None:
    for name, database in targets.items():
        file = draft / f"{name}.dump"
        if file.exists():
            await database_dumps.load(database, file, os.environ)
    if is_without_journal:
        await journal_copies.forget(targets[_INCIDENT_MANAGER].url)
    if away := await schema_and_grants.prepare(settings):
        raise away
    for stream in stream_snapshots.SAVED:
        await stream_snapshots.restore(bus, stream, draft)


def _databases(settings: Settings) -> dict[str, tuple[str, str]]:
    """Return by database its URL, as its owner if one is set, and the variable that names it."""
    places = {
        _INCIDENT_MANAGER: [
            (settings.owner_database_url, "INCIDENTS_OWNER_DATABASE_URL"),
            (settings.database_url, "INCIDENTS_DATABASE_URL"),
        ],
        _LOG_SERVER: [
            (settings.owner_log_database_url, "INCIDENTS_OWNER_LOG_DATABASE_URL"),
            (settings.log_database_url, "INCIDENTS_LOG_DATABASE_URL"),
        ],
    }
    named = {name: [(url, variable) for url, variable in tried if url] for name, tried in places.items()}
    return {name: candidates[0] for name, candidates in named.items() if candidates}


async def _require_place(settings: Settings, draft: Path, file: Path) -> None:
    if (site := archive.site_of(draft, file)) != settings.site:
        raise UnfitError(f"{file} is of the site {site}, not of {settings.site}: set INCIDENTS_SITE.", _USAGE)
    if (draft / f"{_LOG_SERVER}.dump").exists() and _LOG_SERVER not in _databases(settings):
        raise UnfitError(f"{file} holds the log server, too: set INCIDENTS_LOG_DATABASE_URL.", _USAGE)


async def _require_empty(url: str, variable: str) -> Database:
    database = await database_dumps.look(url, variable)
    if database.tables:
        where = make_url(url).render_as_string(hide_password=True)
        raise UnfitError(f"{where}: the database has tables already. Name an empty one in {variable}.")
    return database


async def _require_role(settings: Settings) -> None:
    """Check in advance that the role of the workers exists."""
    role = make_url(settings.database_url).username
    if settings.owner_database_url and role and not await database_dumps.has_role(settings.owner_database_url, role):
        raise NoRoleError(role)


@asynccontextmanager
async def _open_bus(settings: Settings, who: str) -> AsyncIterator[Nats]:
    connection = await connect(settings, who)
    try:
        yield connection
    finally:
        await connection.close()
