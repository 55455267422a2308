"""What a search finds: by words where rows are looked at anyhow, by numbers where they are not."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true

from contracts.errors import Code, Refusal
from contracts.permissions import Grants, Level
from contracts.project_queries import ProjectFilter
from workers.projects.domain import SECTIONS
from workers.projects.lookup import SOURCES, Search
from workers.projects.queries.sorting import Order, Place
from workers.projects.queries.terms import Term, Ways, ways_of
from workers.projects.withholding import DETAILS
from workers.projects.words import beginning_of, dated, month_of, type_number
from workers.runtime.questions import Reader

Conditions = list[ColumnElement[bool]]
MOST_WORDS = 20
MOST_NUMBERS = 20_000
"""Numbers that one statement looks up: with many months, those of some words must do, and the words decide."""
_FASTER = 4
"""How many times more months are looked at in the next step, at most."""

_EXTENT = select(func.min(Search.created_at), func.max(Search.created_at))


@dataclass(frozen=True)
class Sought:
    """What a search asks for, and the sources that are not looked at because the caller may not see them."""

    asked: tuple[Ways, ...] = ()
    withheld: tuple[str, ...] = ()

    @classmethod
    def of(cls, search: str | None, grants: Grants) -> "Sought":
        """Read what a query looks for, or refuse a search for nothing."""
        if search is None:
            return cls()
        asked = ways_of(search)
        if not 0 < len(asked) <= MOST_WORDS:
            raise Refusal(Code.INVALID, fields=[{"field": "search", "kind": "search"}])
        nodes = {name: details.node for name, details in DETAILS.items()} | SECTIONS
        hidden = [source for source, section in SOURCES.items() if not grants.allow(nodes[section], Level.VIEW)]
        return cls(tuple(asked), tuple(hidden))

    def __bool__(self) -> bool:
        """Tell whether anything is sought."""
        return bool(self.asked)

    def said(self, words: ColumnElement[str]) -> Conditions:
        """Return the conditions that everything asked for is in a source that the caller may see."""
        seen: Any = words
        if self.withheld:
            lines = [func.split_part(words, "\n", at) for at, one in enumerate(SOURCES, 1) if one not in self.withheld]
            if not lines:
                return [false()]
            seen = func.concat_ws("\n", *lines)
        return [or_(*(and_(*(seen.like(term.like) for term in way)) for way in ways)) for ways in self.asked]

    def found(self, months: Sequence[int], type_ids: Collection[int | None] | None = None) -> Conditions:
        """Return the same conditions as sets of projects of these months, which have an index; of some types alone.

        The numbers leave some chaff, of this month or another one, which the words and the months blow away.
        """
        room = MOST_NUMBERS // len(months)
        sure = [term for ways in self.asked if len(ways) == 1 for term in ways[0]]
        types = frozenset(map(type_number, type_ids or ()))
        of_type = Term("", *((types, frozenset[int]()) if len(types) == 1 else (frozenset[int](), types)))
        wanted = [[_looked_up([*sure, of_type], room)]] if sure else []
        for ways in self.asked:
            spelled = [_looked_up(way, room) for way in ways] if len(ways) > 1 else []
            room -= sum(len(numbers) for way in spelled for numbers in (way.every, *way.sets))
            if spelled and (room >= 0 or not wanted):
                wanted.append(spelled)
        numbered = or_(*(and_(*(or_(*(way.of(month) for way in ways)) for ways in wanted)) for month in months))
        since, to = beginning_of(min(months)), beginning_of(max(months) + 1)
        created = [Search.created_at >= since, Search.created_at < to]
        return [numbered, *without_index(created), *self.said(Search.words.expression)]


class _Numbers(NamedTuple):
    """Numbers that are all looked up, and sets of which one number must be there."""

    every: list[int]
    sets: list[Collection[int]]

    def of(self, month: int) -> ColumnElement[bool]:
        """Return the condition that projects of a month have them."""
        contained = [Search.grams.contains(dated(self.every, month))] if self.every else []
        return and_(true(), *contained, *(Search.grams.overlap(dated(one, month)) for one in self.sets))


def _looked_up(terms: Iterable[Term], room: int) -> _Numbers:
    """Return the numbers of terms, as many as there is room for and one at least."""
    every = sorted({number for term in terms for number in term.every})[: room + 1]
    left, sets = room - len(every), list[Collection[int]]()
    for numbers in sorted({term.one for term in terms if term.one}, key=len):
        if len(numbers) <= left or not (every or sets):
            sets.append(numbers)
            left -= len(numbers)
    return _Numbers(every, sets)


def without_index(conditions: Conditions) -> Conditions:
    """Return conditions that lead the planner to no index: a month by date is read row by row, by numbers it is not."""
    return [and_(true(), *conditions).is_(true())]


class Months:
    """The months in which a search looks, in the order of a page by date: as many at a time as promise to be enough."""

    def __init__(self, first: datetime, last: datetime, *, dated: bool, backward: bool) -> None:
        """Begin with the first month of the page, or with all of them when the page is in another order."""
        months = range(month_of(first), month_of(last) + 1)
        self._left = list(reversed(months) if backward else months)
        self._next, self._done = 1 if dated else len(self._left), 0

    def take(self, found: int, wanted: int) -> list[int]:
        """Return the next months, when so many are found of so many wanted; none when it is done."""
        if found >= wanted or not self._left:
            return []
        if self._done:
            expected = math.ceil((wanted - found) * self._done / found) if found else _FASTER * self._done
            self._next = min(expected, _FASTER * self._done)
        taken, self._left = self._left[: self._next], self._left[self._next :]
        self._done += len(taken)
        return taken


async def months_of(given: ProjectFilter, order: Order, place: Place | None, reader: Reader) -> Months:
    """Return the months that a filter and the place in a list leave of those in which projects were created."""
    extent: Any = (await reader.connection.execute(_EXTENT)).one()
    first, last = extent
    if first is None:
        first, last = reader.now, reader.now
    dated = order.name == "created_at"
    if dated and place:
        first, last = (first, min(last, place[0])) if order.backward else (max(first, place[0]), last)
    first, last = max(first, given.created.from_ or first), min(last, given.created.to or last)
    return Months(first, last, dated=dated, backward=order.backward)
