"""How the process of a worker is started: as a program of its own, or as a fork of one that has imported everything."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import structlog

from workers.local import process

_IMPORT_SECONDS: Final = 60.0
_FORK_SECONDS: Final = 5.0
_STATUS_SECONDS: Final = 2.0
_GRACE_SECONDS: Final = 1.0

log = structlog.get_logger()


class Running(Protocol):
    """A process that was started."""

    @property
    def pid(self) -> int:
        """Its id."""

    @property
    def returncode(self) -> int | None:
        """Its exit status once it has ended; of one that a signal ended, the signal's number below zero."""

    async def wait(self) -> int:
        """Wait until it has ended, and return the exit status."""

    def send_signal(self, signal: int, /) -> None:
        """Send it a signal, unless it has ended."""


class Spawner(Protocol):
    """What starts workers."""

    async def prepare(self) -> None:
        """Begin with what takes time, and do not wait for it."""

    async def spawn(self, worker: str, environment: Mapping[str, str], output: Path) -> Running:
        """Start the process of a worker, which writes to the file `output`."""

    async def close(self) -> None:
        """Leave nothing running but what was spawned."""


class Program:
    """Starts a program for each worker, with the worker's name behind its command line."""

    def __init__(self, line: Sequence[str]) -> None:
        self._line = line

    async def prepare(self) -> None:
        """Nothing can be done before a worker is started."""

    async def spawn(self, worker: str, environment: Mapping[str, str], output: Path) -> Running:
        """Start the program."""
        with process.log_file(output) as file:
            return await asyncio.create_subprocess_exec(
                *process.command([*self._line, worker], signal.SIGKILL),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=file,
                stderr=asyncio.subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )

    async def close(self) -> None:
        """Nothing runs beside the programs."""


class Prefork:
    """Forks workers from a template: one process that has imported what all of them need (`workers.local.prefork`).

    A template that does not answer is left alone, since its workers would die with it, and another one is started. Each
    request has a time limit, so that the old one forks nothing when it goes on.
    """

    def __init__(self, output: Path, entry: str = "workers.local.one:run") -> None:
        """Let forks call `entry`, as in `module:function`, with the worker's name; `output` is the template's."""
        self._output = output
        self._entry = entry
        self._turn = asyncio.Lock()
        self._templates: list[_Template] = []

    async def prepare(self) -> None:
        """Let a template begin to import."""
        async with self._turn:
            await self._usable()

    async def spawn(self, worker: str, environment: Mapping[str, str], output: Path) -> Running:
        """Fork a worker; the first one waits until the template has imported everything."""
        asked = {"worker": worker, "entry": self._entry, "environment": dict(environment), "log": str(output)}
        async with self._turn:
            while True:
                template = await self._usable()
                try:
                    return await template.fork(asked)
                except TimeoutError:
                    log.warning("worker.template_silent", pid=template.pid)
                    template.is_silent = True
                except ConnectionError:
                    return _NeverStarted(await template.end())

    async def close(self) -> None:
        """End the templates; what was forked from them has ended, or is killed now."""
        for template in self._templates:
            await template.end()

    async def _usable(self) -> "_Template":
        self._templates = [each for each in self._templates if not each.has_ended]
        usable = [each for each in self._templates if not each.is_silent]
        if not usable:
            usable = [await _Template.start(self._output)]
            self._templates += usable
        return usable[0]


class _Template:
    """A template that runs, and what it has forked."""

    def __init__(
        self, running: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.is_silent = False
        self._process = running
        self._writer = writer
        self._seconds = _IMPORT_SECONDS
        self._forked: asyncio.Queue[_Forked | None] = asyncio.Queue()
        self._running: dict[int, _Forked] = {}
        self._hearing = asyncio.create_task(self._hear(reader))

    @classmethod
    async def start(cls, output: Path) -> "_Template":
        """Start importing."""
        ours, theirs = socket.socketpair()
        with theirs, process.log_file(output) as file:
            line = process.command([sys.executable, "-m", "workers", "fork"], signal.SIGKILL)
            running = await asyncio.create_subprocess_exec(
                *line, stdin=theirs.fileno(), stdout=file, stderr=asyncio.subprocess.STDOUT, start_new_session=True
            )
        return cls(running, *await asyncio.open_unix_connection(sock=ours))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it forks nothing any more."""
        return self._hearing.done()

    async def fork(self, asked: Mapping[str, Any]) -> "_Forked":
        """Fork a worker.

        Raises:
            TimeoutError: There was no answer in time; nothing will be forked.
            ConnectionError: The template has ended.
        """
        line = json.dumps({**asked, "until": time.monotonic() + self._seconds})
        async with asyncio.timeout(self._seconds + _GRACE_SECONDS):
            self._writer.write(line.encode() + b"\n")
            forked = await self._forked.get()
        if forked is None:
            raise ConnectionResetError
        self._seconds = _FORK_SECONDS
        return forked

    async def end(self) -> int:
        """End it, if it has not ended, and return its exit status."""
        self._writer.close()
        try:
            return await asyncio.wait_for(self._process.wait(), _GRACE_SECONDS)
        except TimeoutError:
            self._process.kill()
            return await self._process.wait()

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        """Hear of forks and of their ends, until the template ends."""
        try:
            while line := await reader.readline():
                told = json.loads(line)
                if "status" in told:
                    self._running.pop(told["pid"]).status.set_result(told["status"])
                else:
                    forked = self._running[told["pid"]] = _Forked(told["pid"])
                    self._forked.put_nowait(forked)
        except ConnectionError:
            pass  # it was killed while it wrote
        finally:
            self._writer.close()
            self._forked.put_nowait(None)


class _Forked:
    """A worker that was forked: not our child, so that its end is seen by a descriptor of the process."""

    def __init__(self, pid: int) -> None:
        loop = asyncio.get_running_loop()
        self.pid = pid
        self.returncode: int | None = None
        self.status: asyncio.Future[int] = loop.create_future()
        self._ended = asyncio.Event()
        self._descriptor = os.pidfd_open(pid)
        loop.add_reader(self._descriptor, self._end)

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._ended.set()

    async def wait(self) -> int:
        """Wait until it has ended; where its template does not say how, it was killed."""
        await self._ended.wait()
        if self.returncode is None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self.status), _STATUS_SECONDS)
            self.returncode = self.status.result() if self.status.done() else -signal.SIGKILL
        return self.returncode

    def send_signal(self, number: int, /) -> None:
        """Send a signal, unless it has ended."""
        if not self._ended.is_set():
            signal.pidfd_send_signal(self._descriptor, number)


class _NeverStarted:
    """A worker whose template could not become it."""

    pid = 0

    def __init__(self, status: int) -> None:
        self.returncode = status

    async def wait(self) -> int:
        """Return the status of the template."""
        return self.returncode

    def send_signal(self, number: int, /) -> None:
        """Nothing is there."""
