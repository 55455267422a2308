"""The pipeline of a connection: values as psycopg gives them, statements prepared once, and nothing half done."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from psycopg.errors import DivisionByZero
from sqlalchemy import ARRAY, Integer, Uuid, bindparam, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.support import Site, eventually
from workers.runtime.storage.database import connect_autocommit
from workers.runtime.storage.statement_execution import keep_prepared, read, read_later, transaction, write

ID = UUID("0190a000-0000-7000-8000-000000000001")
AT = datetime(2026, 11, 27, 1, 2, 3, 4, tzinfo=UTC)
VALUES = text(
    """
    SELECT CAST(:id AS uuid) AS id, CAST(:at AS timestamptz) AS at, CAST(:number AS numeric) AS number,
        CAST(:nothing AS text) AS nothing, CAST(:yes AS boolean) AS yes, CAST(:document AS json) AS document,
        CAST(:raw AS bytea) AS raw, :ids AS ids, :places AS places, '100%' AS percent
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("places", type_=ARRAY(Integer)))
PREPARED = text("SELECT count(*) AS number FROM pg_prepared_statements WHERE name LIKE 'lane%'")
SLEEP = text("SELECT pg_sleep(:seconds)")
QUOTIENT = text("SELECT 6 / CAST(:by AS integer) AS number")


@pytest.fixture
async def lane(site: Site) -> AsyncIterator[AsyncConnection]:
    """A connection as lanes have one."""
    async with connect_autocommit(site.engine) as connection:
        yield connection


async def quotient(lane: AsyncConnection, by: int) -> int:
    """Divide six on the server."""
    [row] = await read(lane, QUOTIENT, {"by": by})
    return int(row["number"])


async def test_values_come_back_as_they_are(lane: AsyncConnection) -> None:
    """Parameters and columns have the types of psycopg, also where a statement has none or an empty list."""
    parameters = {"id": ID, "at": AT, "number": Decimal("0.10"), "nothing": None, "yes": True, "raw": b"\x00\xff"}
    lists = {"ids": [ID], "places": []}
    [row] = await read(lane, VALUES, {**parameters, **lists, "document": '{"é": [1, null]}'})
    assert row == {**parameters, **lists, "document": {"é": [1, None]}, "percent": "100%"}


async def test_a_large_parameter_is_sent_whole(lane: AsyncConnection) -> None:
    """A statement that fills the socket's buffer many times arrives, and so does its answer."""
    [row] = await read(lane, text("SELECT CAST(:text AS text) AS text"), {"text": "x" * 20_000_000})
    assert len(row["text"]) == 20_000_000


async def test_a_statement_is_prepared_once(lane: AsyncConnection) -> None:
    """A connection of a lane keeps its statements, also over a transaction that failed."""
    keep_prepared(lane)
    assert [await quotient(lane, number) for number in (1, 2, 3)] == [6, 3, 2]
    with pytest.raises(DBAPIError):
        async with transaction(lane):
            await quotient(lane, 0)
    assert await quotient(lane, 6) == 1
    assert [row["number"] for _ in range(2) for row in await read(lane, PREPARED, {})] == [2, 2]


async def test_a_statement_that_the_server_forgot_is_prepared_again(lane: AsyncConnection) -> None:
    """The first use of a forgotten statement fails, and the next one prepares it."""
    keep_prepared(lane)
    await quotient(lane, 1)
    await lane.execute(text("DEALLOCATE ALL"))
    with pytest.raises(DBAPIError):
        await quotient(lane, 1)
    assert await quotient(lane, 2) == 3


async def test_rows_that_are_read_later_come_with_the_commit(lane: AsyncConnection) -> None:
    """What a transaction reads for later is known when it is committed."""
    async with transaction(lane):
        rows = await read_later(lane, QUOTIENT, {"by": 3})
    assert rows() == [{"number": 2}]


async def test_the_first_error_ends_a_transaction(lane: AsyncConnection) -> None:
    """An error comes with the read behind it, as SQLAlchemy's, and the connection can be used again."""

    async def fail() -> None:
        async with transaction(lane):
            await write(lane, QUOTIENT, {"by": 0})
            await quotient(lane, 1)

    with pytest.raises(DBAPIError) as refusal:
        await fail()
    assert isinstance(refusal.value.orig, DivisionByZero)
    assert not refusal.value.connection_invalidated
    assert await quotient(lane, 3) == 2


async def test_a_transaction_of_others_holds_what_the_pipeline_writes(site: Site) -> None:
    """Where a connection does not commit by itself, a statement belongs to its transaction."""
    await site.sql("CREATE TABLE runtime.kept (number integer)")
    put = text("INSERT INTO runtime.kept VALUES (:number)")
    for number in (1, 2):
        with suppress(KeyError):
            async with site.engine.begin() as connection:
                await write(connection, put, {"number": number})
                if number == 1:
                    raise KeyError
    assert [row.number for row in await site.sql("SELECT number FROM runtime.kept")] == [2]


async def test_an_interrupted_read_gives_the_connection_up(site: Site, lane: AsyncConnection) -> None:
    """Whoever is cancelled while he waits leaves no connection behind of which nobody knows what it does."""

    async def wait() -> None:
        async with transaction(lane):
            await read(lane, SLEEP, {"seconds": 60})

    async def is_asleep() -> bool:
        return bool(await site.sql("SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'"))

    waiting = asyncio.create_task(wait())
    await eventually(is_asleep)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert lane.invalidated
    with pytest.raises(DBAPIError) as lost:
        await quotient(lane, 1)
    assert lost.value.connection_invalidated
