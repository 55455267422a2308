"""Starting, awaiting and stopping programs as children of this process."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Final

import psutil

from contracts.printable import printable
from workers.common import logs

_EXEC_WRAPPER: Final = Path(__file__).with_name("exec_wrapper.py")
_POLL_SECONDS: Final = 0.01


class StartError(Exception):
    """A server did not start; the end of its log shows why."""

    def __init__(self, name: str, log: Path) -> None:
        super().__init__(f"{name} did not start. The end of {log}:\n{log_tail(log)}")


def command(
    program: Sequence[str],
    death_signal: signal.Signals,
    owned: Sequence[Path] | None = None,
) -> list[str]:
    """Return a command line with which `program` gets `death_signal` when this process dies.

    With `owned` it does not run as root, and owns these folders. The signal is bound to the thread that starts the
    child: that thread must live as long as the child.
    """
    flags = [] if owned is None else ["--not-root", *map(str, owned)]
    parent = [str(os.getpid()), str(int(death_signal))]
    return [sys.executable, "-I", "-S", str(_EXEC_WRAPPER), *parent, *flags, "--", *program]


def spawn(line: Sequence[str], log: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a command line in a separate session, so that Ctrl-C reaches only this process."""
    with log_file(log) as output:
        return subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )


def log_file(log: Path) -> BinaryIO:
    """Open a log in append mode, so that it can be truncated while a child writes to it; archive a full one first."""
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size >= logs.ARCHIVE_BYTES:
        with contextlib.suppress(OSError):  # a full disk must not prevent a start
            log.replace(logs.archive_path(log))
    return log.open("ab")


def archive(log: Path) -> None:
    """Copy a log into `Archive/` next to it, and truncate it, because a child cannot switch to another file.

    Lines that are written during the copy are included, except between the last read and the truncation.
    """
    target = logs.archive_path(log)
    try:
        with log.open("r+b") as full, target.open("wb") as copy:
            shutil.copyfileobj(full, copy)
            copy.flush()
            shutil.copyfileobj(full, copy)
            full.truncate(0)
    except OSError:
        target.unlink(missing_ok=True)  # the disk is full; the log is still complete
        raise


def log_tail(log: Path) -> str:
    """Return the last lines of a log, without control characters for the terminal."""
    text = printable(log.read_text(errors="replace")) if log.exists() else ""
    return "\n".join(text.splitlines()[-15:])


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait until a child is ready; return False if it ends or takes too long."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        if ready():
            return True
        time.sleep(_POLL_SECONDS)
    return False


def stop(process: subprocess.Popen[bytes], signals: Sequence[signal.Signals], seconds: float) -> None:
    """Send a child these signals in turn, and kill it after the time limit."""
    for number in (*signals, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(seconds / len(signals))
        except subprocess.TimeoutExpired:
            continue


def evict(pid: int, folder: Path, signals: Sequence[signal.Signals], seconds: float) -> bool:
    """End the server that a killed supervisor left on `folder`; return whether `pid` was that server.

    Process ids are reused, so the command line must name the folder.
    """
    try:
        process = psutil.Process(pid)
        if not any(str(folder) in argument for argument in process.cmdline()):
            return False
        for number in (*signals, signal.SIGKILL):
            process.send_signal(number)
            if _has_ended(process, seconds / len(signals)):
                break
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return True


def _has_ended(process: psutil.Process, seconds: float) -> bool:
    """Wait for a process that is not a child; without an init that reaps it, it stays a zombie."""
    deadline = time.monotonic() + seconds
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
