"""Selecting projects by a filter for another slice: which ones they are is decided once, and published.

What is to be selected is read from `published.requested_selections`, and the result from `published.selections`.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypedDict
from uuid import UUID

import structlog
from pydantic_core import to_json
from sqlalchemy import Uuid, bindparam, false, func, select, text, true
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.errors import Refusal
from contracts.permissions import Node
from contracts.projects.queries import ListProjects, ProjectFilter, Sort
from workers.common.logs import describe
from workers.projects.queries.filter_conditions import all_conditions
from workers.projects.queries.search_conditions import Conditions, SearchRequest, months_of
from workers.projects.queries.sort_order import Order
from workers.projects.search.index_tables import Search
from workers.projects.tables.projects import Project
from workers.projects.worker import worker
from workers.runtime.commands.deferred_commands import TRANSIENT, Step
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.storage.database import connect_autocommit
from workers.runtime.storage.identity_map import row_of

_LOOK_SECONDS: Final = 0.5
_REQUESTED: Final = """
    FROM published.requested_selections r
    WHERE NOT EXISTS (SELECT FROM projects.selection s WHERE s.selection_id = r.selection_id)
"""
_ANY_REQUESTED = text(f"SELECT EXISTS (SELECT {_REQUESTED})")
_NEXT = text(
    f"""
    SELECT selection_id, principal, filter, search, sort, projects_max {_REQUESTED}
    ORDER BY requested_at, selection_id LIMIT 1
    """
)
# One process selects; the others wait for the next look, and none selects what was selected.
_HOLD = text("SELECT pg_try_advisory_xact_lock(hashtextextended('projects.selection', 0))")
_TUNE_PLANNER = text(
    "SELECT set_config('jit', 'off', true), set_config('work_mem', '64MB', true), "
    "set_config('enable_seqscan', :seqscan, true)"
)
_NO_SEARCH: Final = SearchRequest()
_STORE = text(
    """
    INSERT INTO projects.selection (selection_id, project_ids, matches, missing_nodes, is_failed, refusal)
    VALUES (:selection_id, :project_ids, :matches, :missing_nodes, :is_failed, :refusal)
    """
).bindparams(bindparam("project_ids", type_=ARRAY(Uuid)), bindparam("missing_nodes", type_=JSONB))
DROP_SELECTIONS = text(
    """
    DELETE FROM projects.selection s
    WHERE NOT EXISTS (SELECT FROM published.requested_selections r WHERE r.selection_id = s.selection_id)
    """
)
log = structlog.get_logger()


class RequestedSelectionRow(TypedDict):
    """A row of the published view of selections that are to be made."""

    selection_id: UUID
    principal: str
    filter: Any
    search: str | None
    sort: Sort
    projects_max: int


class _Selection(NamedTuple):
    """The projects that match, how many match in all, and why none was looked for."""

    project_ids: Sequence[UUID] = ()
    matches: int = 0
    missing_nodes: Sequence[Node] = ()
    is_failed: bool = False
    refusal: str | None = None


@worker.background
async def make_selections(running: RunningComponents) -> None:
    """Select what is requested, one selection after the other."""
    work = running.deferred_work()
    while True:
        is_requested = False
        try:
            async with connect_autocommit(running.engine) as connection:
                is_requested = (await connection.execute(_ANY_REQUESTED)).scalar_one()
            was_made = is_requested and await work.attempt(lambda step, give_up: select_next(step, give_up=give_up))
        except TRANSIENT as error:
            if is_requested:
                log.warning("selection_interrupted", **describe(error))
            was_made = False
        if not was_made:
            await asyncio.sleep(_LOOK_SECONDS)


async def select_next(step: Step, *, give_up: bool = False) -> bool:
    """Make the selection that was requested first; return whether one was requested and nobody else selects."""
    connection = step.connection
    if not (await connection.execute(_HOLD)).scalar_one():
        return False
    requested = row_of(await connection.execute(_NEXT), RequestedSelectionRow)
    if requested is None:
        return False
    selection = _Selection(is_failed=True) if give_up else await _select(step, requested)
    await connection.execute(_STORE, {"selection_id": requested["selection_id"], **selection._asdict()})
    return True


async def _select(step: Step, requested: RequestedSelectionRow) -> _Selection:
    """Select what the author may see, filter by and search for now; more than the most is only counted."""
    criteria, words = read_filter(requested["filter"]), requested["search"]
    query = ListProjects(filter=criteria, search=words, sort=requested["sort"])
    principal = requested["principal"]
    grants = (await step.context(principal)).grants[principal]
    if missing := query.missing(grants):
        return _Selection(missing_nodes=missing)
    try:
        search = SearchRequest.of(query.search, grants)
    except Refusal:
        return _Selection(refusal="search")
    await step.connection.execute(_TUNE_PLANNER, {"seqscan": "off" if search else "on"})
    ids = await select_ids(step.connection, query, requested["projects_max"] + 1, search)
    if len(ids) <= requested["projects_max"]:
        return _Selection(ids, len(ids))
    conditions = [*all_conditions(query.filter), *await _search_conditions(step.connection, query, search)]
    count = select(func.count()).select_from(Project).where(*conditions)
    return _Selection(matches=(await step.connection.execute(count)).scalar_one())


def read_filter(stored: Any) -> ProjectFilter:
    """Return a filter that is stored as JSON."""
    return ProjectFilter.model_validate_json(to_json(stored))


async def select_ids(
    connection: AsyncConnection, query: ListProjects, limit: int, search: SearchRequest = _NO_SEARCH
) -> list[UUID]:
    """Return the ids of the projects of a list in its order, at most `limit`, all as of one moment."""
    order = Order.of(query.sort)
    conditions = [*all_conditions(query.filter), *await _search_conditions(connection, query, search)]
    matches = order.linked(select(Project.id)).where(*conditions)
    statement = matches.order_by(*(column.nulls_last() for column in order.sort(order.key))).limit(limit)
    return list((await connection.execute(statement)).scalars())


async def _search_conditions(connection: AsyncConnection, query: ListProjects, search: SearchRequest) -> Conditions:
    """Return the condition that a project is found by a search, month by month as in a list."""
    if not search:
        return []
    months = await months_of(query.filter, Order.of(query.sort), None, connection)
    if not months:
        return [false()]
    searched = search.by_month(months, query.filter.type_ids)
    within = select(Search.project_id).where(*searched.conditions).offset(0).correlate(searched.months)
    each = within.lateral("each")
    return [Project.id.in_(select(each.c.project_id).select_from(searched.months.join(each, true())))]
