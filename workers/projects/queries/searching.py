"""What a search finds: by words where rows are looked at anyhow, by numbers where they are not."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true

from contracts.errors import Code, Refusal
from contracts.permissions import Grants, Level
from contracts.project_queries import ProjectFilter
from workers.projects.domain import SECTIONS
from workers.projects.queries.sorting import Order, Place
from workers.projects.tables import SOURCES, Search
from workers.projects.withholding import DETAILS
from workers.projects.words import all_of, beginning_of, dated, month_of, one_of, pattern, words_of
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
    """The terms of a search, and the sources that are not looked at because the caller may not see them."""

    terms: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()

    @classmethod
    def of(cls, search: str | None, grants: Grants) -> "Sought":
        """Read what a query looks for, or refuse a search for nothing."""
        if search is None:
            return cls()
        terms = sorted(words_of(search))
        if not 0 < len(terms) <= MOST_WORDS:
            raise Refusal(Code.INVALID, fields=[{"field": "search", "kind": "search"}])
        nodes = {"description": DETAILS["main-details"].node, **SECTIONS}
        return cls(tuple(terms), tuple(name for name in SOURCES if not grants.allow(nodes[name], Level.VIEW)))

    def __bool__(self) -> bool:
        """Tell whether anything is sought."""
        return bool(self.terms)

    def said(self, words: ColumnElement[str]) -> Conditions:
        """Return the conditions that every term is a word, or a part of one, of a source that the caller may see."""
        seen: Any = words
        if self.withheld:
            lines = [func.split_part(words, "\n", at) for at, one in enumerate(SOURCES, 1) if one not in self.withheld]
            if not lines:
                return [false()]
            seen = func.concat_ws("\n", *lines)
        return [seen.like(pattern(term)) for term in self.terms]

    def found(self, months: Sequence[int]) -> Conditions:
        """Return the same conditions as sets of projects of these months, which have an index.

        The numbers leave some chaff, of this month or another one, which the words and the months blow away.
        """
        room = MOST_NUMBERS // len(months)
        every = sorted({number for term in self.terms for number in all_of(term)})[: room + 1]
        short = sorted(filter(None, map(one_of, self.terms)), key=len)
        some = [numbers for numbers, so_far in zip(short, accumulate(map(len, short)), strict=True) if so_far <= room]
        some = some or ([] if every else short[:1])
        numbered = or_(*(and_(*_numbered(every, some, month)) for month in months))
        since, to = beginning_of(min(months)), beginning_of(max(months) + 1)
        created = [Search.created_at >= since, Search.created_at < to]
        return [numbered, *without_index(created), *self.said(Search.words.expression)]


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


def _numbered(every: Collection[int], some: Iterable[Collection[int]], month: int) -> Conditions:
    contained = [Search.grams.contains(dated(every, month))] if every else []
    return [*contained, *(Search.grams.overlap(dated(numbers, month)) for numbers in some)]
