import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.local.support import HERE, eventually, is_alive
from workers.local.servers import process_control
from workers.local.servers.cache_sizing import cache_mebibytes, memory_bytes
from workers.local.servers.exec_wrapper import main as launch
from workers.local.servers.postgres import EmbeddedPostgres
from workers.local.servers.process_control import StartError

STARTER = """
import os, signal, sys
from pathlib import Path
from workers.local.servers.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
server.ensure_database("kept")
print(server.pid, flush=True)
if sys.argv[2] == "with-server":
    os.kill(server.pid, signal.SIGKILL)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one cluster for all tests of this file."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("pg") / "prepared")
    server.start()
    server.stop()
    return server.directory


@pytest.fixture
def server(prepared: Path, tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """Hand out a server on a copy of the prepared cluster, and stop it afterwards."""
    shutil.copytree(prepared, tmp_path / "pg")
    server = EmbeddedPostgres(tmp_path / "pg")
    yield server
    server.stop()


def ask(server: EmbeddedPostgres, query: str, database: str = "postgres") -> object:
    """Ask a server for one value."""
    with psycopg.connect(server.url(database)) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def test_accepted_is_durable(server: EmbeddedPostgres) -> None:
    """A commit has reached the disk, and the server listens on its socket only."""
    server.start()
    settings = ("fsync", "synchronous_commit", "full_page_writes", "listen_addresses", "jit")
    assert [ask(server, f"SHOW {name}") for name in settings] == ["on", "on", "on", "", "off"]


def test_a_transaction_that_somebody_left_open_is_ended(server: EmbeddedPostgres) -> None:
    """After ten minutes without a statement a transaction ends: it would keep every dead row from being removed."""
    server.start()
    assert ask(server, "SHOW idle_in_transaction_session_timeout") == "10min"


def test_the_cache_is_a_part_of_the_memory(server: EmbeddedPostgres) -> None:
    """The database's cache is a quarter of the machine's memory, neither tiny nor most of it, or as it was chosen."""
    assert [cache_mebibytes(gibibytes * 2**30) for gibibytes in (0, 1, 8, 24, 64)] == [256, 256, 2048, 6144, 8192]
    size = "SELECT CAST(setting AS bigint) * pg_size_bytes(unit) FROM pg_settings WHERE name = 'shared_buffers'"
    chosen = EmbeddedPostgres(server.directory, cache=128)
    for started, mebibytes in ((server, cache_mebibytes(memory_bytes())), (chosen, 128)):
        started.start()
        assert ask(started, size) == mebibytes * 2**20
        started.stop()


@pytest.mark.parametrize(
    "groups,file,limit",
    [
        ("0::/\n", "memory.max", f"{2**30}\n"),
        ("0::/\n", "memory.max", "max\n"),
        ("0::/\n", "elsewhere", f"{2**30}\n"),
        ("0::/system.slice/incidents.service\n", "system.slice/incidents.service/memory.max", f"{2**30}\n"),
        ("0::/system.slice/incidents.service\n", "system.slice/memory.max", f"{2**30}\n"),
        ("0::/not/seen/from/here\n", "memory.max", f"{2**30}\n"),
        ("5:devices:/\n4:memory:/box\n0::/\n", "memory/box/memory.limit_in_bytes", f"{2**30}\n"),
        ("4:memory:/box\n", "memory/memory.limit_in_bytes", "9223372036854771712\n"),
        (None, "memory.max", f"{2**30}\n"),
    ],
)
def test_a_container_has_the_memory_of_its_limit(tmp_path: Path, groups: str | None, file: str, limit: str) -> None:
    """The limit of a control group, or of one above it, counts where it is lower than the memory of the machine."""
    place, own = tmp_path / "mounted" / file, tmp_path / "own"
    place.parent.mkdir(parents=True)
    place.write_text(limit)
    if groups is not None:
        own.write_text(groups)
    counts = limit == f"{2**30}\n" and file != "elsewhere"
    assert memory_bytes(tmp_path / "mounted", own) == (2**30 if counts else psutil.virtual_memory().total)


def test_text_is_unicode(server: EmbeddedPostgres) -> None:
    """Letters of every language are stored and folded alike, whatever the machine's locale is."""
    server.start()
    server.ensure_database("words")
    server.ensure_database("words")
    assert ask(server, "SELECT lower('ÉCOLE') || pg_encoding_to_char(6)", "words") == "écoleUTF8"


def test_log_repeats_nothing_that_people_wrote(server: EmbeddedPostgres) -> None:
    """An error in the log shows neither the statement nor the row, which may hold personal words."""
    server.start()
    with psycopg.connect(server.url("postgres")) as connection:
        connection.execute("CREATE TABLE words (word text UNIQUE)")
        connection.execute("INSERT INTO words VALUES ('secret')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO words VALUES (%s)", ["secret"])
    assert "duplicate key value" in server.log.read_text()
    assert "secret" not in server.log.read_text()


