"""What a search finds: by words where rows are looked at anyhow, by numbers where they are not."""

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

from contracts.errors import Code, Refusal
from contracts.permissions import Grants, Level
from contracts.projects.queries import ProjectFilter
from workers.projects.domain import SECTIONS
from workers.projects.queries.search_terms import Term, Ways, ways_of
from workers.projects.queries.sort_order import Order, Place
from workers.projects.search.lookup_tables import SOURCES, Search
from workers.projects.search.ngrams import beginning_of, dated, month_of, type_number
from workers.projects.search.rarity import learned
from workers.projects.visibility import DETAILS
from workers.runtime.queries.query_service import QueryContext

Conditions = list[ColumnElement[bool]]
WORDS_MAX = 20
NUMBERS_MAX = 20_000
"""Numbers that one statement looks up: with many months, those of some words must do, and the words decide."""
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
        asked = ways_of(search, learned)
        if not 0 < len(asked) <= WORDS_MAX:
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
            lines = [
                func.split_part(words, "\n", at) for at, source in enumerate(SOURCES, 1) if source not in self.withheld
            ]
            if not lines:
                return [false()]
            seen = func.concat_ws("\n", *lines)
        return [or_(*(and_(*(seen.like(term.like) for term in way)) for way in ways)) for ways in self.asked]

    def found(self, months: Sequence[int], type_ids: Collection[int | None] | None = None) -> "Monthly":
        """Return the same conditions as sets of projects of each month, which have an index; of some types alone.

        The numbers leave some chaff, which the words blow away.
        """
        room = NUMBERS_MAX // len(months)
        sure = [term for ways in self.asked if len(ways) == 1 for term in ways[0]]
        types = frozenset(map(type_number, type_ids or ()))
        of_type = Term("", *((types, frozenset[int]()) if len(types) == 1 else (frozenset[int](), types)))
        required = [[_looked_up([*sure, of_type], room)]] if sure else []
        for ways in self.asked:
            spelled = [_looked_up(way, room) for way in ways] if len(ways) > 1 else []
            room -= sum(len(numbers) for way in spelled for numbers in (way.every, *way.sets))
            if spelled and (room >= 0 or not required):
                required.append(spelled)
        looked_up = _LookedUp(months)
        numbered = [or_(*(way.of(looked_up) for way in ways)) for ways in required]
        return Monthly(looked_up.table(), [*numbered, looked_up.created(), *self.said(Search.words.expression)])


class Monthly(NamedTuple):
    """The months in which a search looks, in their order, and the conditions that a project of one of them meets."""

    months: TableValuedAlias
    conditions: Conditions


@dataclass
class _LookedUp:
    """Numbers that are looked up in some months: a column of a table for each set, a row of it for each month."""

    months: Sequence[int]
    sets: list[Collection[int]] = field(default_factory=list)

    def add(self, numbers: Collection[int]) -> ColumnElement[Any]:
        """Look up one set more, and return it as it is in the month of a row."""
        self.sets.append(numbers)
        return cast(column(f"numbers_{len(self.sets)}", Text), ARRAY(Integer))

    def created(self) -> ColumnElement[bool]:
        """Return the condition that a project was created in the month of a row: others may share a number with it."""
        since, to = column("since", DateTime(timezone=True)), column("to", DateTime(timezone=True))
        return without_index([Search.created_at >= since, Search.created_at < to])[0]

    def table(self) -> TableValuedAlias:
        """Return the table."""
        bounds = [[beginning_of(month + after) for month in self.months] for after in (0, 1)]
        times = [bindparam(None, moments, ARRAY(DateTime(timezone=True))) for moments in bounds]
        columns = [[_written(dated(numbers, month)) for month in self.months] for numbers in self.sets]
        arrays = [bindparam(None, column, ARRAY(Text)) for column in columns]
        names = [f"numbers_{at}" for at in range(1, len(columns) + 1)]
        return func.unnest(*times, *arrays).table_valued("since", "to", *names).render_derived(name="months")


def _written(numbers: Iterable[int]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"


class _Numbers(NamedTuple):
    """Numbers that are all looked up, and sets of which one number must be there."""

    every: list[int]
    sets: list[Collection[int]]

    def of(self, looked_up: _LookedUp) -> ColumnElement[bool]:
        """Return the condition that projects of a month have them."""
        contained = [Search.grams.contains(looked_up.add(self.every))] if self.every else []
        return and_(true(), *contained, *(Search.grams.overlap(looked_up.add(numbers)) for numbers in self.sets))


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


async def months_of(criteria: ProjectFilter, order: Order, place: Place | None, context: QueryContext) -> Sequence[int]:
    """Return the months that a filter and the place in a list leave of those with projects, in the order of a page."""
    extent: Any = (await context.connection.execute(_EXTENT)).one()
    first, last = extent
    if first is None:
        return ()
    dated = order.name == "created_at"
    if dated and place:
        first, last = (first, min(last, place[0])) if order.backward else (max(first, place[0]), last)
    first, last = max(first, criteria.created.from_ or first), min(last, criteria.created.to or last)
    months = range(month_of(first), month_of(last) + 1)
    return months[::-1] if dated and order.backward else months
