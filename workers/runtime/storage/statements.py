"""The statements of every batch, run by psycopg itself: SQLAlchemy's own way costs as much again as the statement.

Inside `transaction` nothing waits that need not: what reads waits for its rows; what writes travels with whatever is
sent next, at the latest with the commit.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

from psycopg import AsyncConnection as Driver
from psycopg import AsyncCursor, Error
from psycopg.rows import DictRow, dict_row
from sqlalchemy import TextClause
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

LANE_LOST = "IML01"
"""What `runtime.advance_lane` says when another process owns the lane: this connection has nothing more to do."""

DIALECT = psycopg.dialect()  # type: ignore[no-untyped-call] # untyped in SQLAlchemy


class Cursor(AsyncCursor[Any]):
    """What SQLAlchemy executes with: it looks at the result at once, which a pipeline has not read by then."""

    async def execute(self, *given: Any, **options: Any) -> Any:
        """Execute, and wait for the result."""
        await super().execute(*given, **options)
        await self._fetch_pipeline()
        return self


@lru_cache(maxsize=512)
def _sql(statement: TextClause) -> bytes:
    return str(statement.compile(dialect=DIALECT)).encode()


def _driver(connection: AsyncConnection) -> Driver[Any]:
    driver: Driver[Any] = connection.sync_connection.connection.driver_connection  # type: ignore[union-attr, assignment] # it is open
    return driver


def backend(connection: AsyncConnection) -> int:
    """Return the process id of a connection's session."""
    return _driver(connection).info.backend_pid


async def read(connection: AsyncConnection, statement: TextClause, given: Mapping[str, Any]) -> list[DictRow]:
    """Return the rows of a statement; database errors are SQLAlchemy's."""
    driver = _driver(connection)
    try:
        cursor = await AsyncCursor(driver, row_factory=dict_row).execute(_sql(statement), given)
        return await cursor.fetchall()
    except Error as error:
        raise await _translated(connection, driver, error) from error


async def write(connection: AsyncConnection, statement: TextClause, given: Mapping[str, Any]) -> None:
    """Execute a statement that returns nothing; inside `transaction` its failure may be told by a later one."""
    driver = _driver(connection)
    try:
        await AsyncCursor(driver).execute(_sql(statement), given)
    except Error as error:
        raise await _translated(connection, driver, error) from error


@asynccontextmanager
async def transaction(connection: AsyncConnection) -> AsyncIterator[None]:
    """Let the block be one transaction of an autocommitting connection, with as few round trips as it has reads."""
    driver = _driver(connection)
    async with connection.begin():
        try:
            async with driver.pipeline():
                await AsyncCursor(driver).execute("BEGIN", prepare=False)
                yield
                await AsyncCursor(driver).execute("COMMIT", prepare=False)
        except Error as error:
            raise await _translated(connection, driver, error) from error


async def _translated(connection: AsyncConnection, driver: Driver[Any], error: Error) -> StatementError:
    lost = driver.closed or error.sqlstate == LANE_LOST
    if lost:
        await connection.invalidate()
    return DBAPIError.instance(None, None, error, Error, hide_parameters=True, connection_invalidated=lost)
