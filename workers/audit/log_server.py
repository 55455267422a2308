"""The database log_server: often on another machine, which may be away or not be there yet."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.errors import Code, Refusal
from workers.audit import tables
from workers.runtime.queries.query_service import LIMIT_STATEMENT_TIME
from workers.runtime.storage.database import LogBase, Waits, autocommit, insert_rows, open_engine

_BATCH_SECONDS = 20.0
"""How long a batch may take: a connection that died without a word would take far longer."""

_opened: dict[AsyncEngine, AsyncEngine] = {}
"""The log server of a process by its other database, to which alone a query is given a connection."""


@asynccontextmanager
async def opened(url: str, beside: AsyncEngine) -> AsyncIterator["LogServer"]:
    """Make the log server known to the queries that read `beside`, for as long as the block lasts."""
    engine = open_engine(url, connections=8, waits=Waits("incidents-audit-log-server"))
    _opened[beside] = engine
    try:
        yield LogServer(engine)
    finally:
        del _opened[beside]
        await engine.dispose()


@asynccontextmanager
async def reading(beside: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Connect to the log server for a query, or refuse where none is configured or nothing was ever delivered."""
    engine = _opened.get(beside)
    if engine is None:
        raise Refusal(Code.UNAVAILABLE)
    async with engine.connect() as connection:
        await connection.execute(LIMIT_STATEMENT_TIME)
        try:
            yield connection
        except ProgrammingError as error:  # its tables are made with the first delivery
            raise Refusal(Code.UNAVAILABLE) from error


class LogServer:
    """Takes entries; makes its tables when they are not there."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Remember where it is; nothing is known of it yet."""
        self._engine = engine
        self._has_tables = False

    async def write(self, entries: list[dict[str, Any]]) -> None:
        """Write entries durably; those that are there already stay as they are."""
        async with asyncio.timeout(_BATCH_SECONDS):
            if not self._has_tables:
                await self._make_tables()
            if entries:
                await self._insert(entries)

    async def _insert(self, entries: list[dict[str, Any]]) -> None:
        async with autocommit(self._engine).connect() as connection:
            try:
                await insert_rows(connection, tables.LogEntry, entries, conflict="ON CONFLICT DO NOTHING")
            except ProgrammingError:
                self._has_tables = False
                raise

    async def _make_tables(self) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(tables.MAKING_TABLES)
            await connection.run_sync(LogBase.metadata.create_all)
        self._has_tables = True
