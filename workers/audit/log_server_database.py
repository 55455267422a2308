"""The database log_server, often on another machine, which may be unreachable or not set up yet."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.errors import Code, Refusal
from workers.audit import tables
from workers.audit.entry_json import join_arrays
from workers.audit.row_types import NextBatchRow
from workers.runtime.queries.query_dispatch import LIMIT_STATEMENT_TIME
from workers.runtime.storage.database import SessionTimeouts, connect_autocommit, open_engine
from workers.runtime.storage.statement_execution import write

_BATCH_SECONDS = 20.0
"""Time limit of a batch: a silently dead connection would take far longer to fail."""

_STATEMENTS: Final = {
    False: ("entries", tables.INSERT_LOGGED_ENTRIES),
    True: ("steps", tables.INSERT_LOGGED_DELETIONS),
}
"""How rows are written, by whether they are deletions: the parameter that has their entries, and the statement."""

_engines: dict[AsyncEngine, AsyncEngine] = {}
"""The log server by the engine of the main database, which is all that a query has a connection to."""


@asynccontextmanager
async def connect(url: str, main_engine: AsyncEngine) -> AsyncIterator["LogServer"]:
    """Connect to the log server, and let queries with connections of `main_engine` use it during the block."""
    engine = open_engine(url, connections=8, waits=SessionTimeouts("incidents-audit-log-server"))
    _engines[main_engine] = engine
    try:
        yield LogServer(engine)
    finally:
        del _engines[main_engine]
        await engine.dispose()


@asynccontextmanager
async def connect_for_query(main_engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Connect to the log server for a query; refuse if none is configured or nothing was ever delivered."""
    engine = _engines.get(main_engine)
    if engine is None:
        raise Refusal(Code.UNAVAILABLE)
    async with engine.connect() as connection:
        await connection.execute(LIMIT_STATEMENT_TIME)
        try:
            yield connection
        except ProgrammingError as error:  # its tables are made with the first delivery
            raise Refusal(Code.UNAVAILABLE) from error


@asynccontextmanager
async def connect_for_work(main_engine: AsyncEngine) -> AsyncIterator[AsyncConnection | None]:
    """Connect to the log server for work in the background; None if there is none."""
    engine = _engines.get(main_engine)
    if engine is None:
        yield None
        return
    async with connect_autocommit(engine) as connection:
        yield connection


class LogServer:
    """Writes entries; creates its tables if they are missing."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Keep its engine."""
        self._engine = engine
        self._has_tables = False

    async def write(self, rows: Sequence[NextBatchRow]) -> None:
        """Write entries durably, and those of steps of sweeps; existing ones stay."""
        async with asyncio.timeout(_BATCH_SECONDS):
            if not self._has_tables:
                await self._make_tables()
            if rows:
                await self._insert(rows)

    async def _insert(self, rows: Sequence[NextBatchRow]) -> None:
        async with connect_autocommit(self._engine) as connection:
            try:
                for are_deletions, (name, statement) in _STATEMENTS.items():
                    if chosen := [row for row in rows if row["are_deletions"] is are_deletions]:
                        entries = join_arrays([row["entries"] for row in chosen])
                        await write(connection, statement, {name: entries, **_places(chosen)})
            except ProgrammingError:
                self._has_tables = False
                raise

    async def _make_tables(self) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(tables.LOCK_TABLES)
            await connection.run_sync(tables.create_log_server_tables)
        self._has_tables = True


def _places(rows: Sequence[NextBatchRow]) -> dict[str, Any]:
    """Return the numbers and the hashes of the entries of some rows."""
    indexes = [row["first_index"] + place for row in rows for place in range(row["size"])]
    return {"indexes": indexes, "hashes": b"".join(row["hashes"] for row in rows)}
