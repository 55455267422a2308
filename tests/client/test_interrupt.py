"""Ctrl-C ends every command."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from incidents.terminal.interrupt import until_interrupted


async def deaf(times: int, ended: list[int]) -> None:
    """Lose so many cancellations, as `asyncio.wait_for` may, and notice the next one."""
    try:
        for number in range(times + 1):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if number == times:
                    raise
    finally:
        ended.append(times)


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_lost_cancellation_is_repeated(lost: int) -> None:
    """Whatever loses a cancellation, one Ctrl-C is enough, and what was under way is ended properly."""
    ended: list[int] = []

    async def run_interrupted() -> None:
        asyncio.get_running_loop().call_later(0.1, os.kill, os.getpid(), signal.SIGINT)
        await until_interrupted(deaf(lost, ended))

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(run_interrupted())
    assert ended == [lost]


def test_what_ends_by_itself_is_not_interrupted() -> None:
    """Work that is done or that fails ends as it would without anybody listening for Ctrl-C."""

    async def ends() -> None:
        return

    async def fails() -> None:
        raise ValueError("as it is")

    asyncio.run(until_interrupted(ends()))
    with pytest.raises(ValueError, match="as it is"):
        asyncio.run(until_interrupted(fails()))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


_INTERRUPTED_WHILE_IMPORTING = """
import builtins, os, signal
import incidents_command

original = builtins.__import__

def importing(name, *arguments):
    if name == "incidents.cli":
        os.kill(os.getpid(), signal.SIGINT)
    return original(name, *arguments)

builtins.__import__ = importing
incidents_command.main()
"""


def test_ctrl_c_is_quiet_while_the_program_is_imported() -> None:
    """An impatient Ctrl-C in the first second leaves no traceback."""
    line = (sys.executable, "-c", _INTERRUPTED_WHILE_IMPORTING)
    ended = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stderr) == (130, "")
