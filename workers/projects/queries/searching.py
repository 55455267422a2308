"""What a search finds: by words where rows are looked at anyhow, by numbers where they are not."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from contracts.errors import Code, Refusal
from contracts.permissions import Grants, Level
from contracts.project_queries import ProjectFilter
from workers.projects.domain import SECTIONS
from workers.projects.queries.sorting import Order, Place
from workers.projects.tables import SOURCES, Search
from workers.projects.words import all_of, beginning_of, dated, month_of, one_of, pattern, words_of
from workers.runtime.questions import Reader

Conditions = list[ColumnElement[bool]]
MOST_WORDS = 20
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
        withheld = [name for name in SOURCES if name in SECTIONS and not grants.allow(SECTIONS[name], Level.VIEW)]
        return cls(tuple(terms), tuple(withheld))

    def __bool__(self) -> bool:
        """Tell whether anything is sought."""
        return bool(self.terms)

    def said(self, words: ColumnElement[str]) -> Conditions:
        """Return the conditions that every term is a word, or a part of one, of a source that the caller may see."""
        seen: Any = words
        if self.withheld:
            lines = [func.split_part(words, "\n", at) for at, one in enumerate(SOURCES, 1) if one not in self.withheld]
            seen = func.concat_ws("\n", *lines)
        return [seen.like(pattern(term)) for term in self.terms]

    def found(self, months: Sequence[int]) -> Conditions:
        """Return the same conditions as sets of projects of these months, which have an index.

        The numbers leave some chaff, of this month or another one, which the words and the months blow away.
        """
        every = {number for term in self.terms for number in all_of(term)}
        some = [numbers for numbers in map(one_of, self.terms) if numbers]
        numbered = or_(*(and_(*_numbered(every, some, month)) for month in months))
        since, to = beginning_of(months[0]), beginning_of(months[-1] + 1)
        return [numbered, Search.created_at >= since, Search.created_at < to, *self.said(Search.words.expression)]


async def months_of(given: ProjectFilter, order: Order, place: Place | None, reader: Reader) -> list[list[int]]:
    """Return the months in which a search looks: in the order of a page by date, ever more of them; or all at once."""
    extent: Any = (await reader.connection.execute(_EXTENT)).one()
    first, last = extent
    if first is None:
        return []
    dated = order.name == "created_at"
    if dated and place:
        first, last = (first, min(last, place[0])) if order.backward else (max(first, place[0]), last)
    first, last = max(first, given.created.from_ or first), min(last, given.created.to or last)
    months = list(range(month_of(first), month_of(last) + 1))
    return list(_growing(months, backward=order.backward)) if dated else [months] * bool(months)


def _growing(months: list[int], *, backward: bool) -> Iterator[list[int]]:
    count = 1
    while months:
        yield months[-count:] if backward else months[:count]
        months = months[:-count] if backward else months[count:]
        count *= 2


def _numbered(every: Collection[int], some: Iterable[Collection[int]], month: int) -> Conditions:
    contained = [Search.grams.contains(dated(every, month))] if every else []
    return [*contained, *(Search.grams.overlap(dated(numbers, month)) for numbers in some)]
