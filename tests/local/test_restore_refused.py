"""What a backup or a restore of servers of one's own is refused for: one sentence, and nothing is written."""

import os
import shutil
import tarfile
from pathlib import Path

import psycopg
import pytest

from tests.local.external_servers import back_up, run_incidents
from tests.support import Site
from workers.local.backup import database_dumps, stream_snapshots
from workers.local.backup.database_dumps import Database
from workers.local.data_directory import Home, Runtime
from workers.local.servers.postgres import MAJOR
from workers.runtime.bus.streams import api, provision
from workers.runtime.process.preconditions import UnfitError


async def is_empty(site: Site) -> bool:
    """Tell whether a site has neither tables nor streams."""
    bus = await site.nats("provision", "provision")
    info = [name for name in stream_snapshots.SAVED if "error" not in await api(bus, f"STREAM.INFO.{name}", {})]
    tables = [(await database_dumps.look(url, "")).tables for url in (site.database_url, site.log_database_url)]
    return (info, tables) == ([], [0, 0])


@pytest.mark.parametrize(
    "line, variables, refusal",
    [
        ("FILE", {"INCIDENTS_SITE": "elsewhere"}, (2, "is of the site main, not of elsewhere")),
        ("FILE", {"INCIDENTS_SITE": "autre", "LANG": "fr_FR.UTF-8"}, (2, "provient du site main et non de autre")),
        ("FILE", {"INCIDENTS_DATABASE_URL": "postgresql://nobody@h/x"}, (1, "There is no role nobody: CREATE ROLE")),
        ("FILE", {"INCIDENTS_NATS_URL": "nats://127.0.0.1:1"}, (3, "Start it, or set INCIDENTS_NATS_URL")),
        ("FILE", {"INCIDENTS_NATS_CREDS": "none.creds"}, (2, "none.creds: No such file or directory")),
        ("FILE", {"INCIDENTS_OWNER_DATABASE_URL": "postgresql://h:1/x"}, (3, "set INCIDENTS_OWNER_DATABASE_URL")),
        ("FILE --keys keys.tar", {}, (2, "The keys come first: tar -xf keys.tar")),
        ("PART", {}, (2, "is not a complete file of `incidents backup`")),
        ("OTHER", {}, (2, "is not a complete file of `incidents backup`")),
        ("none.tar", {}, (2, "there is no file none.tar")),
    ],
)
async def test_what_does_not_fit_is_one_sentence(
    site: Site, target: Site, tmp_path: Path, line: str, variables: dict[str, str], refusal: tuple[int, str]
) -> None:
    """What is wrong is reported with the way out, and before anything is written."""
    file = await back_up(site, tmp_path / "incidents.tar")
    (tmp_path / "part.tar").write_bytes(file.read_bytes()[:70_000])
    with tarfile.open(tmp_path / "other.tar", "w") as other:
        other.add(file, "incidents.tar")
    files = {"FILE": file, "PART": tmp_path / "part.tar", "OTHER": tmp_path / "other.tar"}
    ended = await run_incidents(
        target, "restore", "--without-journal", *(files.get(word, word) for word in line.split()), **variables
    )
    assert ended.status == refusal[0], ended.err
    assert refusal[1] in ended.err, ended.err
    assert "Traceback" not in ended.err, ended.err
    assert await is_empty(target)


async def test_a_log_server_is_not_left_out(site: Site, target: Site, tmp_path: Path) -> None:
    """A backup with the log server is not restored where no log server is named; one without it is."""
    file = await back_up(site, tmp_path / "incidents.tar")
    alone = {"INCIDENTS_LOG_DATABASE_URL": None, "INCIDENTS_OWNER_LOG_DATABASE_URL": None, "LANG": "fr_FR.UTF-8"}
    ended = await run_incidents(target, "restore", file, "--without-journal", **alone)
    assert ended.status == 2, ended.err
    assert "définissez INCIDENTS_LOG_DATABASE_URL" in ended.err, ended.err
    assert await is_empty(target)
    assert (await run_incidents(site, "backup", "-o", file, "--force", **alone)).status == 0
    assert (await run_incidents(target, "restore", file, "--without-journal", **alone)).status == 0


async def test_nothing_is_replaced(site: Site, target: Site, tmp_path: Path) -> None:
    """Databases with tables and streams that are there are kept as they are."""
    file = await back_up(site, tmp_path / "incidents.tar")
    ended = await run_incidents(site, "restore", file, "--without-journal", LANG="fr_FR.UTF-8")
    assert ended.status == 1, ended.err
    assert "contient déjà des tables" in ended.err, ended.err
    await provision(await target.nats("provision", "provision"), "main")
    ended = await run_incidents(target, "restore", file, "--without-journal", LANG="fr_FR.UTF-8")
    assert ended.status == 1, ended.err
    assert "COMMANDS, EVENTS, DEAD existent déjà" in ended.err, ended.err
    with psycopg.connect(target.database_url) as database:
        assert database.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'projects'").fetchone() is None


