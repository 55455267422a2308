"""The program of a child process, which runs foreign native code on what people wrote.

    python -m workers.common.sandboxed_job_main PARENT MEMORY_BYTES CPU_SECONDS

It imports the standard library and the modules of the called functions only, so it starts within 50 ms. Requests and
replies have the same form: the length of a head in 4 bytes, the head in JSON, then pieces of data. The pieces of a
streamed request come one by one, each behind its length in 4 bytes, until a length of 0.
"""

import ctypes
import errno
import json
import math
import os
import platform
import resource
import select
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple

PREFIX_BYTES = 4
NO_SPACE = "no space"
"""What a reply names instead of an exception where a disk is full."""

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_LOAD, _IS_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ARCHITECTURE, _NUMBER = 4, 0  # where the kernel puts them for a filter
_X86_64, _SOCKET, _IO_URING = 0xC000003E, 41, 425
_ALLOWED, _REFUSED = 0x7FFF0000, 0x00050001
_SOCKET_FILTER = (
    (_LOAD, 0, 0, _ARCHITECTURE),
    (_IS_EQUAL, 0, 4, _X86_64),
    (_LOAD, 0, 0, _NUMBER),
    (_IS_EQUAL, 2, 0, _SOCKET),
    (_IS_EQUAL, 1, 0, _IO_URING),
    (_RETURN, 0, 0, _ALLOWED),
    (_RETURN, 0, 0, _REFUSED),
)
"""A filter of calls of the kernel: each rule is a code, how many to skip if it is true or not, and a value."""

_NICE = 5  # lanes come first
_IDLE_SECONDS = 60.0
_JOBS_MAX = 500
_KEPT_BYTES_MAX = 128 * 1024 * 1024
"""A larger process ends after its job, which frees its memory."""

Facts = dict[str, Any]
"""The JSON part of a request or a reply."""


class JobResult(NamedTuple):
    """The result of a job; `worn` ends the process, because a library may be in an undefined state."""

    facts: Facts
    data: Sequence[bytes]
    worn: bool = False


Job = Callable[[Facts, Any], JobResult]
"""A function that a child can call; its data is a sequence of pieces, or an iterator over those of a stream."""


def message_parts(head: Facts, data: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return a message with a head and data in parts: joined, much data would be in memory twice."""
    encoded = json.dumps({**head, "sizes": [len(piece) for piece in data]}).encode()
    return (len(encoded).to_bytes(PREFIX_BYTES, "big"), encoded, *data)


def main() -> None:
    """Do one job after another until the requests end."""
    parent, memory_bytes, cpu_seconds = map(int, sys.argv[1:])
    _confine(parent, memory_bytes)
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output of a library must not mix with replies
    sys.excepthook = partial(_fail, replies)
    for number in range(1, _JOBS_MAX + 1):
        head, data = _request(requests)
        _grant(cpu_seconds)
        result = _job(head["function"])(head["facts"], data)
        is_worn = result.worn or head.get("is_streamed", False) or _resident_bytes() > _KEPT_BYTES_MAX
        last = is_worn or number == _JOBS_MAX
        replies.writelines(message_parts({"facts": result.facts, "last": last}, result.data))
        replies.flush()
        if last:
            return


def _confine(parent: int, memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would contain what people wrote
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:  # it died before prctl
            sys.exit(1)
        # RLIMIT_AS would count hundreds of megabytes of threads and arenas that are never used.
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
        _forbid_sockets()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its children
    with suppress(OSError):
        os.nice(_NICE)


def _forbid_sockets() -> None:
    """Have the kernel refuse new sockets to this process and its threads, if it can: no job needs a network."""
    if platform.machine() != "x86_64":
        return
    libc = ctypes.CDLL(None)
    rules = b"".join(struct.pack("=HBBI", *rule) for rule in _SOCKET_FILTER)
    held = ctypes.create_string_buffer(rules)
    program = struct.pack("HxxxxxxP", len(_SOCKET_FILTER), ctypes.addressof(held))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.c_char_p(program), 0, 0)


def _grant(cpu_seconds: int) -> None:
    """Give the next job its processor time, after which SIGXCPU ends the process."""
    until = math.ceil(time.process_time()) + cpu_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))


def _request(requests: BinaryIO) -> tuple[Facts, list[bytes] | Iterator[bytes]]:
    if not select.select([requests], [], [], _IDLE_SECONDS)[0]:
        sys.exit(0)
    prefix = requests.read(PREFIX_BYTES)
    if not prefix:
        sys.exit(0)
    head = json.loads(requests.read(int.from_bytes(prefix, "big")))
    if head.get("is_streamed"):
        return head, _pieces(requests)
    return head, [requests.read(size) for size in head["sizes"]]


def _pieces(requests: BinaryIO) -> Iterator[bytes]:
    """Yield the pieces of a stream.

    Raises:
        EOFError: It ends in the middle, because its sender has failed.
    """
    while size := int.from_bytes(_exactly(requests, PREFIX_BYTES), "big"):
        yield _exactly(requests, size)


def _exactly(requests: BinaryIO, size: int) -> bytes:
    data = requests.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _job(name: str) -> Job:
    module, _, function = name.partition(":")
    job: Job = getattr(import_module(module), function)
    return job


def _resident_bytes() -> int:
    if sys.platform != "linux":
        return 0
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize()


def _fail(replies: BinaryIO, kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    """Reply with the type of a job's exception, never its message; the process ends, because its state is unknown."""
    is_full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
    replies.writelines(message_parts({"failed": NO_SPACE if is_full else kind.__qualname__}, ()))
    replies.flush()


if __name__ == "__main__":
    main()
