"""The queries about a project's history and about drafts."""

from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from contracts.errors import project_gone
from contracts.projects.commands import ProjectOpened
from contracts.projects.drafts import Draft, DraftedSequence, GetDraft
from contracts.projects.history import (
    GetHistory,
    GetPreserved,
    HistoryEntry,
    PreservedContent,
    PreservedEntry,
    ProjectHistory,
)
from contracts.projects.recordings import media_at
from workers.projects import change_history, domain, draft_recordings, legal_hold_view, tables, visibility
from workers.projects.legal_hold_view import PreservedEntryRow
from workers.projects.row_types import TombstoneRow
from workers.projects.row_types.history_rows import HistoryEntryRow
from workers.projects.rules.restricted_reading import revealed
from workers.projects.worker import worker
from workers.runtime.queries import result_pages
from workers.runtime.queries.query_dispatch import QueryContext
from workers.runtime.queries.result_pages import Page, cursor, read_cursor
from workers.runtime.storage.identity_map import row_of

_PLACE = TypeAdapter(tuple[int, int])


@worker.answers(GetHistory)
async def get_history(query: GetHistory, context: QueryContext) -> ProjectHistory:
    """Return who changed what, the newest first, and record the access."""
    revision, place = read_cursor(_PLACE, query.after) if query.after else change_history.NEWEST
    parameters = {
        "project_id": query.project_id,
        "field": query.field,
        "part_id": query.part_id,
        "hidden": (hidden := domain.hidden_fields(context.grants)),
        "revision": revision,
        "place": place,
        "limit": query.limit + 1,
    }

    def shown(row: HistoryEntryRow) -> HistoryEntry:
        return HistoryEntry.model_validate(domain.visible_entry(change_history.entry_of(row), hidden))

    async with revealed(context.connection, query.project_id, query.access_reason) as is_restricted:
        page = await result_pages.read(context.connection, change_history.ENTRIES, parameters, shown, query.limit)
        access_reason = query.access_reason if is_restricted else None
        return ProjectHistory(items=page.items, **await _end_of(page, query.project_id, context, access_reason))


@worker.answers(GetPreserved)
async def get_preserved(query: GetPreserved, context: QueryContext) -> PreservedContent:
    """Return what changes under hold have replaced or removed, the newest first, and record the access."""
    revision, place = read_cursor(_PLACE, query.after) if query.after else change_history.NEWEST
    hidden = domain.hidden_fields(context.grants)
    parameters = {"project_id": query.project_id, "hidden": hidden, "revision": revision, "place": place}
    parameters["limit"] = query.limit + 1

    def shown(row: PreservedEntryRow) -> PreservedEntry:
        return PreservedEntry(**change_history.entry_of(row), hold_id=row["hold_id"])

    page = await result_pages.read(context.connection, legal_hold_view.PRESERVED, parameters, shown, query.limit)
    return PreservedContent(items=page.items, **await _end_of(page, query.project_id, context))


async def _end_of(
    page: Page[Any, Any], project_id: UUID, context: QueryContext, access_reason: str | None = None
) -> dict[str, Any]:
    """Return what follows on a page and what it withholds, and record the access; refuse a project that is gone."""
    if not page.items:
        await _refuse_gone(project_id, context)
    context.emit(ProjectOpened(project_id=project_id, access_reason=access_reason), str(project_id))
    withheld = [*visibility.withheld_details(context.grants), *domain.withheld_histories(context.grants)]
    return {"next": cursor(page.last["revision"], page.last["place"]) if page.last else None, "withheld": withheld}


async def _refuse_gone(project_id: UUID, context: QueryContext) -> None:
    parameters = {"ids": [project_id]}
    if (await context.connection.execute(tables.PRESENT, parameters)).first() is None:
        tombstones = await context.connection.execute(tables.TOMBSTONES, parameters)
        raise project_gone(row_of(tombstones, TombstoneRow), None)


@worker.answers(GetDraft)
async def get_draft(_: GetDraft, context: QueryContext) -> Draft:
    """Return the caller's own draft list."""
    rows = await draft_recordings.read_list(context.connection, context.principal)
    return Draft(
        sequences=[DraftedSequence(**row, media=media_at(context.now, row["media_expires_at"])) for row in rows]
    )
