"""The role of workers: it owns nothing, changes no table, and adds to what is recorded without changing it."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from tests.support import Site
from tests.support.site import as_app
from workers.local.servers.postgres import APP_ROLE
from workers.migrations.upgrade import NoRoleError, migrate

FORBIDDEN = [
    "CREATE TABLE projects.mine ()",
    "CREATE SCHEMA mine",
    "CREATE TABLE public.mine ()",
    "DROP TABLE projects.project CASCADE",
    "TRUNCATE projects.project CASCADE",
    "ALTER TABLE projects.project DISABLE TRIGGER ALL",
    "DELETE FROM audit.activity",
    "UPDATE audit.activity SET actor = 'nobody'",
    "DELETE FROM audit.activity_other",
    "DELETE FROM administration.definition_change",
    "UPDATE administration.definition_change SET by = 'nobody'",
    "DELETE FROM public.alembic_version",
    "SELECT runtime.maintain_partitions('audit.activity', -1000, now())",
    "SELECT runtime.maintain_partitions('runtime.inbox', 2, '2100-01-01')",
    "SELECT runtime.maintain_any_partitions('audit.activity', -1000, now())",
    "CREATE ROLE mine",
    "ALTER FUNCTION runtime.maintain_partitions SECURITY INVOKER",
    "COPY projects.project TO PROGRAM 'true'",
    "SELECT pg_read_file('/etc/passwd')",
]


@pytest.fixture
def app(site: Site) -> Iterator[psycopg.Connection]:
    """Connect as a worker does."""
    with psycopg.connect(as_app(site.database_url), autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_workers_change_no_table_and_no_audit(databases: tuple[str, str], statement: str) -> None:
    """Anyone who stole a worker's access to the database can neither alter it nor rewrite what was audited."""
    with psycopg.connect(as_app(databases[0]), autocommit=True) as app, pytest.raises(InsufficientPrivilege):
        app.execute(statement)


def test_workers_own_nothing(databases: tuple[str, str]) -> None:
    """The role of workers is no superuser, owns no table, and may make no database and no role."""
    with psycopg.connect(as_app(databases[0])) as app:
        owned = app.execute("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole").fetchone()
        rows = app.execute(
            "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert owned == (0,)
    assert rows == (False,)


def test_the_log_server_is_only_added_to(databases: tuple[str, str]) -> None:
    """In the log server a worker reads and adds entries, and can neither change nor delete one."""
    with psycopg.connect(as_app(databases[1]), autocommit=True) as app:
        assert app.execute("SELECT count(*) FROM entry").fetchone() == (0,)
        for statement in ("DELETE FROM entry", "UPDATE entry SET actor = ''", "DROP TABLE entry"):
            with pytest.raises(InsufficientPrivilege):
                app.execute(statement)


async def test_partitions_are_made_with_the_owners_rights(site: Site, app: psycopg.Connection) -> None:
    """What makes and drops partitions can be called by a worker, and what it makes can be written by one."""
    owner = "SELECT relowner::regrole::text FROM pg_class WHERE oid = 'runtime.inbox'::regclass"
    keep = "SELECT runtime.maintain_partitions('runtime.inbox', 2, now())"
    before = await site.count("pg_inherits")
    app.execute(keep)
    assert await site.count("pg_inherits") >= before
    parts = "SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relispartition"
    assert await site.sql(parts) == await site.sql(owner)
    assert app.execute("SELECT count(*) FROM runtime.inbox").fetchone() == (0,)


async def test_a_role_that_is_missing_is_named(site: Site) -> None:
    """Where nobody made the role of workers, migrating says how to make it and changes nothing."""
    with pytest.raises(NoRoleError, match="CREATE ROLE somebody LOGIN"):
        await migrate(site.engine, "somebody")
    await migrate(site.engine, APP_ROLE)
