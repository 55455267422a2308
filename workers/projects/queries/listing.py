"""Pages of projects: first a short walk in the order of the page, then, if it was not enough, the whole set."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, select, text, true, union, union_all

from contracts.project_queries import ListProjects, ProjectFilter, ProjectPage, ProjectRow, Span
from workers.projects.queries.filtering import (
    assigned,
    matching,
    seen_at_once,
    seen_one_by_one,
    terms,
    within,
)
from workers.projects.queries.sorting import Order, Section
from workers.projects.tables import Camera, Project
from workers.projects.worker import worker
from workers.runtime.questions import Reader

CAPPED = 1_001
WALK = 2_000
"""How many projects a page looks at one after the other before it asks for all that match."""

MOST_LEGS = 8
"""A filter that names more values is not walked value by value."""

# A plan must fit the values that are asked for, no bitmap may become lossy, and compiling costs more than any page.
_PLANNING = text(
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('work_mem', '64MB', true), "
    "set_config('jit', 'off', true), set_config('enable_seqscan', :seqscan, true)"
)
_SPANS = {"created_at": "created", "start_time": "start_time", "updated_at": "updated"}
_ROW = (
    Project.id.label("project_id"),
    Project.number,
    Project.revision,
    Project.type_id,
    Project.status_id,
    Project.description,
    Project.start_time,
    Project.end_time,
    Project.created_by,
    Project.created_at,
    Project.updated_at,
    Project.imported,
)


@worker.answers(ListProjects)
async def list_projects(query: ListProjects, reader: Reader) -> ProjectPage:
    """Return a page by keyset, which neither inserts nor deletes can shift (PRJ-09)."""
    order, words = Order.of(query.sort), terms(query.search)
    place = order.place(query.after)
    await reader.connection.execute(_PLANNING, {"seqscan": "off" if words else "on"})
    found: list[Any] = []
    for section in order.sections(place):
        found += await _page(query, words, order, section, query.limit + 1 - len(found), reader)
        if len(found) > query.limit:
            break
    items = [ProjectRow.model_validate(dict(row)) for row in found[: query.limit]]
    following = order.cursor(found[query.limit - 1]) if len(found) > query.limit else None
    return ProjectPage(items=items, next=following, total=await _total(query, words, reader))


async def _page(
    query: ListProjects, words: list[str], order: Order, section: Section, wanted: int, reader: Reader
) -> list[Any]:
    """Walk a little; what a walk cannot find soon is rare enough to be fetched as a whole."""
    walk = Walk(query.filter, words, order, section)
    found = (await reader.connection.execute(walk.page(wanted))).mappings().all()
    if walk.is_exact or len(found) == wanted:
        return list(found)
    whole = whole_set(query.filter, words, order, section, wanted)
    return list((await reader.connection.execute(whole)).mappings().all())


class Walk:
    """A walk along an index that has the order of the page: of one value of a filter, or of all projects."""

    def __init__(self, given: ProjectFilter, words: list[str], order: Order, section: Section) -> None:
        """Choose the index, and what is left to be looked at beside each project."""
        self._order, self._section = order, section
        is_filled = len(section.key) == len(order.key)
        column, span = order.name, _SPANS.get(order.name, "") if is_filled else ""
        self._legs: list[ColumnElement[bool]] = []
        self._walked: tuple[Any, ...] = section.key
        rest = given.model_copy(update={span: Span()} if span else {})
        if column == "created_at":
            rest = self._choose(rest)
        bounds = within(self._walked[0], getattr(given, span)) if span else []
        self._bounds = [*section.conditions, *bounds]
        self._beside = [*matching(rest), *seen_one_by_one(rest, words)]

    def _choose(self, rest: ProjectFilter) -> ProjectFilter:
        """Take the legs of one filter, and return the others."""
        if rest.camera_ids and len(rest.camera_ids) <= MOST_LEGS:
            self._walked = (Camera.created_at, Camera.project_id)
            self._legs = [Camera.camera_id == one for one in rest.camera_ids]
            return rest.model_copy(update={"camera_ids": None})
        for column, ids in assigned(rest):
            if 0 < len(ids) <= MOST_LEGS and not (None in ids and column.key.startswith("category")):
                self._legs = [column.is_(None) if one is None else column == one for one in set(ids)]
                return rest.model_copy(update=_without(rest, column.key))
        return rest

    @property
    def is_exact(self) -> bool:
        """Whether nothing has to be looked at beside the index."""
        return not self._beside

    def page(self, wanted: int) -> Select[*tuple[Any, ...]]:
        """Return the statement: the projects along the way that fit, until there are enough."""
        way = self._way(wanted if self.is_exact else max(WALK, 10 * wanted))
        order = self._order.sort(tuple(way.c))
        joined = select(*_ROW).join(way, tuple(way.c)[-1] == Project.id)
        return joined.where(*self._beside).order_by(*order).limit(wanted)

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
        beyond = self._section.beyond(self._walked, backward=backward)
        conditions = [*self._bounds, *beyond, leg]
        return select(*named).where(*conditions).order_by(*self._order.sort(self._walked)).limit(length)


def _without(given: ProjectFilter, column: str) -> dict[str, Any]:
    if column.startswith("category_"):
        return {"categories": {slot: ids for slot, ids in given.categories.items() if not column.endswith(slot)}}
    return {{"type_id": "type_ids", "status_id": "status_ids"}.get(column, column): None}


def whole_set(
    given: ProjectFilter, words: list[str], order: Order, section: Section, wanted: int
) -> Select[*tuple[Any, ...]]:
    """Return the statement that finds all that match by the best indexes there are, and sorts them."""
    named = [column.label(f"place_{at}") for at, column in enumerate(section.key)]
    conditions = [*section.conditions, *matching(given), *seen_at_once(given, words)]
    conditions += section.beyond(section.key, backward=order.backward)
    found = select(*named).where(*conditions).cte("found").prefix_with("MATERIALIZED")
    first = select(found).order_by(*order.sort(tuple(found.c))).limit(wanted).subquery("first")
    return select(*_ROW).join(first, tuple(first.c)[-1] == Project.id).order_by(*order.sort(tuple(first.c)))


async def _total(query: ListProjects, words: list[str], reader: Reader) -> int | None:
    if query.count == "none":
        return None
    counted = select(Project.id).where(*matching(query.filter), *seen_at_once(query.filter, words))
    if query.count == "capped":
        counted = counted.limit(CAPPED)
    total = select(func.count()).select_from(counted.subquery())
    return int((await reader.connection.execute(total)).scalar_one())
