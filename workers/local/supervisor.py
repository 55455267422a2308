"""The workers as processes of their own: started, watched, restarted, stopped."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from workers.local import process
from workers.local.nats import free_port

_FIRST_DELAY: Final = 0.2
_LONGEST_DELAY: Final = 5.0
_HEALTHY_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 8.0
_PROGRAM: Final = (sys.executable, "-m", "workers", "worker")

log = structlog.get_logger()


@dataclass
class Worker:
    """One worker and the process that runs it now."""

    name: str
    environment: Mapping[str, str]
    port: int = 0
    restarts: int = 0
    process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        running = self.process is not None and self.process.returncode is None
        return self.process.pid if self.process and running else None


class Supervisor:
    """Keeps one process running for each worker, for as long as this process lives.

    The workers die with it, even when it is killed: the kernel kills them (`process.command`). They
    are killed and not asked, since they lose nothing by it and the next supervisor may start at once.
    """

    def __init__(
        self,
        environments: Mapping[str, Mapping[str, str]],
        logs: Path,
        program: Sequence[str] = _PROGRAM,
    ) -> None:
        self.workers: Sequence[Worker] = [Worker(name, each) for name, each in environments.items()]
        self._logs = logs
        self._program = program
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start all workers; call it in the event loop of the main thread."""
        self._tasks = [asyncio.create_task(self._keep(worker), name=worker.name) for worker in self.workers]

    async def stop(self, seconds: float = _STOP_SECONDS) -> None:
        """Ask all workers to end, and kill those that have not after some seconds."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        running = [worker.process for worker in self.workers if worker.process and worker.pid]
        _send(running, signal.SIGTERM)
        if running:
            ends = [asyncio.create_task(each.wait()) for each in running]
            await asyncio.wait(ends, timeout=seconds)
            _send(running, signal.SIGKILL)
            await asyncio.wait(ends)

    async def _keep(self, worker: Worker) -> None:
        delay = 0.0
        while True:
            started = time.monotonic()
            worker.process = await self._spawn(worker)
            code = await worker.process.wait()
            delay = next_delay(delay, time.monotonic() - started, code)
            log.warning("worker.died", worker=worker.name, code=code, restart_in=delay)
            await asyncio.sleep(delay)
            worker.restarts += 1

    async def _spawn(self, worker: Worker) -> asyncio.subprocess.Process:
        worker.port = free_port()
        line = process.command([*self._program, worker.name], signal.SIGKILL)
        ours = {"INCIDENTS_HEALTH_PORT": str(worker.port)}
        with process.log_file(self._logs / f"{worker.name}.out") as output:
            return await asyncio.create_subprocess_exec(
                *line,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                env={**os.environ, **worker.environment, **ours},
                start_new_session=True,
            )


def next_delay(last: float, lived: float, code: int) -> float:
    """Tell how long to wait before a restart: longer each time, for a worker that cannot live.

    A kill from outside says nothing about the worker, so it does not lengthen the wait.
    """
    if last == 0 or lived >= _HEALTHY_SECONDS:
        return _FIRST_DELAY
    if code == -signal.SIGKILL:
        return last
    return min(last * 2, _LONGEST_DELAY)


def _send(processes: Iterable[asyncio.subprocess.Process], each: signal.Signals) -> None:
    for running in processes:
        if running.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                running.send_signal(each)
