"""Child processes for foreign native code: if it crashes, hangs or fills its memory, only its job fails."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

import structlog
from pydantic import BaseModel, NonNegativeInt

from workers.common.sandboxed_job_main import NO_SPACE, PREFIX_BYTES, message_parts
from workers.common.sandboxed_job_requests import Stream, each_part, streamed

_HEAD_BYTES_MAX = 64 * 1024
_NOISE_BYTES_MAX = 4 * 1024
_NO_MEMORY = b"memory allocation of"  # Rust's message when memory is exhausted
_EXIT_SECONDS_MAX = 2.0
"""How long to wait for the status of a child that has closed its pipes, before it is killed."""

_TICK_SECONDS = 1.0
_CLOCK_FACTOR = 3
"""Seconds on the clock for each second of processor time, because other processes use the processors, too."""

_CLOCK_SECONDS_MAX = 100
"""Shorter than the 120 seconds after which the database ends the session of a waiting transaction."""

_STREAM_CLOCK_SECONDS_MAX = 540
"""Shorter than the ten minutes that a step of background work may wait within its transaction."""

_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "TMPDIR", "LANG", "LC_ALL", "VIRTUAL_ENV")
"""Variables that a child inherits: no address and no password of a server."""

log = structlog.get_logger()


class Cause(StrEnum):
    """Why a job failed with its process."""

    MEMORY = "memory"
    TIME = "time"
    DISK = "disk"
    CRASH = "crash"


class ChildError(Exception):
    """A job ended with its process: it exceeded its limits, or its code crashed."""

    def __init__(self, cause: Cause, limits: "Limits", symptom: str = "") -> None:
        """Set the cause, the limits, and the symptom: a status or the type of an exception."""
        super().__init__(cause.value)
        self.cause = cause
        self.limits = limits
        self.symptom = symptom


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of the children of a process."""

    children: int = 3
    memory_bytes: int = 512 * 1024 * 1024
    seconds: int = 30
    """Processor time of one job."""

    clock_seconds_max: int = _CLOCK_SECONDS_MAX


class Reply(NamedTuple):
    """The answer of a job; its caller must check the types of the facts."""

    facts: dict[str, Any]
    data: list[bytes]


class _Head(BaseModel):
    facts: dict[str, Any] = {}
    sizes: list[NonNegativeInt] = []
    last: bool = False
    failed: str | None = None


