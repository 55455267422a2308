"""The list queries of operators, and the time that the database takes to answer them."""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.lists.filling import CAMERAS, NEWEST, PEOPLE, STATUSES, TYPES, VALUES, YEARS, Language
from benchmarks.lists.warming import warm
from contracts.permissions import EVERYTHING
from contracts.projects.queries import ListProjects, ProjectFilter, Span
from workers.projects.queries.lists import list_projects
from workers.projects.search.rarity import learned
from workers.runtime.queries.query_dispatch import LIMIT_STATEMENT_TIME, QueryContext

Ask = Callable[[random.Random, int], ListProjects]
_LANGUAGE = Language()


def _by(**filters: Callable[[random.Random], Any]) -> Ask:
    def ask(chance: random.Random, _: int) -> ListProjects:
        return ListProjects(filter=ProjectFilter(**{name: value(chance) for name, value in filters.items()}))

    return ask


def _span(days: int) -> Callable[[random.Random], Span]:
    def span(chance: random.Random) -> Span:
        since = NEWEST - YEARS * chance.random()
        return Span(**{"from": since, "to": since + timedelta(days=days)})

    return span


def _word(chance: random.Random) -> str:
    """Return a random word, with ranks distributed as in natural language."""
    return _LANGUAGE.words[int(len(_LANGUAGE.words) ** chance.random()) - 1]


def _part(chance: random.Random) -> str:
    long = [word for word in (_word(chance) for _ in range(50)) if len(word) > 5] or ["vertpaspon"]
    at = chance.randint(0, 1)
    return long[0][at : at + chance.randint(3, 5)]


CASES: dict[str, Ask] = {
    "the newest": _by(),
    "one type": _by(type_ids=lambda chance: [chance.choice(TYPES)]),
    "three types": _by(type_ids=lambda chance: chance.sample(TYPES, 3)),
    "type and status": _by(
        type_ids=lambda chance: [chance.choice(TYPES)], status_ids=lambda chance: [chance.choice(STATUSES)]
    ),
    "a category's value": _by(categories=lambda chance: {"1": [chance.choice(VALUES)]}),
    "created by": _by(created_by=lambda chance: [chance.choice(PEOPLE)]),
    "a camera": _by(camera_ids=lambda chance: [chance.choice(CAMERAS)]),
    "created in a week": _by(created=_span(7)),
    "started in a week": _by(start_time=_span(7)),
    "updated in a week": _by(updated=_span(7)),
    "fifty numbers": lambda chance, count: ListProjects(
        filter=ProjectFilter(numbers=[chance.randint(1, count) for _ in range(50)])
    ),
    "by last change": lambda _, __: ListProjects(sort="-updated_at"),
    "by end, ascending": lambda _, __: ListProjects(sort="end_time"),
    "by description": lambda _, __: ListProjects(sort="description"),
    "a word": lambda chance, _: ListProjects(search=_word(chance)),
    "two words": lambda chance, _: ListProjects(search=f"{_word(chance)} {_word(chance)}"),
    "a part of a word": lambda chance, _: ListProjects(search=_part(chance)),
    "a word, one type": lambda chance, _: ListProjects(
        search=_word(chance), filter=ProjectFilter(type_ids=[chance.choice(TYPES)])
    ),
    "a phrase": lambda chance, _: ListProjects(search=f'"{_LANGUAGE.text(chance, 2)}"'),
    "a telephone number": lambda chance, _: ListProjects(
        search=f"0{chance.choice((22, 31, 44))} {chance.randrange(1000):03} {chance.randrange(10**4):04}"
    ),
    "a reference": lambda chance, _: ListProjects(search=f"R{chance.randrange(10**7)}"),
    "capped count, type": lambda chance, _: ListProjects(
        filter=ProjectFilter(type_ids=[chance.choice(TYPES)]), count="capped"
    ),
    "exact count, creator": lambda chance, _: ListProjects(
        filter=ProjectFilter(created_by=[chance.choice(PEOPLE)]), count="exact"
    ),
    "capped count, a word": lambda chance, _: ListProjects(search=_word(chance), count="capped"),
}


@dataclass
class ListDatabase:
    """A database of so many projects, and the time of its statements."""

    engine: AsyncEngine
    count: int
    spent: float = 0.0
    since: float = 0.0

    def listen(self) -> None:
        """Time every statement."""
        event.listen(self.engine.sync_engine, "before_cursor_execute", self._begin)
        event.listen(self.engine.sync_engine, "after_cursor_execute", self._end)

    def _begin(self, *_: Any) -> None:
        self.since = time.perf_counter()

    def _end(self, *_: Any) -> None:
        self.spent += time.perf_counter() - self.since

    async def ask(self, query: ListProjects) -> tuple[float, float]:
        """Return milliseconds until the answer, and milliseconds of processor time of the server process."""
        async with self.engine.connect() as connection:
            await connection.execute(LIMIT_STATEMENT_TIME)
            now, pid = (await connection.execute(text("SELECT now(), pg_backend_pid()"))).one()
            self.spent, before = 0.0, processor_milliseconds(pid)
            await list_projects(query, QueryContext("bench", EVERYTHING, connection, now, "en"))
            return self.spent * 1000, processor_milliseconds(pid) - before


def processor_milliseconds(pid: int) -> float:
    """Return the processor time of a process so far."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


async def measure(
    libraries: Sequence[ListDatabase], times: int, only: str, *, is_warm: bool
) -> dict[str, list[dict[str, float]]]:
    """Ask every kind of query with varying values, all sizes in turn, so that a slow minute affects each of them.

    The first half of the questions is not counted. That is too few to read all of a large database, so unless
    `is_warm`, the figures contain the reading of what nobody has asked for yet.
    """
    for library in libraries:
        async with library.engine.connect() as connection:
            await learned.learn(connection)  # as a worker does when it starts; the last and largest one counts
            if is_warm:
                await warm(connection)
        library.listen()
    return {name: await _measure_case(libraries, ask, times) for name, ask in CASES.items() if only in name}


async def _measure_case(libraries: Sequence[ListDatabase], ask: Ask, times: int) -> list[dict[str, float]]:
    samples: list[list[tuple[float, float]]] = [[] for _ in libraries]
    chances = [random.Random(3) for _ in libraries]
    for _ in range(2 * times):
        for library, chance, times_of_database in zip(libraries, chances, samples, strict=True):
            times_of_database.append(await library.ask(ask(chance, library.count)))
    return [_figures(times_of_database[times:]) for times_of_database in samples]


def _figures(samples: list[tuple[float, float]]) -> dict[str, float]:
    waited, computed = ([sample[at] for sample in samples] for at in (0, 1))
    return {
        "p50": statistics.median(waited),
        "p99": statistics.quantiles(waited, n=100)[98],
        "longest": max(waited),
        "processor p50": statistics.median(computed),
        "processor p99": statistics.quantiles(computed, n=100)[98],
    }
