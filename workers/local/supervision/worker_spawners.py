"""Starting the process of a worker: as a separate program, or as a fork of a template."""

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

from workers.local.servers import process_control

_IMPORT_SECONDS_MAX: Final = 60.0
FORK_SECONDS_MAX: Final = 3.0
_STATUS_SECONDS_MAX: Final = 1.0
_GRACE_SECONDS: Final = 1.0
_MESSAGE_BYTES_MAX: Final = 1024 * 1024

log = structlog.get_logger()


class StartedProcess(Protocol):
    """A started process."""

    @property
    def pid(self) -> int:
        """Its id."""

    @property
    def returncode(self) -> int | None:
        """Its exit status once it has ended; after a signal, the negative number of the signal."""

    async def wait(self) -> int:
        """Wait until it has ended, and return the exit status."""

    def send_signal(self, signal: int, /) -> None:
        """Send it a signal, unless it has ended."""


class Spawner(Protocol):
    """Starts workers."""

    async def prepare(self) -> None:
        """Begin slow preparations without waiting for them."""

    async def spawn(self, worker: str, environment: Mapping[str, str], output: Path) -> StartedProcess:
        """Start the process of a worker, which writes to the file `output`."""

    async def close(self) -> None:
        """End helper processes, but not the workers."""


class Program:
    """Starts a program for each worker, with the worker's name as the last argument."""

    def __init__(self, line: Sequence[str]) -> None:
        self._line = line

    async def prepare(self) -> None:
        """Do nothing: a program needs no preparation."""

    async def spawn(self, worker: str, environment: Mapping[str, str], output: Path) -> StartedProcess:
        """Start the program."""
        return await _execute([*self._line, worker], output, asyncio.subprocess.DEVNULL, environment)

    async def close(self) -> None:
        """Do nothing: there are no helper processes."""


class Prefork:
    """Forks workers from a template, a process that has imported all their modules (`prefork`).

    Each template has a spare, which replaces it when it ends or does not answer. A silent template is not killed, since
    its workers would die with it; requests have a time limit, so that it forks nothing if it continues later.
    """

    def __init__(
        self, output: Path, entry: str = "workers.local.run_worker:run", *, fork_seconds_max: float = FORK_SECONDS_MAX
    ) -> None:
        """Set the `entry` (`module:function`) that forks call with a worker's name, and the template's output file.

        A template that needs longer than `fork_seconds_max` for a fork is silent.
        """
        self._output = output
        self._entry = entry
        self._fork_seconds_max = fork_seconds_max
        self._turn = asyncio.Lock()
        self._templates: list[_Template] = []

    async def prepare(self) -> None:
        """Start a template, which begins to import."""
        async with self._turn:
            await self._usable()

    async def spawn(self, worker: str, environment: Mapping[str, str], output: Path) -> StartedProcess:
        """Fork a worker; the first one waits until the template has imported everything."""
        request = {"worker": worker, "entry": self._entry, "environment": dict(environment), "log": str(output)}
        async with self._turn:
            while True:
                template = await self._usable()
                try:
                    return await template.fork(request)
                except TimeoutError:
                    log.warning("template_silent", pid=template.pid)
                    template.is_silent = True
                except ConnectionError:
                    status = await template.end()
                    log.warning("template_died", pid=template.pid, code=status)
                    if template.spare is None:
                        return _NeverStarted(status)

    async def close(self) -> None:
        """End the templates, which kills remaining forks."""
        for template in self._templates:
            await template.end()  # before its spare, which it would replace otherwise
            if template.spare:
                await template.spare.end()

    async def _usable(self) -> "_Template":
        """Return a template that answers, the spare of one that does not, or a new one."""
        for template in self._templates:
            if (template.has_ended or template.is_silent) and template.spare:
                self._templates.append(template.spare)
                template.spare = None
        self._templates = [template for template in self._templates if not template.has_ended]
        usable = [template for template in self._templates if not template.is_silent]
        if not usable:
            usable = [await _start_template(self._output, self._fork_seconds_max)]
            self._templates += usable
        return usable[0]


