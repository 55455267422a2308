"""An installation without `up`: servers that somebody else runs, and workers started one by one by their settings."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from contracts.subjects import WORKERS
from tests.local.support import eventually
from tests.support.site import as_app
from workers.local import external_nats_files
from workers.local.data_directory import Home
from workers.local.servers.nats import free_port

PROGRAMS = Path(sys.executable).parent


def answers(url: str) -> bool:
    """Tell whether a page is there and says that all is well."""
    try:
        with urlopen(url, timeout=2) as page:  # noqa: S310 - our own page
            return bool(page.status == 200)
    except (URLError, OSError):
        return False


class Installation:
    """The files of a site, and the processes that serve it."""

    def __init__(self, directory: Path, database_url: str, log_database_url: str) -> None:
        self.directory = directory
        self.database_urls = (database_url, log_database_url)
        self.ports = {name: free_port() for name in ("nats", "monitor", *WORKERS)}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def bundle(self) -> list[Path]:
        """Write keys, credentials and the server's configuration, as `incidents access init` does."""
        listen, monitor = (f"127.0.0.1:{self.ports[name]}" for name in ("nats", "monitor"))
        store = str(self.directory / "jetstream")
        return external_nats_files.create(self.directory, "main", external_nats_files.Server(listen, monitor, store))

    def settings(self, principal: str) -> dict[str, str]:
        """The environment in which one principal, or one worker, runs a command."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("INCIDENTS_")}
        return {
            **clean,
            "INCIDENTS_NATS_URL": f"nats://127.0.0.1:{self.ports['nats']}",
            "INCIDENTS_NATS_CREDS": str(Home(self.directory).credentials(principal)),
            "INCIDENTS_DATABASE_URL": as_app(self.database_urls[0]),
            "INCIDENTS_LOG_DATABASE_URL": as_app(self.database_urls[1]),
            **(self._owners() if principal == "provision" else {}),
            "INCIDENTS_LOG_DIR": str(self.directory / "logs"),
            "INCIDENTS_HEALTH_PORT": str(self.ports.get(principal, 0)),
            "INCIDENTS_HEARTBEAT_SECONDS": "1",
        }

    def _owners(self) -> dict[str, str]:
        names = ("INCIDENTS_OWNER_DATABASE_URL", "INCIDENTS_OWNER_LOG_DATABASE_URL")
        return dict(zip(names, self.database_urls, strict=True))

    def page(self, name: str, path: str) -> str:
        """Where a process answers about itself."""
        return f"http://127.0.0.1:{self.ports[name]}{path}"

    def start(self, name: str, *line: str) -> None:
        """Start a program that stays."""
        with (self.directory / f"{name}.out").open("ab") as output:
            self.processes[name] = subprocess.Popen(
                [PROGRAMS / line[0], *line[1:]], env=self.settings(name), stdout=output, stderr=output
            )

    def wait_for(self, name: str, path: str) -> None:
        """Wait until a page of a process says that all is well, or fail with what the process has printed."""
        try:
            asyncio.run(eventually(lambda: answers(self.page(name, path))))
        except pytest.fail.Exception:
            files = [self.directory / f"{name}.out", self.directory / "logs" / f"{name}.log"]
            printed = [file.read_text()[-3_000:] for file in files if file.exists()]
            pytest.fail("\n".join([f"{name} is not ready", *printed]))

    def start_server(self) -> None:
        """Start the message bus on the configuration that was written, and on nothing else."""
        self.start("nats", "nats-server", "-c", str(self.directory / "nats" / "server.conf"))

    def incidents(self, *line: str, principal: str = "admin") -> subprocess.CompletedProcess[str]:
        """Run one command of `incidents` to its end."""
        return subprocess.run(
            [PROGRAMS / "incidents", *line],
            env=self.settings(principal),
            cwd=self.directory,
            capture_output=True,
            text=True,
            check=False,
        )

    def run_for_json(self, *line: str) -> Any:
        """Run one command and read what it answered."""
        done = self.incidents(*line, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @contextmanager
    def running(self) -> Iterator["Installation"]:
        """Stop whatever was started, workers first."""
        try:
            yield self
        finally:
            server = self.processes.pop("nats", None)
            for process in self.processes.values():
                process.terminate()
            for process in self.processes.values():
                process.wait(15)
            if server:
                server.terminate()
                server.wait(15)
