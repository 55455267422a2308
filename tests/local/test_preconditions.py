"""Servers that are not as they must be: one sentence with the way out, whatever is lacking."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest
from pydantic import ValidationError
from sqlalchemy import text

from tests.client.command_line import incidents
from workers.common.process_settings import Settings
from workers.local import schema_and_grants
from workers.local.access.signing_keys import Trust
from workers.local.servers.postgres import EmbeddedPostgres
from workers.migrations.upgrade import NewerSchemaError
from workers.runtime.process import preconditions
from workers.runtime.process.preconditions import UnfitError, explain_errors, require_credentials
from workers.runtime.storage.database import open_engine

LATIN = "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
BYTES = "ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"


@contextmanager
def run_as_owner(postgres: EmbeddedPostgres, *statements: str, undo: str) -> Iterator[psycopg.Connection]:
    """Run statements as the owner of the server, and undo them with the block."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as owner:
        for statement in statements:
            owner.execute(statement.encode())
        try:
            yield owner
        finally:
            owner.execute(undo.encode())


async def refusal_of(url: str) -> UnfitError:
    """Migrate a database that is not as it must be, and return what is said."""
    with pytest.raises(UnfitError) as refusal:
        await schema_and_grants.prepare(Settings(database_url=url))
    assert "\n" not in str(refusal.value)
    return refusal.value


@pytest.mark.parametrize("form,name", [(LATIN, "LATIN1"), (BYTES, "SQL_ASCII")])
async def test_another_encoding_is_one_sentence(postgres: EmbeddedPostgres, form: str, name: str) -> None:
    """A database of another encoding than UTF8 is refused with the statement that makes a right one."""
    with run_as_owner(postgres, f"CREATE DATABASE odd {form}", undo="DROP DATABASE odd WITH (FORCE)"):
        error = await refusal_of(postgres.url("odd"))
        assert f"has the encoding {name} and needs UTF8" in str(error)
        assert "CREATE DATABASE odd OWNER postgres TEMPLATE template0 ENCODING 'UTF8'" in str(error)
        ended = await incidents("migrate", environment={"INCIDENTS_DATABASE_URL": postgres.url("odd")})
        assert ended.status == 1
        assert "Traceback" not in ended.err
        assert "needs UTF8" in " ".join(ended.err.split())


