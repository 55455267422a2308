"""Walking along an index that has the order of the page, and looking at the projects on the way."""

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
from workers.projects.queries.filters import assigned, matching, seen_one_by_one, within
from workers.projects.queries.search_conditions import Sought
from workers.projects.queries.sort_order import Order, Section
from workers.projects.search.lookup_tables import Camera, Search
from workers.projects.tables import START_WEEK, Project

LEGS_MAX = 8
"""A filter that names more values is not walked value by value."""

_ZERO, _WEEK, _MONDAY = timedelta(), timedelta(days=7), datetime(2000, 1, 3, tzinfo=UTC)
_START_WEEK = literal_column(str(START_WEEK), DateTime(timezone=True))

_SPANS = {"created_at": "created", "start_time": "start_time", "updated_at": "updated"}


@dataclass(frozen=True)
class Asked:
    """What a page is asked for: a filter, a search, an order, and the section of it that is to be shown."""

    criteria: ProjectFilter
    search: Sought
    order: Order
    section: Section

    @property
    def goes_by_month(self) -> bool:
        """Whether a set is fetched a month at a time, which pays sooner than to walk on."""
        return bool(self.search) and self.order.name == "created_at"

    @property
    def names_numbers(self) -> bool:
        """Whether the projects are named by their numbers, and nothing else is looked at to find or to order them."""
        return self.criteria.numbers is not None and not self.search and self.order.name != "description"

    @property
    def has_number(self) -> bool:
        """Whether what is sought is looked up together with the types that are asked for."""
        return self.goes_by_month and bool(self.criteria.type_ids)


class Walk:
    """A walk along the index of one value of a filter, or of all projects, or of their words."""

    def __init__(self, asked: Asked) -> None:
        """Choose the index, and what is left to be looked at beside each project."""
        self._order, self._section = order, section = asked.order, asked.section
        criteria, search = asked.criteria, asked.search
        is_filled = len(section.key) == len(order.key)
        span = _SPANS.get(order.name, "") if is_filled else ""
        self._walked: tuple[Any, ...] = section.key
        self._legs: list[ColumnElement[bool]] = []
        self._search = Sought()
        rest = criteria.model_copy(update={span: Span()} if span else {})
        if order.name == "created_at":
            rest, search = self._choose(rest, search)
        bounds = within(self._walked[0], getattr(criteria, span)) if span else []
        if order.name == "created_at" and criteria.updated.to:
            bounds.append(self._walked[0] < criteria.updated.to)  # no project was changed before it was created
        self._bounds = [*section.conditions, *bounds]
        self._beside = [*matching(rest), *seen_one_by_one(rest, search)]

    def _choose(self, rest: ProjectFilter, search: Sought) -> tuple[ProjectFilter, Sought]:
        """Take the legs of one filter, or the words of a search, and return what is left."""
        if rest.camera_ids and len(rest.camera_ids) <= LEGS_MAX:
            self._walked = (Camera.created_at, Camera.project_id)
            self._legs = [Camera.camera_id == camera_id for camera_id in rest.camera_ids]
            return rest.model_copy(update={"camera_ids": None}), search
        for column, ids in assigned(rest):
            if 0 < len(ids) <= LEGS_MAX and not (None in ids and column.key.startswith("category")):
                self._legs = [column.is_(None) if value is None else column == value for value in set(ids)]
                return rest.model_copy(update=_without(rest, column.key)), search
        if legs := _weeks(rest.start_time):
            self._legs = legs
            return rest.model_copy(update={"start_time": Span()}), search
        if search:
            self._walked = (Search.created_at, Search.project_id)
            self._search = search
            return rest, Sought()
        return rest, search

    @property
    def is_exact(self) -> bool:
        """Whether nothing has to be looked at beside the index."""
        return not self._beside and not self._search

    @property
    def has_legs(self) -> bool:
        """Whether the walk is along the values of a filter."""
        return bool(self._legs)

    @property
    def goes_by_words(self) -> bool:
        """Whether the walk is along the words, of which a month is soon looked up."""
        return bool(self._search)

    def way(self, length: int) -> Select[*tuple[Any, ...]]:
        """Return the statement that finds what there is to be looked at."""
        return select(self._way(length))

    def page(self, rows: Sequence[Any], limit: int, length: int) -> Select[*tuple[Any, ...]]:
        """Return the statement: the projects within this length of the way that fit, until there are enough."""
        way = self._way(limit if self.is_exact else length)
        if self._search:
            said = self._search.said(way.c.words)
            way = select(way.c.place_0, way.c.place_1).where(*said).subquery("said")
        order = self._order.sort(tuple(way.c))
        joined = select(*rows).join(way, tuple(way.c)[-1] == Project.id)
        return joined.where(*self._beside).order_by(*order).limit(limit)

    def _way(self, length: int) -> Subquery:
        legs = [self._leg(leg, length) for leg in self._legs or [true()]]
        if len(legs) == 1:
            return legs[0].subquery("way")
        several = union if self._walked[0].table is Camera.__table__ else union_all
        all_legs = several(*(select(leg.subquery()) for leg in legs)).subquery("legs")
        return select(all_legs).order_by(*self._order.sort(tuple(all_legs.c))).limit(length).subquery("way")

    def _leg(self, leg: ColumnElement[bool], length: int) -> Select[*tuple[Any, ...]]:
        backward = self._order.backward
        named = [column.label(f"place_{at}") for at, column in enumerate(self._walked)]
        words = [Search.words] if self._search else []
        beyond = self._section.beyond(self._walked, backward=backward)
        conditions = [*self._bounds, *beyond, leg]
        return select(*named, *words).where(*conditions).order_by(*self._order.sort(self._walked)).limit(length)


def _weeks(span: Span) -> list[ColumnElement[bool]]:
    """Return the conditions that projects started in the weeks of a span; none when it is open or long."""
    if span.from_ is None or span.to is None or not _ZERO < span.to - span.from_ <= (LEGS_MAX - 1) * _WEEK:
        return []
    first = _MONDAY + (span.from_ - _MONDAY) // _WEEK * _WEEK
    weeks = [first + at * _WEEK for at in range(LEGS_MAX) if first + at * _WEEK < span.to]
    begun: ColumnElement[datetime] = _START_WEEK
    started = within(Project.start_time, span)
    return [and_(begun == week, Project.start_time.is_not(None), *started) for week in weeks]


def _without(criteria: ProjectFilter, column: str) -> dict[str, Any]:
    if column.startswith("category_"):
        return {"categories": {slot: ids for slot, ids in criteria.categories.items() if not column.endswith(slot)}}
    return {{"type_id": "type_ids", "status_id": "status_ids"}.get(column, column): None}
