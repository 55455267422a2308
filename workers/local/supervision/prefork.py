"""A process that has imported what workers need, and becomes one of them by forking.

    python -m workers fork

Five workers that start at once import the same modules five times, which takes two cores four seconds before the
first of them can connect. A fork takes milliseconds, and shares the memory of what was imported.

Its stdin is a socket for messages (SOCK_SEQPACKET), each of which is JSON. `{"worker", "entry", "environment", "log",
"until"}` asks for a worker. Its process calls the entry, as in `module:function`, with the worker's name. It is forked
if the monotonic clock has not passed `until`. The answer is `{"pid"}`, and `{"pid", "status"}` when it has ended.

`{"spare"}` comes with a socket, and names a process that does the same by that socket: a fork that was made before any
worker, in case this one ends. The workers die with this process, its spare does not; each ends with its socket.
"""

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
from workers.local import run_worker
from workers.local.servers import launch, process

_MESSAGE_BYTES_MAX = 1024 * 1024


def main() -> None:
    """Import everything, then fork a worker for each line that asks for one."""
    for worker in WORKERS:
        run_worker.slice_of(worker)
    if threading.active_count() > 1:
        sys.exit("a module has started a thread, which no fork has")
    getproctitle()  # so that it finds its place, which is beside the environment that forks replace
    gc.collect()
    gc.freeze()  # the collector writes to what it looks at, and a page that is written to is no longer shared
    request = _await_request(socket.socket(fileno=os.dup(0)))
    setproctitle(f"{sys.executable} -m workers worker {request['worker']}")
    module, _, name = request["entry"].partition(":")
    getattr(import_module(module), name)(request["worker"])


def _await_request(channel: socket.socket) -> dict[str, Any]:
    """Return in a worker what was asked for; a process that is a spare goes on with its own socket."""
    while True:
        became = _Template(channel).serve()
        if not isinstance(became, socket.socket):
            return became
        channel = became


class _Template:
    """What forks; `serve` returns in each child."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._woken, self._wake = socket.socketpair()
        self._wake.setblocking(False)
        self._pid = os.getpid()
        self._spare = 0
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)

    def serve(self) -> dict[str, Any] | socket.socket:
        """Fork until the socket ends; return in a worker what was asked for, and in a spare its socket."""
        with selectors.DefaultSelector() as ready:
            ready.register(self._channel, selectors.EVENT_READ)
            ready.register(self._woken, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    became = self._reap() if key.fileobj is self._woken else self._answer()
                    if became is not None:
                        return became

    def _answer(self) -> dict[str, Any] | socket.socket | None:
        """Do what the next message asks for; return nothing in this process itself."""
        message = self._channel.recv(_MESSAGE_BYTES_MAX)
        if not message:
            sys.exit()
        if not self._spare and (channel := self._fork_spare()):
            return channel
        request: dict[str, Any] = json.loads(message)
        if time.monotonic() > request["until"]:
            return None
        if pid := os.fork():
            self._send({"pid": pid})
            return None
        self._become(request)
        return request

    def _fork_spare(self) -> socket.socket | None:
        """Return its socket in the spare, and nothing in this process."""
        theirs, channel = socket.socketpair(type=socket.SOCK_SEQPACKET)
        self._spare = os.fork()
        if not self._spare:
            theirs.close()
            self._leave()
            return channel
        with theirs, channel:
            self._send({"spare": self._spare}, theirs.fileno())
        return None

    def _leave(self) -> None:
        """Be no template any more: close what a child has no business with."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for resource in (self._channel, self._woken, self._wake):
            resource.close()

    def _become(self, request: dict[str, Any]) -> None:
        """Leave the parent's things, and take those of a worker."""
        self._leave()
        launch.die_with(self._pid, signal.SIGKILL)
        os.setsid()
        with Path(os.devnull).open("rb") as nothing, process.log_file(Path(request["log"])) as output:
            os.dup2(nothing.fileno(), 0)
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        os.environ.clear()
        os.environ.update(request["environment"])

    def _reap(self) -> socket.socket | None:
        """Tell of children that have ended; a spare that has ended is replaced, and returned from as one."""
        self._woken.recv(4096)
        try:
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self._spare:
                    self._spare = 0
                else:
                    self._send({"pid": ended[0], "status": os.waitstatus_to_exitcode(ended[1])})
        except ChildProcessError:
            pass
        return None if self._spare else self._fork_spare()

    def _send(self, news: dict[str, int], *descriptors: int) -> None:
        try:
            socket.send_fds(self._channel, [json.dumps(news).encode()], descriptors)
        except OSError:
            sys.exit()  # whoever asked is gone
