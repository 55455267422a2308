"""The system under test as real processes: what runs where, and how the driver reaches it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import psutil
import psycopg
from psycopg.types.json import Jsonb

from contracts.permissions import Node
from contracts.subjects import WORKERS
from tests.faults import launcher, proxies
from tests.faults.disk import Disk
from tests.faults.proxies import Proxy
from tests.support import eventually
from workers.local.access.signing_keys import Trust
from workers.local.servers import process_control
from workers.local.servers.nats import free_port
from workers.local.servers.postgres import APP_ROLE, EmbeddedPostgres
from workers.local.supervision.supervisor import Supervisor

SECOND = "projects~2"
INSTANCES = (*WORKERS, SECOND)
TEMPLATE = "template"
"""The process that the workers of `up` are forked from."""

MANAGED = (Node.PROJECTS, Node.MAIN_DETAILS, Node.COMMENTS, Node.SEQUENCES)
"""What every principal of the load may do; some may do more."""

VIEWED = (Node.PROJECTS, Node.MAIN_DETAILS, Node.COMMENTS)
"""The nodes of a follower who sees little."""

MORE = (Node.CALLS, Node.REPORTS, Node.ACTIVITY_LOGS)


class System(Protocol):
    """A system that runs: single or on a cluster."""

    proxies: dict[str, Proxy]
    disk: Disk
    plan: Path

    @property
    def urls(self) -> list[str]:
        """Where clients connect."""

    @property
    def trust(self) -> Trust:
        """The keys of the site."""

    def database(self, name: str) -> str:
        """Return the address of a database, past every proxy."""

    async def start(self) -> None:
        """Start everything and wait until it serves."""

    async def stop(self) -> None:
        """Stop everything."""

    def processes(self) -> dict[str, list[psutil.Process]]:
        """Name what runs: each part with its processes, the main one first."""

    async def revive(self, name: str) -> None:
        """Start a part again that nobody else would start."""


class SingleSystem:
    """One machine as `incidents up` runs it, with a second process of `projects` beside it."""

    def __init__(self, directory: Path) -> None:
        self.disk = Disk(directory / "disk")
        self.plan = directory / "plan"
        self.plan.mkdir(parents=True)
        self.proxies: dict[str, Proxy] = {}
        self._port = free_port()
        self._clients = 0
        self._host: subprocess.Popen[bytes] | None = None
        self._supervisor: Supervisor | None = None

    @property
    def urls(self) -> list[str]:
        return [f"nats://127.0.0.1:{self._clients}"]

    @property
    def trust(self) -> Trust:
        return Trust.load(self.disk.view / "keys")

    def database(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self._socket}"

    @property
    def _socket(self) -> Path:
        inside = EmbeddedPostgres(self.disk.folder / "postgres").url("postgres")
        host = Path(parse_qs(urlsplit(inside).query)["host"][0])
        return self.disk.view / host.relative_to(self.disk.folder)

    async def start(self) -> None:
        self.disk.open()
        await self._start_proxies()
        line = process_control.command(
            [sys.executable, "-m", "tests.faults.host", str(self.disk.folder), str(self._port), str(self.plan)],
            signal.SIGTERM,
        )
        self._host = process_control.spawn(
            [*self.disk.prefix, *line], self.plan / "up.out", {**os.environ, "PYTHONPATH": str(launcher.ROOT)}
        )

        async def ready() -> bool:
            assert self._host
            if self._host.poll() is not None:
                raise process_control.StartError("incidents up", self.plan / "up.out")
            return "ready after" in (self.plan / "up.out").read_text()

        await eventually(ready, within=90)
        self._supervisor = Supervisor({SECOND: self._settings()}, self.plan, launcher.spawner(self.plan))
        self._supervisor.start()

    def _settings(self) -> dict[str, str]:
        credentials = self.plan / "projects.creds"
        credentials.write_text(self.trust.mint("projects", "worker"))
        databases = EmbeddedPostgres(self.disk.folder / "postgres")
        return {
            "INCIDENTS_NATS_CREDS": str(credentials),
            "INCIDENTS_DATABASE_URL": databases.url("incident_manager", APP_ROLE),
            "INCIDENTS_LOG_DATABASE_URL": databases.url("log_server", APP_ROLE),
            "INCIDENTS_LOG_DIR": str(self.plan / "logs"),
        }

    async def _start_proxies(self) -> None:
        laid: dict[str, dict[str, Any]] = {}
        for number, instance in enumerate(INSTANCES):
            bus = self.proxies[f"bus:{instance}"] = Proxy(f"bus:{instance}", proxies.port(self._port))
            database = Proxy(f"database:{instance}", proxies.socket(self._socket / ".s.PGSQL.5432"))
            self.proxies[database.name] = database
            folder = self.plan.parent / f"w{number}"
            await database.listen_in(folder)
            laid[instance] = {"bus": await bus.listen_on_port(), "database": str(folder)}
        clients = self.proxies["bus:clients"] = Proxy("bus:clients", proxies.port(self._port))
        self._clients = await clients.listen_on_port()
        (self.plan / "proxies.json").write_text(json.dumps(laid))

    def processes(self) -> dict[str, list[psutil.Process]]:
        assert self._host
        results: dict[str, list[psutil.Process]] = {}
        for child in psutil.Process(self._host.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if name := _part(child.cmdline()):
                    results[name] = [child, *(child.children(recursive=True) if name != TEMPLATE else ())]
        for worker in self._supervisor.workers if self._supervisor else ():
            if worker.pid:
                with suppress(psutil.NoSuchProcess):
                    results[worker.name] = [psutil.Process(worker.pid)]
        return results

    async def revive(self, name: str) -> None:
        """Nothing: `up` starts again what ended."""

    async def stop(self) -> None:
        for parts in self.processes().values() if self._host and self._host.poll() is None else ():
            for each in parts:
                with suppress(psutil.NoSuchProcess):
                    each.resume()
        if self._supervisor:
            await self._supervisor.stop()
        if self._host:
            await asyncio.to_thread(process_control.stop, self._host, [signal.SIGTERM], 25)
        for proxy in self.proxies.values():
            await proxy.close()
        self.disk.close()


def _part(line: list[str]) -> str:
    """Name the part of the system that a command line runs."""
    command = " ".join(line)
    if line[1:3] == ["-m", "workers"]:
        return TEMPLATE if line[3:] == ["fork"] else line[-1]
    if "nats-server" in command:
        return "nats"
    return "database" if "/postgres" in command and "-D" in line else ""


async def sql(system: System, statement: str, parameters: Any = (), *, database: str = "incident_manager") -> list[Any]:
    """Run one statement past every proxy, and return its rows."""
    connection = await psycopg.AsyncConnection.connect(system.database(database), autocommit=True, connect_timeout=5)
    async with connection:
        cursor = await connection.execute(statement, parameters)
        return await cursor.fetchall() if cursor.description else []


async def grant_roles(system: System, principals: Mapping[str, Mapping[Node, str]]) -> None:
    """Give each principal a role of its own."""
    for principal, permissions in principals.items():
        role = f"role-of-{principal}"
        await sql(system, "INSERT INTO administration.role VALUES (%s, %s, %s)", (role, role, Jsonb(dict(permissions))))
        await sql(system, "INSERT INTO administration.member VALUES (%s, %s)", (principal, role))
