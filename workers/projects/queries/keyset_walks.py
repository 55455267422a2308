"""Walks: reading an index in the order of the page, and testing each project on the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    Subquery,
    and_,
    literal_column,
    select,
    true,
    union,
    union_all,
)

from contracts.projects.queries import ProjectFilter, Span
from workers.projects.queries.filter_conditions import (
    filter_conditions,
    lookups_by_project,
    span_conditions,
    value_filters,
)
from workers.projects.queries.search_conditions import SearchRequest
from workers.projects.queries.sort_order import Order, Section
from workers.projects.search.index_tables import Camera, Search
from workers.projects.tables.projects import START_WEEK, Project

LEGS_MAX = 8
"""Values of a filter that are walked one by one; a filter with more is tested per project."""

_ZERO, _WEEK, _MONDAY = timedelta(), timedelta(days=7), datetime(2000, 1, 3, tzinfo=UTC)
_START_WEEK = literal_column(str(START_WEEK), DateTime(timezone=True))

_SPANS = {"created_at": "created", "start_time": "start_time", "updated_at": "updated"}


@dataclass(frozen=True)
class PageRequest:
    """The request for a page: a filter, a search, an order, the section of it to show, and whether to count all."""

    criteria: ProjectFilter
    search: SearchRequest
    order: Order
    section: Section
    has_total: bool = False

    @property
    def goes_by_month(self) -> bool:
        """Whether the whole set is fetched month by month, which pays off sooner than a longer walk."""
        return bool(self.search) and self.order.name == "created_at"

    @property
    def counts_months(self) -> bool:
        """Whether the months of the page are counted with it, which saves reading them again for the total."""
        return self.has_total and self.goes_by_month

    @property
    def names_numbers(self) -> bool:
        """Whether the projects are found by their numbers alone and ordered without a search table."""
        return self.criteria.numbers is not None and not self.search and self.order.name != "description"

    @property
    def has_number(self) -> bool:
        """Whether the search is looked up together with the filtered types."""
        return self.goes_by_month and bool(self.criteria.type_ids)


class Walk:
    """A walk along the index of one value of a filter, or of all projects, or of their words."""

    def __init__(self, request: PageRequest) -> None:
        """Choose the index, and the conditions left to test per project."""
        self._order, self._section = order, section = request.order, request.section
        criteria, search = request.criteria, request.search
        is_filled = len(section.key) == len(order.key)
        span = _SPANS.get(order.name, "") if is_filled else ""
        self._walked: tuple[Any, ...] = section.key
        self._legs: list[ColumnElement[bool]] = []
        self._search = SearchRequest()
        rest = criteria.model_copy(update={span: Span()} if span else {})
        if order.name == "created_at":
            rest, search = self._choose(rest, search)
        bounds = span_conditions(self._walked[0], getattr(criteria, span)) if span else []
        if order.name == "created_at" and criteria.updated.to:
            bounds.append(self._walked[0] < criteria.updated.to)  # no project was changed before it was created
        self._bounds = [*section.conditions, *bounds]
        self._beside = [*filter_conditions(rest), *lookups_by_project(rest, search)]

    def _choose(self, rest: ProjectFilter, search: SearchRequest) -> tuple[ProjectFilter, SearchRequest]:
        """Take the legs of one filter, or the words of a search, and return the rest of the filter and search."""
        if rest.camera_ids and len(rest.camera_ids) <= LEGS_MAX:
            self._walked = (Camera.created_at, Camera.project_id)
            self._legs = [Camera.camera_id == camera_id for camera_id in rest.camera_ids]
            return rest.model_copy(update={"camera_ids": None}), search
        for column, ids in value_filters(rest):
            if 0 < len(ids) <= LEGS_MAX and not (None in ids and column.key.startswith("category")):
                self._legs = [column.is_(None) if value is None else column == value for value in set(ids)]
                return rest.model_copy(update=_without(rest, column.key)), search
        if legs := _weeks(rest.start_time):
            self._legs = legs
            return rest.model_copy(update={"start_time": Span()}), search
        if search:
            self._walked = (Search.created_at, Search.project_id)
            self._search = search
            return rest, SearchRequest()
        return rest, search

    @property
    def is_exact(self) -> bool:
        """Whether the index decides alone."""
        return not self._beside and not self._search

    @property
    def has_legs(self) -> bool:
        """Whether the walk is along the values of a filter."""
        return bool(self._legs)

    @property
    def goes_by_words(self) -> bool:
        """Whether the walk is along the words, of which a month is read quickly."""
        return bool(self._search)

    def positions(self, length: int) -> Select[*tuple[Any, ...]]:
        """Return the statement that reads the positions on the walk."""
        return select(self._positions(length))

    def page(self, rows: Sequence[Any], limit: int, length: int) -> Select[*tuple[Any, ...]]:
        """Return the statement that finds matching projects within this length of the walk, up to a limit."""
        positions = self._positions(limit if self.is_exact else length)
        if self._search:
            word_conditions = self._search.word_conditions(positions.c.words)
            positions = select(positions.c.place_0, positions.c.place_1).where(*word_conditions).subquery("matches")
        order = self._order.sort(tuple(positions.c))
        joined = select(*rows).join(positions, tuple(positions.c)[-1] == Project.id)
        return joined.where(*self._beside).order_by(*order).limit(limit)

    def _positions(self, length: int) -> Subquery:
        legs = [self._leg(leg, length) for leg in self._legs or [true()]]
        if len(legs) == 1:
            return legs[0].subquery("way")
        combine = union if self._walked[0].table is Camera.__table__ else union_all
        all_legs = combine(*(select(leg.subquery()) for leg in legs)).subquery("legs")
        return select(all_legs).order_by(*self._order.sort(tuple(all_legs.c))).limit(length).subquery("way")

    def _leg(self, leg: ColumnElement[bool], length: int) -> Select[*tuple[Any, ...]]:
        backward = self._order.backward
        named = [column.label(f"place_{position}") for position, column in enumerate(self._walked)]
        words = [Search.words] if self._search else []
        beyond = self._section.beyond(self._walked, backward=backward)
        conditions = [*self._bounds, *beyond, leg]
        return select(*named, *words).where(*conditions).order_by(*self._order.sort(self._walked)).limit(length)


def _weeks(span: Span) -> list[ColumnElement[bool]]:
    """Return one condition for each week of a span of start times; none for an open or long span."""
    if span.from_ is None or span.to is None or not _ZERO < span.to - span.from_ <= (LEGS_MAX - 1) * _WEEK:
        return []
    first = _MONDAY + (span.from_ - _MONDAY) // _WEEK * _WEEK
    weeks = [first + position * _WEEK for position in range(LEGS_MAX) if first + position * _WEEK < span.to]
    begun: ColumnElement[datetime] = _START_WEEK
    started = span_conditions(Project.start_time, span)
    return [and_(begun == week, Project.start_time.is_not(None), *started) for week in weeks]


def _without(criteria: ProjectFilter, column: str) -> dict[str, Any]:
    if column.startswith("category_"):
        return {"categories": {slot: ids for slot, ids in criteria.categories.items() if not column.endswith(slot)}}
    return {{"type_id": "type_ids", "status_id": "status_ids"}.get(column, column): None}
