"""The transaction of a batch: what is written travels later than it is said, and still all of it or nothing."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg.errors import CheckViolation
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.support import Site
from workers.runtime.storage.database import connect_autocommit
from workers.runtime.storage.statement_execution import read, read_together, transaction, write

INSERT = text("INSERT INTO runtime.kept VALUES (:number)")
NUMBERS = text("SELECT number FROM runtime.kept ORDER BY number")
INSERT_AND_RETURN = text("INSERT INTO runtime.kept VALUES (:number) RETURNING number")


@pytest.fixture
async def lane(site: Site) -> AsyncIterator[AsyncConnection]:
    """A connection as lanes have one, and a table of positive numbers."""
    await site.sql("CREATE TABLE runtime.kept (number integer CHECK (number > 0))")
    async with connect_autocommit(site.engine) as connection:
        yield connection


async def stored_numbers(site: Site) -> list[Any]:
    """Return what others see."""
    return [number for (number,) in await site.sql("SELECT number FROM runtime.kept ORDER BY number")]


async def put(lane: AsyncConnection, *numbers: int | None) -> None:
    """Write numbers in one transaction; what is no number is a mistake of the program."""
    async with transaction(lane):
        for number in numbers:
            if number is None:
                raise KeyError
            await write(lane, INSERT, {"number": number})


async def test_what_a_transaction_writes_is_seen_by_others_after_it(site: Site, lane: AsyncConnection) -> None:
    """Writes are seen by their own transaction at once, and by others after the commit."""
    async with transaction(lane):
        for number in (1, 2):
            await write(lane, INSERT, {"number": number})
        assert await read(lane, NUMBERS, {}) == [{"number": 1}, {"number": 2}]
        await write(lane, INSERT, {"number": 3})
        assert list((await lane.execute(NUMBERS)).scalars()) == [1, 2, 3]
        assert await stored_numbers(site) == []
    assert await stored_numbers(site) == [1, 2, 3]


async def test_statements_sent_together_are_executed_in_their_order(lane: AsyncConnection) -> None:
    """Each statement sees what those before it did, and the rows of each come under its name."""
    questions = {"empty": (NUMBERS, {}), "put": (INSERT_AND_RETURN, {"number": 5}), "all": (NUMBERS, {})}
    expected = {"empty": [], "put": [{"number": 5}], "all": [{"number": 5}]}
    async with transaction(lane):
        assert await read_together(lane, questions) == expected
        assert await read_together(lane, {}) == {}
    assert await read_together(lane, {"all": (NUMBERS, {})}) == {"all": [{"number": 5}]}


async def test_one_refused_statement_of_several_fails_them_all(site: Site, lane: AsyncConnection) -> None:
    """What is sent together with a refused statement leaves nothing, and the connection goes on."""
    questions = {str(number): (INSERT_AND_RETURN, {"number": number}) for number in (1, 0, 2)}
    with pytest.raises(IntegrityError) as refusal:
        async with transaction(lane):
            await read_together(lane, questions)
    assert isinstance(refusal.value.orig, CheckViolation)
    await put(lane, 7)
    assert await stored_numbers(site) == [7]


async def test_the_connection_used_last_is_used_next(site: Site) -> None:
    """Questions one after the other share a session, so that its plans and its part of the cache are warm."""
    sessions = set()
    async with site.engine.connect(), site.engine.connect():
        pass
    for _ in range(4):
        async with site.engine.connect() as connection:
            sessions.add((await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one())
    assert len(sessions) == 1


async def test_an_error_of_the_block_leaves_nothing(site: Site, lane: AsyncConnection) -> None:
    """What was written before a handler failed is rolled back, and the connection goes on."""
    with pytest.raises(KeyError):
        await put(lane, 1, None)
    await put(lane, 2)
    assert await stored_numbers(site) == [2]


@pytest.mark.parametrize("following", [0, 1, 300])
async def test_what_failed_first_is_told(site: Site, lane: AsyncConnection, following: int) -> None:
    """A refused row is named as the cause whatever was sent after it; nothing stays, and the connection goes on."""
    for _ in range(2):
        with pytest.raises(IntegrityError) as refusal:
            await put(lane, 1, 0, *range(2, 2 + following))
        assert isinstance(refusal.value.orig, CheckViolation)
    await put(lane, 7)
    assert await stored_numbers(site) == [7]


async def test_a_lost_connection_is_told_as_lost(site: Site, lane: AsyncConnection) -> None:
    """Anyone who loses the connection in a transaction learns that it must not be tried again on the same one."""
    [process] = await read(lane, text("SELECT pg_backend_pid() AS id"), {})
    await site.sql("SELECT pg_terminate_backend(:id, 5000)", id=process["id"])
    with pytest.raises(DBAPIError) as lost:
        await put(lane, 1)
    assert lost.value.connection_invalidated
