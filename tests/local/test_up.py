import json
import os
import re
import signal
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest

from tests.local.support import Up, eventually, survivors
from workers.local.cli import _Announcer
from workers.local.data_directory import AlreadyRunningError, Home
from workers.local.servers.nats import free_port
from workers.local.up import STOPPED, Step


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Name the directory of an installation that does not exist yet."""
    return tmp_path / "data"


def code(url: str) -> int:
    """Get a page, and tell its code."""
    with urlopen(url) as page:  # noqa: S310 - our own page
        return int(page.status)


async def test_everything_is_up_when_it_says_so(directory: Path, up: Up) -> None:
    """When `up` says ready, the file says how to reach databases, bus and health, and they answer."""
    running = up(directory)
    await eventually(lambda: running.says("ready"))
    runtime = json.loads((directory / "runtime.json").read_text())
    assert runtime["pid"] == running.process.pid
    assert runtime["site"] == "main"
    for url in (runtime["database_url"], runtime["log_database_url"]):
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    assert code(runtime["health_url"] + "/ready") == 200


async def test_the_pages_have_the_port_that_was_chosen(directory: Path, up: Up) -> None:
    """Anyone who watches finds the pages at the same place after each start."""
    port = free_port()
    for _ in range(2):
        running = up(directory, HEALTH_PORT=str(port))
        await eventually((directory / "runtime.json").exists)
        assert json.loads((directory / "runtime.json").read_text())["health_url"] == f"http://127.0.0.1:{port}"
        assert code(f"http://127.0.0.1:{port}/metrics") == 200
        running.signal(signal.SIGTERM)


async def test_only_the_owner_reads_credentials(directory: Path, up: Up) -> None:
    """Nobody but the owner reads what proves who somebody is."""
    running = up(directory)
    await eventually(lambda: running.says("ready"))
    credentials = list((directory / "creds").iterdir())
    names = "admin administration audit ops projects provision reports retention"
    assert sorted(path.stem for path in credentials) == names.split()
    assert {path.stat().st_mode & 0o777 for path in credentials} == {0o600}


@pytest.mark.parametrize("each", [signal.SIGINT, signal.SIGTERM])
async def test_stop_leaves_nothing_behind(directory: Path, up: Up, each: signal.Signals) -> None:
    """A stop ends every process within ten seconds and takes the file back."""
    running = up(directory)
    await eventually(lambda: running.says("ready"))
    children = running.children()
    assert running.signal(each) == 0
    assert not survivors(children)
    assert not (directory / "runtime.json").exists()


@pytest.mark.parametrize("moment", ["", "message bus", "database migrated"])
async def test_stop_while_starting(directory: Path, up: Up, moment: str) -> None:
    """A stop in the middle of a start ends every process, too."""
    running = up(directory, SICK="projects")
    await eventually(lambda: running.children() and running.says(moment))
    children = running.children()
    assert running.signal(signal.SIGTERM) == 0
    assert not survivors(children)


async def test_kill_leaves_no_orphans(directory: Path, up: Up) -> None:
    """When the supervisor is killed its processes go with it, and the next start works at once."""
    killed = up(directory)
    await eventually(lambda: killed.says("ready"))
    children = killed.children()
    assert {"projects", "audit"} <= {command.split()[-1] for command in children.values()}
    killed.signal(signal.SIGKILL)
    after = up(directory)
    await eventually(lambda: not survivors(children))
    await eventually(lambda: after.output.read_text().count("ready") == 2)


async def test_second_up_is_refused(directory: Path, up: Up) -> None:
    """One directory has one supervisor, and the second learns how to reach the first."""
    running = up(directory)
    await eventually(lambda: running.says("ready"))
    expected = rf"already running \(process {running.process.pid}, bus nats://.*, health http://"
    with pytest.raises(AlreadyRunningError, match=expected), Home(directory).lock():
        pytest.fail("two supervisors hold the lock")
    runtime = Home(directory).runtime()
    assert runtime is not None
    assert runtime.pid == running.process.pid


def test_the_last_line_says_how_long_it_ran(capsys: pytest.CaptureFixture[str]) -> None:
    """The last line has the time of the whole run, in units that people read, and it says so."""
    _Announcer(Path("data"))(Step(STOPPED, 2080.8))
    assert capsys.readouterr().out == "✓ stopped; it ran for 34 min 41 s\n"


def test_a_restart_has_its_own_time(capsys: pytest.CaptureFixture[str]) -> None:
    """The line about a server that runs again says when that was, and how long it took, not how long `up` has run."""
    _Announcer(Path("data"))(Step("message bus", 335.5, restart_seconds=2.04))
    shown = capsys.readouterr().out
    assert re.fullmatch(r"✓ \d\d:\d\d:\d\d Message bus was started again in 2\.0 s\.\n", shown)


def test_stale_file_is_ignored(directory: Path) -> None:
    """What a killed supervisor left says nothing about an installation."""
    directory.mkdir()
    (directory / "runtime.json").write_text("{}")
    assert Home(directory).runtime() is None
    with Home(directory).lock():
        assert not (directory / "runtime.json").exists()


async def test_killed_server_is_started_again(directory: Path, up: Up) -> None:
    """A server that dies is started again at the same address, with what it had."""
    running = up(directory)
    await eventually(lambda: running.says("ready"))
    runtime = Home(directory).runtime()
    assert runtime is not None
    with psycopg.connect(runtime.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS value")
    for pid, command in running.children().items():
        if "nats-server -c" in command or "postgres -D" in command:
            os.kill(pid, signal.SIGKILL)
    await eventually(lambda: running.output.read_text().count("message bus after") == 2)
    await eventually(lambda: running.output.read_text().count("database after") == 2)
    with psycopg.connect(runtime.database_url) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (1,)


def test_failed_migration_stops_everything(directory: Path, up: Up) -> None:
    """A migration that fails ends the start with its reason and leaves no process."""
    running = up(directory, MIGRATION_FAILS="yes")
    assert running.process.wait(20) == 1
    assert "RuntimeError: postgresql://postgres@/incident_manager" in running.output.read_text()
    with Home(directory).lock():
        assert not (directory / "runtime.json").exists()
