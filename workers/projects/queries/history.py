"""What is answered about the past of a project and about drafts."""

from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from contracts.errors import project_gone
from contracts.projects.commands import ProjectOpened
from contracts.projects.drafts import Draft, DraftedSequence, GetDraft
from contracts.projects.history import GetHistory, HistoryEntry, ProjectHistory
from workers.projects import domain, drafts, history, recordings, tables, visibility
from workers.projects.worker import worker
from workers.runtime.queries import pages
from workers.runtime.queries.answering import QueryContext
from workers.runtime.queries.pages import cursor, read_cursor
from workers.runtime.storage.row_set import Row

_PLACE = TypeAdapter(tuple[int, int])


@worker.answers(GetHistory)
async def get_history(query: GetHistory, context: QueryContext) -> ProjectHistory:
    """Return who changed what, the newest first, and record it like an opening."""
    revision, place = read_cursor(_PLACE, query.after) if query.after else history.NEWEST
    given = {
        "project_id": query.project_id,
        "field": query.field,
        "part_id": query.part_id,
        "hidden": (hidden := domain.unseen(context.grants)),
        "revision": revision,
        "place": place,
        "limit": query.limit + 1,
    }

    def shown(row: Row) -> HistoryEntry:
        return HistoryEntry.model_validate(domain.past_shown(entry(row), hidden))

    found = await pages.read(context.connection, history.ENTRIES, given, shown, query.limit)
    if not found.items:
        await _refuse_gone(query.project_id, context)
    following = cursor(found.last["revision"], found.last["place"]) if found.last else None
    context.emit(ProjectOpened(project_id=query.project_id), str(query.project_id))
    withheld = [*visibility.withheld_details(context.grants), *domain.withheld_parts(context.grants)]
    return ProjectHistory(items=found.items, next=following, withheld=withheld)


def entry(row: Row) -> dict[str, Any]:
    """Return a row of the history in the shape in which it is told."""
    return {name: row[name] for name in HistoryEntry.model_fields}


async def _refuse_gone(project_id: UUID, context: QueryContext) -> None:
    given = {"ids": [project_id]}
    if (await context.connection.execute(tables.PRESENT, given)).first() is None:
        tombstone = (await context.connection.execute(tables.TOMBSTONES, given)).mappings().one_or_none()
        raise project_gone(tombstone, None)


@worker.answers(GetDraft)
async def get_draft(_: GetDraft, context: QueryContext) -> Draft:
    """Return the caller's own draft list."""
    rows = await drafts.listed(context.connection, context.principal)
    return Draft(
        sequences=[DraftedSequence(**row, media=recordings.media(row["media_expires_at"], context.now)) for row in rows]
    )
