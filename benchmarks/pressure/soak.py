"""A soak: the supply without any pressure, for long enough to show what grows."""

import asyncio
import time
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from benchmarks.commands.testbed import TestbedFactory
from benchmarks.pressure.accounting import account
from benchmarks.pressure.senders import percentiles
from benchmarks.pressure.system import System, run_system, sending

DEAD_ROWS_BAR: Final = 1.2
DRIFT_BAR: Final = 1.2
_LOOKS: Final = 20
"""How often the tables are looked at; once a minute in a soak of twenty."""

_SMALL_ROWS: Final = 1_000
_VACUUM_SHARE: Final = 0.2
"""Autovacuum leaves a table alone until a fifth of its rows are dead, so a table that grows may have more of them."""

_TABLES: Final = """
    SELECT schemaname || '.' || relname, n_live_tup, n_dead_tup, pg_table_size(relid), pg_indexes_size(relid)
    FROM pg_stat_user_tables WHERE n_live_tup + n_dead_tup + n_tup_ins > 0
"""


@dataclass(frozen=True, slots=True)
class Look:
    """A table at one moment; sizes are in bytes."""

    live: int
    dead: int
    table_bytes: int
    index_bytes: int


@dataclass(slots=True)
class TableHistory:
    """A table over the soak."""

    name: str
    looks: list[Look] = field(default_factory=list)

    @property
    def peaks(self) -> tuple[int, int]:
        """The most dead rows in each half."""
        middle = len(self.looks) // 2
        first, second = self.looks[:middle], self.looks[middle:]
        return max((look.dead for look in first), default=0), max((look.dead for look in second), default=0)

    @property
    def growth(self) -> float:
        """The peak of the second half in relation to that of the first, and to what autovacuum leaves anyway."""
        first, second = self.peaks
        return second / max(first, _SMALL_ROWS, self.looks[-1].live * _VACUUM_SHARE)

    @property
    def is_bounded(self) -> bool:
        """Whether the dead rows do not grow with time."""
        return self.growth <= DEAD_ROWS_BAR


@dataclass(frozen=True, slots=True)
class Soak:
    """The figures of a soak."""

    seconds: float
    commands: int
    quarters: list[tuple[float, float, float]]
    """p50, p99 and the longest waiting time of the honest client, in milliseconds."""

    tables: list[TableHistory]
    memory: tuple[dict[str, tuple[float, float]], dict[str, tuple[float, float]]]
    """Proportional and resident mebibytes of each worker, at the start and at the end."""

    @property
    def drift(self) -> float:
        """The p99 of the last quarter, compared with that of the second; the first one is the start."""
        return self.quarters[3][1] / self.quarters[1][1]

    @property
    def reached(self) -> bool:
        """Whether every bar is reached."""
        return self.drift <= DRIFT_BAR and all(table.is_bounded for table in self.tables)


async def soak(factory: TestbedFactory, seconds: float, rate: float) -> Soak:
    """Supply the system for a time; a command that is lost or doubled fails it."""
    tables: dict[str, TableHistory] = {}
    async with factory.testbed() as testbed, run_system(testbed, rate) as system:
        async with sending(system):
            began = time.time()
            await asyncio.sleep(seconds / _LOOKS)
            start = system.memory_mebibytes()
            for look in range(1, _LOOKS + 1):
                await asyncio.sleep(max(began + seconds * look / _LOOKS - time.time(), 0))
                await _look(system, tables)
            end = system.memory_mebibytes()
        accounted = await account(system)
        edges = [began + seconds * quarter / 4 for quarter in range(5)]
        spans = pairwise(edges)
        quarters = [percentiles(system.honest.waits(since, until)) for since, until in spans]
    return Soak(seconds, accounted.commands, quarters, list(tables.values()), (start, end))


async def _look(system: System, tables: dict[str, TableHistory]) -> None:
    for url in (system.testbed.database_url, system.testbed.log_database_url):
        for name, *figures in await system.query(_TABLES, url=url):
            tables.setdefault(name, TableHistory(name)).looks.append(Look(*figures))
