"""Commands that go on until Ctrl-C, read while they run: line by line, or as a terminal shows them."""

import asyncio
import fcntl
import json
import os
import pty
import re
import signal
import sys
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.client import forked_command_line
from tests.client.command_line import ROOT
from tests.client.forked_command_line import TERMINAL_SIZE
from tests.support import Site, eventually

_DRAWN_AGAIN = re.compile(r"\x1b\[1A\x1b\[2K|\r\x1b\[2K")


def environment(site: Site, principal: str = "watcher", scope: str = "client") -> dict[str, str]:
    """Return what names the site and who watches it."""
    return {"INCIDENTS_NATS_URL": site.url, "INCIDENTS_NATS_CREDS": str(site.credentials(principal, scope))}


class RunningCommand:
    """A command that goes on until Ctrl-C, read line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self, stream: str = "stdout") -> str:
        """Return its next line."""
        async with asyncio.timeout(180):
            reader: asyncio.StreamReader = getattr(self._process, stream)
            return (await reader.readline()).decode()

    async def document(self) -> dict[str, Any]:
        """Return its next line as JSON."""
        content: dict[str, Any] = json.loads(await self.line())
        return content

    async def interrupt(self) -> tuple[int, str]:
        """Type Ctrl-C and return the status, and what was said on stderr."""
        self._process.send_signal(signal.SIGINT)
        async with asyncio.timeout(20):
            _, err = await self._process.communicate()
        return self._process.returncode or 0, err.decode()


@asynccontextmanager
async def run_command(ours: dict[str, str], *line: str, folder: Path = ROOT) -> AsyncIterator[RunningCommand]:
    """Type a command and end it with the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "incidents", *line),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **ours},
    )
    try:
        yield RunningCommand(process)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.communicate()


class Terminal:
    """A command on a terminal of 40 lines."""

    def __init__(self, process: asyncio.subprocess.Process, master: int) -> None:
        self.process = process
        self._master = master
        self._bytes = bytearray()
        self._is_closed = False

    async def ends(self) -> str:
        """Wait until the command has ended, and return all that was sent to the terminal."""

        async def is_closed() -> bool:
            return self._is_closed

        await eventually(is_closed, within=90)
        return self.output

    def read(self) -> None:
        """Take what was written; the end of the program ends the terminal, too."""
        try:
            data = os.read(self._master, 65_536)
        except OSError:
            data = b""
        self._bytes += data
        self._is_closed = not data
        if self._is_closed:
            asyncio.get_running_loop().remove_reader(self._master)

    def type(self, text: str) -> None:
        """Type something, and Enter."""
        os.write(self._master, f"{text}\n".encode())

    @property
    def output(self) -> str:
        """All that was sent to it."""
        return self._bytes.decode(errors="replace")

    @property
    def screen(self) -> str:
        """What was drawn last, over all that was drawn before."""
        return _DRAWN_AGAIN.split(self._bytes.decode(errors="replace"))[-1]

    async def shows(self, *words: str, without: str = "\0") -> str:
        """Wait for a frame that has these words and not that one, and return it."""

        async def is_drawn() -> str:
            frame = self.screen
            assert all(word in frame for word in words), self._bytes.decode(errors="replace")[-3_000:]
            assert without not in frame
            return frame

        return await eventually(is_drawn, within=40)

    async def reads(self) -> None:
        """Wait until the command reads an answer: Python notices a signal just before its reading only afterwards."""

        async def is_asleep() -> bool:
            return bool(psutil.Process(self.process.pid).status() == psutil.STATUS_SLEEPING)

        await eventually(is_asleep)

    async def interrupt(self) -> int:
        """Type Ctrl-C and return the status."""
        self.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(45):
            return await self.process.wait()


async def output_on_terminal(ours: dict[str, str], *line: str) -> str:
    """Type a command that ends by itself on a terminal, and return all that was sent to it."""
    environment = {**os.environ, "TERM": "xterm", **ours}
    output = await asyncio.to_thread(forked_command_line.run_on_terminal, line, ROOT, environment)
    return output.decode(errors="replace")


@asynccontextmanager
async def run_on_terminal(ours: dict[str, str], *line: str) -> AsyncIterator[Terminal]:
    """Type a command on a terminal and end it with the block."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, TERMINAL_SIZE)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "incidents", *line),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm", **ours},
    )
    os.close(slave)
    terminal = Terminal(process, master)
    asyncio.get_running_loop().add_reader(master, terminal.read)
    try:
        yield terminal
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        asyncio.get_running_loop().remove_reader(master)
        os.close(master)
