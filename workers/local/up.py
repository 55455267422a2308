"""Run the whole system of one directory until it is stopped."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol, TypeAlias

import structlog

from contracts.subjects import WORKERS
from workers.common.http_server import HttpServer, PortInUseError
from workers.local.access.signing_keys import Scope, Trust
from workers.local.data_directory import Home, Runtime, UnfinishedRestoreError
from workers.local.servers import disk_space
from workers.local.servers.nats import EmbeddedNats
from workers.local.servers.postgres import APP_ROLE, EmbeddedPostgres
from workers.local.servers.process_control import StartError
from workers.local.servers.system_account import health_error
from workers.local.supervision.log_rotation import keep_small, size_in
from workers.local.supervision.nats_restart_policy import keep_storing
from workers.local.supervision.supervisor import Supervisor
from workers.local.supervision.system_health_pages import Health
from workers.local.supervision.worker_spawners import Spawner

STOPPED: Final = "stopped"
"""The name of the last step."""

_STOP_SECONDS: Final = 9.0
_WORKERS_STOP_SECONDS: Final = 7.0
_HUNG_STOP_SECONDS_MAX: Final = 2.0
"""A bus that does not store may not end either; killing it loses nothing, because it syncs accepted messages."""

_WATCH_SECONDS: Final = 0.2
_POLL_SECONDS: Final = 0.05
_DATABASES: Final = ("incident_manager", "log_server")
_PROVISION_SECONDS: Final = 3600
"""How long the credentials that can change streams are valid; each start makes new ones."""

# Prepares a server for the workers, by settings named as in the environment; idempotent.
Setup: TypeAlias = Callable[[Mapping[str, str]], Awaitable[None]]

log = structlog.get_logger()


@dataclass(frozen=True)
class Step:
    """A completed step of starting or stopping, with the seconds since the start began.

    `restart_seconds` is how long the restart of a server took, which is a step of its own.
    """

    name: str
    seconds: float
    runtime: Runtime | None = None
    restart_seconds: float | None = None


@dataclass(frozen=True)
class Parts:
    """Functions that prepare the servers, and a program for workers instead of forks."""

    migrate: Setup
    provision: Setup
    program: Sequence[str] | Spawner | None = None


@dataclass(frozen=True)
class Ports:
    """Ports on which `up` listens; free ones by default."""

    nats: int | None = None
    health: int = 0


class _Server(Protocol):
    @property
    def pid(self) -> int | None: ...
    def prepare(self) -> None: ...
    def launch(self) -> None: ...
    def wait(self) -> None: ...
    def stop(self, seconds: float) -> None: ...


async def up(directory: Path, site: str, ports: Ports, announce: Callable[[Step], None], parts: Parts) -> None:
    """Start everything, announce each step, and stop everything on SIGINT or SIGTERM."""
    home = Home(directory)
    if home.restoring.exists():
        raise UnfinishedRestoreError(home.directory)
    with home.lock(), _stop_signal() as stopped:
        trust = Trust.create(home.keys, site)
        home.make_pdf_identity(site)
        installation = _Installation(home, trust, ports, announce, parts)
        running = asyncio.create_task(installation.run())
        waiting = asyncio.create_task(stopped.wait())
        try:
            await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
        finally:
            running.cancel()
            waiting.cancel()
            await asyncio.wait([running, waiting])
            await installation.stop()
        if not running.cancelled():
            running.result()


class _Installation:
    def __init__(
        self,
        home: Home,
        trust: Trust,
        ports: Ports,
        announce: Callable[[Step], None],
        parts: Parts,
    ) -> None:
        self._home = home
        self._trust = trust
        self._parts = parts
        self._announce = announce
        self._begun = time.monotonic()
        self._turn = asyncio.Lock()
        self._stopping: set[_Server] = set()
        self._nats = EmbeddedNats(home.nats, trust, ports.nats, home.logs / "nats.log")
        self._postgres = EmbeddedPostgres(home.postgres, home.logs / "postgres.log")
        environments = {name: self._settings(name) for name in WORKERS}
        self._supervisor = Supervisor(environments, home.logs, parts.program)
        self._health = Health(self._supervisor)
        self._pages = HttpServer(self._health, port=ports.health)

    async def run(self) -> None:
        """Start everything, then keep the servers running."""
        self._require_room()
        self._mint()
        await self._supervisor.prepare()
        await _all(self._start_nats(), self._start_postgres())
        self._supervisor.start()  # before the servers are prepared, since workers wait for them
        self._pages.open()
        await _all(
            self._set_up("database migrated", self._parts.migrate),
            self._set_up("streams provisioned", self._parts.provision),
        )
        await self._wait_for_workers()
        self._home.publish(self._runtime())
        self._report("ready", self._runtime())
        await _all(
            self._keep_running("message bus", self._nats),
            self._keep_running("database", self._postgres),
            keep_storing(self._nats, self._health, self._stop_nats, partial(health_error, self._nats.url, self._trust)),
            keep_small(self._home.logs, partial(size_in, self._postgres.url(_DATABASES[0]))),
        )

    async def stop(self) -> None:
        """Stop the workers, then the servers."""
        deadline = time.monotonic() + _STOP_SECONDS
        self._home.withdraw()
        await self._supervisor.stop(_WORKERS_STOP_SECONDS)
        await self._pages.close()
        left = max(deadline - time.monotonic(), 1)
        await _all(*(_in_thread(partial(server.stop, left)) for server in (self._nats, self._postgres)))
        self._report(STOPPED)

    def _require_room(self) -> None:
        """Refuse a first start without enough space; an existing installation starts on any disk."""
        for server in (self._nats, self._postgres):
            if not server.has_data:
                disk_space.require(server.directory)

    def _mint(self) -> None:
        needed: list[tuple[str, Scope]] = [(name, "worker") for name in WORKERS]
        for name, scope in [*needed, ("ops", "ops"), ("admin", "client")]:
            if not self._home.holds(name, scope, self._trust):
                self._home.save_credentials(name, self._trust.mint(name, scope))
        brief = self._trust.mint("provision", "provision", valid_seconds=_PROVISION_SECONDS)
        self._home.save_credentials("provision", brief)

    async def _start(self, server: _Server) -> None:
        await _in_thread(server.prepare)
        server.launch()  # not in the thread, with which the server would die
        await _in_thread(server.wait)

    async def _start_nats(self) -> None:
        await self._start(self._nats)
        self._report("message bus")

    async def _start_postgres(self) -> None:
        await self._start(self._postgres)
        self._report("database")
        for name in _DATABASES:
            await _in_thread(partial(self._postgres.ensure_database, name))
        await _in_thread(partial(self._postgres.ensure_role, APP_ROLE))

    async def _set_up(self, name: str, setup: Setup) -> None:
        owner_url, owner_log_url = map(self._postgres.url, _DATABASES)
        owners = {"INCIDENTS_OWNER_DATABASE_URL": owner_url, "INCIDENTS_OWNER_LOG_DATABASE_URL": owner_log_url}
        await setup({**self._settings("provision"), **owners})
        self._report(name)

    async def _wait_for_workers(self) -> None:
        announced: set[str] = set()
        while True:
            ready = await self._health.ready()
            for name in ready:
                if ready[name] and name not in announced:
                    self._report(f"worker {name}")
                    announced.add(name)
            if all(ready.values()):
                return
            await asyncio.sleep(_POLL_SECONDS)

    async def _keep_running(self, name: str, server: _Server) -> None:
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            if server.pid is None:
                async with self._turn:
                    await self._start_again(name, server)

    async def _start_again(self, name: str, server: _Server) -> None:
        begun = time.monotonic()
        if server not in self._stopping:  # nobody is surprised by the end of a server that was stopped here
            log.warning("server_died", server=name)
        self._stopping.discard(server)
        try:
            await self._start(server)
        except (StartError, PortInUseError, OSError) as error:
            log.error("server_start_failed", server=name, reason=str(error))  # noqa: TRY400 - the reason is the log of the server
        else:
            self._report(name, restart_seconds=time.monotonic() - begun)

    async def _stop_nats(self) -> None:
        """Stop the message bus; `_keep_running` restarts it."""
        async with self._turn:
            self._stopping.add(self._nats)
            await _in_thread(partial(self._nats.stop, _HUNG_STOP_SECONDS_MAX))

    def _settings(self, principal: str) -> Mapping[str, str]:
        database_url, log_database_url = (self._postgres.url(name, APP_ROLE) for name in _DATABASES)
        return {
            "INCIDENTS_SITE": self._trust.site,
            "INCIDENTS_NATS_URL": self._nats.url,
            "INCIDENTS_NATS_CREDS": str(self._home.credentials(principal)),
            **{name: os.environ.get(name) or str(path) for name, path in self._home.signing_files.items()},
            "INCIDENTS_DATABASE_URL": database_url,
            "INCIDENTS_LOG_DATABASE_URL": log_database_url,
            "INCIDENTS_LOG_DIR": str(self._home.logs),
            "INCIDENTS_ERASURES": os.environ.get("INCIDENTS_ERASURES") or str(self._home.erasures),
            "INCIDENTS_CHECKPOINTS": os.environ.get("INCIDENTS_CHECKPOINTS") or str(self._home.checkpoints),
        }

    def _runtime(self) -> Runtime:
        database_url, log_database_url = map(self._postgres.url, _DATABASES)
        return Runtime(
            site=self._trust.site,
            nats_url=self._nats.url,
            database_url=database_url,
            log_database_url=log_database_url,
            health_url=self._pages.url,
            pid=os.getpid(),
        )

    def _report(self, name: str, runtime: Runtime | None = None, restart_seconds: float | None = None) -> None:
        self._announce(Step(name, time.monotonic() - self._begun, runtime, restart_seconds))


async def _all(*steps: Awaitable[None]) -> None:
    """Wait until all have ended, even if one fails, so that none continues after a stop."""
    for result in await asyncio.gather(*steps, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result


async def _in_thread(function: Callable[[], None]) -> None:
    """Call a blocking function; a thread cannot be cancelled, so a cancelled caller waits for it."""
    task = asyncio.ensure_future(asyncio.to_thread(function))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


@contextmanager
def _stop_signal() -> Iterator[asyncio.Event]:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    yield stopped
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.remove_signal_handler(number)
