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
from tests.local.external import PROGRAMS
from tests.support import eventually
from workers.local.nats import free_port
from workers.local.postgres import EmbeddedPostgres

SECTION = (ROOT / "docs" / "operations.md").read_text().partition("## By hand\n")[2].partition("\n## ")[0]
ROLES = re.findall(r"```sql\n(.*?)```", SECTION, re.DOTALL)[0]
STEPS = re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL)[0].replace("\\\n", " ").splitlines()


class Walk:
    """A folder in which lines are typed, and what stays of them."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        self.port = free_port()
        self._database = database
        self.ours: dict[str, str] = {
            **{name: value for name, value in os.environ.items() if not name.startswith("INCIDENTS_")},
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
            "INCIDENTS_NATS_URL": f"nats://127.0.0.1:{self.port}",
        }
        self.staying: list[subprocess.Popen[bytes]] = []

    def type(self, line: str) -> subprocess.CompletedProcess[str] | None:
        """Type a line as it stands, but for where the two servers listen."""
        line = re.sub(r"@db/(\w+)", rf"@/\1?host={self._database}", line)
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").partition("=")
            self.ours[name] = value
            return None
        if line.startswith("nats-server") or " worker " in line:
            words = dict(re.findall(r"(INCIDENTS_\w+)=(\S+)", line))
            program = re.sub(r"INCIDENTS_\w+=\S+\s*", "", line).split()
            with (self.folder / "staying.out").open("ab") as output:
                self.staying.append(
                    subprocess.Popen(program, cwd=self.folder, env={**self.ours, **words}, stdout=output, stderr=output)
                )
            return None
        if " init " in line:
            line += f" --listen 127.0.0.1:{self.port} --monitor 127.0.0.1:{free_port()}"
        return subprocess.run(
            ["/bin/sh", "-c", line], cwd=self.folder, env=self.ours, capture_output=True, text=True, check=False
        )


@contextmanager
def roles(postgres: EmbeddedPostgres) -> Iterator[None]:
    """Run the page's statements, and undo them with the block."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as owner:
        for statement in ROLES.split(";\n"):
            if "ROLE incidents_app" not in statement:  # the tests' own databases have it already
                owner.execute(cast("Any", statement))
        yield
        for name in ("DATABASE incident_manager", "DATABASE log_server", "ROLE incidents_owner"):
            owner.execute(cast("Any", f"DROP {name}{' WITH (FORCE)' if 'DATABASE' in name else ''}"))


@pytest.fixture
def walk(postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Walk]:
    """Make the databases, and end what stays."""
    socket = re.search(r"host=(.+)", postgres.url("x"))
    assert socket
    with roles(postgres):
        walking = Walk(tmp_path, quote(socket[1], safe="/%"))
        yield walking
        for process in reversed(walking.staying):
            process.terminate()
            process.wait(20)


@pytest.mark.timeout(600)
async def test_the_steps_lead_to_a_system(walk: Walk) -> None:
    """Every line does what it says, keeps what it makes in the folder, and the last one is answered."""
    *steps, last = STEPS
    for step in steps:
        done = walk.type(step)
        assert done is None or done.returncode == 0, (step, done.stdout, done.stderr)
    assert len(walk.staying) == 1 + len(WORKERS)
    stored = re.search(r'store_dir: "(.+)"', (walk.folder / "trust" / "nats" / "server.conf").read_text())
    assert stored
    assert Path(stored[1]).is_relative_to(walk.folder)

    output = walk.folder / "staying.out"

    async def is_ready() -> bool:
        assert all(one.poll() is None for one in walk.staying), output.read_text()[-2_000:]
        return output.read_text().count('"event": "worker_ready"') == len(WORKERS)

    await eventually(is_ready, within=400)
    listed = walk.type(last)
    assert listed
    assert (listed.returncode, listed.stderr) == (0, "")


def test_streams_stay_where_they_are(tmp_path: Path) -> None:
    """Writing the configuration again moves no streams, so that an upgrade finds them."""
    for more in (["--store", str(tmp_path / "elsewhere")], []):
        line = [str(PROGRAMS / "incidents"), "access", "init", "--out", "trust", *more]
        subprocess.run(line, cwd=tmp_path, check=True, capture_output=True)
    assert f'store_dir: "{tmp_path / "elsewhere"}"' in (tmp_path / "trust" / "nats" / "server.conf").read_text()
