"""The template: a process that has imported all modules of workers, and forks workers.

    python -m workers fork

Five workers that start at once would import the same modules five times, which takes two cores four seconds before the
first worker can connect. A fork takes milliseconds, and shares the memory of the modules.

Its stdin is a socket for JSON messages (SOCK_SEQPACKET). `{"worker", "entry", "environment", "log", "until"}` requests
a worker, whose process calls the entry, as in `module:function`, with the worker's name. It is forked only if the
monotonic clock has not passed `until`. The answer is `{"pid"}`, and `{"pid", "status"}` when the worker has ended.

`{"spare"}` comes with a socket and names another template, which serves that socket: a fork from before the first
worker, in case this process ends. The workers die with this process, its spare does not; each ends with its socket.
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
from workers.local.servers import exec_wrapper, process_control

_MESSAGE_BYTES_MAX = 1024 * 1024


def main() -> None:
    """Import everything, then fork a worker for each request."""
    for worker in WORKERS:
        run_worker.slice_of(worker)
    if threading.active_count() > 1:
        sys.exit("a module has started a thread, which a fork would not have")
    getproctitle()  # locates the title in memory, before forks replace the environment next to it
    gc.collect()
    gc.freeze()  # the collector would write to objects, and written pages are no longer shared
    gc.enable()
    request = _await_request(socket.socket(fileno=os.dup(0)))
    setproctitle(f"{sys.executable} -m workers worker {request['worker']}")
    module, _, name = request["entry"].partition(":")
    getattr(import_module(module), name)(request["worker"])


def _await_request(channel: socket.socket) -> dict[str, Any]:
    """Return the request in a worker; a spare continues with its own socket."""
    while True:
        became = _Template(channel).serve()
        if not isinstance(became, socket.socket):
            return became
        channel = became


class _Template:
    """Forks workers; `serve` returns in each child."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._woken, self._wake = socket.socketpair()
        self._wake.setblocking(False)
        self._pid = os.getpid()
        self._spare = 0
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)

    def serve(self) -> dict[str, Any] | socket.socket:
        """Fork until the socket ends; return the request in a worker, and the socket in a spare."""
        with selectors.DefaultSelector() as ready:
            ready.register(self._channel, selectors.EVENT_READ)
            ready.register(self._woken, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    became = self._reap() if key.fileobj is self._woken else self._answer()
                    if became is not None:
                        return became

    def _answer(self) -> dict[str, Any] | socket.socket | None:
        """Handle the next message; return None in this process itself."""
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
        """Return the socket in the spare, and None in this process."""
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
        """Stop being a template: close descriptors that a child must not have."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for resource in (self._channel, self._woken, self._wake):
            resource.close()

    def _become(self, request: dict[str, Any]) -> None:
        """Replace the parent's session, files and environment by the worker's."""
        self._leave()
        exec_wrapper.die_with(self._pid, signal.SIGKILL)
        os.setsid()
        with Path(os.devnull).open("rb") as nothing, process_control.log_file(Path(request["log"])) as output:
            os.dup2(nothing.fileno(), 0)
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        os.environ.clear()
        os.environ.update(request["environment"])

    def _reap(self) -> socket.socket | None:
        """Report ended children; replace an ended spare, in which this returns its socket."""
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
            sys.exit()  # the supervisor has gone
