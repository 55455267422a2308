"""Streamed jobs: data that is larger than the memory of a child, in a file that the child inherits."""

import os
from collections.abc import AsyncIterator
from tempfile import TemporaryFile

import pytest

from tests.runtime.jobs import HERE
from workers.common.sandboxed_job_requests import Stream
from workers.common.sandboxed_jobs import Cause, ChildError, Limits, ProcessPool

MEGABYTE = b"\x00\xff" * 500_000
TIGHT = Limits(children=1, memory_bytes=32 * 1024 * 1024)


class SenderError(Exception):
    """What the source of a stream may raise."""


@pytest.fixture
async def pool() -> AsyncIterator[ProcessPool]:
    """Children with little memory."""
    async with ProcessPool(TIGHT).open() as opened:
        yield opened


async def pieces(count: int, *, fails: bool = False) -> AsyncIterator[bytes]:
    """Yield so many pieces of a megabyte, with an empty one before each."""
    for _ in range(count):
        yield b""
        yield MEGABYTE
    if fails:
        raise SenderError


async def test_a_stream_is_larger_than_the_memory_of_its_child(pool: ProcessPool) -> None:
    """Every piece arrives in its order, an empty one ends nothing, and the child takes no other job."""
    with TemporaryFile() as target:
        handle = target.fileno()
        reply = await pool.stream(f"{HERE}:copy_stream", {"target": handle}, Stream(pieces(100), [handle]))
        assert reply.facts["count"] == 100
        assert os.fstat(handle).st_size == 100 * len(MEGABYTE)
        target.seek(0)
        assert all(target.read(len(MEGABYTE)) == MEGABYTE for _ in range(100))
    assert pool.pids == []


async def test_a_child_that_dies_costs_its_job_alone(pool: ProcessPool) -> None:
    """If the child ends in the middle of a stream, the sender is told, and the next stream is sent."""
    with pytest.raises(ChildError) as death:
        await pool.stream(f"{HERE}:take_one", {"status": 3}, Stream(pieces(100), []))
    assert death.value.cause == Cause.CRASH
    assert death.value.symptom == "status 3"
    with TemporaryFile() as target:
        source = Stream(pieces(1), [target.fileno()])
        assert (await pool.stream(f"{HERE}:copy_stream", {"target": target.fileno()}, source)).facts["count"] == 1


async def test_a_sender_that_fails_ends_its_child(pool: ProcessPool) -> None:
    """What the source raises is raised to the caller, and no child waits for the rest."""
    with TemporaryFile() as target:
        source = Stream(pieces(3, fails=True), [target.fileno()])
        with pytest.raises(SenderError):
            await pool.stream(f"{HERE}:copy_stream", {"target": target.fileno()}, source)
    assert pool.pids == []
    assert pool.busy == 0
