"""What a cell does to the system: pressures, which it should carry, and chaos, from which it should recover."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Final

import psutil
import psycopg

from benchmarks.pressure.system import System

Apply = Callable[[System, float], Awaitable[None]]

_OVERLOAD: Final = 1.5
"""The supply of the cell of high load, as a multiple of the capacity."""

_BURST_SECONDS: Final = 2.0
"""The commands of a burst, as seconds of the capacity."""

_READERS: Final = 4
_READER_PAUSE_SECONDS: Final = 0.05
_STORM_PAUSE_SECONDS: Final = 0.1
_STORM_SHARE: Final = 0.5
"""The part of the time under pressure in which back ends are killed."""

_KILL_PAUSE_SECONDS: Final = 2.0
_PAGE: Final = """
    SELECT p.id, p.number, p.description, count(h.*) FROM projects.project p
    LEFT JOIN projects.history h ON h.project_id = p.id
    WHERE p.number > (SELECT max(number) FROM projects.project) - 50 GROUP BY p.id ORDER BY p.number DESC
"""
_OURS: Final = "application_name LIKE 'incidents-%' AND backend_type = 'client backend'"
_KILL_TWO: Final = f"""
    SELECT pg_terminate_backend(pid) FROM (
        SELECT pid FROM pg_stat_activity WHERE {_OURS} ORDER BY random() LIMIT 2) AS victims
"""  # noqa: S608 - a constant
_KILL_ALL: Final = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {_OURS}"  # noqa: S608 - the same


@dataclass(frozen=True)
class Cell:
    """One cell: its name, what it does, and whether the supply must be carried meanwhile."""

    name: str
    what: str
    apply: Apply
    is_pressure: bool = False


async def leave_idle(system: System, seconds: float) -> None:
    """Hold a snapshot and a transaction id, so that no version of a row that dies from now on can be removed."""
    async with await psycopg.AsyncConnection.connect(system.testbed.database_url) as idle:
        await idle.execute("SET idle_in_transaction_session_timeout = 0")  # or the server would end it
        await idle.commit()
        await idle.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        await idle.execute("SELECT pg_current_xact_id()")
        await asyncio.sleep(seconds)


async def overload(system: System, seconds: float) -> None:
    """Supply more than the system can apply."""
    usual = system.supply.rate
    system.supply.rate = system.capacity * _OVERLOAD
    await asyncio.sleep(seconds)
    system.supply.rate = usual


async def read_repeatedly(system: System, seconds: float) -> None:
    """Read pages in four transactions that each keep one snapshot."""
    async with asyncio.TaskGroup() as readers:
        for _ in range(_READERS):
            readers.create_task(_read(system.testbed.database_url, seconds))


async def _read(url: str, seconds: float) -> None:
    async with await psycopg.AsyncConnection.connect(url) as reader:
        await reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    await (await reader.execute(_PAGE)).fetchall()
                    await asyncio.sleep(_READER_PAUSE_SECONDS)


async def burst(system: System, seconds: float) -> None:
    """Send many commands at once, beside the supply, all of them due now."""
    ends = asyncio.get_running_loop().time() + seconds
    now = time.time()
    for _ in range(int(system.capacity * _BURST_SECONDS)):
        await system.supply.send(now)
    await asyncio.sleep(ends - asyncio.get_running_loop().time())


async def restart_database(system: System, seconds: float) -> None:
    """Stop PostgreSQL as its administrator does, and start it again."""
    ends = asyncio.get_running_loop().time() + seconds
    postgres = system.testbed.postgres
    await asyncio.to_thread(postgres.stop)
    postgres.prepare()
    postgres.launch()  # from this thread, with which the server ends
    await asyncio.to_thread(postgres.wait)
    await asyncio.sleep(ends - asyncio.get_running_loop().time())


async def kill_back_ends(system: System, seconds: float) -> None:
    """End two random sessions of the workers ten times a second, for half of the time."""
    async with await psycopg.AsyncConnection.connect(system.testbed.database_url, autocommit=True) as database:
        for _ in range(int(seconds * _STORM_SHARE / _STORM_PAUSE_SECONDS)):
            await database.execute(_KILL_TWO)
            await asyncio.sleep(_STORM_PAUSE_SECONDS)
    await asyncio.sleep(seconds * (1 - _STORM_SHARE))


async def exhaust_connections(system: System, seconds: float) -> None:
    """Take every connection that the server has, also those of the workers, and keep them."""
    ends = asyncio.get_running_loop().time() + seconds
    url = system.testbed.postgres.url("postgres")
    async with AsyncExitStack() as taken:
        killer = await taken.enter_async_context(await psycopg.AsyncConnection.connect(url, autocommit=True))
        await _take_all(taken, url)
        await killer.execute(_KILL_ALL)
        while asyncio.get_running_loop().time() < ends:
            await _take_all(taken, url)
            await asyncio.sleep(0.1)


async def _take_all(taken: AsyncExitStack, url: str) -> None:
    with suppress(psycopg.OperationalError):  # there is none left
        while True:
            await taken.enter_async_context(await psycopg.AsyncConnection.connect(url, autocommit=True))


async def crash_worker(system: System, seconds: float) -> None:
    """Kill the worker that applies the commands."""
    psutil.Process(system.pids()["projects"]).send_signal(signal.SIGKILL)
    await asyncio.sleep(seconds)


async def kill_repeatedly(system: System, seconds: float) -> None:
    """Kill one worker or the other every two seconds."""
    chance, loop = random.Random(1), asyncio.get_running_loop()
    ends = loop.time() + seconds
    while loop.time() < ends:
        if pids := list(system.pids().values()):
            psutil.Process(chance.choice(pids)).send_signal(signal.SIGKILL)
        await asyncio.sleep(min(_KILL_PAUSE_SECONDS, max(ends - loop.time(), 0)))


CELLS: Final[Mapping[str, Cell]] = {
    cell.name: cell
    for cell in (
        Cell("idle", "a transaction is left idle", leave_idle, is_pressure=True),
        Cell("overload", "1.5 times the capacity is supplied", overload, is_pressure=True),
        Cell("readers", "four repeatable-read readers go on reading", read_repeatedly, is_pressure=True),
        Cell("burst", "two seconds of the capacity come at once", burst, is_pressure=True),
        Cell("restart", "PostgreSQL is restarted", restart_database),
        Cell("storm", "back ends are killed at random, twenty a second", kill_back_ends),
        Cell("exhausted", "every connection of PostgreSQL is taken", exhaust_connections),
        Cell("crash", "the worker is killed", crash_worker),
        Cell("kills", "one worker or the other is killed every two seconds", kill_repeatedly),
    )
}
