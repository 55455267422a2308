"""What is answered about what was done."""

from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.audit import AttemptRefused, Entries, Entry, ProjectActivity, SiteLog
from contracts.errors import Code
from contracts.permissions import Grants, Level, Node
from contracts.retention import ProjectHeld, ProjectReleased
from contracts.values import Time
from contracts.watching import node_of, seen
from workers.audit import forwarding, log_server
from workers.audit.tables import Activity, LogEntry
from workers.audit.worker import worker
from workers.runtime import pages
from workers.runtime.pages import cursor, read_cursor
from workers.runtime.questions import Reader

Place = tuple[Time, UUID]
_PLACE: TypeAdapter[Place] = TypeAdapter(Place)

__all__ = ["forwarding", "project_activity", "site_log"]


@worker.answers(ProjectActivity)
async def project_activity(query: ProjectActivity, reader: Reader) -> Entries:
    """Return what was done to a project, newest first; also to one that is gone (PRJ-08).

    Who placed a hold is told to those who may see holds: to all others its entries would name nobody but that.
    """
    conditions = [Activity.project_id == query.project_id]
    if not reader.grants.allow(Node.RETENTION, Level.VIEW):
        conditions.append(Activity.activity.not_in((ProjectHeld.subject, ProjectReleased.subject)))
    found = await page(reader.connection, Activity, conditions, query)
    return found.model_copy(update={"items": [told(one, reader.grants) for one in found.items]})


def told(entry: Entry, grants: Grants) -> Entry:
    """Return an entry without what it says of a part that the caller may not see; who did what, when, stays."""
    if node_of(entry.activity) is not None:
        return entry.model_copy(update={"details": seen(entry.activity, entry.details, grants) or {}})
    of_hold = entry.activity == AttemptRefused.subject and entry.details["code"] == Code.HELD
    if of_hold and not grants.allow(Node.RETENTION, Level.VIEW):
        return entry.model_copy(update={"details": {}})
    return entry


@worker.answers(SiteLog)
async def site_log(query: SiteLog, reader: Reader) -> Entries:
    """Return what the log server holds, newest first."""
    conditions: list[ColumnElement[bool]] = []
    if query.actor is not None:
        conditions.append(LogEntry.actor == query.actor)
    if query.activity is not None:
        conditions.append(LogEntry.activity == query.activity)
    if query.since is not None:
        conditions.append(LogEntry.at >= query.since)
    if query.until is not None:
        conditions.append(LogEntry.at < query.until)
    async with log_server.reading(reader.connection.engine) as connection:
        return await page(connection, LogEntry, conditions, query)


async def page(
    connection: AsyncConnection,
    store: type[Activity | LogEntry],
    conditions: list[ColumnElement[bool]],
    query: ProjectActivity | SiteLog,
) -> Entries:
    """Return a page by keyset, which entries that come meanwhile cannot shift."""
    place = tuple_(store.at, store.event_id)
    if query.after:
        conditions = [*conditions, place < read_cursor(_PLACE, query.after)]
    columns: list[Any] = [getattr(store, name) for name in Entry.model_fields]
    statement = (
        select(*columns).where(*conditions).order_by(store.at.desc(), store.event_id.desc()).limit(query.limit + 1)
    )
    found = await pages.read(connection, statement, None, lambda row: Entry.model_validate(dict(row)), query.limit)
    following = cursor(found.last["at"], found.last["event_id"]) if found.last else None
    return Entries(items=found.items, next=following)
