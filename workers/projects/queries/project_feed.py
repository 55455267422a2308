"""The live feed of projects: the events that a follower may see and that pass its filter."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Event
from contracts.permissions import Grants
from contracts.projects.commands import ProjectCreated, ProjectDeleted, ProjectUpdated, SequencesRemoved
from contracts.projects.imports import ProjectsImported
from contracts.projects.redaction import ProjectRedacted
from contracts.projects.set_aside import ProjectRestricted
from contracts.projects.watching import OWN, WatchedProjects, WatchProjects, visible_body
from workers.projects.queries.filter_conditions import all_conditions
from workers.projects.tables import set_aside
from workers.projects.tables.projects import Project
from workers.projects.worker import worker
from workers.runtime.commands.reaction_dispatch import ReceivedEvent
from workers.runtime.feeds.feed import FeedAnswer, Renewal, VisibleEvent
from workers.runtime.queries.query_dispatch import LIMIT_STATEMENT_TIME, QueryContext

_COLUMNS: Final = {"type_ids": "type_id", "status_ids": "status_id", "references": "reference"}
_EVERYTHING: Final = WatchedProjects()
_FAREWELL: Final = (ProjectDeleted, ProjectRestricted)
"""Events by which lists learn that a project is gone; the others of one that is set aside are not shown again."""

_NUMBERS_MAX: Final = 20_000
"""The most projects whose numbers a process keeps."""

_EARLIER: Final = timedelta(seconds=2)
"""Events of this age are those of a feed that continues from an earlier one, or that is far behind."""


@worker.answers(WatchProjects)
async def watch_projects(query: WatchProjects, context: QueryContext) -> FeedAnswer | Renewal:
    """Open a feed, or keep one."""
    if query.feed is not None:
        return Renewal(query.feed, query.since)

    async def choose(
        heard: Sequence[ReceivedEvent[Event]], grants: Grants, connection: AsyncConnection
    ) -> list[VisibleEvent]:
        shown = {event.id: body_for(event, grants, context.principal) for event in heard}
        bodies = {event_id: body for event_id, body in shown.items() if body is not None}
        permitted = [event for event in heard if event.id in bodies]
        hidden = await _hidden_projects(permitted, connection)
        permitted = [
            event for event in permitted if event.project_id not in hidden or isinstance(event.event, _FAREWELL)
        ]
        passed = await _select_matching(permitted, query.filter, connection)
        chosen = [event for event in permitted if passed is None or event.id in passed]
        numbers = await _numbers.of(chosen, connection)
        return [VisibleEvent(each, bodies[each.id], numbers.get(each.project_id)) for each in chosen]

    return FeedAnswer(query, query.since, choose)


def body_for(heard: ReceivedEvent[Event], grants: Grants, principal: str) -> bytes | None:
    """Return an event as a follower may see it, or None; events of draft lists are for their owner only."""
    happened = heard.event.subject
    if happened in OWN and heard.actor != principal:
        return None
    body = heard.event.model_dump(mode="json")
    shown = visible_body(happened, body, grants)
    if shown is None:
        return None
    return bytes(heard.raw.data) if shown == body else to_json(shown)


class _Numbers:
    """The numbers of projects that had events lately; the number of a project never changes."""

    def __init__(self) -> None:
        self._known: OrderedDict[UUID | None, int] = OrderedDict()

    async def of(
        self, events: Sequence[ReceivedEvent[Event]], connection: AsyncConnection
    ) -> Mapping[UUID | None, int]:
        """Return the numbers of the events' projects, as far as they are known: one that is gone may have none."""
        for each in events:
            if isinstance(each.event, ProjectCreated | ProjectDeleted):
                self._known[each.project_id] = each.event.number
        if unknown := {each.project_id for each in events if each.project_id} - self._known.keys():
            read = await connection.execute(select(Project.id, Project.number).where(Project.id.in_(unknown)))
            self._known |= {row.id: row.number for row in read}
        numbers = {each.project_id: self._known[each.project_id] for each in events if each.project_id in self._known}
        while len(self._known) > _NUMBERS_MAX:
            self._known.popitem(last=False)
        return numbers


_numbers = _Numbers()


async def _hidden_projects(events: Sequence[ReceivedEvent[Event]], connection: AsyncConnection) -> set[UUID]:
    """Return the projects of earlier events that are set aside now; what happens now is shown without a look."""
    earlier = datetime.now(UTC) - _EARLIER
    ids = list({event.project_id for event in events if event.project_id and event.at < earlier})
    if not ids:
        return set()
    return set((await connection.execute(set_aside.HIDDEN, {"ids": ids})).scalars())


async def _select_matching(
    events: Sequence[ReceivedEvent[Event]], criteria: WatchedProjects, connection: AsyncConnection
) -> set[UUID] | None:
    """Return the ids of the events that pass a filter, with one statement; None without a filter."""
    if criteria == _EVERYTHING:
        return None
    chosen = set(criteria.project_ids) if criteria.project_ids is not None else None
    projects_by_event = {event.id: {*_projects(event)} & chosen if chosen else {*_projects(event)} for event in events}
    named = {event_id: project_ids for event_id, project_ids in projects_by_event.items() if project_ids}
    if criteria.model_copy(update={"project_ids": None}) == _EVERYTHING:
        return set(named)
    certain = {event.id for event in events if event.id in named and _concerns_lists(event, criteria)}
    undecided = {event_id: project_ids for event_id, project_ids in named.items() if event_id not in certain}
    if not undecided:
        return certain
    await connection.execute(LIMIT_STATEMENT_TIME)
    conditions = [Project.id.in_(frozenset().union(*undecided.values())), *all_conditions(criteria)]
    matches = set((await connection.execute(select(Project.id).where(*conditions))).scalars())
    return certain | {event_id for event_id, project_ids in undecided.items() if project_ids & matches}


def _projects(heard: ReceivedEvent[Event]) -> list[UUID]:
    """Return the projects that an event is about: one, those of an import, or none."""
    if isinstance(heard.event, ProjectsImported):
        return heard.event.project_ids
    return [heard.project_id] if heard.project_id else []


def _concerns_lists(heard: ReceivedEvent[Event], criteria: WatchedProjects) -> bool:
    """Tell whether an event concerns filtered lists whatever the project is now: deleted, or changed where filtered."""
    filtered = {name for name, value in criteria if value != getattr(_EVERYTHING, name)}
    if isinstance(heard.event, ProjectUpdated):
        columns = {_COLUMNS.get(name, name) for name in filtered} | {f"category_{slot}" for slot in criteria.categories}
        return "updated" in filtered or not columns.isdisjoint(heard.event.changed)
    if isinstance(heard.event, ProjectRedacted):
        return "references" in filtered and heard.event.field == "reference"
    if isinstance(heard.event, SequencesRemoved):
        return "camera_ids" in filtered
    return isinstance(heard.event, _FAREWELL)
