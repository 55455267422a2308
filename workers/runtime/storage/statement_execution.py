"""The statements of every batch, run on libpq's pipeline, because SQLAlchemy's overhead would double their cost.

Inside `transaction` reads wait for their rows; writes are sent with the next read, at the latest with the commit.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection as Driver
from psycopg import AsyncCursor, Error, OperationalError
from psycopg.rows import DictRow
from sqlalchemy import TextClause
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.runtime.storage.libpq_pipeline import Pipeline

LANE_LOST = "IML01"
"""The SQLSTATE of `runtime.advance_lane` if another process owns the lane; this connection is then of no use."""

DIALECT = psycopg.dialect()  # type: ignore[no-untyped-call] # untyped in SQLAlchemy

_ENDED = frozenset({"57P01", "57P02", "57P05", "25P03", "25P04"})
"""SQLSTATEs with which the server ends a session: by an administrator, at a crash, or after a time without work."""

_pipelines: WeakKeyDictionary[Driver[Any], Pipeline] = WeakKeyDictionary()


class Cursor(AsyncCursor[Any]):
    """The cursor for SQLAlchemy, whose statements run between those of the pipeline, and not on it."""

    async def execute(self, *arguments: Any, **options: Any) -> Any:
        """Execute what the pipeline has first, then the statement."""
        if pipeline := _pipelines.get(self.connection):
            await pipeline.finish()
        return await super().execute(*arguments, **options)


@lru_cache(maxsize=512)
def _sql(statement: TextClause) -> str:
    return str(statement.compile(dialect=DIALECT))


def _driver(connection: AsyncConnection) -> Driver[Any]:
    if connection.invalidated:  # SQLAlchemy would connect again, without the lane's lock
        raise DBAPIError.instance(
            None, None, OperationalError("the connection is lost"), Error, connection_invalidated=True
        )
    driver: Driver[Any] = connection.sync_connection.connection.driver_connection  # type: ignore[union-attr, assignment] # it is open
    return driver


def _pipeline(driver: Driver[Any]) -> Pipeline:
    pipeline = _pipelines.get(driver)
    if pipeline is None:
        pipeline = _pipelines[driver] = Pipeline(driver)
    return pipeline


def keep_prepared(connection: AsyncConnection) -> None:
    """Keep the statements of a connection that runs batches for long prepared; psycopg then prepares none on it."""
    driver = _driver(connection)
    driver.prepare_threshold = None
    _pipeline(driver).prepares = True


def backend(connection: AsyncConnection) -> int:
    """Return the process id of a connection's session."""
    return _driver(connection).info.backend_pid


async def read(connection: AsyncConnection, statement: TextClause, parameters: Mapping[str, Any]) -> list[DictRow]:
    """Return the rows of a statement; database errors are SQLAlchemy's."""
    driver = _driver(connection)
    pipeline = _pipeline(driver)
    try:
        answer = pipeline.send(driver, _sql(statement), parameters)
        await (pipeline.wait_for(answer) if pipeline.in_transaction else pipeline.finish())
        return answer.rows()
    except Error as error:
        raise await _translate(connection, driver, error) from error


Question: TypeAlias = tuple[TextClause, Mapping[str, Any]]
"""A statement that reads, with its parameters."""


async def read_together(connection: AsyncConnection, questions: Mapping[str, Question]) -> dict[str, list[DictRow]]:
    """Return the rows of several statements by their names; they are executed in order, for one round trip."""
    driver = _driver(connection)
    pipeline = _pipeline(driver)
    try:
        answers = {
            name: pipeline.send(driver, _sql(statement), parameters)
            for name, (statement, parameters) in questions.items()
        }
        if answers:
            last = [*answers.values()][-1]
            await (pipeline.wait_for(last) if pipeline.in_transaction else pipeline.finish())
        return {name: answer.rows() for name, answer in answers.items()}
    except Error as error:
        raise await _translate(connection, driver, error) from error


async def write(connection: AsyncConnection, statement: TextClause, parameters: Mapping[str, Any]) -> None:
    """Execute a statement without a result; inside `transaction` a later statement may raise its error."""
    driver = _driver(connection)
    pipeline = _pipeline(driver)
    try:
        pipeline.send(driver, _sql(statement), parameters)
        if not pipeline.in_transaction:
            await pipeline.finish()
    except Error as error:
        raise await _translate(connection, driver, error) from error


async def read_later(
    connection: AsyncConnection, statement: TextClause, parameters: Mapping[str, Any]
) -> Callable[[], list[DictRow]]:
    """Execute a statement inside `transaction`; what is returned gives its rows when the transaction is committed."""
    driver = _driver(connection)
    try:
        return _pipeline(driver).send(driver, _sql(statement), parameters).rows
    except Error as error:
        raise await _translate(connection, driver, error) from error


@asynccontextmanager
async def transaction(connection: AsyncConnection) -> AsyncIterator[None]:
    """Run the block as one transaction of an autocommitting connection, with one round trip per read."""
    driver = _driver(connection)
    pipeline = _pipeline(driver)
    pipeline.in_transaction = True
    try:
        pipeline.command(b"BEGIN")
        yield
        pipeline.command(b"COMMIT")
        await pipeline.finish()
    except Error as error:
        raise await _translate(connection, driver, error) from error
    finally:
        pipeline.in_transaction = False
        await _leave(connection, driver, pipeline)


async def _leave(connection: AsyncConnection, driver: Driver[Any], pipeline: Pipeline) -> None:
    """Roll back what was not committed, and end what SQLAlchemy takes for its own transaction."""
    if connection.invalidated:
        return
    try:
        if not driver.closed:
            await pipeline.undo()
    except Error:
        await driver.close()
    if driver.closed:
        await connection.invalidate()
    elif connection.in_transaction():
        await connection.rollback()


async def _translate(connection: AsyncConnection, driver: Driver[Any], error: Error) -> StatementError:
    lost = driver.closed or error.sqlstate == LANE_LOST or error.sqlstate in _ENDED
    if lost:
        await connection.invalidate()
    return DBAPIError.instance(None, None, error, Error, hide_parameters=True, connection_invalidated=lost)
