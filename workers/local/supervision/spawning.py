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

from workers.local.servers import process

_IMPORT_SECONDS: Final = 60.0
FORK_SECONDS: Final = 3.0
_STATUS_SECONDS: Final = 1.0
_GRACE_SECONDS: Final = 1.0
_MESSAGE_BYTES_MAX: Final = 1024 * 1024

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
        return await _execute([*self._line, worker], output, asyncio.subprocess.DEVNULL, environment)

    async def close(self) -> None:
        """Nothing runs beside the programs."""


class Prefork:
    """Forks workers from a template: one process that has imported what all of them need (`prefork`).

    Each template has a spare, which takes its place when it ends or does not answer. One that does not answer is left
    alone, since its workers would die with it; requests have a time limit, so that it forks nothing when it goes on.
    """

    def __init__(
        self, output: Path, entry: str = "workers.local.run_worker:run", *, fork_seconds: float = FORK_SECONDS
    ) -> None:
        """Let forks call `entry`, as in `module:function`, with the worker's name; `output` is the template's.

        A template that needs longer than `fork_seconds` for a fork is silent.
        """
        self._output = output
        self._entry = entry
        self._fork_seconds = fork_seconds
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
                    status = await template.end()
                    log.warning("worker.template_died", pid=template.pid, code=status)
                    if template.spare is None:
                        return _NeverStarted(status)

    async def close(self) -> None:
        """End the templates; what was forked from them has ended, or is killed now."""
        for template in self._templates:
            await template.end()  # before its spare, which it would replace
            if template.spare:
                await template.spare.end()

    async def _usable(self) -> "_Template":
        """Return the template that answers, or the spare of one that does not, or a new one."""
        for each in self._templates:
            if (each.has_ended or each.is_silent) and each.spare:
                self._templates.append(each.spare)
                each.spare = None
        self._templates = [each for each in self._templates if not each.has_ended]
        usable = [each for each in self._templates if not each.is_silent]
        if not usable:
            usable = [await _started(self._output, self._fork_seconds)]
            self._templates += usable
        return usable[0]


class _Watched:
    """A process that need not be our child: its end is seen, and signals reach it, by a descriptor of it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.ended = asyncio.Event()
        self._descriptor = os.pidfd_open(pid)
        asyncio.get_running_loop().add_reader(self._descriptor, self._end)

    def send_signal(self, number: int, /) -> None:
        """Send a signal, unless it has ended."""
        if not self.ended.is_set():
            signal.pidfd_send_signal(self._descriptor, number)

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        self.ended.set()


class _Template(_Watched):
    """A template that runs, with what it has forked; `process` is there if it is our child."""

    def __init__(
        self, pid: int, channel: socket.socket, fork_seconds: float, process: asyncio.subprocess.Process | None = None
    ) -> None:
        super().__init__(pid)
        self.is_silent = False
        self.has_ended = False
        self.spare: _Template | None = None
        self._process = process
        self._channel = channel
        self._fork_seconds = fork_seconds
        self._seconds = fork_seconds if process is None else _IMPORT_SECONDS
        self._forked: asyncio.Queue[_Forked | None] = asyncio.Queue()
        self._running: dict[int, _Forked] = {}
        channel.setblocking(False)
        asyncio.get_running_loop().add_reader(channel, self._hear)

    async def fork(self, asked: Mapping[str, Any]) -> "_Forked":
        """Fork a worker.

        Raises:
            TimeoutError: There was no answer in time; nothing will be forked.
            ConnectionError: The template has ended.
        """
        message = json.dumps({**asked, "until": time.monotonic() + self._seconds})
        async with asyncio.timeout(self._seconds + _GRACE_SECONDS):
            if not self.has_ended:
                with contextlib.suppress(OSError):  # it ends, and is heard to
                    self._channel.send(message.encode())
            forked = await self._forked.get()
        if forked is None:
            raise ConnectionResetError
        self._seconds = self._fork_seconds
        return forked

    async def end(self) -> int:
        """End it, if it has not ended, and return its exit status."""
        self._close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.ended.wait(), _GRACE_SECONDS)
        self.send_signal(signal.SIGKILL)
        await self.ended.wait()
        return await self._process.wait() if self._process else -signal.SIGKILL

    def _hear(self) -> None:
        """Hear of a fork, of its end, or of a spare."""
        descriptors: list[int] = []
        try:
            message, descriptors, _, _ = socket.recv_fds(self._channel, _MESSAGE_BYTES_MAX, 1)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        if not message:
            self._close()
            return
        told = json.loads(message)
        if "spare" in told:
            self.spare = _Template(told["spare"], socket.socket(fileno=descriptors[0]), self._fork_seconds)
        elif "status" in told:
            self._running.pop(told["pid"]).status.set_result(told["status"])
        else:
            forked = self._running[told["pid"]] = _Forked(told["pid"])
            self._forked.put_nowait(forked)

    def _close(self) -> None:
        """Ask it to end, if it has not ended: its forks are killed by that."""
        if self.has_ended:
            return
        self.has_ended = True
        asyncio.get_running_loop().remove_reader(self._channel)
        self._channel.close()
        self._forked.put_nowait(None)
        for each in self._running.values():
            each.status.set_result(-signal.SIGKILL)


class _Forked(_Watched):
    """A worker that was forked."""

    def __init__(self, pid: int) -> None:
        super().__init__(pid)
        self.returncode: int | None = None
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def wait(self) -> int:
        """Wait until it has ended; where its template does not say how, it was killed."""
        await self.ended.wait()
        if self.returncode is None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self.status), _STATUS_SECONDS)
            self.returncode = self.status.result() if self.status.done() else -signal.SIGKILL
        return self.returncode


async def _started(output: Path, fork_seconds: float) -> _Template:
    """Start a template, which begins to import."""
    ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    with theirs:
        running = await _execute([sys.executable, "-m", "workers", "fork"], output, theirs.fileno())
    return _Template(running.pid, ours, fork_seconds, running)


async def _execute(
    line: Sequence[str], output: Path, given: int, environment: Mapping[str, str] | None = None
) -> asyncio.subprocess.Process:
    """Start a program that dies with us, reads from the descriptor `given`, and writes to the end of a file."""
    with process.log_file(output) as file:
        return await asyncio.create_subprocess_exec(
            *process.command(line, signal.SIGKILL),
            stdin=given,
            stdout=file,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )


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
