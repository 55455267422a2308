"""Connections that can be cut, slowed and silenced: a small proxy between those who connect and a server."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial: TypeAlias = Callable[[], Coroutine[Any, Any, Streams]]

_CHUNK = 16 * 1024


class Proxy:
    """One way to a server; what is done to it, is done to every connection that goes through it."""

    def __init__(self, name: str, dial: Dial) -> None:
        self.name = name
        self._dial = dial
        self._open = asyncio.Event()
        self._open.set()
        self._refusing = False
        self._latency = 0.0
        self._bytes_per_second = 0.0
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def listen_on_port(self) -> int:
        """Listen on a free port of this machine, and return it."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def listen_in(self, folder: Path) -> None:
        """Listen on a socket as PostgreSQL names it."""
        folder.mkdir(parents=True, mode=0o700)
        self._server = await asyncio.start_unix_server(self._accept, folder / ".s.PGSQL.5432")

    def cut(self) -> None:
        """End every connection and refuse new ones."""
        self._refusing = True
        self.drop()

    def drop(self) -> None:
        """End every connection."""
        for end in self._ends:
            end.transport.abort()

    def silence(self) -> None:
        """Deliver nothing in either direction, and say nothing about it."""
        self._open.clear()

    def slow(self, latency: float, bytes_per_second: float) -> None:
        """Deliver late, and little at a time."""
        self._latency, self._bytes_per_second = latency, bytes_per_second

    def restore(self) -> None:
        """Forward again; end silenced connections, as a network does that lost their packets."""
        if not self._open.is_set():
            self.drop()
        self._refusing, self._latency, self._bytes_per_second = False, 0.0, 0.0
        self._open.set()

    async def close(self) -> None:
        """End the proxy."""
        if self._server:
            self._server.close()
        self.drop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        ends = {writer}
        try:
            if not self._refusing:
                await self._open.wait()
                far_reader, far_writer = await self._dial()
                ends.add(far_writer)
                self._ends |= ends
                await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))
        except OSError:
            pass  # the server is unreachable, and so is the proxy
        finally:
            for end in ends:
                end.transport.abort()
            self._ends -= ends

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await source.read(_CHUNK):
                await self._open.wait()
                if self._latency or self._bytes_per_second:
                    late = len(chunk) / self._bytes_per_second if self._bytes_per_second else 0.0
                    await pause(self._latency + late)
                target.write(chunk)
                await target.drain()
        with suppress(OSError):
            target.close()


async def pause(seconds: float) -> None:
    """Let time pass that belongs to a fault or to the load, and to no assertion."""
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), seconds)


def port(number: int) -> Dial:
    """Reach a server by its port."""

    async def dial() -> Streams:
        return await asyncio.open_connection("127.0.0.1", number)

    return dial


def socket(path: Path) -> Dial:
    """Reach a server by its socket."""

    async def dial() -> Streams:
        return await asyncio.open_unix_connection(path)

    return dial