class _Watched:
    """A process, possibly not a child, that is watched and signalled through a pidfd."""

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
    """A running template with its forks; `process` is set if it is a child of this process."""

    def __init__(
        self,
        pid: int,
        channel: socket.socket,
        fork_seconds_max: float,
        process: asyncio.subprocess.Process | None = None,
    ) -> None:
        super().__init__(pid)
        self.is_silent = False
        self.has_ended = False
        self.spare: _Template | None = None
        self._process = process
        self._channel = channel
        self._fork_seconds_max = fork_seconds_max
        self._seconds = fork_seconds_max if process is None else _IMPORT_SECONDS_MAX
        self._forked: asyncio.Queue[_Forked | None] = asyncio.Queue()
        self._running: dict[int, _Forked] = {}
        channel.setblocking(False)
        asyncio.get_running_loop().add_reader(channel, self._receive)

    async def fork(self, request: Mapping[str, Any]) -> "_Forked":
        """Fork a worker.

        Raises:
            TimeoutError: There was no answer in time; no worker will be forked.
            ConnectionError: The template has ended.
        """
        message = json.dumps({**request, "until": time.monotonic() + self._seconds})
        async with asyncio.timeout(self._seconds + _GRACE_SECONDS):
            if not self.has_ended:
                with contextlib.suppress(OSError):  # the template ends, which `_receive` notices
                    self._channel.send(message.encode())
            forked = await self._forked.get()
        if forked is None:
            raise ConnectionResetError
        self._seconds = self._fork_seconds_max
        return forked

    async def end(self) -> int:
        """End it if it still runs, and return its exit status."""
        self._close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.ended.wait(), _GRACE_SECONDS)
        self.send_signal(signal.SIGKILL)
        await self.ended.wait()
        return await self._process.wait() if self._process else -signal.SIGKILL

    def _receive(self) -> None:
        """Receive a message about a fork, its end, or a spare."""
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
        news = json.loads(message)
        if "spare" in news:
            self.spare = _Template(news["spare"], socket.socket(fileno=descriptors[0]), self._fork_seconds_max)
        elif "status" in news:
            self._running.pop(news["pid"]).status.set_result(news["status"])
        else:
            forked = self._running[news["pid"]] = _Forked(news["pid"])
            self._forked.put_nowait(forked)

    def _close(self) -> None:
        """Request its end if it still runs, which kills its forks."""
        if self.has_ended:
            return
        self.has_ended = True
        asyncio.get_running_loop().remove_reader(self._channel)
        self._channel.close()
        self._forked.put_nowait(None)
        for forked in self._running.values():
            forked.status.set_result(-signal.SIGKILL)


class _Forked(_Watched):
    """A forked worker."""

    def __init__(self, pid: int) -> None:
        super().__init__(pid)
        self.returncode: int | None = None
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def wait(self) -> int:
        """Wait for its end and return the status; without a report of its template it counts as killed."""
        await self.ended.wait()
        if self.returncode is None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self.status), _STATUS_SECONDS_MAX)
            self.returncode = self.status.result() if self.status.done() else -signal.SIGKILL
        return self.returncode


async def _start_template(output: Path, fork_seconds_max: float) -> _Template:
    """Start a template, which begins to import."""
    ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    with theirs:
        running = await _execute([sys.executable, "-m", "workers", "fork"], output, theirs.fileno())
    return _Template(running.pid, ours, fork_seconds_max, running)


async def _execute(
    line: Sequence[str], output: Path, stdin: int, environment: Mapping[str, str] | None = None
) -> asyncio.subprocess.Process:
    """Start a program that dies with this process, reads from the descriptor `stdin`, and appends to a file."""
    with process_control.log_file(output) as file:
        return await asyncio.create_subprocess_exec(
            *process_control.command(line, signal.SIGKILL),
            stdin=stdin,
            stdout=file,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )


class _NeverStarted:
    """A worker whose template ended before the fork."""

    pid = 0

    def __init__(self, status: int) -> None:
        self.returncode = status

    async def wait(self) -> int:
        """Return the status of the template."""
        return self.returncode

    def send_signal(self, number: int, /) -> None:
        """Do nothing: there is no process."""
