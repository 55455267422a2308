"""Pages of projects: first by a walk in the order of the page, then, if that does not pay off, from the whole set."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NotRequired
from uuid import UUID

from sqlalchemy import Integer, Select, func, literal_column, select, text, true

from contracts.projects.commands import MAIN_DETAILS
from contracts.projects.queries import ListProjects, ProjectFilter, ProjectPage, ProjectRow
from workers.projects import visibility
from workers.projects.queries.filter_conditions import filter_conditions, lookups_by_set, span_conditions
from workers.projects.queries.keyset_walks import PageRequest, Walk
from workers.projects.queries.search_conditions import (
    Conditions,
    MonthlySearch,
    SearchRequest,
    months_of,
    without_index,
)
from workers.projects.queries.sort_order import Order
from workers.projects.search.index_tables import SOURCES, Search
from workers.projects.search.ngrams import month_of
from workers.projects.tables.projects import Project
from workers.projects.worker import worker
from workers.runtime.queries.query_dispatch import QueryContext
from workers.runtime.queries.result_pages import BoundedRow, cut_to_message, is_full, limit_bytes
from workers.runtime.storage.identity_map import rows_of

COUNTED_PROJECTS_MAX = 1_001
WALK_FIRST_PROJECTS, WALK_MONTH_PROJECTS, WALK_FULL_PROJECTS = 500, 2_500, 10_000
"""Projects that a walk tests before the whole set is fetched: first a few, then more if those promise a full page.
A search walks less far, because a month of its matches is fetched quickly."""

PROMISED_PAGES_MIN = 1.5
"""Pages that the first projects of a walk must promise for the walk to go on."""

# The plan must suit the requested values, no bitmap may become lossy, and JIT compilation costs more than any page.
_TUNE_PLANNER = text(
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('work_mem', '64MB', true), "
    "set_config('jit', 'off', true), set_config('enable_seqscan', :seqscan, true)"
)
_BYTES = literal_column("octet_length(description) + 250", Integer)
"""The least bytes that a row takes in a message; the length of a long text is known without reading it."""
_MONTH_MATCHES = "month_matches"

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

    month_matches: NotRequired[int]
    """All matches of its month, where a search by month has a total."""

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
    """Return a page by keyset, so that inserts and deletes do not shift it (PRJ-09)."""
    order, search = Order.of(query.sort), SearchRequest.of(query.search, context.grants)
    place = order.place(query.after)
    await context.connection.execute(_TUNE_PLANNER, {"seqscan": "off" if search else "on"})
    rows: list[ListedProjectRow] = []
    has_total = query.count != "none" and place is None
    for section in order.sections(place):
        request = PageRequest(query.filter, search, order, section, has_total)
        rows += await _page(request, query.limit + 1 - len(rows), context)
        if len(rows) > query.limit or is_full(rows):
            break
    details = visibility.withheld_details(context.grants)
    hidden = dict.fromkeys(MAIN_DETAILS) if "main-details" in details else {}
    items = cut_to_message([_list_item(row, hidden) for row in rows], query.limit)
    following = order.cursor(rows[len(items) - 1]) if len(rows) > len(items) or is_full(rows) else None
    total = len(items) if has_total and following is None else await _total(query, search, rows, context)
    sections = [section for source, section in SOURCES.items() if source in search.withheld]
    withheld = list(dict.fromkeys([*(["main-details"] if hidden else []), *sections]))
    return ProjectPage(items=items, next=following, total=total, withheld=withheld)


def _list_item(row: ListedProjectRow, hidden: Mapping[str, None]) -> ProjectRow:
    columns = {name: value for name, value in row.items() if name in ProjectRow.model_fields}
    return ProjectRow.model_validate({**columns, **hidden})


async def _page(request: PageRequest, limit: int, context: QueryContext) -> list[ListedProjectRow]:
    """Walk while it pays off; rare matches are fetched as a whole set."""
    columns = (*_ROW, *request.order.placing)
    if request.names_numbers:
        return await _rows(by_number(request, limit), context)
    walk, far = Walk(request), WALK_MONTH_PROJECTS if request.goes_by_month else WALK_FULL_PROJECTS
    for length in (
        (WALK_FIRST_PROJECTS // 4,)
        if request.has_number
        else (WALK_FIRST_PROJECTS,)
        if walk.goes_by_words
        else (WALK_FIRST_PROJECTS, far)
    ):
        rows = await _rows(walk.page(columns, limit, length), context)
        if walk.is_exact or len(rows) == limit or is_full(rows):
            return rows
        if len(rows) * far < PROMISED_PAGES_MIN * limit * WALK_FIRST_PROJECTS:
            break
    if not request.search:
        return await _rows(all_at_once(request, limit), context)
    if (
        walk.has_legs
        and not request.has_number
        and await _count(walk.positions(WALK_MONTH_PROJECTS + 1), context) <= WALK_MONTH_PROJECTS
    ):
        return await _rows(walk.page(columns, limit, WALK_MONTH_PROJECTS), context)
    months = await months_of(request.criteria, request.order, request.section.after, context.connection)
    if not months:
        return []
    return await _rows(by_month(request, limit, request.search.by_month(months, request.criteria.type_ids)), context)


def candidates(request: PageRequest, searched: Conditions) -> tuple[tuple[Any, ...], Conditions]:
    """Return the columns that order the matches, and the conditions that find them by the best indexes."""
    criteria, section, backward = request.criteria, request.section, request.order.backward
    if searched and request.order.name == "created_at" and criteria == ProjectFilter(created=criteria.created):
        words: tuple[Any, ...] = (Search.created_at, Search.project_id)
        dated = [*span_conditions(words[0], criteria.created), *section.beyond(words, backward=backward)]
        return words, [*searched, *without_index(dated)]
    beyond = section.beyond(section.key, backward=backward)
    return section.key, [
        *section.conditions,
        *beyond,
        *filter_conditions(criteria),
        *lookups_by_set(criteria, searched),
    ]


def by_number(request: PageRequest, limit: int) -> Select[*tuple[Any, ...]]:
    """Return the statement that looks projects up by their numbers."""
    key, conditions = candidates(request, [])
    return select(*_ROW).where(*conditions).order_by(*request.order.sort(key)).limit(limit)


def all_at_once(request: PageRequest, limit: int) -> Select[*tuple[Any, ...]]:
    """Return the statement that finds all matches and sorts them."""
    matches = _matching_places(request, []).cte("found").prefix_with("MATERIALIZED")
    return _select_rows(request.order, select(matches).order_by(*request.order.sort(tuple(matches.c))).limit(limit))


def by_month(request: PageRequest, limit: int, searched: MonthlySearch) -> Select[*tuple[Any, ...]]:
    """Return the statement that finds the matches of a search month by month; a page by date needs few months.

    With a LIMIT but no ORDER BY, the outer loop takes the months in the given order.
    """
    order = request.order
    matches = _within_month(_matching_places(request, searched.conditions), searched).subquery("found")
    counts = [func.count().over().label(_MONTH_MATCHES)] if request.counts_months else []
    sorted_ = select(matches, *counts).order_by(*order.sort(tuple(matches.c))).limit(limit).lateral("sorted")
    first = select(sorted_).select_from(searched.months.join(sorted_, true())).limit(limit)
    return _select_rows(order, first if order.name == "created_at" else first.order_by(*order.sort(tuple(sorted_.c))))


def _matching_places(request: PageRequest, searched: Conditions) -> Select[*tuple[Any, ...]]:
    key, conditions = candidates(request, searched)
    named = [column.label(f"place_{at}") for at, column in enumerate(key)]
    return request.order.linked(select(*named)).where(*conditions)


def _within_month(matches: Select[*tuple[Any, ...]], searched: MonthlySearch) -> Select[*tuple[Any, ...]]:
    """Restrict a statement to the month of the outer row: OFFSET keeps the planner from reordering the join."""
    return matches.offset(0).correlate(searched.months)


def _select_rows(order: Order, places: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    page = places.subquery("first")
    key = [column for column in page.c if column.key != _MONTH_MATCHES]
    counts = [column for column in page.c if column.key == _MONTH_MATCHES]
    joined = select(*_ROW, *order.placing, *counts).join(page, key[-1] == Project.id)
    return joined.order_by(*order.sort(key))


async def _total(
    query: ListProjects, search: SearchRequest, rows: Sequence[ListedProjectRow], context: QueryContext
) -> int | None:
    """Count all matches; the months of a page that has counted them are not read again."""
    if query.count == "none":
        return None
    limit, order = COUNTED_PROJECTS_MAX if query.count == "capped" else None, Order.of("-created_at")
    request = PageRequest(query.filter, search, order, order.sections(None)[0])
    if not search:
        return await _count(_matching_places(request, []).limit(limit), context)
    counted = {month_of(row["created_at"]): row["month_matches"] for row in rows if "month_matches" in row}
    page_matches = sum(counted.values())
    if limit is not None and page_matches >= limit:
        return limit
    months = await months_of(query.filter, order, None, context.connection)
    if counted:
        months = _months_after(month_of(rows[-1]["created_at"]), months, Order.of(query.sort))
    return page_matches + (
        await _count_months(request, months, limit and limit - page_matches, context) if months else 0
    )


def _months_after(last: int, months: Sequence[int], order: Order) -> Sequence[int]:
    return [month for month in months if (month < last if order.backward else month > last)]


async def _count_months(request: PageRequest, months: Sequence[int], limit: int | None, context: QueryContext) -> int:
    searched = request.search.by_month(months, request.criteria.type_ids)
    matches = _within_month(_matching_places(request, searched.conditions), searched).lateral("each")
    return await _count(select(matches).select_from(searched.months.join(matches, true())).limit(limit), context)


async def _rows(statement: Select[*tuple[Any, ...]], context: QueryContext) -> list[ListedProjectRow]:
    return rows_of(await context.connection.execute(limit_bytes(statement, _BYTES)), ListedProjectRow)


async def _count(statement: Select[*tuple[Any, ...]], context: QueryContext) -> int:
    total = select(func.count()).select_from(statement.subquery())
    return int((await context.connection.execute(total)).scalar_one())