class _Child:
    """One child process, which does one job at a time."""

    def __init__(self, process: Process, limits: Limits) -> None:
        self._process = process
        self._limits = limits
        self._noise = b""
        self._reading_output = asyncio.create_task(self._read_output())

    @classmethod
    async def start(cls, limits: Limits, handles: Sequence[int] = ()) -> "_Child":
        line = (
            sys.executable,
            "-m",
            "workers.common.sandboxed_job_main",
            *map(str, (os.getpid(), limits.memory_bytes, limits.seconds)),
        )
        inherited = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment = {**inherited, "RUST_BACKTRACE": "0"}
        process = await asyncio.create_subprocess_exec(
            *line, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment, pass_fds=handles
        )
        return cls(process, limits)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def call(self, request: AsyncIterable[bytes]) -> tuple[Reply, bool]:
        """Return the reply, and whether the child can take another job."""
        asking = asyncio.create_task(self._ask(request))
        try:
            # Ticks are counted, not time, so that a pause of the whole machine does not count.
            for _ in range(min(self._limits.seconds * _CLOCK_FACTOR, self._limits.clock_seconds_max)):
                if (await asyncio.wait((asking,), timeout=_TICK_SECONDS))[0]:
                    head, data = await asking
                    return Reply(head.facts, data), not head.last
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            raise await self._death() from None
        finally:
            asking.cancel()
            await asyncio.wait((asking,))  # what a stream reads from must be free again
        raise ChildError(Cause.TIME, self._limits, "clock")

    async def _ask(self, request: AsyncIterable[bytes]) -> tuple[_Head, list[bytes]]:
        requests, replies, _ = _pipes(self._process)
        with suppress(ConnectionError):  # a child that died while reading has replied why
            async for part in request:
                requests.write(part)
                await requests.drain()
        size = int.from_bytes(await replies.readexactly(PREFIX_BYTES), "big")
        head = _Head.model_validate_json(await replies.readexactly(_require_size(size, _HEAD_BYTES_MAX)))
        if head.failed is not None:
            causes = {MemoryError.__qualname__: Cause.MEMORY, NO_SPACE: Cause.DISK}
            cause = causes.get(head.failed, Cause.CRASH)
            raise ChildError(cause, self._limits, head.failed)
        _require_size(sum(head.sizes), self._limits.memory_bytes)
        return head, [await replies.readexactly(size) for size in head.sizes]

    async def _death(self) -> ChildError:
        # `kill` polls the child first and would take its status from the watcher, which must see it.
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), _EXIT_SECONDS_MAX)
        await self.end()
        status = self._process.returncode
        late = Cause.TIME if status == -signal.SIGXCPU else Cause.CRASH
        return ChildError(Cause.MEMORY if _NO_MEMORY in self._noise else late, self._limits, f"status {status}")

    async def _read_output(self) -> None:
        """Read the child's output, so that it never blocks; the output may hold what people wrote."""
        noise = _pipes(self._process)[2]
        while part := await noise.read(_NOISE_BYTES_MAX):
            self._noise = (self._noise + part)[-_NOISE_BYTES_MAX:]

    async def end(self) -> None:
        """Kill the child, and wait until it has ended."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await asyncio.gather(self._process.wait(), self._reading_output)


_CURRENT_POOL: ContextVar["ProcessPool"] = ContextVar("child_processes")


class ProcessPool:
    """Calls functions in child processes, which are started on demand and reused."""

    def __init__(self, limits: Limits) -> None:
        """Set the limits without starting a process."""
        self._limits = limits
        self._turns = asyncio.Semaphore(limits.children)
        self._idle: list[_Child] = []
        self._busy: set[_Child] = set()
        self._closed = False
        self.deaths = 0
        """Children that died during a job, since the start."""

    @property
    def pids(self) -> list[int]:
        """The ids of living children."""
        return [child.pid for child in (*self._idle, *self._busy) if child.alive]

    @property
    def busy(self) -> int:
        """The number of children with a job."""
        return len(self._busy)

    async def call(self, function: str, facts: dict[str, Any], data: Sequence[bytes] = ()) -> Reply:
        """Call `module:function` in a child process; raise ChildError if the child does not survive it.

        Earlier jobs or other processes may have caused a crash, or a lack of memory in a reused child. Such a job is
        retried once in a fresh process.
        """
        request = message_parts({"function": function, "facts": facts}, data)
        async with self._turns:
            idle = self._take_idle()
            try:
                return await self._call(function, each_part(request), idle or await _Child.start(self._limits))
            except ChildError as error:
                hopeless = error.cause is Cause.TIME or (error.cause is Cause.MEMORY and idle is None)
                if hopeless or self._closed:
                    raise
            return await self._call(function, each_part(request), await _Child.start(self._limits))

    async def stream(self, function: str, facts: dict[str, Any], source: Stream) -> Reply:
        """Call `module:function` in a child of its own, which gets the pieces as they come; they are not in memory.

        Raises:
            ChildError: The child does not survive it; the pieces cannot be sent again.
        """
        seconds = self._limits.seconds + source.more_seconds
        limits = replace(self._limits, seconds=seconds, clock_seconds_max=_STREAM_CLOCK_SECONDS_MAX)
        request = streamed({"function": function, "facts": facts}, source.pieces)
        async with self._turns:
            return await self._call(function, request, await _Child.start(limits, source.handles))

    def _take_idle(self) -> _Child | None:
        while self._idle:
            child = self._idle.pop()
            if child.alive:
                return child
        return None

    async def _call(self, function: str, request: AsyncIterable[bytes], child: _Child) -> Reply:
        reusable = False
        self._busy.add(child)
        try:
            reply, reusable = await child.call(request)
        except ChildError as error:
            self.deaths += 1
            log.warning("child_died", function=function, cause=error.cause.value, symptom=error.symptom)
            raise
        finally:
            self._busy.discard(child)
            if reusable:
                self._idle.append(child)
            else:
                await child.end()
        return reply

    @asynccontextmanager
    async def open(self) -> AsyncIterator["ProcessPool"]:
        """Enable `call` in the block and in every task that is started there; end all children with the block."""
        _CURRENT_POOL.set(self)
        try:
            yield self
        finally:
            await self._close()

    async def end_idle(self) -> None:
        """End the children that have no job, so that a large job has the memory that they keep."""
        children = tuple(self._idle)
        self._idle.clear()
        await asyncio.gather(*(child.end() for child in children))

    async def _close(self) -> None:
        self._closed = True
        await asyncio.gather(self.end_idle(), *(child.end() for child in self._busy))


async def call(function: str, facts: dict[str, Any], data: Sequence[bytes] = ()) -> Reply:
    """Call `module:function` in a child of this worker."""
    return await _CURRENT_POOL.get().call(function, facts, data)


async def stream(function: str, facts: dict[str, Any], source: Stream) -> Reply:
    """Call `module:function` in a child of this worker, which gets pieces as they come."""
    return await _CURRENT_POOL.get().stream(function, facts, source)


async def end_idle() -> None:
    """End the children of this worker that have no job."""
    await _CURRENT_POOL.get().end_idle()


def _pipes(process: Process) -> tuple[asyncio.StreamWriter, asyncio.StreamReader, asyncio.StreamReader]:
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise BrokenPipeError
    return process.stdin, process.stdout, process.stderr


def _require_size(size: int, size_max: int) -> int:
    if size > size_max:
        msg = "a child's answer exceeds its limit"
        raise ValueError(msg)
    return size
