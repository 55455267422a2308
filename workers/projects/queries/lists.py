"""Pages of projects: first a walk in the order of the page, then, if it does not pay, the whole set."""

from typing import Any

from sqlalchemy import Integer, Select, func, literal_column, select, text, true

from contracts.projects.commands import MAIN_DETAILS
from contracts.projects.queries import ListProjects, ProjectFilter, ProjectPage, ProjectRow
from workers.projects import visibility
from workers.projects.queries.filters import matching, seen_at_once, within
from workers.projects.queries.order import Order
from workers.projects.queries.search import Conditions, Monthly, Sought, months_of, without_index
from workers.projects.queries.walks import Asked, Walk
from workers.projects.search.lookup import SOURCES, Search
from workers.projects.tables import Project
from workers.projects.worker import worker
from workers.runtime.queries.answering import QueryContext
from workers.runtime.queries.pages import bounded, fitting, is_full

CAPPED = 1_001
SOME, FEW, MANY = 500, 2_500, 10_000
"""How many projects a page looks at one after the other before it asks for all that match: first some, and more only
when those promise a full page; fewer more when words are sought, of which a month's are soon fetched."""

PROMISE = 1.5
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


@worker.answers(ListProjects)
async def list_projects(query: ListProjects, context: QueryContext) -> ProjectPage:
    """Return a page by keyset, which neither inserts nor deletes can shift (PRJ-09)."""
    order, sought = Order.of(query.sort), Sought.of(query.search, context.grants)
    place = order.place(query.after)
    await context.connection.execute(_PLANNING, {"seqscan": "off" if sought else "on"})
    found: list[Any] = []
    for section in order.sections(place):
        asked = Asked(query.filter, sought, order, section)
        found += await _page(asked, query.limit + 1 - len(found), context)
        if len(found) > query.limit or is_full(found):
            break
    details = visibility.withheld_details(context.grants)
    hidden = dict.fromkeys(MAIN_DETAILS) if "main-details" in details else {}
    items = fitting([_shown({**row, **hidden}) for row in found], query.limit)
    following = order.cursor(found[len(items) - 1]) if len(found) > len(items) or is_full(found) else None
    is_counted = query.count != "none" and query.after is None and following is None
    total = len(items) if is_counted else await _total(query, sought, context)
    sections = [section for source, section in SOURCES.items() if source in sought.withheld]
    withheld = list(dict.fromkeys([*(["main-details"] if hidden else []), *sections]))
    return ProjectPage(items=items, next=following, total=total, withheld=withheld)


def _shown(row: dict[str, Any]) -> ProjectRow:
    return ProjectRow.model_validate({name: row[name] for name in ProjectRow.model_fields})


