"""The statements of every batch, run by psycopg directly, because SQLAlchemy's overhead would double their cost.

Inside `transaction` statements are pipelined: reads wait for their rows; writes are sent with the next statement, at
the latest with the commit.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
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
"""The SQLSTATE of `runtime.advance_lane` if another process owns the lane; this connection is then of no use."""

DIALECT = psycopg.dialect()  # type: ignore[no-untyped-call] # untyped in SQLAlchemy


class Cursor(AsyncCursor[Any]):
    """The cursor for SQLAlchemy, which reads a result at once, before a pipeline has received it."""

    async def execute(self, *arguments: Any, **options: Any) -> Any:
        """Execute, and wait for the result."""
        await super().execute(*arguments, **options)
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


async def read(connection: AsyncConnection, statement: TextClause, parameters: Mapping[str, Any]) -> list[DictRow]:
    """Return the rows of a statement; database errors are SQLAlchemy's."""
    driver = _driver(connection)
    try:
        cursor = await AsyncCursor(driver, row_factory=dict_row).execute(_sql(statement), parameters)
        return await cursor.fetchall()
    except Error as error:
        raise await _translate(connection, driver, error) from error


async def write(connection: AsyncConnection, statement: TextClause, parameters: Mapping[str, Any]) -> None:
    """Execute a statement without a result; inside `transaction` a later statement may raise its error."""
    driver = _driver(connection)
    try:
        await AsyncCursor(driver).execute(_sql(statement), parameters)
    except Error as error:
        raise await _translate(connection, driver, error) from error


async def read_later(
    connection: AsyncConnection, statement: TextClause, parameters: Mapping[str, Any]
) -> Callable[[], Awaitable[list[DictRow]]]:
    """Execute a statement inside `transaction`; what is returned gives its rows when the transaction is committed."""
    driver = _driver(connection)
    try:
        cursor = await AsyncCursor(driver, row_factory=dict_row).execute(_sql(statement), parameters)
    except Error as error:
        raise await _translate(connection, driver, error) from error
    return cursor.fetchall


@asynccontextmanager
async def transaction(connection: AsyncConnection) -> AsyncIterator[None]:
    """Run the block as one transaction of an autocommitting connection, with one round trip per read."""
    driver = _driver(connection)
    async with connection.begin():
        try:
            async with driver.pipeline():
                await AsyncCursor(driver).execute("BEGIN", prepare=False)
                yield
                await AsyncCursor(driver).execute("COMMIT", prepare=False)
        except Error as error:
            raise await _translate(connection, driver, error) from error


async def _translate(connection: AsyncConnection, driver: Driver[Any], error: Error) -> StatementError:
    lost = driver.closed or error.sqlstate == LANE_LOST
    if lost:
        await connection.invalidate()
    return DBAPIError.instance(None, None, error, Error, hide_parameters=True, connection_invalidated=lost)