async def test_an_old_server_is_one_sentence(postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is too old is refused with its version and the one that is needed."""
    monkeypatch.setattr(preconditions, "POSTGRES_MIN", 99)
    error = await refusal_of(postgres.url("postgres"))
    assert "PostgreSQL 18 is too old: install PostgreSQL 99 or later" in str(error)


async def test_no_database_is_one_sentence(postgres: EmbeddedPostgres) -> None:
    """A database that is not there is reported with the statement that makes it."""
    error = await refusal_of(postgres.url("nowhere"))
    assert error.status == 3
    assert "Create the database: CREATE DATABASE nowhere OWNER postgres" in str(error)


async def test_no_role_is_one_sentence(postgres: EmbeddedPostgres) -> None:
    """A role that is not there is named."""
    error = await refusal_of(postgres.url("postgres", "stranger"))
    assert error.status == 3
    assert "Create the role (stranger with LOGIN)" in str(error)


async def test_a_wrong_password_is_one_sentence(postgres: EmbeddedPostgres) -> None:
    """A password that is refused is reported with the places for the right one, and not repeated."""
    rules = Path(postgres.directory) / "data" / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text("local guarded all scram-sha-256\n" + before)
    steps = ("CREATE DATABASE guarded", "CREATE ROLE guard LOGIN PASSWORD 'right'", "SELECT pg_reload_conf()")
    try:
        with run_as_owner(postgres, *steps, undo="DROP ROLE guard") as owner:
            error = await refusal_of(postgres.url("guarded", "guard:wrong"))
            owner.execute("DROP DATABASE guarded")
    finally:
        rules.write_text(before)
    assert error.status == 3
    assert "INCIDENTS_DATABASE_URL, into PGPASSWORD" in str(error)
    assert "wrong" not in str(error)


async def test_missing_rights_are_one_sentence(postgres: EmbeddedPostgres) -> None:
    """A role that may make nothing in the database gets the advice to let the owner migrate."""
    undo = "DROP ROLE visitor"
    with run_as_owner(postgres, "CREATE ROLE visitor LOGIN", "CREATE DATABASE theirs", undo=undo) as owner:
        error = await refusal_of(postgres.url("theirs", "visitor"))
        owner.execute("DROP DATABASE theirs WITH (FORCE)")
    assert error.status == 1
    assert "Connect as the owner of the database" in str(error)


async def test_a_server_that_only_reads_is_one_sentence(postgres: EmbeddedPostgres) -> None:
    """A standby is distinguished: the primary is to be named."""
    steps = ("CREATE DATABASE standby", "ALTER DATABASE standby SET default_transaction_read_only = on")
    with run_as_owner(postgres, *steps, undo="DROP DATABASE standby WITH (FORCE)"):
        assert "name the primary in INCIDENTS_DATABASE_URL" in str(await refusal_of(postgres.url("standby")))


async def test_what_a_server_lacks_is_one_sentence(postgres: EmbeddedPostgres) -> None:
    """A server without something that the schema needs is refused, and a newer one asked for."""
    engine = open_engine(postgres.url("postgres"), connections=1)
    with pytest.raises(UnfitError, match=r"the schema needs \(42704\)\. Install PostgreSQL 16 or later\."):
        async with explain_errors(postgres.url("postgres"), "X"), engine.connect() as connection:
            await connection.execute(text("SELECT 'a' COLLATE \"nowhere-x-icu\""))
    await engine.dispose()


async def test_a_newer_schema_is_one_sentence(databases: tuple[str, str]) -> None:
    """A database that a newer version has migrated is left as it is."""
    with psycopg.connect(databases[0], autocommit=True) as owner:
        owner.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NewerSchemaError, match="install the newer version, or restore"):
        await schema_and_grants.prepare(Settings(database_url=databases[0]))


@pytest.mark.parametrize(
    "url", ["mysql://db/x", "postgres://db/x", "db", "postgresql://db:port/x", "postgresql://db:99999/x"]
)
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    """A text that is not a URL of PostgreSQL is refused with an example, before anything connects."""
    with pytest.raises(ValidationError, match="write it as postgresql://ROLE@HOST/DATABASE"):
        Settings(database_url=url)


def test_credentials_that_do_not_fit_are_one_sentence(tmp_path: Path) -> None:
    """Credentials that are not named, not there, none, somebody else's or over are distinguished, with the way out."""
    trust = Trust.create(tmp_path / "keys", "main")
    files = {name: tmp_path / name for name in ("missing", "none", "other", "over")}
    files["none"].write_text("hello")
    files["other"].write_text(trust.mint("audit", "worker"))
    files["over"].write_text(trust.mint("projects", "worker", valid_seconds=0))
    results = {}
    for name, path in {"unnamed": None, **files}.items():
        with pytest.raises(UnfitError, match=r"makes DIR/creds/projects\.creds") as refusal:
            require_credentials(path, "projects")
        results[name] = str(refusal.value)
    words = ("is not set", "No such file", "is not a credentials file", "of audit, not of projects", "expired at")
    assert all(word in results[name] for name, word in zip(results, words, strict=True)), results


def test_the_end_of_credentials_is_a_local_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """People read when credentials expired by the clock of this machine, as everywhere else."""
    over = tmp_path / "over.creds"
    over.write_text(Trust.create(tmp_path / "keys", "main").mint("projects", "worker", valid_seconds=0))
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        now = datetime.now(timezone(timedelta(hours=9)))
        with pytest.raises(UnfitError) as refused:
            require_credentials(over, "projects")
    time.tzset()
    expired_at = re.search(r"expired at (.{16})\. ", str(refused.value))
    assert expired_at
    assert abs(now.replace(tzinfo=None) - datetime.fromisoformat(expired_at[1])) < timedelta(minutes=2)
