"""The conditions of a search: on words where rows are read anyway, on numbers where an index is needed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Integer,
    TableValuedAlias,
    Text,
    and_,
    bindparam,
    cast,
    column,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.errors import Code, Refusal
from contracts.permissions import Grants, Level
from contracts.projects.queries import ProjectFilter
from workers.projects.domain import SECTIONS
from workers.projects.queries.search_terms import Term, Ways, ways_of
from workers.projects.queries.sort_order import Order, Place
from workers.projects.search.index_tables import SOURCES, Search
from workers.projects.search.ngrams import beginning_of, month_of, monthly_numbers, type_number
from workers.projects.search.rarity import learned
from workers.projects.visibility import DETAILS

Conditions = list[ColumnElement[bool]]
WORDS_MAX = 20
NUMBERS_MAX = 20_000
"""Numbers that one statement looks up; with many months it looks up fewer per word, and the words decide."""
_EXTENT = select(func.min(Search.created_at), func.max(Search.created_at))


@dataclass(frozen=True)
class SearchRequest:
    """A parsed search, and the sources that it skips because the caller may not see them."""

    parts: tuple[Ways, ...] = ()
    withheld: tuple[str, ...] = ()

    @classmethod
    def of(cls, search: str | None, grants: Grants) -> "SearchRequest":
        """Parse the search of a query; refuse one without words, or with too many."""
        if search is None:
            return cls()
        parts = ways_of(search, learned)
        if not 0 < len(parts) <= WORDS_MAX:
            raise Refusal(Code.INVALID, fields=[{"field": "search", "kind": "search"}])
        nodes = {name: details.node for name, details in DETAILS.items()} | SECTIONS
        hidden = [source for source, section in SOURCES.items() if not grants.allow(nodes[section], Level.VIEW)]
        return cls(tuple(parts), tuple(hidden))

    def __bool__(self) -> bool:
        """Tell whether there is a search."""
        return bool(self.parts)

    def word_conditions(self, words: ColumnElement[str]) -> Conditions:
        """Return the conditions that every part of the search is in a source that the caller may see."""
        seen: Any = words
        if self.withheld:
            lines = [
                func.split_part(words, "\n", at) for at, source in enumerate(SOURCES, 1) if source not in self.withheld
            ]
            if not lines:
                return [false()]
            seen = func.concat_ws("\n", *lines)
        # LIKE tests every byte of a line; strpos skips most of them.
        return [
            or_(*(and_(*(func.strpos(seen, term.line_part) > 0 for term in way)) for way in ways))
            for ways in self.parts
        ]

    def by_month(self, months: Sequence[int], type_ids: Collection[int | None] | None = None) -> "MonthlySearch":
        """Return the same conditions as indexed sets of projects for each month, optionally of some types only.

        The numbers leave false matches, which the words exclude.
        """
        room = NUMBERS_MAX // len(months)
        certain = [term for ways in self.parts if len(ways) == 1 for term in ways[0]]
        types = frozenset(map(type_number, type_ids or ()))
        of_type = Term("", *((types, frozenset[int]()) if len(types) == 1 else (frozenset[int](), types)))
        required = [[_lookup_numbers([*certain, of_type], room)]] if certain else []
        for ways in self.parts:
            alternatives = [_lookup_numbers(way, room) for way in ways] if len(ways) > 1 else []
            room -= sum(len(numbers) for way in alternatives for numbers in (way.every, *way.sets))
            if alternatives and (room >= 0 or not required):
                required.append(alternatives)
        table = _LookupTable(months)
        number_conditions = [or_(*(way.of(table) for way in ways)) for ways in required]
        words = self.word_conditions(Search.words.expression)
        return MonthlySearch(table.clause(), [*number_conditions, table.in_month(), *words])


class MonthlySearch(NamedTuple):
    """The months of a search in their order, and the conditions on the projects of each."""

    months: TableValuedAlias
    conditions: Conditions


@dataclass
class _LookupTable:
    """The numbers to look up in some months, as a table with a column for each set and a row for each month."""

    months: Sequence[int]
    sets: list[Collection[int]] = field(default_factory=list)

    def add(self, numbers: Collection[int]) -> ColumnElement[Any]:
        """Add a set, and return its column."""
        self.sets.append(numbers)
        return cast(column(f"numbers_{len(self.sets)}", Text), ARRAY(Integer))

    def in_month(self) -> ColumnElement[bool]:
        """Return the condition that a project was created in the month of a row: months may share numbers."""
        since, to = column("since", DateTime(timezone=True)), column("to", DateTime(timezone=True))
        return without_index([Search.created_at >= since, Search.created_at < to])[0]

    def clause(self) -> TableValuedAlias:
        """Return the table as a FROM clause."""
        bounds = [[beginning_of(month + after) for month in self.months] for after in (0, 1)]
        times = [bindparam(None, moments, ARRAY(DateTime(timezone=True))) for moments in bounds]
        columns = [[_array_literal(monthly_numbers(numbers, month)) for month in self.months] for numbers in self.sets]
        arrays = [bindparam(None, column, ARRAY(Text)) for column in columns]
        names = [f"numbers_{at}" for at in range(1, len(columns) + 1)]
        return func.unnest(*times, *arrays).table_valued("since", "to", *names).render_derived(name="months")


def _array_literal(numbers: Iterable[int]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"


class _Numbers(NamedTuple):
    """Numbers that a project must all have, and sets of which it must have one number."""

    every: list[int]
    sets: list[Collection[int]]

    def of(self, table: _LookupTable) -> ColumnElement[bool]:
        """Return the condition that projects of a month have these numbers."""
        contained = [Search.grams.contains(table.add(self.every))] if self.every else []
        return and_(true(), *contained, *(Search.grams.overlap(table.add(numbers)) for numbers in self.sets))


def _lookup_numbers(terms: Iterable[Term], room: int) -> _Numbers:
    """Return the numbers of terms, as many as there is room for but at least one."""
    every = sorted({number for term in terms for number in term.every})[: room + 1]
    left, sets = room - len(every), list[Collection[int]]()
    for numbers in sorted({term.alternatives for term in terms if term.alternatives}, key=len):
        if len(numbers) <= left or not (every or sets):
            sets.append(numbers)
            left -= len(numbers)
    return _Numbers(every, sets)


def without_index(conditions: Conditions) -> Conditions:
    """Return the conditions in a form for which the planner uses no index: the index on numbers is faster."""
    return [and_(true(), *conditions).is_(true())]


async def months_of(
    criteria: ProjectFilter, order: Order, place: Place | None, connection: AsyncConnection
) -> Sequence[int]:
    """Return the months with projects that a filter and a place in the list leave, in the order of the page."""
    extent: Any = (await connection.execute(_EXTENT)).one()
    first, last = extent
    if first is None:
        return ()
    dated = order.name == "created_at"
    if dated and place:
        first, last = (first, min(last, place[0])) if order.backward else (max(first, place[0]), last)
    first, last = max(first, criteria.created.from_ or first), min(last, criteria.created.to or last)
    months = range(month_of(first), month_of(last) + 1)
    return months[::-1] if dated and order.backward else months
