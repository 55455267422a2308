"""Backup and restore of the data directory of `incidents up`."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import nats
from nats.aio.client import Client as Nats

from contracts import subjects
from workers.local.access.signing_keys import Trust
from workers.local.backup import archive, database_dumps, journal_copies, stream_snapshots
from workers.local.backup.database_dumps import Database
from workers.local.data_directory import Home
from workers.local.servers.nats import EmbeddedNats
from workers.local.servers.postgres import APP_ROLE, EmbeddedPostgres

_DATABASES: Final = ("incident_manager", "log_server")
_PROVISION: Final = "provision"
_PROVISION_SECONDS: Final = 3_600


class StoppedError(RuntimeError):
    """The system to be saved has stopped."""

    def __init__(self, directory: Path) -> None:
        super().__init__(f"{directory}: the system has stopped.")


async def save(home: Home, out: Path) -> None:
    """Save the streams first and then the databases of the system that runs there.

    Raises:
        StoppedError: It has stopped.
    """
    runtime = home.runtime()
    if runtime is None:
        raise StoppedError(home.directory)
    trust = Trust.load(home.keys)
    with tempfile.TemporaryDirectory(dir=home.directory) as folder:
        draft = Path(folder)
        async with _open_provision_connection(trust, runtime.nats_url, draft) as bus:
            for stream in stream_snapshots.SAVED:
                await stream_snapshots.save(bus, stream, _PROVISION, draft)
        for name, url in zip(_DATABASES, (runtime.database_url, runtime.log_database_url), strict=True):
            await database_dumps.dump(Database(url), draft / f"{name}.dump", database_dumps.without_ours())
        archive.describe(draft, runtime.site)
        archive.pack(out, [path for path in sorted(draft.iterdir()) if path.suffix != ".creds"], draft)


async def restore(home: Home, file: Path, keys: Path | None, *, is_without_journal: bool) -> None:
    """Make the databases, the streams and the keys of a directory.

    Raises:
        NoBackupError: The file is not a backup.
    """
    home.make()
    home.restoring.touch()
    with tempfile.TemporaryDirectory(dir=home.directory) as folder:
        draft = Path(folder)
        archive.unpack(file, draft)
        site = archive.site_of(draft, file)
        if keys:
            archive.unpack(keys, home.directory)
        trust = Trust.create(home.keys, site)
        home.make_pdf_identity(site)
        postgres = EmbeddedPostgres(home.postgres, home.logs / "postgres.log")
        await _restore_databases(postgres, draft, is_without_journal=is_without_journal)
        bus = EmbeddedNats(home.nats, trust, log=home.logs / "nats.log")
        bus.start()
        try:
            async with _open_provision_connection(trust, bus.url, draft) as connection:
                for stream in stream_snapshots.SAVED:
                    await stream_snapshots.restore(connection, stream, draft)
        finally:
            bus.stop()
    home.restoring.unlink()


def remove_unfinished(home: Home) -> None:
    """Remove what an interrupted restore left, so that the same line can be run again."""
    for directory in (home.nats, home.postgres):
        shutil.rmtree(directory, ignore_errors=True)


async def _restore_databases(postgres: EmbeddedPostgres, draft: Path, *, is_without_journal: bool) -> None:
    postgres.start()
    try:
        postgres.ensure_role(APP_ROLE)
        for name in _DATABASES:
            postgres.ensure_database(name)
            if (dump := draft / f"{name}.dump").exists():
                await database_dumps.load(Database(postgres.url(name)), dump, database_dumps.without_ours())
        if is_without_journal:
            await journal_copies.forget(postgres.url(_DATABASES[0]))
    finally:
        postgres.stop()


@asynccontextmanager
async def _open_provision_connection(trust: Trust, url: str, folder: Path) -> AsyncIterator[Nats]:
    """Connect with short-lived credentials that may save and restore streams."""
    credentials = folder / "provision.creds"
    credentials.write_text(trust.mint(_PROVISION, "provision", valid_seconds=_PROVISION_SECONDS))
    connection = await nats.connect(url, user_credentials=str(credentials), inbox_prefix=subjects.inbox(_PROVISION))
    try:
        yield connection
    finally:
        await connection.close()
