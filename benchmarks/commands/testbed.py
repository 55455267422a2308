"""The testbed of one measurement: the product's own embedded servers, fresh below a temporary directory."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path
from signal import SIGKILL, SIGTERM

import nats
import nkeys
import psycopg
from nats.aio.client import Client as Nats
from psycopg import sql

from benchmarks.commands.machine import Meter, Seconds
from contracts import subjects
from workers.local.access import signing_keys
from workers.local.access.signing_keys import Trust
from workers.local.data_directory import Home
from workers.local.servers import process_control
from workers.local.servers.nats import EmbeddedNats
from workers.local.servers.postgres import EmbeddedPostgres
from workers.migrations.upgrade import migrate
from workers.runtime.bus import nats_jwt
from workers.runtime.storage.database import open_engine

SITE = "main"
_DATABASES = ("incident_manager", "log_server")


class TestbedFactory:
    """Makes testbeds on one PostgreSQL server, from template databases with the product's schema."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._postgres = EmbeddedPostgres(directory / "postgres")
        self._numbers = count(1)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Start the server and make the templates; stop it at the end."""
        self._postgres.start()
        try:
            asyncio.run(self._migrate())
            yield
        finally:
            self._postgres.stop()

    async def _migrate(self) -> None:
        for name in _DATABASES:
            self._postgres.ensure_database(f"template_{name}")
        engine = open_engine(self._postgres.url("template_incident_manager"), connections=1)
        await migrate(engine)
        await engine.dispose()

    @asynccontextmanager
    async def testbed(self) -> AsyncIterator["Testbed"]:
        """Provide fresh databases and a fresh message bus for one measurement."""
        number = next(self._numbers)
        names = {kind: f"{kind}_{number}" for kind in _DATABASES}
        directory = self._directory / f"testbed-{number}"
        trust = Trust.create(directory / "keys", SITE)
        server = EmbeddedNats(directory / "nats", trust)
        await asyncio.to_thread(server.prepare)
        with self._connect() as connection:
            for kind, name in names.items():
                _run(connection, "CREATE DATABASE {} TEMPLATE {}", name, f"template_{kind}")
            connection.execute("CHECKPOINT")
        server.launch()
        testbed = Testbed(directory, trust, server, self._postgres, names)
        try:
            await asyncio.to_thread(server.wait)
            yield testbed
        finally:
            await testbed.clear()
            server.stop()
            with self._connect() as connection:  # the server may have been restarted meanwhile
                for name in names.values():
                    _run(connection, "DROP DATABASE {} WITH (FORCE)", name)

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self._postgres.url("postgres"), autocommit=True)


def _run(connection: psycopg.Connection[tuple[object, ...]], statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


class Testbed:
    """The servers and processes of one measurement."""

    def __init__(
        self,
        directory: Path,
        trust: Trust,
        server: EmbeddedNats,
        postgres: EmbeddedPostgres,
        databases: Mapping[str, str],
    ) -> None:
        self.directory = directory
        self.nats_url = server.url
        self.database_url = postgres.url(databases["incident_manager"])
        self.log_database_url = postgres.url(databases["log_server"])
        self.database = psycopg.connect(self.database_url, autocommit=True)
        self.workers: dict[str, list[subprocess.Popen[bytes]]] = {}
        self.postgres = postgres
        self._trust = trust
        self._home = Home(directory)
        self._home.make_pdf_identity(SITE)
        self._connections: list[Nats] = []
        self._server = server
        self._postmaster = postgres.pid or 0

    def credentials(self, principal: str, scope: signing_keys.Scope | None = None) -> Path:
        """Mint credentials and return their file; without a scope they permit everything on the bus."""
        path = self.directory / f"{principal}.creds"
        path.write_text(self._trust.mint(principal, scope) if scope else _mint_unrestricted(self._trust, principal))
        return path

    async def connect(self, principal: str, scope: signing_keys.Scope | None = None) -> Nats:
        """Connect with nats-py alone."""
        connection = await nats.connect(
            self.nats_url,
            user_credentials=str(self.credentials(principal, scope)),
            inbox_prefix=subjects.inbox(principal),
            pending_size=64 << 20,
        )
        self._connections.append(connection)
        return connection

    def spawn(self, name: str, program: list[str], environment: Mapping[str, str]) -> None:
        """Start a process that dies with this one; the database knows it by its name."""
        line = process_control.command([sys.executable, *program], SIGKILL)
        log = self.directory / f"{name}.log"
        started = process_control.spawn(line, log, {**os.environ, **environment, "PGAPPNAME": name})
        self.workers.setdefault(name, []).append(started)

    def spawn_worker(self, name: str, **settings: str) -> None:
        """Start one of the product's own workers on this testbed, with other settings (`INCIDENTS_*`)."""
        self.spawn(name, ["-m", "workers", "worker", name], {**self.worker_environment(name), **settings})

    def worker_environment(self, name: str) -> dict[str, str]:
        """Return the settings with which a worker finds the servers of this testbed."""
        return {
            "INCIDENTS_SITE": SITE,
            "INCIDENTS_NATS_URL": self.nats_url,
            "INCIDENTS_NATS_CREDS": str(self.credentials(name, "worker")),
            **{name: str(path) for name, path in self._home.signing_files.items()},
            "INCIDENTS_DATABASE_URL": self.database_url,
            "INCIDENTS_LOG_DATABASE_URL": self.log_database_url,
        }

    def processor_seconds(self) -> Seconds:
        """Return the processor time so far, by part."""
        return Meter(self.database, self._server.pid or 0, self._postmaster).read(self.workers)

    def log_tails(self) -> str:
        """Return the last log lines of every process."""
        return "\n".join(
            f"--- {name}\n{process_control.log_tail(self.directory / f'{name}.log')}" for name in self.workers
        )

    async def clear(self) -> None:
        """Stop every process and close every connection."""
        for connection in self._connections:
            with suppress(nats.errors.Error):
                await connection.close()
        workers = [worker for started in self.workers.values() for worker in started]
        for worker in workers:
            worker.send_signal(SIGTERM)
        await asyncio.gather(
            *(asyncio.to_thread(partial(process_control.stop, worker, [SIGTERM], 8)) for worker in workers)
        )
        self.database.close()


def _mint_unrestricted(trust: Trust, principal: str) -> str:
    """Mint a user with all permissions by the account's own key: the other systems have their own subjects."""
    seed = nats_jwt.new_seed(nkeys.PREFIX_BYTE_USER)
    subject = nkeys.from_seed(seed.encode()).public_key.decode()
    claims = {"type": "user", "subs": -1, "data": -1, "payload": -1}
    return nats_jwt.credentials(nats_jwt.encode(trust._keys["account"], subject, principal, claims), seed)
