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


def test_a_ctrl_c_before_anybody_listens_ends_the_work() -> None:
    """What asyncio makes of it is a cancellation of all, and the work is not left alone."""
    ended: list[int] = []

    async def run_cancelled() -> None:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().call_soon(task.cancel)
        await until_interrupted(deaf(0, ended))

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(run_cancelled())
    assert ended == [0]


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


_INTERRUPTED_AT = """
import os, signal, sys
import incidents_command

def trace(frame, event, argument):
    if frame.f_code.co_name == "{function}" and "{module}" in frame.f_code.co_filename:
        sys.setprofile(None)
        os.kill(os.getpid(), signal.SIGINT)

sys.setprofile(trace)
sys.argv = ["incidents", "me", "--data", "none"]
incidents_command.main()
"""


@pytest.mark.parametrize(
    "module, function",
    [
        ("incidents/cli/__init__", "build"),
        ("incidents/terminal/text/translate", "prepare_help"),
        ("incidents/terminal/text/translate", "_on_long_lines"),
        ("typer/core", "main"),
        ("incidents/terminal/options", "_session"),
        ("incidents/terminal/session", "run"),
        ("incidents/terminal/interrupt", "run_until_interrupted"),
    ],
)
def test_ctrl_c_is_quiet_while_the_command_is_prepared(module: str, function: str) -> None:
    """Until the command works, Ctrl-C has the same end as afterwards."""
    line = (sys.executable, "-c", _INTERRUPTED_AT.format(module=module, function=function))
    ended = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 130
    assert ended.stderr == ""


@pytest.mark.parametrize(
    "module, function", [("asyncio/unix_events", "__init__"), ("asyncio/selector_events", "_make_self_pipe")]
)
def test_ctrl_c_waits_for_the_loop(module: str, function: str) -> None:
    """Half of an event loop is not left behind; what has failed meanwhile may say so."""
    line = (sys.executable, "-c", _INTERRUPTED_AT.format(module=module, function=function))
    ended = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode in {130, 3}
    assert [noise for noise in ("Traceback", "Exception", "Warning") if noise in ended.stderr] == []


def test_ctrl_c_is_quiet_while_the_program_is_imported() -> None:
    """An impatient Ctrl-C in the first second leaves no traceback."""
    line = (sys.executable, "-c", _INTERRUPTED_WHILE_IMPORTING)
    ended = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 130
    assert ended.stderr == ""
