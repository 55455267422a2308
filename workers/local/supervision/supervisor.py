"""The supervisor of worker processes: starts, watches, restarts and stops them."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from workers.local.servers.nats import free_port
from workers.local.supervision import http_fetch
from workers.local.supervision.worker_spawners import Prefork, Program, Spawner, StartedProcess

_DELAY_SECONDS_MIN: Final = 0.2
_DELAY_SECONDS_MAX: Final = 5.0
_HEALTHY_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 8.0
_SILENT_SECONDS_MAX: Final = 30.0
_POLL_SECONDS: Final = 1.0

log = structlog.get_logger()


@dataclass
class Worker:
    """A worker and its current process."""

    name: str
    environment: Mapping[str, str]
    port: int = 0
    restarts: int = 0
    process: StartedProcess | None = None
    silent_seconds: float = 0.0
    is_killed_here: bool = False
    """Whether the supervisor ends this process, so that its end is no news."""

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        running = self.process is not None and self.process.returncode is None
        return self.process.pid if self.process and running else None


class Supervisor:
    """Keeps one process running for each worker, for as long as this process lives.

    If it dies, even if it is killed, the kernel kills the workers (`process_control.command`). That loses nothing, and
    the next supervisor can start at once.
    """

    def __init__(
        self,
        environments: Mapping[str, Mapping[str, str]],
        logs: Path,
        program: Sequence[str] | Spawner | None = None,
        silent_seconds: float = _SILENT_SECONDS_MAX,
    ) -> None:
        self.workers: Sequence[Worker] = [Worker(name, environment) for name, environment in environments.items()]
        self._logs = logs
        self._spawner = _spawner(program, logs)
        self._silent_seconds = silent_seconds
        self._tasks: list[asyncio.Task[None]] = []

    async def prepare(self) -> None:
        """Begin preparations that need no servers, without waiting for them."""
        await self._spawner.prepare()

    def start(self) -> None:
        """Start all workers; call it in the event loop of the main thread."""
        self._tasks = [
            asyncio.create_task(watch(worker), name=worker.name)
            for worker in self.workers
            for watch in (self._keep_running, self._watch)
        ]

    async def stop(self, seconds: float = _STOP_SECONDS) -> None:
        """Ask all workers to end, and kill the remaining ones after some seconds."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        running = [worker.process for worker in self.workers if worker.process and worker.pid]
        _send(running, signal.SIGTERM)
        if running:
            ends = [asyncio.create_task(process.wait()) for process in running]
            await asyncio.wait(ends, timeout=seconds)
            _send(running, signal.SIGKILL)
            await asyncio.wait(ends)
        await self._spawner.close()

    async def _keep_running(self, worker: Worker) -> None:
        delay = 0.0
        while True:
            started = time.monotonic()
            worker.process = await self._spawn(worker)
            code = await worker.process.wait()
            delay = next_delay(delay, time.monotonic() - started, code)
            if not worker.is_killed_here:
                log.warning("worker_died", worker=worker.name, code=code, restart_in=delay)
            worker.is_killed_here = False
            await asyncio.sleep(delay)
            worker.restarts += 1

    async def _watch(self, worker: Worker) -> None:
        """Kill a worker that does not answer for too long: it is stopped or hangs, and keeps its locks.

        The durations of failed requests are added, not the time between them: if this process was stopped itself, it
        must not kill all workers when it continues.
        """
        look = min(_POLL_SECONDS, self._silent_seconds / 4)
        while True:
            await asyncio.sleep(look)
            if worker.pid is None or worker.process is None:
                worker.silent_seconds = 0.0
                continue
            began = time.monotonic()
            if (await http_fetch.fetch(worker.port, "/live"))[0] == http_fetch.OK:
                worker.silent_seconds = 0.0
            else:
                worker.silent_seconds += look + min(time.monotonic() - began, http_fetch.TIMEOUT_SECONDS)
            if worker.silent_seconds >= self._silent_seconds:
                log.warning("worker_silent", worker=worker.name, seconds=round(worker.silent_seconds, 1))
                worker.is_killed_here = True
                _send([worker.process], signal.SIGKILL)
                worker.silent_seconds = 0.0

    async def _spawn(self, worker: Worker) -> StartedProcess:
        worker.port, worker.silent_seconds = free_port(), 0.0
        pages = {"INCIDENTS_HEALTH_HOST": "127.0.0.1", "INCIDENTS_HEALTH_PORT": str(worker.port)}
        environment = {**os.environ, **worker.environment, **pages}
        return await self._spawner.spawn(worker.name, environment, self._logs / f"{worker.name}.out")


def _spawner(program: Sequence[str] | Spawner | None, logs: Path) -> Spawner:
    """Return the spawner: forks by default, or a program that a command line names."""
    if program is None:
        return Prefork(logs / "workers.out")
    return Program(program) if isinstance(program, Sequence) else program


def next_delay(last: float, lived: float, code: int) -> float:
    """Return the delay before a restart, with exponential back-off for a worker that keeps ending.

    A kill from outside is not a fault of the worker, so it does not increase the delay.
    """
    if last == 0 or lived >= _HEALTHY_SECONDS:
        return _DELAY_SECONDS_MIN
    if code == -signal.SIGKILL:
        return last
    return min(last * 2, _DELAY_SECONDS_MAX)


def _send(processes: Iterable[StartedProcess], number: signal.Signals) -> None:
    for running in processes:
        if running.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                running.send_signal(number)
