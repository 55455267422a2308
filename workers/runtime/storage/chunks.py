"""Bytes that are kept in rows: cut when they are written, and read from any offset on, in any length."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncConnection

CHUNK: Final = 256 * 1024
"""Bytes of one row."""


def cut(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Cut bytes into numbered rows."""
    for number, start in enumerate(range(0, len(data), CHUNK)):
        yield number, data[start : start + CHUNK]


async def read(connection: AsyncConnection, statement: TextClause, offset: int, length: int, **named: Any) -> bytes:
    """Return some bytes, fewer at the end; the statement selects the rows from `first` to `last` of what is named."""
    first, last = offset // CHUNK, (offset + length - 1) // CHUNK
    rows = await connection.execute(statement, {**named, "first": first, "last": last})
    start = offset - first * CHUNK
    return b"".join(rows.scalars())[start : start + length]
