"""Copies of the statements about dropped entries outside the database: a file for each log, beside its checkpoints."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Store

STATEMENTS: Final = ".dropped"
"""The end of the names of the files."""

_NOTES: Final = text("SELECT note FROM audit.dropped WHERE store = :store ORDER BY first")


async def copy_statements(connection: AsyncConnection, folder: Path | None) -> int:
    """Append the statements that the files lack, and return how many.

    A process may be killed between a statement and its copy: the next pass makes it.

    Raises:
        OSError: A file cannot be written.
    """
    copied = 0
    for store in Store if folder else ():
        notes = (await connection.execute(_NOTES, {"store": store.value})).scalars().all()
        if folder and notes:
            copied += await asyncio.to_thread(_append, folder / f"{store}{STATEMENTS}", notes)
    return copied


def _append(path: Path, notes: Sequence[str]) -> int:
    known = path.read_text("utf-8", errors="replace") if path.exists() else ""
    missing = [note for note in notes if note not in known]
    if missing:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            # The line end ends what a crash may have cut off.
            file.write("".join(f"\n{note}" for note in missing))
            file.flush()
            os.fsync(file.fileno())
    return len(missing)
