"""Logs that children hold open: archived like the others, without anything lost or a child disturbed."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.local.support import Up, eventually
from workers.common.logs import ARCHIVE_BYTES
from workers.local.servers import process_control
from workers.local.servers.postgres import EmbeddedPostgres
from workers.local.supervision import log_rotation

WRITER = """
import sys
number = 0
for _ in sys.stdin:
    for number in range(number, number + 500):
        print(number, flush=True)
    number += 1
"""


def archives(folder: Path, name: str) -> list[Path]:
    """The archived files of a log, oldest first."""
    return sorted((folder / "Archive").glob(f"{name}-*"))


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A child that writes five hundred lines whenever it is asked to, to a file that it holds open."""
    with process_control.log_file(tmp_path / "projects.out") as output:
        child = subprocess.Popen([sys.executable, "-c", WRITER], stdin=subprocess.PIPE, stdout=output)
    yield child
    child.communicate()


async def test_what_a_child_writes_is_archived_whole(tmp_path: Path, writer: subprocess.Popen[bytes]) -> None:
    """A file that has reached its size is archived while its child goes on, and every line is in one file (SYS-02)."""
    output = tmp_path / "projects.out"
    for turn in range(3):
        assert writer.stdin
        writer.stdin.write(b"\n")
        writer.stdin.flush()
        await eventually(lambda: output.read_text().endswith(f"{turn * 500 + 499}\n"))  # noqa: B023 - awaited here
        log_rotation.look(tmp_path, 1_000)
        assert output.stat().st_size == 0
    files = archives(tmp_path, "projects")
    assert [int(line) for path in files for line in path.read_text().splitlines()] == list(range(1_500))
    assert len(files) == 3
    assert {path.suffix for path in files} == {".out"}


async def test_the_log_of_postgresql_is_archived(tmp_path: Path) -> None:
    """The server's log is archived at the size that the site asks for, and the server goes on in an empty file."""
    folder = tmp_path / "logs"
    server = EmbeddedPostgres(tmp_path / "pg", folder / "postgres.log")
    server.start()
    keeping = asyncio.create_task(log_rotation.keep_small(folder, lambda: 10))
    try:
        await eventually(lambda: archives(folder, "postgres"))
        with psycopg.connect(server.url("postgres")) as connection, pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT * FROM nowhere")
        await eventually(lambda: "nowhere" in "".join(path.read_text() for path in archives(folder, "postgres")))
        assert not [path for path in archives(folder, "postgres") if "\0" in path.read_text()]
    finally:
        keeping.cancel()
        server.stop()


def test_a_disk_that_is_full_costs_no_log(tmp_path: Path) -> None:
    """Where the archive cannot be written, the log stays whole, and no half of it is left."""
    output = tmp_path / "audit.out"
    output.write_text("whole")
    (tmp_path / "Archive").touch()
    with pytest.raises(OSError, match="Archive"):
        log_rotation.look(tmp_path, 1)
    with process_control.log_file(output):
        assert output.read_text() == "whole"


async def test_the_whole_system_archives_its_logs(tmp_path: Path, up: Up) -> None:
    """`up` archives what was full before it started, and what becomes full while it runs."""
    logs = tmp_path / "data" / "logs"
    logs.mkdir(parents=True)
    (logs / "projects.out").write_bytes(b"x" * ARCHIVE_BYTES)
    running = up(tmp_path / "data")
    await eventually(lambda: running.says("ready"))
    assert [path.stat().st_size for path in archives(logs, "projects")] == [ARCHIVE_BYTES]
    with (logs / "audit.out").open("ab") as output:
        output.write(b"x" * ARCHIVE_BYTES)
    await eventually(lambda: archives(logs, "audit"))
    await eventually(lambda: (logs / "audit.out").stat().st_size < ARCHIVE_BYTES)
