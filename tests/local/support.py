"""Props of the tests that run processes."""

import asyncio
import inspect
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import psutil
import pytest

HERE = Path(__file__).parent


async def eventually(holds: Callable[[], object]) -> None:
    """Wait in an event loop until something holds, which may have to be awaited."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        value = holds()
        if await value if inspect.isawaitable(value) else value:
            return
        await asyncio.sleep(0.02)
    pytest.fail("not in time")


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended may stay as a zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Running:
    """An `up` in a process of its own."""

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        self.output = directory.with_suffix(".output")
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(HERE / "run_up.py"), str(directory)],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": str(HERE.parents[1]), **environment},
            )

    def says(self, text: str) -> bool:
        assert self.process.poll() is None, self.output.read_text()
        return text in self.output.read_text()

    def children(self) -> dict[int, str]:
        results: dict[int, str] = {}
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # it ended just now; one that is about to end has no command line
                if line := child.cmdline():
                    results[child.pid] = " ".join(line)
        return results

    def signal(self, each: signal.Signals) -> int:
        self.process.send_signal(each)
        return self.process.wait(10)


def survivors(children: dict[int, str]) -> list[str]:
    """Name those of the processes that still run."""
    return [command for pid, command in children.items() if is_alive(pid)]


class Up(Protocol):
    """Starts an `up` process on a directory, with additions to its environment."""

    def __call__(self, directory: Path, **environment: str) -> Running: ...
