"""Bringing a database up to date: safe to run from several places at once."""

from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from workers.runtime.blocking import watched

_HERE = Path(str(files("workers.migrations")))
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('incidents.migrate'))")
_SAY_SECONDS = 2.0
_PARTITIONS = text(
    """
    SELECT runtime.maintain_partitions('runtime.inbox', 2, now()),
           runtime.maintain_partitions('audit.activity', NULL, now())
    """
)


def read_sql(pattern: str) -> str:
    """Return the one SQL file of the package whose name matches."""
    (path,) = (_HERE / "sql").glob(pattern)
    return path.read_text()


def run_script(connection: Connection, script: str) -> None:
    """Run a file of statements as it stands: no parameters, so no character of it means anything else."""
    connection.connection.cursor().execute(script)


async def migrate(engine: AsyncEngine) -> None:
    """Bring the database incident_manager to the newest schema, under a lock; say whose locks it waits for."""
    async with engine.begin() as connection, watched(engine, connection, _SAY_SECONDS, migrating=True):
        await connection.execute(_LOCK)
        await connection.run_sync(_upgrade)
        await connection.execute(_PARTITIONS)


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
