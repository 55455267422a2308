"""What is sent to a child process: a request that is in memory, or pieces of data as they come."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from typing import Any, NamedTuple

from workers.common.sandboxed_job_main import PREFIX_BYTES, message_parts


class Stream(NamedTuple):
    """Data that a job gets piece by piece, the open files that its child inherits, and its additional time."""

    pieces: AsyncIterable[bytes]
    handles: Sequence[int]
    more_seconds: int = 0
    """Of processor time, in addition to that of every job."""


async def each_part(parts: Sequence[bytes]) -> AsyncIterator[bytes]:
    """Yield the parts of a request that is in memory."""
    for part in parts:
        yield part


async def streamed(head: dict[str, Any], pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Yield the parts of a request whose data comes in pieces; an empty piece would end it, and is left out."""
    for part in message_parts({**head, "is_streamed": True}, ()):
        yield part
    async for piece in pieces:
        if piece:
            yield len(piece).to_bytes(PREFIX_BYTES, "big")
            yield piece
    yield bytes(PREFIX_BYTES)