async def _page(asked: Asked, wanted: int, context: QueryContext) -> list[Any]:
    """Walk while it pays; what a walk does not find soon is rare enough to be fetched as a whole."""
    rows = (*_ROW, *asked.order.placing)
    if asked.names_numbers:
        return await _rows(by_number(asked, wanted), context)
    walk, far = Walk(asked), FEW if asked.goes_by_month else MANY
    for length in (SOME // 4,) if asked.has_number else (SOME,) if walk.goes_by_words else (SOME, far):
        found = await _rows(walk.page(rows, wanted, length), context)
        if walk.is_exact or len(found) == wanted or is_full(found):
            return found
        if len(found) * far < PROMISE * wanted * SOME:
            break
    if not asked.sought:
        return await _rows(whole(asked, wanted), context)
    if walk.has_legs and not asked.has_number and await _count(walk.way(FEW + 1), context) <= FEW:
        return await _rows(walk.page(rows, wanted, FEW), context)
    months = await months_of(asked.given, asked.order, asked.section.after, context)
    if not months:
        return []
    return await _rows(by_month(asked, wanted, asked.sought.found(months, asked.given.type_ids)), context)


def candidates(asked: Asked, searched: Conditions) -> tuple[tuple[Any, ...], Conditions]:
    """Return the columns that order all that match, and the conditions that find it by the best indexes there are."""
    given, section, backward = asked.given, asked.section, asked.order.backward
    if searched and asked.order.name == "created_at" and given == ProjectFilter(created=given.created):
        words: tuple[Any, ...] = (Search.created_at, Search.project_id)
        dated = [*within(words[0], given.created), *section.beyond(words, backward=backward)]
        return words, [*searched, *without_index(dated)]
    beyond = section.beyond(section.key, backward=backward)
    return section.key, [
        *section.conditions,
        *beyond,
        *matching(given),
        *seen_at_once(given, searched),
    ]


def by_number(asked: Asked, wanted: int) -> Select[*tuple[Any, ...]]:
    """Return the statement that looks projects up by their numbers."""
    key, conditions = candidates(asked, [])
    return select(*_ROW).where(*conditions).order_by(*asked.order.sort(key)).limit(wanted)


def whole(asked: Asked, wanted: int) -> Select[*tuple[Any, ...]]:
    """Return the statement that finds all that match, and sorts it."""
    found = _found(asked, []).cte("found").prefix_with("MATERIALIZED")
    return _shown_of(asked.order, select(found).order_by(*asked.order.sort(tuple(found.c))).limit(wanted))


def by_month(asked: Asked, wanted: int, searched: Monthly) -> Select[*tuple[Any, ...]]:
    """Return the statement that finds what is sought month by month, and in the order of a page by date stops soon.

    Without an ORDER BY beside its LIMIT the outer loop goes through the months as they are given.
    """
    order = asked.order
    found = _monthly(_found(asked, searched.conditions), searched).subquery("found")
    sorted_ = select(found).order_by(*order.sort(tuple(found.c))).limit(wanted).lateral("sorted")
    first = select(sorted_).select_from(searched.months.join(sorted_, true())).limit(wanted)
    return _shown_of(order, first if order.name == "created_at" else first.order_by(*order.sort(tuple(sorted_.c))))


def _found(asked: Asked, searched: Conditions) -> Select[*tuple[Any, ...]]:
    key, conditions = candidates(asked, searched)
    named = [column.label(f"place_{at}") for at, column in enumerate(key)]
    return asked.order.linked(select(*named)).where(*conditions)


def _monthly(found: Select[*tuple[Any, ...]], searched: Monthly) -> Select[*tuple[Any, ...]]:
    """Keep a statement to a month of its own: with OFFSET it is not joined in another order."""
    return found.offset(0).correlate(searched.months)


def _shown_of(order: Order, places: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    first = places.subquery("first")
    joined = select(*_ROW, *order.placing).join(first, tuple(first.c)[-1] == Project.id)
    return joined.order_by(*order.sort(tuple(first.c)))


async def _total(query: ListProjects, sought: Sought, context: QueryContext) -> int | None:
    if query.count == "none":
        return None
    most, order = CAPPED if query.count == "capped" else None, Order.of("-created_at")
    asked = Asked(query.filter, sought, order, order.sections(None)[0])
    if not sought:
        return await _count(_found(asked, []).limit(most), context)
    months = await months_of(query.filter, order, None, context)
    if not months:
        return 0
    searched = sought.found(months, query.filter.type_ids)
    each = _monthly(_found(asked, searched.conditions), searched).lateral("each")
    return await _count(select(each).select_from(searched.months.join(each, true())).limit(most), context)


async def _rows(statement: Select[*tuple[Any, ...]], context: QueryContext) -> list[Any]:
    return list((await context.connection.execute(bounded(statement, _BYTES))).mappings().all())


async def _count(counted: Select[*tuple[Any, ...]], context: QueryContext) -> int:
    total = select(func.count()).select_from(counted.subquery())
    return int((await context.connection.execute(total)).scalar_one())
