"""Selecting projects by a filter for another slice: which ones they are is decided once, and published.

What is to be selected is read from `published.requested_selections`, and the result from `published.selections`.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypedDict
from uuid import UUID

import structlog
from pydantic_core import to_json
from sqlalchemy import Select, Uuid, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.permissions import Node
from contracts.projects.queries import ListProjects, ProjectFilter, Sort
from workers.common.logs import describe
from workers.projects.queries.filter_conditions import all_conditions
from workers.projects.queries.sort_order import Order
from workers.projects.tables import Project
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
    SELECT selection_id, principal, filter, sort, projects_max {_REQUESTED}
    ORDER BY requested_at, selection_id LIMIT 1
    """
)
# One process selects; the others wait for the next look, and none selects what was selected.
_HOLD = text("SELECT pg_try_advisory_xact_lock(hashtextextended('projects.selection', 0))")
_TUNE_PLANNER = text("SELECT set_config('jit', 'off', true), set_config('work_mem', '64MB', true)")
_STORE = text(
    """
    INSERT INTO projects.selection (selection_id, project_ids, matches, missing_nodes, is_failed)
    VALUES (:selection_id, :project_ids, :matches, :missing_nodes, :is_failed)
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
    sort: Sort
    projects_max: int


class _Selection(NamedTuple):
    """The projects that match, how many match in all, and what the author may not see or filter by."""

    project_ids: Sequence[UUID] = ()
    matches: int = 0
    missing_nodes: Sequence[Node] = ()
    is_failed: bool = False


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
    """Select what the author may see and filter by now; more than the most is only counted."""
    query = ListProjects(filter=read_filter(requested["filter"]), sort=requested["sort"])
    principal = requested["principal"]
    if missing := query.missing((await step.context(principal)).grants[principal]):
        return _Selection(missing_nodes=missing)
    await step.connection.execute(_TUNE_PLANNER)
    ids = await select_ids(step.connection, query, requested["projects_max"] + 1)
    if len(ids) <= requested["projects_max"]:
        return _Selection(ids, len(ids))
    count = select(func.count()).select_from(Project).where(*all_conditions(query.filter))
    return _Selection(matches=(await step.connection.execute(count)).scalar_one())


def read_filter(stored: Any) -> ProjectFilter:
    """Return a filter that is stored as JSON."""
    return ProjectFilter.model_validate_json(to_json(stored))


async def select_ids(connection: AsyncConnection, query: ListProjects, limit: int) -> list[UUID]:
    """Return the ids of the projects of a list in its order, at most `limit`, all as of one moment."""
    return list((await connection.execute(_statement(query, limit))).scalars())


def _statement(query: ListProjects, limit: int) -> Select[UUID]:
    order = Order.of(query.sort)
    matches = order.linked(select(Project.id)).where(*all_conditions(query.filter))
    return matches.order_by(*(column.nulls_last() for column in order.sort(order.key))).limit(limit)
