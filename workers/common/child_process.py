"""The program of a child process, where foreign native code works on what people wrote.

    python -m workers.common.child_process PARENT MEMORY_BYTES CPU_SECONDS

It imports the standard library and whatever the functions need that it is asked to call, so it starts within 50 ms.
A request and a reply have the same form: the length of a head in 4 bytes, the head in JSON, then pieces of data.
"""

import ctypes
import json
import math
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple

PREFIX_BYTES = 4
_PR_SET_PDEATHSIG = 1
_NICE = 5  # lanes come first
_IDLE_SECONDS = 60.0
_JOBS_MAX = 500
_KEPT_BYTES_MAX = 128 * 1024 * 1024
"""What stays of a large job for good is given back with the process."""

Facts = dict[str, Any]
"""What is told beside the data; it must be JSON."""


class JobResult(NamedTuple):
    """What a job made; `worn` ends the process, where a library may have been left in any state."""

    facts: Facts
    data: Sequence[bytes]
    worn: bool = False


Job = Callable[[Facts, Sequence[bytes]], JobResult]
"""What a child can be asked to call."""


def pack(head: Facts, data: Sequence[bytes]) -> bytes:
    """Return a message of a head and data."""
    encoded = json.dumps({**head, "sizes": [len(piece) for piece in data]}).encode()
    return b"".join((len(encoded).to_bytes(PREFIX_BYTES, "big"), encoded, *data))


def main() -> None:
    """Do one job after another, until nobody wants one any more."""
    parent, memory_bytes, cpu_seconds = map(int, sys.argv[1:])
    _confine(parent, memory_bytes)
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no reply
    sys.excepthook = partial(_fail, replies)
    for number in range(1, _JOBS_MAX + 1):
        head, data = _request(requests)
        _grant(cpu_seconds)
        result = _job(head["function"])(head["facts"], data)
        last = result.worn or number == _JOBS_MAX or _resident_bytes() > _KEPT_BYTES_MAX
        replies.write(pack({"facts": result.facts, "last": last}, result.data))
        replies.flush()
        if last:
            return


def _confine(parent: int, memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold what people wrote
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:  # it died before we could ask
            sys.exit(1)
        # Of RLIMIT_AS, threads and arenas take hundreds of megabytes that they never use.
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its children
    with suppress(OSError):
        os.nice(_NICE)


def _grant(cpu_seconds: int) -> None:
    """Let the next job have its own time; SIGXCPU ends the process after it."""
    until = math.ceil(time.process_time()) + cpu_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))


def _request(requests: BinaryIO) -> tuple[Facts, list[bytes]]:
    if not select.select([requests], [], [], _IDLE_SECONDS)[0]:
        sys.exit(0)
    prefix = requests.read(PREFIX_BYTES)
    if not prefix:
        sys.exit(0)
    head = json.loads(requests.read(int.from_bytes(prefix, "big")))
    return head, [requests.read(size) for size in head["sizes"]]


def _job(name: str) -> Job:
    module, _, function = name.partition(":")
    job: Job = getattr(import_module(module), function)
    return job


def _resident_bytes() -> int:
    if sys.platform != "linux":
        return 0
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize()


def _fail(replies: BinaryIO, kind: type[BaseException], _: BaseException, __: TracebackType | None) -> None:
    """Tell the type of what a job raised, and never its message; the process ends, since its state is unknown."""
    replies.write(pack({"failed": kind.__qualname__}, ()))
    replies.flush()


if __name__ == "__main__":
    main()
