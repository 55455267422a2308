"""A cell: the system before, under and after a pressure, on servers of its own."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import psycopg

from benchmarks.commands.testbed import TestbedFactory
from benchmarks.pressure.accounting import Account, account, count_undecided
from benchmarks.pressure.pressures import Cell
from benchmarks.pressure.senders import percentiles
from benchmarks.pressure.system import HONEST_PER_SECOND, System, run_system, sending

CARRIED_BAR: Final = 0.9
RECOVERY_BAR: Final = 0.98
IN_FLIGHT: Final = 1_000
"""Commands that wait at a time while the capacity is measured."""

_CAPACITY_MIN: Final = 4 * HONEST_PER_SECOND
_BEHIND_SECONDS: Final = 0.5
"""A command that waits longer shows that the system is still behind."""

_PATIENCE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Window:
    """What happened in one span of time: applied commands a second, and the waiting times of the honest client."""

    name: str
    rate: float
    p50: float
    p99: float
    longest: float


@dataclass(frozen=True, slots=True)
class Result:
    """The figures of a cell."""

    cell: str
    what: str
    is_pressure: bool
    windows: tuple[Window, Window, Window]
    behind_seconds: float | None
    """How long the system was still behind at the end of the pressure; None if it did not catch up in time."""

    commands: int
    refused: int
    status_queries: int
    repeated: int

    @property
    def carried(self) -> float:
        """The rate under pressure, compared with the one before."""
        return self.windows[1].rate / self.windows[0].rate

    @property
    def recovery(self) -> float:
        """The rate after the pressure, compared with the one before."""
        return self.windows[2].rate / self.windows[0].rate

    @property
    def reached(self) -> bool:
        """Whether every bar is reached."""
        carried = not self.is_pressure or self.carried >= CARRIED_BAR
        return carried and self.recovery >= RECOVERY_BAR and self.behind_seconds is not None


async def measure_capacity(factory: TestbedFactory, seconds: float) -> float:
    """Return how many commands a second are applied while a thousand always wait."""
    async with factory.testbed() as testbed, run_system(testbed, 1.0) as system:
        task = asyncio.create_task(system.supply.keep_waiting(IN_FLIGHT))
        await asyncio.sleep(seconds / 2)
        since = time.time()
        await asyncio.sleep(seconds)
        until = time.time()
        task.cancel()
        applied_at = (await account(system)).applied_at
    rate = _rate(applied_at, since, until)
    if rate < _CAPACITY_MIN:
        raise AssertionError(f"only {rate:.0f} commands a second are applied: the machine is too busy to measure")
    return rate


async def measure(factory: TestbedFactory, cell: Cell, seconds: float, rate: float, capacity: float) -> Result:
    """Measure a cell; a command that is lost or doubled fails it."""
    async with factory.testbed() as testbed, run_system(testbed, rate, capacity) as system:
        async with sending(system):
            await asyncio.sleep(seconds / 4)
            await _catch_up(system)  # the first commands came while the workers were still starting
            before = time.time()
            await asyncio.sleep(seconds)
            under = time.time()
            await cell.apply(system, seconds)
            ended = time.time()
            behind = await _catch_up(system)
            after = time.time()
            await asyncio.sleep(seconds)
            over = time.time()
        accounted = await account(system)
    spans = {"before": (before, under), "under": (under, ended), "after": (after, over)}
    first, second, third = (_window(name, system, accounted, *span) for name, span in spans.items())
    return Result(
        cell=cell.name,
        what=cell.what,
        is_pressure=cell.is_pressure,
        windows=(first, second, third),
        behind_seconds=behind,
        commands=accounted.commands,
        refused=accounted.refused,
        status_queries=accounted.status_queries,
        repeated=accounted.repeated,
    )


async def _catch_up(system: System) -> float | None:
    """Wait until no command waits longer than usual, and return the seconds; None if it takes too long."""
    began = time.time()
    while time.time() - began < _PATIENCE_SECONDS:
        with suppress(psycopg.OperationalError):  # the database is not back yet
            if not await count_undecided(system, time.time() - _BEHIND_SECONDS):
                return time.time() - began
        await asyncio.sleep(0.2)
    return None


def _window(name: str, system: System, accounted: Account, since: float, until: float) -> Window:
    rate = _rate(accounted.applied_at, since, until)
    return Window(name, rate, *percentiles(system.honest.waits(since, until)))


def _rate(applied_at: list[float], since: float, until: float) -> float:
    return sum(since <= at < until for at in applied_at) / (until - since)
