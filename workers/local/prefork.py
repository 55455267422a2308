"""A process that has imported what workers need, and becomes one of them by forking.

    python -m workers fork

Five workers that start at once import the same modules five times, which takes two cores four seconds before the
first of them can connect. A fork takes milliseconds, and shares the memory of what was imported.

Its stdin is a socket, on which each line is JSON. `{"worker", "entry", "environment", "log", "until"}` asks for a
worker, whose process calls the entry, as in `module:function`, with the worker's name. It is forked if the monotonic
clock has not passed `until`. The answer is `{"pid"}`, and `{"pid", "status"}` when it has ended. The workers die with
this process, and it ends with its socket.
"""

import ctypes
import gc
import json
import os
import selectors
import signal
import socket
import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from setproctitle import getproctitle, setproctitle

from contracts.subjects import WORKERS
from workers.local import one, process

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Import everything, then fork a worker for each line that asks for one."""
    for worker in WORKERS:
        one.slice_of(worker)
    if threading.active_count() > 1:
        sys.exit("a module has started a thread, which no fork has")
    getproctitle()  # so that it finds its place, which is beside the environment that forks replace
    gc.collect()
    gc.freeze()  # the collector writes to what it looks at, and a page that is written to is no longer shared
    asked = _Template(socket.socket(fileno=os.dup(0))).serve()
    setproctitle(f"{sys.executable} -m workers worker {asked['worker']}")
    module, _, name = asked["entry"].partition(":")
    getattr(import_module(module), name)(asked["worker"])


class _Template:
    """What forks; `serve` returns in each child."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._woken, self._wake = socket.socketpair()
        self._wake.setblocking(False)
        self._pid = os.getpid()
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)

    def serve(self) -> dict[str, Any]:
        """Fork until the socket ends; return in the child, with what was asked for."""
        lines = self._channel.makefile("rb")
        with selectors.DefaultSelector() as ready:
            ready.register(self._channel, selectors.EVENT_READ)
            ready.register(self._woken, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    if key.fileobj is self._woken:
                        self._woken.recv(4096)
                        self._reap()
                        continue
                    line = lines.readline()
                    if not line:
                        sys.exit()
                    if asked := self._fork(json.loads(line)):
                        return asked

    def _fork(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        """Return in the child what was asked for, and nothing in the parent."""
        if time.monotonic() > asked["until"]:
            return None
        if pid := os.fork():
            self._tell({"pid": pid})
            return None
        self._become(asked)
        return asked

    def _become(self, asked: dict[str, Any]) -> None:
        """Leave the parent's things, and take those of a worker."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != self._pid:  # it died before we could ask
            sys.exit(1)
        os.setsid()
        for each in (self._channel, self._woken, self._wake):
            each.close()
        with Path(os.devnull).open("rb") as nothing, process.log_file(Path(asked["log"])) as output:
            os.dup2(nothing.fileno(), 0)
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        os.environ.clear()
        os.environ.update(asked["environment"])

    def _reap(self) -> None:
        try:
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self._tell({"pid": ended[0], "status": os.waitstatus_to_exitcode(ended[1])})
        except ChildProcessError:
            return

    def _tell(self, told: dict[str, int]) -> None:
        try:
            self._channel.sendall(json.dumps(told).encode() + b"\n")
        except OSError:
            sys.exit()  # whoever asked is gone
