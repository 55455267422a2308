"""A process that has imported the command line, and becomes one run of it for each line that is typed.

Importing is four fifths of what a short command costs, and the tests type a thousand of them. A run is a process with
its own arguments, folder, environment, streams and status, as one that was started from nothing. The commands of a
server have a process of their own: what they import, another run would have to take down at its end.
"""

import atexit
import fcntl
import gc
import json
import os
import pty
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple

from incidents.terminal.text.language import choose_language

ROOT = Path(__file__).resolve().parents[2]
TERMINAL_SIZE = struct.pack("HHHH", 40, 120, 0, 0)
_LONGEST = 1024 * 1024
_STATUS_BYTES = 4
_DRAWING = ("rich.markdown", "typer.rich_utils")
"""What draws help and mistakes; its headings are in the language of its import."""

_SERVER_COMMANDS = frozenset(command.name for command in entry_points(group="incidents.commands"))
_SERVER_MODULES = sorted({command.module for command in entry_points(group="incidents.commands")})


class Result(NamedTuple):
    """The status of a run, and what it wrote."""

    status: int
    out: bytes
    err: bytes


def run(line: Sequence[str], standard_input: bytes, folder: Path, environment: Mapping[str, str]) -> Result:
    """Type a line and wait until the command has ended."""
    (read_in, write_in), (read_out, write_out), (read_err, write_err), (read_status, write_status) = (
        os.pipe() for _ in range(4)
    )
    _start((read_in, write_out, write_err, write_status), line, folder, environment)
    results: dict[str, bytes] = {}
    threads = [
        threading.Thread(target=_write, args=(write_in, standard_input)),
        *(threading.Thread(target=_read, args=(*each, results)) for each in (("out", read_out), ("err", read_err))),
    ]
    for thread in threads:
        thread.start()
    _read("status", read_status, results)
    for thread in threads:
        thread.join()
    return Result(int.from_bytes(results["status"], "big", signed=True), results["out"], results["err"])


def run_on_terminal(line: Sequence[str], folder: Path, environment: Mapping[str, str]) -> bytes:
    """Type a line on a terminal and return all that was sent to it until the command had ended."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, TERMINAL_SIZE)
    read_status, write_status = os.pipe()
    _start((slave, os.dup(slave), os.dup(slave), write_status), line, folder, environment)
    output = bytearray()
    while data := _read_terminal(master):
        output += data
    os.close(master)
    _read("status", read_status, {})
    return bytes(output)


def _read_terminal(master: int) -> bytes:
    """Return what was written, or nothing after the end of the program, which ends the terminal."""
    try:
        return os.read(master, 65_536)
    except OSError:
        return b""


def _start(theirs: tuple[int, ...], line: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    """Hand a line over with the descriptors of its three streams and of its status."""
    data = json.dumps({"line": list(line), "folder": str(folder), "environment": dict(environment)}).encode()
    with _lock:
        socket.send_fds(_server_process(is_server=bool(line) and line[0] in _SERVER_COMMANDS), [data], theirs)
    for each in theirs:
        os.close(each)


_lock = threading.Lock()


@cache
def _server_process(*, is_server: bool) -> socket.socket:
    """Start the process, once for all tests of this one; it ends with the socket."""
    ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    for each in (ours, theirs):
        each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LONGEST)
    with theirs:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "COMMAND_LINE_SOCKET": str(theirs.fileno())}
        line = [sys.executable, "-m", "tests.client.forked_command_line", *(_SERVER_MODULES if is_server else ())]
        pipe = subprocess.PIPE  # the streams of a run are pipes, and Python decides at the start how it buffers them
        started = subprocess.Popen(line, stdin=pipe, stdout=pipe, pass_fds=[theirs.fileno()], env=environment)
    atexit.register(_end, started, ours)
    return ours


def _end(started: subprocess.Popen[bytes], ours: socket.socket) -> None:
    ours.close()
    with started:
        started.terminate()  # a process that was forked from this one may have the socket, too


def _write(descriptor: int, data: bytes) -> None:
    with open(descriptor, "wb") as file:
        try:
            file.write(data)
            file.flush()
        except BrokenPipeError:
            return


def _read(name: str, descriptor: int, details: dict[str, bytes]) -> None:
    with open(descriptor, "rb") as file:
        details[name] = file.read()


def _prepare() -> Callable[[], None]:
    """Import and build what every run needs, and return the program."""
    from incidents.cli import build, main  # noqa: PLC0415 - not where tests only ask

    for name in (*_DRAWING, *sys.argv[1:]):
        import_module(name)
    build("en")  # and no other: help in another language changes what all languages share
    gc.collect()
    gc.freeze()  # a run that looked at what it got from here would copy all of it
    return main


def _serve() -> None:
    """Fork a run for each request; this process has no other children, and waits for none of them."""
    main = _prepare()
    channel = socket.socket(fileno=int(os.environ["COMMAND_LINE_SOCKET"]))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        data, descriptors, _, _ = socket.recv_fds(channel, _LONGEST, 4)
        if not data:
            os._exit(0)
        if not os.fork():
            break
        for each in descriptors:
            os.close(each)
    channel.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    status = descriptors.pop()
    if runner := os.fork():
        for each in descriptors:
            os.close(each)
        for each in (0, 1, 2):
            os.close(each)
        ended = os.waitstatus_to_exitcode(os.waitpid(runner, 0)[1])
        os.write(status, ended.to_bytes(_STATUS_BYTES, "big", signed=True))
        os._exit(0)
    os.close(status)
    _become(json.loads(data), descriptors)
    try:
        main()
    except SystemExit as ended:
        _leave(ended)


def _leave(ended: SystemExit) -> None:
    """End as Python does, but leave it to the system to take down what the run got from the process before it."""
    if not isinstance(ended.code, int | None):
        raise ended
    threading._shutdown()  # type: ignore[attr-defined] # Python's own first step
    atexit._run_exitfuncs()  # and its second one
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        raise ended from None
    os._exit(ended.code or 0)


def _become(request: dict[str, Any], descriptors: Sequence[int]) -> None:
    for number, each in enumerate(descriptors):
        os.dup2(each, number)
        os.close(each)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["incidents", *request["line"]]
    if choose_language(sys.argv[1:]) != "en":
        for name in _DRAWING:
            package, _, module = name.rpartition(".")
            delattr(sys.modules[package], module)
            del sys.modules[name]


if __name__ == "__main__":
    _serve()
