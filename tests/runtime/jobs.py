"""What tests ask child processes to do: good work, and every way to come to grief."""

import ctypes
import os
import resource
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from workers.common.sandboxed_job_main import Facts, JobResult

HERE = "tests.runtime.jobs"


def echo(facts: Facts, parts: Sequence[bytes]) -> JobResult:
    """Answer with what was asked."""
    return JobResult({**facts, "pid": os.getpid()}, parts)


def copy_stream(facts: Facts, pieces: Iterator[bytes]) -> JobResult:
    """Write what comes into an inherited file, piece by piece."""
    with os.fdopen(facts["target"], "wb") as target:
        sizes = [target.write(piece) for piece in pieces]
    return JobResult({"count": len(sizes), "pid": os.getpid()}, ())


def take_one(facts: Facts, pieces: Iterator[bytes]) -> JobResult:
    """End in the middle of a stream, as code that crashes does."""
    next(pieces)
    os._exit(facts["status"])


def environment(_: Facts, __: Sequence[bytes]) -> JobResult:
    """Tell what the process was given."""
    return JobResult({"names": sorted(os.environ), "core": list(resource.getrlimit(resource.RLIMIT_CORE))}, ())


def fill(_: Facts, __: Sequence[bytes]) -> JobResult:
    """Write to a disk that is full."""
    Path("/dev/full").write_bytes(b"x")
    raise AssertionError


def chatter(facts: Facts, _: Sequence[bytes]) -> JobResult:
    """Print much, to both outputs."""
    for _turn in range(20_000):
        os.write(1, facts["said"].encode())
        os.write(2, facts["said"].encode())
    return JobResult({"pid": os.getpid()}, ())


def grow(facts: Facts, _: Sequence[bytes]) -> JobResult:
    """Keep some memory until the process ends."""
    blocks = getattr(sys, "kept", [])
    blocks.append(b"\1" * facts["bytes"])
    setattr(sys, "kept", blocks)  # noqa: B010 - outlives the call, as a library's cache does
    return JobResult({"pid": os.getpid()}, ())


def once(facts: Facts, parts: Sequence[bytes]) -> JobResult:
    """Crash unless somebody tried before."""
    try:
        os.close(os.open(facts["path"], os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return echo(facts, parts)
    return crash(facts, parts)


def crash(_: Facts, __: Sequence[bytes]) -> JobResult:
    """Read where nothing is."""
    ctypes.string_at(0)
    return JobResult({}, ())


def leave(_: Facts, __: Sequence[bytes]) -> JobResult:
    """End the process."""
    sys.exit(0)


def fail(facts: Facts, _: Sequence[bytes]) -> JobResult:
    """Raise what quotes its input."""
    raise ValueError(facts["said"])


def hang(_: Facts, __: Sequence[bytes]) -> JobResult:
    """Never answer."""
    threading.Event().wait()
    return JobResult({}, ())


def burn(_: Facts, __: Sequence[bytes]) -> JobResult:
    """Compute for ever."""
    while True:
        pass


def devour(_: Facts, __: Sequence[bytes]) -> JobResult:
    """Want more memory than there is."""
    return JobResult({"length": len([b"\1" * 1_000_000 for _ in range(10_000)])}, ())


def babble(_: Facts, __: Sequence[bytes]) -> JobResult:
    """Write where replies go what is no reply, and end."""
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, b"\xff\xff\xff\xff" + b"[" * 100)
        except OSError:
            continue
    os._exit(0)


def network(facts: Facts, data: Sequence[bytes]) -> JobResult:
    """Open a socket, also in a thread as native code does, and say how that ended."""
    with ThreadPoolExecutor(1) as pool:
        return JobResult({"here": _open_socket(), "in_a_thread": pool.submit(_open_socket).result()}, ())


def _open_socket() -> str:
    try:
        socket.socket().close()
    except OSError as error:
        return type(error).__name__
    return "opened"
