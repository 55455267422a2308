"""The live feed of projects: which events a follower may see, and which of them it asked for."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Event
from contracts.permissions import Grants
from contracts.projects.commands import ProjectDeleted, ProjectUpdated, SequencesRemoved
from contracts.projects.imports import ProjectsImported
from contracts.projects.watching import OWN, WatchedProjects, WatchProjects, seen
from workers.projects.queries.filters import every_condition
from workers.projects.tables import Project
from workers.projects.worker import worker
from workers.runtime.commands.reactions import ReceivedEvent
from workers.runtime.feeds.feed import Live, Renewal, VisibleEvent
from workers.runtime.queries.query_service import LIMIT_STATEMENT_TIME, QueryContext

_COLUMNS: Final = {"type_ids": "type_id", "status_ids": "status_id", "references": "reference"}
_EVERYTHING: Final = WatchedProjects()


@worker.answers(WatchProjects)
async def watch_projects(query: WatchProjects, context: QueryContext) -> Live | Renewal:
    """Open a feed, or keep one."""
    if query.feed is not None:
        return Renewal(query.feed, query.since)

    async def choose(
        heard: Sequence[ReceivedEvent[Event]], grants: Grants, connection: AsyncConnection
    ) -> list[VisibleEvent]:
        shown = {event.id: shown_to(event, grants, context.principal) for event in heard}
        bodies = {event_id: body for event_id, body in shown.items() if body is not None}
        permitted = [event for event in heard if event.id in bodies]
        passed = await _passed(permitted, query.filter, connection)
        return [VisibleEvent(event, bodies[event.id]) for event in permitted if passed is None or event.id in passed]

    return Live(query, query.since, choose)


def shown_to(heard: ReceivedEvent[Event], grants: Grants, principal: str) -> bytes | None:
    """Return an event as a follower may see it, None where it may not; draft lists are their owner's alone."""
    happened = heard.event.subject
    if happened in OWN and heard.actor != principal:
        return None
    body = heard.event.model_dump(mode="json")
    shown = seen(happened, body, grants)
    if shown is None:
        return None
    return bytes(heard.raw.data) if shown == body else to_json(shown)


async def _passed(
    heard: Sequence[ReceivedEvent[Event]], criteria: WatchedProjects, connection: AsyncConnection
) -> set[UUID] | None:
    """Return the ids of the events that a filter lets pass, with one statement for all; None for all of them."""
    if criteria == _EVERYTHING:
        return None
    only = set(criteria.project_ids) if criteria.project_ids is not None else None
    about = {event.id: {*_projects(event)} & only if only else {*_projects(event)} for event in heard}
    named = {event_id: project_ids for event_id, project_ids in about.items() if project_ids}
    if criteria.model_copy(update={"project_ids": None}) == _EVERYTHING:
        return set(named)
    certain = {event.id for event in heard if event.id in named and _concerns_lists(event, criteria)}
    asked = {event_id: project_ids for event_id, project_ids in named.items() if event_id not in certain}
    if not asked:
        return certain
    await connection.execute(LIMIT_STATEMENT_TIME)
    conditions = [Project.id.in_(frozenset().union(*asked.values())), *every_condition(criteria)]
    matches = set((await connection.execute(select(Project.id).where(*conditions))).scalars())
    return certain | {event_id for event_id, project_ids in asked.items() if project_ids & matches}


def _projects(heard: ReceivedEvent[Event]) -> list[UUID]:
    """Return the projects that an event is about: one, those that an import took over, or none."""
    if isinstance(heard.event, ProjectsImported):
        return heard.event.project_ids
    return [heard.project_id] if heard.project_id else []


def _concerns_lists(heard: ReceivedEvent[Event], criteria: WatchedProjects) -> bool:
    """Tell what a filtered list must know whatever the project is now: it is gone, or what the filter asks changed."""
    asked = {name for name, value in criteria if value != getattr(_EVERYTHING, name)}
    if isinstance(heard.event, ProjectUpdated):
        columns = {_COLUMNS.get(name, name) for name in asked} | {f"category_{slot}" for slot in criteria.categories}
        return "updated" in asked or not columns.isdisjoint(heard.event.changed)
    if isinstance(heard.event, SequencesRemoved):
        return "camera_ids" in asked
    return isinstance(heard.event, ProjectDeleted)
