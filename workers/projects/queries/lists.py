"""Pages of projects: first a walk in the order of the page, then, if it does not pay, the whole set."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, func, literal_column, select, text, true

from contracts.projects.commands import MAIN_DETAILS
from contracts.projects.queries import ListProjects, ProjectFilter, ProjectPage, ProjectRow
from workers.projects import visibility
from workers.projects.queries.filters import matching, seen_at_once, within
from workers.projects.queries.keyset_walks import Asked, Walk
from workers.projects.queries.search_conditions import Conditions, Monthly, Sought, months_of, without_index
from workers.projects.queries.sort_order import Order
from workers.projects.search.lookup_tables import SOURCES, Search
from workers.projects.tables import Project
from workers.projects.worker import worker
from workers.runtime.queries.pages import BoundedRow, cut_to_message, is_full, limit_bytes
from workers.runtime.queries.query_service import QueryContext
from workers.runtime.storage.row_set import rows_of

COUNTED_PROJECTS_MAX = 1_001
WALK_FIRST_PROJECTS, WALK_MONTH_PROJECTS, WALK_FULL_PROJECTS = 500, 2_500, 10_000
"""How many projects a page looks at one after the other before it asks for all that match: first some, and more only
when those promise a full page; fewer more when words are sought, of which a month's are soon fetched."""

PROMISED_PAGES_MIN = 1.5
"""How many pages the first projects must promise."""

# A plan must fit the values that are asked for, no bitmap may become lossy, and compiling costs more than any page.
_PLANNING = text(
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('work_mem', '64MB', true), "
    "set_config('jit', 'off', true), set_config('enable_seqscan', :seqscan, true)"
)
_BYTES = literal_column("octet_length(description) + 250", Integer)
"""What a row takes of a message, at least; the length of a long text is known without reading it."""

