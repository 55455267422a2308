"""A connection goes back to its pool as it came, whenever the task that took it is cancelled."""

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from functools import partial
from itertools import count
from typing import Any

import psycopg.waiting
import pytest
from nats.aio.client import Client
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from workers.runtime.bus.backlog_metrics import Backlog, Figure, SiteWorker
from workers.runtime.bus.lane_ownership import EVENTS_LANE, Lanes
from workers.runtime.storage.database import connect_autocommit, open_engine
from workers.runtime.storage.statement_execution import read, transaction

READ = text("SELECT 1")
WRITE = text("INSERT INTO runtime.probe VALUES ('nobody', now()) ON CONFLICT DO NOTHING")


class Interrupted:
    """Work whose task is cancelled at some of its awaits, which are counted from 1."""

    def __init__(self, work: Coroutine[Any, Any, None], at: range) -> None:
        self._work = work
        self._at = at
        self.awaits = 0

    def __await__(self) -> Generator[Any, Any, None]:
        resume: Callable[[], Any] = partial(self._work.send, None)
        while True:
            try:
                awaited = resume()
            except StopIteration:
                return
            self.awaits += 1
            task = asyncio.current_task()
            if self.awaits in self._at and task:
                task.cancel()
            try:
                yield awaited
                resume = partial(self._work.send, None)
            except BaseException as error:  # noqa: BLE001 - the work itself decides what follows
                resume = partial(self._work.throw, error)


async def read_alone(engine: AsyncEngine) -> None:
    """Read as figures and background work do."""
    async with connect_autocommit(engine) as connection:
        await connection.execute(READ)


async def read_in_transaction(engine: AsyncEngine) -> None:
    """Read as queries do."""
    async with engine.connect() as connection:
        await connection.execute(READ)


async def write_in_transaction(engine: AsyncEngine) -> None:
    """Write in a transaction of its own."""
    async with engine.begin() as connection:
        await connection.execute(WRITE)


async def run_batch(engine: AsyncEngine) -> None:
    """Run a transaction of a lane."""
    async with connect_autocommit(engine) as connection, transaction(connection):
        await read(connection, READ, {})


async def own_lane(engine: AsyncEngine) -> None:
    """Take a lane and release it."""
    async with Lanes(engine, "projects", "here").own(EVENTS_LANE):
        pass


@pytest.fixture
async def engine(databases: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncEngine]:
    """Return a pool on an event loop so busy that psycopg lets other tasks go on wherever it may."""
    monkeypatch.setattr(psycopg.waiting, "MAX_BUSY_TIME", 0)
    gc.collect()
    gc.freeze()  # later collections are short
    opened = open_engine(databases[0], connections=1)
    yield opened
    await opened.dispose()
    gc.unfreeze()


async def interrupt(work: Coroutine[Any, Any, None], at: range) -> bool:
    """Run work in a task of its own; return whether it lasted until it was cancelled."""
    interrupted = Interrupted(work, at)

    async def run() -> None:
        await interrupted

    task = asyncio.create_task(run())
    await asyncio.wait([task])
    assert task.cancelled() or task.exception() is None
    return interrupted.awaits >= at.start


@pytest.mark.parametrize("cancellations", [1, 2])
@pytest.mark.parametrize("is_used", [False, True])
@pytest.mark.parametrize("work", [read_alone, read_in_transaction, write_in_transaction, run_batch, own_lane])
async def test_a_cancelled_task_returns_its_connection(
    engine: AsyncEngine, work: Callable[[AsyncEngine], Coroutine[Any, Any, None]], is_used: bool, cancellations: int
) -> None:
    """At whichever await a task is cancelled, no connection is lost, and the next one begins transactions as ever."""
    for number in count(1):
        await (work(engine) if is_used else engine.dispose())
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            lasted = await interrupt(work(engine), range(number, number + cancellations))
            gc.collect()
        assert [str(warning.message) for warning in caught] == []
        assert engine.pool.status().endswith("Current Checked out connections: 0")
        async with engine.connect() as connection:
            assert (await connection.get_raw_connection()).dbapi_connection.autocommit is False  # type: ignore[union-attr] # psycopg has it
        if not lasted:
            break


class SilentBus(Client):
    """A connection whose server answers nothing."""

    async def request(self, *_: Any, **__: Any) -> Any:
        await asyncio.Event().wait()


async def test_figures_are_not_read_after_their_task_has_ended(engine: AsyncEngine) -> None:
    """A reading that is cancelled ends with the task that asked for it, even if the database is slower than the bus."""
    reading, ended = asyncio.Event(), asyncio.Event()

    async def read_slowly(connection: AsyncConnection) -> list[Figure]:
        reading.set()
        try:
            await connection.execute(text("SELECT pg_sleep(60)"))
        finally:
            ended.set()
        return []

    bus = SilentBus()
    task = asyncio.create_task(Backlog(SiteWorker("main", "projects"), engine, lambda: bus, [read_slowly]).read())
    await reading.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert ended.is_set()
    assert engine.pool.status().endswith("Current Checked out connections: 0")
