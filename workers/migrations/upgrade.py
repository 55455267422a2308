"""Migrating a database; concurrent runs are safe."""

import structlog
from alembic import command
from alembic.config import Config
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from workers.audit import tables
from workers.migrations.scripts import HERE, read_sql, run_script
from workers.projects.search import index
from workers.runtime.storage.database import LogBase
from workers.runtime.storage.lock_wait_logging import watch_lock_waits

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('incidents.migrate'))")
_SAY_SECONDS = 2.0
_SAY_STEPS = 40
log = structlog.get_logger()
_ROLE = text("SELECT 1 FROM pg_roles WHERE rolname = :role")
_SET_ROLE = text("SELECT set_config('incidents.app_role', :role, true)")
_GRANT_APPEND = """
    DO $$ BEGIN
        EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', current_setting('incidents.app_role'));
        EXECUTE format('GRANT SELECT, INSERT ON public.entry TO %I', current_setting('incidents.app_role'));
        EXECUTE format('GRANT EXECUTE ON FUNCTION public.drop_entries(bigint, timestamptz) TO %I',
                       current_setting('incidents.app_role'));
    END $$
"""
_PARTITIONS = text(
    """
    SELECT runtime.maintain_partitions('runtime.inbox', 2, now()),
           runtime.maintain_partitions('audit.activity', NULL, now()),
           runtime.maintain_outbox(NULL, now())
    """
)


class NoRoleError(Exception):
    """The role that should get the rights of workers is missing."""

    def __init__(self, role: str) -> None:
        """Say how to create it."""
        super().__init__(
            f"There is no role {role}: CREATE ROLE {role} LOGIN PASSWORD '...', "
            "as a role that may create roles, and run it again."
        )


async def migrate(engine: AsyncEngine, app_role: str | None = None) -> None:
    """Migrate the database incident_manager to the newest schema, under a lock; workers act as `app_role`.

    It logs whose locks it waits for. If the version of the search index changed, it indexes all projects again
    afterwards, a few at a time; an interrupted run resumes the next time.
    """
    async with engine.begin() as connection, watch_lock_waits(engine, connection, _SAY_SECONDS, migrating=True):
        await connection.execute(_LOCK)
        await connection.run_sync(_upgrade)
        await connection.execute(_PARTITIONS)
        if app_role:
            await _grant(connection, app_role, read_sql("rights.sql"))
    await _index_projects(engine)


async def _index_projects(engine: AsyncEngine) -> None:
    more, indexed = True, 0
    while more:
        async with engine.begin() as connection:
            more = await index.reindex(connection)
        indexed += more
        if more and indexed % _SAY_STEPS == 0:
            log.info("projects_indexed", projects=indexed * index.BATCH_PROJECTS)


async def prepare_log_server(engine: AsyncEngine, app_role: str) -> None:
    """Create the tables of the database log_server, which `app_role` may read and append to."""
    async with engine.begin() as connection:
        await connection.execute(tables.LOCK_TABLES)
        await connection.run_sync(_make_log_tables)
        await _grant(connection, app_role, _GRANT_APPEND)


def _make_log_tables(connection: Connection) -> None:
    """Create missing tables, columns and indexes; a table of an older version may lack some."""
    tables.create_log_server_tables(connection)
    for table in LogBase.metadata.tables.values():
        for table_index in table.indexes:
            table_index.create(connection, checkfirst=True)


async def _grant(connection: AsyncConnection, role: str, script: str) -> None:
    if (await connection.execute(_ROLE, {"role": role})).first() is None:
        raise NoRoleError(role)
    await connection.execute(_SET_ROLE, {"role": role})
    await connection.run_sync(run_script, script)


class NewerSchemaError(Exception):
    """A newer version has migrated the database."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "A newer version has migrated this database, and the version installed here does not know its schema: "
            "install the newer version, or restore the backup that was made before the upgrade."
        )


def alembic_config(connection: Connection | None = None) -> Config:
    """Return where Alembic finds the versions of the schema, and the connection that it migrates."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("recursive_version_locations", "true")
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    try:
        command.upgrade(alembic_config(connection), "head")
    except CommandError as error:
        if isinstance(error.__cause__, ResolutionError):
            raise NewerSchemaError from error
        raise