_ROW = (
    Project.id.label("project_id"),
    Project.number,
    Project.reference,
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


class ListedProjectRow(BoundedRow):
    """A row of a list; it also has the column `described` where the list is sorted by description."""

    project_id: UUID
    number: int
    reference: str | None
    revision: int
    type_id: int | None
    status_id: int | None
    description: str
    start_time: datetime | None
    end_time: datetime | None
    created_by: str
    created_at: datetime
    updated_at: datetime
    imported: bool


@worker.answers(ListProjects)
async def list_projects(query: ListProjects, context: QueryContext) -> ProjectPage:
    """Return a page by keyset, which neither inserts nor deletes can shift (PRJ-09)."""
    order, search = Order.of(query.sort), Sought.of(query.search, context.grants)
    place = order.place(query.after)
    await context.connection.execute(_PLANNING, {"seqscan": "off" if search else "on"})
    rows: list[ListedProjectRow] = []
    for section in order.sections(place):
        asked = Asked(query.filter, search, order, section)
        rows += await _page(asked, query.limit + 1 - len(rows), context)
        if len(rows) > query.limit or is_full(rows):
            break
    details = visibility.withheld_details(context.grants)
    hidden = dict.fromkeys(MAIN_DETAILS) if "main-details" in details else {}
    items = cut_to_message([_shown(row, hidden) for row in rows], query.limit)
    following = order.cursor(rows[len(items) - 1]) if len(rows) > len(items) or is_full(rows) else None
    is_counted = query.count != "none" and query.after is None and following is None
    total = len(items) if is_counted else await _total(query, search, context)
    sections = [section for source, section in SOURCES.items() if source in search.withheld]
    withheld = list(dict.fromkeys([*(["main-details"] if hidden else []), *sections]))
    return ProjectPage(items=items, next=following, total=total, withheld=withheld)


def _shown(row: ListedProjectRow, hidden: Mapping[str, None]) -> ProjectRow:
    columns = {name: value for name, value in row.items() if name in ProjectRow.model_fields}
    return ProjectRow.model_validate({**columns, **hidden})


async def _page(asked: Asked, limit: int, context: QueryContext) -> list[ListedProjectRow]:
    """Walk while it pays; what a walk does not find soon is rare enough to be fetched as a whole."""
    columns = (*_ROW, *asked.order.placing)
    if asked.names_numbers:
        return await _rows(by_number(asked, limit), context)
    walk, far = Walk(asked), WALK_MONTH_PROJECTS if asked.goes_by_month else WALK_FULL_PROJECTS
    for length in (
        (WALK_FIRST_PROJECTS // 4,)
        if asked.has_number
        else (WALK_FIRST_PROJECTS,)
        if walk.goes_by_words
        else (WALK_FIRST_PROJECTS, far)
    ):
        rows = await _rows(walk.page(columns, limit, length), context)
        if walk.is_exact or len(rows) == limit or is_full(rows):
            return rows
        if len(rows) * far < PROMISED_PAGES_MIN * limit * WALK_FIRST_PROJECTS:
            break
    if not asked.search:
        return await _rows(whole(asked, limit), context)
    if (
        walk.has_legs
        and not asked.has_number
        and await _count(walk.way(WALK_MONTH_PROJECTS + 1), context) <= WALK_MONTH_PROJECTS
    ):
        return await _rows(walk.page(columns, limit, WALK_MONTH_PROJECTS), context)
    months = await months_of(asked.criteria, asked.order, asked.section.after, context)
    if not months:
        return []
    return await _rows(by_month(asked, limit, asked.search.found(months, asked.criteria.type_ids)), context)


def candidates(asked: Asked, searched: Conditions) -> tuple[tuple[Any, ...], Conditions]:
    """Return the columns that order all that match, and the conditions that find it by the best indexes there are."""
    criteria, section, backward = asked.criteria, asked.section, asked.order.backward
    if searched and asked.order.name == "created_at" and criteria == ProjectFilter(created=criteria.created):
        words: tuple[Any, ...] = (Search.created_at, Search.project_id)
        dated = [*within(words[0], criteria.created), *section.beyond(words, backward=backward)]
        return words, [*searched, *without_index(dated)]
    beyond = section.beyond(section.key, backward=backward)
    return section.key, [
        *section.conditions,
        *beyond,
        *matching(criteria),
        *seen_at_once(criteria, searched),
    ]


def by_number(asked: Asked, limit: int) -> Select[*tuple[Any, ...]]:
    """Return the statement that looks projects up by their numbers."""
    key, conditions = candidates(asked, [])
    return select(*_ROW).where(*conditions).order_by(*asked.order.sort(key)).limit(limit)


def whole(asked: Asked, limit: int) -> Select[*tuple[Any, ...]]:
    """Return the statement that finds all that match, and sorts it."""
    matches = _found(asked, []).cte("found").prefix_with("MATERIALIZED")
    return _shown_of(asked.order, select(matches).order_by(*asked.order.sort(tuple(matches.c))).limit(limit))


def by_month(asked: Asked, limit: int, searched: Monthly) -> Select[*tuple[Any, ...]]:
    """Return the statement that finds what is sought month by month, and in the order of a page by date stops soon.

    Without an ORDER BY beside its LIMIT the outer loop goes through the months as they are given.
    """
    order = asked.order
    matches = _monthly(_found(asked, searched.conditions), searched).subquery("found")
    sorted_ = select(matches).order_by(*order.sort(tuple(matches.c))).limit(limit).lateral("sorted")
    first = select(sorted_).select_from(searched.months.join(sorted_, true())).limit(limit)
    return _shown_of(order, first if order.name == "created_at" else first.order_by(*order.sort(tuple(sorted_.c))))


def _found(asked: Asked, searched: Conditions) -> Select[*tuple[Any, ...]]:
    key, conditions = candidates(asked, searched)
    named = [column.label(f"place_{at}") for at, column in enumerate(key)]
    return asked.order.linked(select(*named)).where(*conditions)


def _monthly(matches: Select[*tuple[Any, ...]], searched: Monthly) -> Select[*tuple[Any, ...]]:
    """Keep a statement to a month of its own: with OFFSET it is not joined in another order."""
    return matches.offset(0).correlate(searched.months)


def _shown_of(order: Order, places: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    first = places.subquery("first")
    joined = select(*_ROW, *order.placing).join(first, tuple(first.c)[-1] == Project.id)
    return joined.order_by(*order.sort(tuple(first.c)))


async def _total(query: ListProjects, search: Sought, context: QueryContext) -> int | None:
    if query.count == "none":
        return None
    most, order = COUNTED_PROJECTS_MAX if query.count == "capped" else None, Order.of("-created_at")
    asked = Asked(query.filter, search, order, order.sections(None)[0])
    if not search:
        return await _count(_found(asked, []).limit(most), context)
    months = await months_of(query.filter, order, None, context)
    if not months:
        return 0
    searched = search.found(months, query.filter.type_ids)
    each = _monthly(_found(asked, searched.conditions), searched).lateral("each")
    return await _count(select(each).select_from(searched.months.join(each, true())).limit(most), context)


async def _rows(statement: Select[*tuple[Any, ...]], context: QueryContext) -> list[ListedProjectRow]:
    return rows_of(await context.connection.execute(limit_bytes(statement, _BYTES)), ListedProjectRow)


async def _count(counted: Select[*tuple[Any, ...]], context: QueryContext) -> int:
    total = select(func.count()).select_from(counted.subquery())
    return int((await context.connection.execute(total)).scalar_one())
