"""Files stored as rows of chunks: split when written, readable from any offset in any length."""

import asyncio
from collections.abc import Iterator
from itertools import count
from typing import Any, BinaryIO, Final

from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncConnection

CHUNK_BYTES: Final = 256 * 1024
"""Of one row."""

_CHUNKS_AT_ONCE: Final = 8
"""Chunks that are in memory while a file is written."""


def cut(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Split bytes into numbered chunks."""
    for number, start in enumerate(range(0, len(data), CHUNK_BYTES)):
        yield number, data[start : start + CHUNK_BYTES]


async def write(connection: AsyncConnection, statement: TextClause, file: BinaryIO, **parameters: Any) -> None:
    """Write a file from its beginning; the statement inserts a chunk with its `number` and its `data`."""
    await asyncio.to_thread(file.seek, 0)
    for first in count(0, _CHUNKS_AT_ONCE):
        data = await asyncio.to_thread(file.read, _CHUNKS_AT_ONCE * CHUNK_BYTES)
        if not data:
            return
        rows = [{**parameters, "number": first + number, "data": chunk} for number, chunk in cut(data)]
        await connection.execute(statement, rows)


async def read(
    connection: AsyncConnection, statement: TextClause, offset: int, length: int, **parameters: Any
) -> bytes:
    """Return bytes from an offset, fewer at the end; the statement selects the chunks from `first` to `last`."""
    first, last = offset // CHUNK_BYTES, (offset + length - 1) // CHUNK_BYTES
    rows = await connection.execute(statement, {**parameters, "first": first, "last": last})
    start = offset - first * CHUNK_BYTES
    return b"".join(rows.scalars())[start : start + length]