def test_prepared_cluster_starts_quickly(server: EmbeddedPostgres) -> None:
    """A start on a prepared directory leaves nearly all of the five seconds to the workers."""
    begun = time.monotonic()
    server.start()
    assert time.monotonic() - begun < 2
    assert ask(server, "SELECT 1") == 1


@pytest.mark.parametrize("killed", ["alone", "with-server"])
def test_start_after_a_kill(server: EmbeddedPostgres, killed: str) -> None:
    """After its starter was killed, with or without it, the server starts again with its data."""
    program = [sys.executable, "-c", STARTER, str(server.directory), killed]
    starter = subprocess.run(program, cwd=HERE.parents[1], stdout=subprocess.PIPE, check=False)
    assert starter.returncode == -signal.SIGKILL
    server.start()
    assert not is_alive(int(starter.stdout))
    assert ask(server, "SELECT 1", "kept") == 1


async def test_live_server_is_replaced(server: EmbeddedPostgres) -> None:
    """A server that still runs on the directory is shut down before another one starts there."""
    server.start()
    left = server.pid
    assert left
    again = EmbeddedPostgres(server.directory)
    again.start()
    await eventually(lambda: not is_alive(left))
    assert ask(again, "SELECT 1") == 1
    again.stop()


def test_process_id_used_again(server: EmbeddedPostgres) -> None:
    """A stranger that has got the process id of a killed server is neither ended nor feared."""
    stranger = subprocess.Popen(["sleep", "60"])  # noqa: S607 - any program does
    lock = server.directory / "data" / "postmaster.pid"
    lock.write_text(f"{stranger.pid}\n{lock.parent}\n1\n5432\n\n\n")
    server.start()
    assert ask(server, "SELECT 1") == 1
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_interrupted_creation_is_repeated(tmp_path: Path) -> None:
    """A cluster that was half-made when the machine stopped is not taken for one."""
    (tmp_path / "pg" / "data.new" / "base").mkdir(parents=True)
    server = EmbeddedPostgres(tmp_path / "pg")
    server.start()
    assert ask(server, "SELECT 1") == 1
    server.stop()


def test_deep_and_private_folders(server: EmbeddedPostgres, tmp_path: Path) -> None:
    """The cluster may lie deep below a private folder, whose permissions nobody touches."""
    private = tmp_path / "private"
    deep = private / ("x" * 100) / "pg"
    shutil.copytree(server.directory, deep)
    private.chmod(0o700)
    below = EmbeddedPostgres(deep)
    below.start()
    assert ask(below, "SELECT 1") == 1
    assert private.stat().st_mode & 0o777 == 0o700
    socket = Path(below.url("").partition("host=")[2])
    assert socket.stat().st_mode & 0o777 == 0o700
    below.stop()
    assert not socket.exists()


def test_foreign_socket_folder_is_refused(tmp_path: Path) -> None:
    """A folder in which others could put a server of theirs is not used for the socket."""
    server = EmbeddedPostgres(tmp_path / ("x" * 100))
    socket = Path(server.url("").partition("host=")[2])
    socket.mkdir(mode=0o755)
    with pytest.raises(PermissionError, match="is not a private folder of this user: remove it"):
        server.start()
    socket.rmdir()


def test_reason_of_a_failed_start_is_told(server: EmbeddedPostgres) -> None:
    """When the server does not start, the error shows what the server said."""
    (server.directory / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(StartError, match=r"PostgreSQL did not start(.|\n)*database files are incompatible"):
        server.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a right to give up")
@pytest.mark.parametrize("namespaces", ["allowed", "forbidden"])
def test_root_is_given_up(tmp_path: Path, namespaces: str) -> None:
    """Started by root the server is somebody else, who still reaches folders that are root's alone."""
    owned = tmp_path / "owned"
    owned.mkdir(mode=0o700)
    tmp_path.chmod(0o700)
    program = ["/bin/sh", "-c", f"id -u && echo reached > {owned}/file"]
    _, *rest = process_control.command(program, signal.SIGKILL, [owned])
    folder = str(Path(launch.__code__.co_filename).parent)
    code = f"import sys; sys.path.insert(0, {folder!r}); import exec_wrapper as launch\n"
    if namespaces == "forbidden":
        code += "launch._may_enter_namespace = lambda uid: False\n"
    code += f"sys.argv = {rest[2:]!r}; launch.main()"
    line = [sys.executable, "-I", "-S", "-c", code]
    output = subprocess.run(line, stdout=subprocess.PIPE, check=True).stdout
    assert int(output) > 0
    assert (owned / "file").read_text() == "reached\n"
    assert (namespaces == "allowed") == ((owned / "file").stat().st_uid == 0)
