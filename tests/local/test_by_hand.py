"""The steps of the page about operations, typed one after the other in an empty folder."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import psycopg
import pytest

from contracts.subjects import WORKERS
from tests.checks.tree import ROOT
from tests.checks.typed_lines import blocks
from tests.local.external import PROGRAMS
from tests.support import eventually
from workers.local.servers.nats import free_port
from workers.local.servers.postgres import EmbeddedPostgres

PAGE = (ROOT / "docs" / "operations.md").read_text()
SECTION = PAGE.partition("## By hand\n")[2].partition("\n## ")[0]
ROLES = re.findall(r"```sql\n(.*?)```", SECTION, re.DOTALL)[0]
STEPS = blocks(SECTION)[0].splitlines()
SAVING, RESTORING = (
    block.splitlines() for block in blocks(PAGE.partition("With servers of your own both commands")[2])[:2]
)


class Walk:
    """A folder in which lines are typed, and what stays of them."""

    def __init__(self, folder: Path, database: str, suffix: str = "") -> None:
        self.folder = folder
        self._suffix = suffix
        self.port = free_port()
        self._database = database
        self.ours: dict[str, str] = {
            **{name: value for name, value in os.environ.items() if not name.startswith("INCIDENTS_")},
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
        }
        self._bus = f"nats://127.0.0.1:{self.port}"
        self.staying: list[subprocess.Popen[bytes]] = []

    def type(self, line: str) -> subprocess.CompletedProcess[str] | None:
        """Type a line as it stands, but for where the two servers listen."""
        line = line.replace("nats://127.0.0.1:4222", self._bus)
        line = re.sub(r"@db/(\w+)", rf"@/\1{self._suffix}?host={self._database}", line)
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").partition("=")
            self.ours[name] = value
            return None
        if line.startswith("nats-server") or " worker " in line:
            words = dict(re.findall(r"(INCIDENTS_\w+)=(\S+)", line))
            ours = {"INCIDENTS_NATS_URL": self._bus, **self.ours, **words}
            program = re.sub(r"INCIDENTS_\w+=\S+\s*", "", line).split()
            with (self.folder / "staying.out").open("ab") as output:
                self.staying.append(subprocess.Popen(program, cwd=self.folder, env=ours, stdout=output, stderr=output))
            return None
        if re.search(r"incidents (migrate|provision|backup|restore)\b", line):
            line = f"INCIDENTS_NATS_URL={self._bus} {line}"  # the page's own port is the default
        if " init " in line:
            line += f" --listen 127.0.0.1:{self.port} --monitor 127.0.0.1:{free_port()}"
        return subprocess.run(
            ["/bin/sh", "-c", line], cwd=self.folder, env=self.ours, capture_output=True, text=True, check=False
        )

    def type_successfully(self, line: str) -> str:
        """Type a line that must do what it says, and return what it said."""
        completed = self.type(line)
        assert completed is None or completed.returncode == 0, (line, completed.stdout, completed.stderr)
        return completed.stdout if completed else ""

    async def is_ready(self) -> bool:
        """Tell whether all workers take messages, and whatever stays still runs."""
        output = (self.folder / "staying.out").read_text()
        assert all(process.poll() is None for process in self.staying), output[-2_000:]
        return output.count('"event": "worker_ready"') == len(WORKERS)

    def end(self) -> None:
        """End what stays, the last first."""
        while self.staying:
            self.staying[-1].terminate()
            self.staying.pop().wait(20)


@contextmanager
def roles(postgres: EmbeddedPostgres) -> Iterator[None]:
    """Run the page's statements, and undo them with the block."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as owner:
        for statement in ROLES.split(";\n"):
            if "ROLE incidents_app" not in statement:  # the tests' own databases have it already
                owner.execute(cast("Any", statement))
            if statement.lstrip().startswith("CREATE DATABASE"):
                owner.execute(cast("Any", statement.replace(" OWNER", "_elsewhere OWNER")))
        yield
        for name in ("incident_manager", "log_server", "incident_manager_elsewhere", "log_server_elsewhere"):
            owner.execute(cast("Any", f"DROP DATABASE {name} WITH (FORCE)"))
        owner.execute("DROP ROLE incidents_owner")


@pytest.fixture
def walks(postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[tuple[Walk, Walk]]:
    """Make the databases of two installations, and end what stays."""
    socket = re.search(r"host=(.+)", postgres.url("x"))
    assert socket
    with roles(postgres):
        both = [Walk(tmp_path / name, quote(socket[1], safe="/%"), name) for name in ("", "_elsewhere")]
        both[1].folder.mkdir()
        yield both[0], both[1]
        for walk in both:
            walk.end()


@pytest.mark.timeout(900)
async def test_the_steps_lead_to_a_system(walks: tuple[Walk, Walk]) -> None:
    """Every line does what it says, in the folder alone; the lines of the backup bring the same system up elsewhere."""
    walk, elsewhere = walks
    *steps, last = STEPS
    for step in steps:
        walk.type_successfully(step)
    assert len(walk.staying) == 1 + len(WORKERS)
    stored = re.search(r'store_dir: "(.+)"', (walk.folder / "trust" / "nats" / "server.conf").read_text())
    assert stored
    assert Path(stored[1]).is_relative_to(walk.folder)
    await eventually(walk.is_ready, within=400)
    project = walk.type_successfully(
        f"{last.partition(' projects ')[0]} projects create --description 'A bag was left at gate 4'"
    )
    assert "Project 1 created" in project
    for step in SAVING:
        walk.type_successfully(step)
    walk.end()
    for name in ("incidents.tar", "keys.tar", "erasures.journal"):
        (walk.folder / name).rename(elsewhere.folder / name)
    workers = [step for step in STEPS if " worker " in step]
    for step in (*RESTORING, *workers):
        elsewhere.type_successfully(step)
    await eventually(elsewhere.is_ready, within=400)
    assert "A bag was left at gate 4" in elsewhere.type_successfully(last)


def test_streams_stay_where_they_are(tmp_path: Path) -> None:
    """Writing the configuration again moves no streams, so that an upgrade finds them."""
    for more in (["--store", str(tmp_path / "elsewhere")], []):
        line = [str(PROGRAMS / "incidents"), "access", "init", "--out", "trust", *more]
        subprocess.run(line, cwd=tmp_path, check=True, capture_output=True)
    assert f'store_dir: "{tmp_path / "elsewhere"}"' in (tmp_path / "trust" / "nats" / "server.conf").read_text()
