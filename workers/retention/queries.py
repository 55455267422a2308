"""The queries about retention, and the count of due projects."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.errors import project_gone
from contracts.retention import (
    DueProject,
    DueProjects,
    Holds,
    ListDue,
    ListHolds,
    PreviewRetention,
    ProjectHold,
    RetentionPreview,
)
from contracts.texts import Part
from contracts.values import EARLIEST, LATEST, Time
from workers.retention import domain, tables
from workers.retention.row_types import DueProjectRow, ListedHoldRow, TombstoneRow
from workers.retention.worker import worker
from workers.runtime.admission.incoming_messages import invalid
from workers.runtime.bus.backlog_metrics import Figure
from workers.runtime.queries import result_pages
from workers.runtime.queries.query_dispatch import QueryContext
from workers.runtime.queries.result_pages import cursor, read_cursor
from workers.runtime.storage.identity_map import row_of, rows_of

ListName: TypeAlias = Literal["holds", "due"]
_PLACE = TypeAdapter(tuple[str, Time, UUID])
_FIRST_PLACES: dict[ListName, tuple[datetime, UUID]] = {"holds": (LATEST, UUID(int=0)), "due": (EARLIEST, UUID(int=0))}
"""The places before the first page of each list."""


async def retention_days(connection: AsyncConnection) -> int:
    """Return the current retention time."""
    days: int = (await connection.execute(tables.RETENTION_DAYS)).scalar_one()
    return days


async def count_due(connection: AsyncConnection, created_before: datetime) -> int:
    """Return how many projects were created before this time and are neither exempt nor under hold (RET-05)."""
    parameters = {"created_before": created_before, "at_most": domain.COUNTED_PROJECTS_MAX}
    due: int = (await connection.execute(tables.DUE, parameters)).scalar_one()
    return due


@worker.shows_figures
async def last_sweep(connection: AsyncConnection) -> Sequence[Figure]:
    """Return when a sweep last ended as a metric, or nothing before the first."""
    ended = (await connection.execute(tables.LAST_SWEEP)).scalar_one_or_none()
    meaning = "when a sweep last came to its end, or found nothing to delete, in seconds since 1970"
    return [] if ended is None else [Figure("last_sweep_timestamp_seconds", meaning, ended)]


@worker.shows_figures
async def last_erasure(connection: AsyncConnection) -> Sequence[Figure]:
    """Return when the last complete clean-up after deletions began as a metric, or nothing before the first."""
    began = (await connection.execute(tables.LAST_ERASURE)).scalar_one_or_none()
    meaning = "what was deleted before is in no file any more, in seconds since 1970"
    return [] if began is None else [Figure("last_erasure_timestamp_seconds", meaning, began)]


@worker.answers(PreviewRetention)
async def preview_retention(query: PreviewRetention, context: QueryContext) -> RetentionPreview:
    """Return what a retention time would delete now, by default the current one (AMB-6)."""
    days = query.retention_days or await retention_days(context.connection)
    before = domain.created_before(context.now, days)
    due = await count_due(context.connection, before)
    return RetentionPreview(retention_days=days, created_before=before, due=due)


@worker.answers(ListHolds)
async def list_holds(query: ListHolds, context: QueryContext) -> Holds:
    """Return the holds in force, or all of one project, the newest first."""
    at, after = _read_place("holds", query.after)
    parameters = {"at": at, "id": after, "limit": query.limit + 1, "project_id": query.project_id}
    statement = tables.HOLDS_OF_PROJECT if query.project_id else tables.HOLDS_IN_FORCE
    page = await result_pages.read(context.connection, statement, parameters, _hold, query.limit)
    if query.project_id and not page.items:
        await _refuse_gone(query.project_id, context)
    following = cursor("holds", page.last["held_at"], page.last["hold_id"]) if page.last else None
    return Holds(items=page.items, next=following)


def _hold(row: ListedHoldRow) -> ProjectHold:
    return ProjectHold.model_validate(dict(row))


async def _refuse_gone(project_id: UUID, context: QueryContext) -> None:
    if (await context.connection.execute(tables.PRESENT, {"project_id": project_id})).first() is None:
        tombstones = await context.connection.execute(tables.TOMBSTONES, {"ids": [project_id]})
        raise project_gone(row_of(tombstones, TombstoneRow), Part.PROJECT)


@worker.answers(ListDue)
async def list_due(query: ListDue, context: QueryContext) -> DueProjects:
    """Return the projects that retention deletes next, with the time at which each expires (RET-03, RET-05)."""
    days = await retention_days(context.connection)
    at, after = _read_place("due", query.after)
    before = domain.due_before(context.now, days, query.within_days)
    parameters = {"created_before": before, "at": at, "id": after, "limit": query.limit + 1}
    rows = rows_of(await context.connection.execute(tables.NEXT_DUE, parameters), DueProjectRow)
    items = [DueProject(**row, expires_at=row["created_at"] + timedelta(days=days)) for row in rows[: query.limit]]
    following = cursor("due", items[-1].created_at, items[-1].project_id) if len(rows) > query.limit else None
    return DueProjects(retention_days=days, items=items, next=following)


def _read_place(listed: ListName, after: str | None) -> tuple[datetime, UUID]:
    """Parse the cursor of a page, or refuse one of another list."""
    if after is None:
        return _FIRST_PLACES[listed]
    name, at, row_id = read_cursor(_PLACE, after)
    if name != listed:
        raise invalid(("after", "cursor"))
    return at, row_id
