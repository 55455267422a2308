"""A bus that does not store, or hangs: the system says so, and stores again by itself as soon as it can."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from incidents import Client, connect
from incidents.errors import Refused
from tests.local.support import HERE, survivors
from tests.support import eventually
from workers.local.supervision import http_fetch

# A disk of its own for the bus; it needs no rights but to make a namespace.
_MOUNTED = 'mkdir -p "$0/nats" && mount -t tmpfs -o size=1100m tmpfs "$0/nats" && exec "$@"'
_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount", "--")


class Installation:
    """An `incidents up` whose bus has a small disk."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        program = (sys.executable, "-m", "incidents", "up", "--data", str(directory), "--json")
        self.process = subprocess.Popen(
            [*_NAMESPACE, "sh", "-c", _MOUNTED, str(directory), *program],
            stdout=subprocess.DEVNULL,
            cwd=HERE.parents[1],
        )

    @property
    def ballast(self) -> Path:
        """A file on the small disk, as it is reached from here."""
        return Path(f"/proc/{self.process.pid}/root{self.directory}/nats/ballast")

    def fill(self) -> None:
        """Leave no byte free."""
        with self.ballast.open("ab") as file:
            while free := os.statvfs(file.fileno()).f_bfree:
                with suppress(OSError):
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), free * 4096)

    async def runtime(self) -> dict[str, Any]:
        """Return how to reach it, as soon as it is ready."""
        path = self.directory / "runtime.json"
        assert self.process.poll() is None
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def bus(self) -> psutil.Process:
        """Return the process of the message bus."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return next(each for each in children if each.name() == "nats-server")

    def says(self, event: str, program: str = "up") -> bool:
        """Tell whether a log, the supervisor's unless another is named, has a line."""
        log = self.directory / "logs" / f"{program}.log"
        return log.exists() and event in log.read_text()

    async def failing(self, port: int) -> set[str]:
        """Return the parts that fail, as the page about readiness says."""
        code, body = await http_fetch.fetch(port, "/ready")
        document = json.loads(body or "{}").get("failing", {})
        assert (code == http_fetch.OK) == (not document)
        return {each["part"] for parts in document.values() for each in parts}


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installation]:
    """Run a system whose bus has a disk of its own, and stop it afterwards."""
    if subprocess.run([*_NAMESPACE, "true"], stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("this machine lets nobody make a namespace, and therefore no small disk")
    directory = tmp_path / "data"
    directory.mkdir()
    installation = Installation(directory)
    yield installation
    left = {child.pid: child.name() for child in psutil.Process(installation.process.pid).children(recursive=True)}
    installation.process.terminate()
    installation.process.wait(20)
    assert not survivors(left)


async def is_applied(client: Client) -> bool:
    """Tell whether a command is applied."""
    try:
        await client.send(CreateProject(project_id=uuid7()))
    except Refused:
        return False
    return True


async def test_a_bus_whose_disk_was_full_stores_again(installed: Installation) -> None:
    """While the disk is full /ready says so and nothing is restarted; when there is room, commands are applied."""
    runtime = await eventually(installed.runtime, within=60)
    port = int(runtime["health_url"].rpartition(":")[2])
    credentials = installed.directory / "creds" / "admin.creds"
    async with connect(runtime["nats_url"], credentials, seconds=2) as client:
        assert await is_applied(client)
        installed.fill()

        async def is_said() -> bool:
            return not await is_applied(client) and "bus-storage" in await installed.failing(port)

        async def is_known_for_long() -> bool:
            ages = json.loads((await http_fetch.fetch(port, "/ready"))[1])["failing"].values()
            return any(each["seconds"] > 8 for parts in ages for each in parts)

        await eventually(is_said)
        await eventually(is_known_for_long)
        assert not installed.says("server_not_storing")
        installed.ballast.unlink()

        async def serves() -> bool:
            return await is_applied(client) and not await installed.failing(port)

        await eventually(serves, within=30)
    assert installed.says("server_not_storing")
    assert installed.says("no space left on device", "nats")


async def test_a_bus_that_hangs_is_started_again(installed: Installation) -> None:
    """A bus whose process lives and answers nobody is ended and started again, and commands are applied."""
    runtime = await eventually(installed.runtime, within=60)
    credentials = installed.directory / "creds" / "admin.creds"
    async with connect(runtime["nats_url"], credentials, seconds=2) as client:
        assert await is_applied(client)
        server = installed.bus()
        server.suspend()

        async def serves() -> bool:
            return not server.is_running() and await is_applied(client)

        await eventually(serves, within=60)
    assert installed.says("server_not_storing")
