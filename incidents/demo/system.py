"""The system of the demonstration: one that runs already, or a child process."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from incidents.client import connect
from incidents.demo.stage import Stage
from incidents.errors import UnreachableError
from incidents.locate import Place, find

OPERATOR: Final = "operator"

_START_SECONDS: Final = 180.0
_STOP_SECONDS: Final = 20.0
_POLL_SECONDS: Final = 0.05
_TAIL_LINES: Final = 20


class System:
    """A running system below one directory."""

    def __init__(self, directory: Path, child: asyncio.subprocess.Process | None) -> None:
        self.directory = directory
        self.child = child

    def place(self, principal: str) -> Place:
        """Return where a principal connects."""
        return find(self.directory, principal)

    async def ended(self) -> None:
        """Wait until the started system ends, or its end is requested."""
        if self.child is None:
            return
        asked, loop = asyncio.Event(), asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, asked.set)
        waiting = [asyncio.create_task(asked.wait()), asyncio.create_task(self.child.wait())]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(each)


@asynccontextmanager
async def run_system(stage: Stage, directory: Path) -> AsyncIterator[System]:
    """Use the system that runs below a directory, or start one and stop it at the end.

    Raises:
        UnreachableError: The system did not start.
    """
    if await is_running(directory):
        with stage.step("use the system that runs there"):
            pass
        yield System(directory, None)
        return
    child = await _start(directory)
    try:
        with stage.step("start the system"):
            await _wait_until_ready(stage, directory, child)
        yield System(directory, child)
    finally:
        with stage.step("stop the system"):
            await _stop(child)


async def mint(stage: Stage, system: System, principal: str) -> None:
    """Make the credentials of a principal, unless they exist.

    Raises:
        UnreachableError: The credentials could not be made.
    """
    if (system.directory / "creds" / f"{principal}.creds").exists():
        return
    line = ("access", "create", principal, "--data", str(system.directory))
    with stage.step("make the operator's credentials"):
        process = await asyncio.create_subprocess_exec(
            *_incidents(*line),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        if process.returncode:
            reason = output.decode(errors="replace").strip()
            raise UnreachableError(principal, reason, f"incidents {' '.join(line)}")


async def is_running(directory: Path) -> bool:
    """Return whether a system runs below a directory."""
    try:
        place = find(directory, "admin")
        async with connect(place.url, place.credentials, place.site):
            return True
    except UnreachableError:
        return False


async def _start(directory: Path) -> asyncio.subprocess.Process:
    # In a session of its own, so that Ctrl-C reaches it through us, after what is under way.
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _output(directory).open("wb") as output:
        return await asyncio.create_subprocess_exec(
            *_incidents("up", "--data", str(directory)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )


async def _wait_until_ready(stage: Stage, directory: Path, child: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(_START_SECONDS):
            while _pid(directory) != child.pid:
                if child.returncode is not None:
                    tail = _output(directory).read_text(errors="replace").splitlines()[-_TAIL_LINES:]
                    words = stage.session.say("the system stopped unexpectedly")
                    raise UnreachableError(directory, "\n".join([words, *tail]), "incidents up")
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError as error:
        raise UnreachableError(directory, "the system did not start in time", "incidents up") from error


async def _stop(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        child.send_signal(signal.SIGINT)
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()


def _pid(directory: Path) -> int | None:
    try:
        return int(json.loads((directory / "runtime.json").read_text())["pid"])
    except (OSError, ValueError, KeyError):
        return None


def _output(directory: Path) -> Path:
    return directory / "demo.out"


def _incidents(*line: str) -> list[str]:
    return [sys.executable, "-m", "incidents", *line]
