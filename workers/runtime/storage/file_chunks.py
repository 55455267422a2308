"""Files stored as rows of chunks: split when written, readable from any offset in any length."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncConnection

CHUNK_BYTES: Final = 256 * 1024
"""Of one row."""


def cut(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Split bytes into numbered chunks."""
    for number, start in enumerate(range(0, len(data), CHUNK_BYTES)):
        yield number, data[start : start + CHUNK_BYTES]


async def read(
    connection: AsyncConnection, statement: TextClause, offset: int, length: int, **parameters: Any
) -> bytes:
    """Return bytes from an offset, fewer at the end; the statement selects the chunks from `first` to `last`."""
    first, last = offset // CHUNK_BYTES, (offset + length - 1) // CHUNK_BYTES
    rows = await connection.execute(statement, {**parameters, "first": first, "last": last})
    start = offset - first * CHUNK_BYTES
    return b"".join(rows.scalars())[start : start + length]
