"""The query about the projects that are set aside."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from contracts.permissions import Level, Node
from contracts.projects.set_aside import ListSetAside, SetAsideKind, SetAsideProject, SetAsideProjects
from workers.projects.tables import set_aside
from workers.projects.worker import worker
from workers.runtime.queries import result_pages
from workers.runtime.queries.query_dispatch import QueryContext
from workers.runtime.queries.result_pages import cursor, read_newest_first


class SetAsideRow(TypedDict):
    """A row of the statement that lists what is set aside."""

    project_id: UUID
    number: int
    kind: SetAsideKind
    at: datetime
    by: str
    restorable_until: datetime | None
    reason: str | None


@worker.answers(ListSetAside)
async def list_set_aside(query: ListSetAside, context: QueryContext) -> SetAsideProjects:
    """Return a page of the projects that can be restored or are restricted, the last first."""
    at, project_id = read_newest_first(query.after)
    shows_reasons = context.grants.allow(Node.RESTRICTED, Level.VIEW)
    parameters = {"kinds": query.kinds, "shows_reasons": shows_reasons, "at": at, "id": project_id}
    parameters["limit"] = query.limit + 1

    def shown(row: SetAsideRow) -> SetAsideProject:
        return SetAsideProject(**row)

    page = await result_pages.read(context.connection, set_aside.LISTED, parameters, shown, query.limit)
    following = cursor(page.last["at"], page.last["project_id"]) if page.last else None
    return SetAsideProjects(items=page.items, next=following)