@pytest.mark.parametrize("first", [True, False])
async def test_what_breaks_in_the_middle_says_so(site: Site, target: Site, tmp_path: Path, first: bool) -> None:
    """Where something may be restored already, the sentence says so; no database holds half of a dump."""
    file = await back_up(site, tmp_path / "incidents.tar")
    url = target.database_url if first else target.log_database_url
    in_the_way = "CREATE SCHEMA retention" if first else "CREATE SEQUENCE entry_pkey"
    with psycopg.connect(url) as database:
        database.execute(in_the_way)
    ended = await run_incidents(target, "restore", file, "--without-journal")
    assert ended.status == 1, ended
    assert "pg_restore: " in ended.err, ended
    assert "may be restored already" in ended.err, ended
    with psycopg.connect(url) as database:
        rows = database.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'administration'").fetchall()
    assert rows == []
    assert (await database_dumps.look(url, "")).tables == 0
    assert bool((await database_dumps.look(target.database_url, "")).tables) != first


async def test_a_backup_is_of_one_system(site: Site, tmp_path: Path) -> None:
    """Where variables and a directory name two systems, nobody guesses which one is meant."""
    home = Home(tmp_path / "data")
    with home.lock():
        home.publish(Runtime("main", "nats://127.0.0.1:1", "", "", "", os.getpid()))
        ended = await run_incidents(site, "backup", "-o", tmp_path / "b.tar", "--data", home.directory)
    assert ended.status == 2, ended.err
    assert "INCIDENTS_DATABASE_URL names another one" in ended.err, ended.err
    assert not (tmp_path / "b.tar").exists()


async def test_keys_are_saved_only_where_there_are_any(site: Site, tmp_path: Path) -> None:
    """A file of keys without keys is worse than none: it is refused before anything is saved."""
    (files := tmp_path / "elsewhere").mkdir()
    line = ("backup", "-o", files / "b.tar", "--keys", files / "k.tar")
    ended = await run_incidents(site, *line, "--data", tmp_path / "none")
    assert ended.status == 2, ended.err
    assert "make its keys with" in ended.err, ended.err
    assert not list(files.iterdir())
    shutil.copytree(site.directory / "keys", site.directory / "data" / "keys")
    ended = await run_incidents(site, *line, "--data", site.directory / "data")
    assert ended.status == 0, ended.err
    with tarfile.open(files / "k.tar") as archive:
        assert "keys/operator.nk" in archive.getnames()


async def test_only_provisioning_saves_streams(site: Site, tmp_path: Path) -> None:
    """With the credentials of a person nothing is saved, and the sentence says whose are needed."""
    ended = await run_incidents(
        site, "backup", "-o", tmp_path / "b.tar", INCIDENTS_NATS_CREDS=str(site.credentials("olivia"))
    )
    assert ended.status == 3, ended.err
    assert "scope provision" in " ".join(ended.err.split()), ended.err
    assert not (tmp_path / "b.tar").exists()


@pytest.mark.parametrize(
    "database", [Database("", MAJOR + 1), Database("", MAJOR - 1), Database("", is_encrypted=True)]
)
async def test_another_server_needs_its_own_programs(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a server of another version, or with TLS, the machine's own program is taken, not the one of the wheel."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnfitError, match=f"Install the client programs of PostgreSQL {database.major}"):
        database_dumps.program("pg_dump", database)
    (tmp_path / "pg_dump").write_text("#!/bin/sh\n")
    (tmp_path / "pg_dump").chmod(0o700)
    assert database_dumps.program("pg_dump", database) == str(tmp_path / "pg_dump")


async def test_no_password_is_in_the_list_of_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words of a line are seen by everybody on the machine, so a password goes by a variable."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "pg_dump").write_text('#!/bin/sh\nprintf "%s " "$PGPASSWORD" "$@" > "$TOLD"\n')
    (tmp_path / "pg_dump").chmod(0o700)
    database = Database("postgresql://owner:s%3Acret@db/incident_manager?sslmode=require", is_encrypted=True)
    await database_dumps.dump(database, tmp_path / "file", {**os.environ, "TOLD": str(tmp_path / "told")})
    password, *words = (tmp_path / "told").read_text().split()
    assert password == "s:cret"
    assert {"user=owner", "sslmode=require"} <= set(" ".join(words).replace("--dbname=", "").split())
    assert "cret" not in " ".join(words)
