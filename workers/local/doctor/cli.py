"""The command line of the doctor: what stands in the way of a complete erasure."""

import os
from pathlib import Path

import typer
import uvloop
from sqlalchemy.engine import make_url

from workers.common.process_settings import signing_key_of
from workers.local.backup.journal_copies import folder_of
from workers.local.cli_environment import (
    DATABASE_VARIABLE,
    DEFAULT_DATA,
    AsJson,
    Data,
    database_url_of,
    read_settings,
)
from workers.local.console_output import fail, tell, write
from workers.local.data_directory import Home
from workers.local.doctor import erasure_checks, journal_checks
from workers.local.doctor.erasure_checks import Finding
from workers.local.servers.postgres import APP_ROLE
from workers.runtime.process.preconditions import UnfitError, explain_errors
from workers.runtime.storage.database import SessionTimeouts, connect_autocommit, open_engine


def examine(data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Check whether the database lets deleted projects leave its files completely, and the erasure journal is whole.

    With servers of your own, set INCIDENTS_DATABASE_URL, which names the role of the workers; without it, the system in
    --data must be running. It changes nothing, and ends with 1 if something stands in the way.

    Example: INCIDENTS_DATABASE_URL=postgresql://incidents_app@db/incident_manager incidents doctor
    """
    url = database_url_of(data)
    try:
        results = uvloop.run(_examine(url, *_journal(data)))
    except UnfitError as error:
        fail(str(error), error.status)
    if as_json:
        write([result._asdict() for result in results])
    else:
        for result in results:
            _show(result)
    if any(result.obstacle for result in results):
        raise typer.Exit(1)


def _show(result: Finding) -> None:
    if not result.obstacle:
        tell(("✓", "green"), f" {result.requirement}")
        return
    tell(("✗", "red"), f" {result.requirement}: {result.obstacle}")
    tell((f"  {result.remedy}", "dim"))


def _journal(data: Path) -> tuple[Path | None, Path | None]:
    """Return the folder of the erasure journal, and the file of the key that signs it."""
    home = Home(data.absolute())
    settings = read_settings() if DATABASE_VARIABLE in os.environ else None
    return folder_of(home, settings), signing_key_of(settings) if settings else home.signing_key


async def _examine(url: str, folder: Path | None, key: Path | None) -> list[Finding]:
    engine = open_engine(url, connections=1, waits=SessionTimeouts("incidents-doctor"))
    role = make_url(url).username if DATABASE_VARIABLE in os.environ else APP_ROLE
    try:
        async with explain_errors(url, DATABASE_VARIABLE), connect_autocommit(engine) as connection:
            results = await erasure_checks.find(connection, role or APP_ROLE)
            return [*results, *(await journal_checks.find(connection, folder, key) if folder else ())]
    finally:
        await engine.dispose()
