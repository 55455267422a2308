"""The queries about one project and about the outcome of a command."""

from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.errors import Code, Refusal, project_gone
from contracts.message import PENDING
from contracts.permissions import Level, Node
from contracts.projects.commands import ProjectOpened
from contracts.projects.queries import FindProject, FoundProject, GetOutcome, GetProject
from workers.projects import domain, legal_hold_view, tables, visibility
from workers.projects.legal_hold_view import OpenedProjectRow
from workers.projects.row_types import TombstoneRow
from workers.projects.rules import camera_recording_rules
from workers.projects.rules.restricted_reading import revealed
from workers.projects.tables import redactions
from workers.projects.worker import worker
from workers.runtime.admission.inbox import decided_outcomes
from workers.runtime.commands.envelopes import MESSAGE_BYTES_MAX
from workers.runtime.queries.outcome_waits import AwaitedOutcome
from workers.runtime.queries.query_dispatch import Answer, QueryContext
from workers.runtime.storage.identity_map import row_of

_NUMBERED = text("SELECT id FROM projects.visible_project WHERE number = :number")
_PENDING = text(
    "SELECT done, total FROM published.pending_commands WHERE principal = :principal AND command_id = :command_id"
)
_NUMBERED_BEFORE = text("SELECT * FROM projects.tombstone WHERE number = :number ORDER BY deleted_at DESC LIMIT 1")


@worker.answers(GetProject)
async def get_project(query: GetProject, context: QueryContext) -> Answer:
    """Return the parts of a project that the caller may see, and record the access."""
    withheld = [*visibility.withheld_details(context.grants), *domain.withheld_sections(context.grants)]
    sections = [name for name in domain.PARTS.values() if name not in withheld]
    async with revealed(context.connection, query.project_id, query.access_reason) as is_restricted:
        document, too_large = await _read(query.project_id, sections, context)
    if "hold" in withheld:
        del document["hold"]
    camera_recording_rules.add_media(document.get("sequences", []), context.now)
    document = visibility.without_sections(document, withheld)
    if document["redactions"] and context.grants.allow(Node.RETENTION, Level.VIEW):
        await _add_reasons(document["redactions"], query.project_id, context)
    access_reason = query.access_reason if is_restricted else None
    context.emit(ProjectOpened(project_id=query.project_id, access_reason=access_reason), str(query.project_id))
    return Answer(_without_excess({**document, "withheld": withheld, "too_large": too_large}))


async def _read(project_id: UUID, sections: list[str], context: QueryContext) -> tuple[dict[str, Any], list[str]]:
    """Return the document of a project, and the names of the sections that are too large for a message.

    Raises:
        Refusal: It is deleted, restricted or unknown.
    """
    parameters = {"project_id": project_id, "sections": sections, "room": MESSAGE_BYTES_MAX}
    row = row_of(await context.connection.execute(legal_hold_view.OPEN_PROJECT, parameters), OpenedProjectRow)
    if row is None:
        tombstones = await context.connection.execute(tables.TOMBSTONES, {"ids": [project_id]})
        raise project_gone(row_of(tombstones, TombstoneRow), None)
    document, too_large = row["document"] or {}, list[str]()
    if row["document"] is None:
        sizes = {"comments": row["comments"], "calls": row["calls"], "sequences": row["sequences"]}
        too_large = visibility.largest_sections({name: sizes[name] for name in sections}, MESSAGE_BYTES_MAX)
        parameters["sections"] = [name for name in sections if name not in too_large]
        document = (await context.connection.execute(tables.DOCUMENT, parameters)).scalar_one()
    return {**document, "labels": row["labels"], "hold": row["hold"]}, too_large


async def _add_reasons(entries: list[dict[str, Any]], project_id: UUID, context: QueryContext) -> None:
    """Say why each redaction was made."""
    reasons = await context.connection.execute(redactions.REASONS, {"project_id": project_id})
    by_revision: dict[int, str] = {row.revision: row.reason for row in reasons}
    for entry in entries:
        entry["reason"] = by_revision.get(entry["revision"])


@worker.answers(FindProject)
async def find_project(query: FindProject, context: QueryContext) -> FoundProject:
    """Return the project with a number, or refuse: deleted when and by whom, or unknown."""
    parameters = {"number": query.number}
    project_id = (await context.connection.execute(_NUMBERED, parameters)).scalar_one_or_none()
    if project_id is None:
        tombstones = await context.connection.execute(_NUMBERED_BEFORE, parameters)
        refusal = project_gone(row_of(tombstones, TombstoneRow), None, "number")
        refusal.details["fields"][0]["value"] = query.number
        raise refusal
    return FoundProject(project_id=project_id, number=query.number)


def _without_excess(document: dict[str, Any]) -> bytes:
    """Serialise a project, dropping the largest sections until it fits into a message."""
    while len(written := to_json(document)) > MESSAGE_BYTES_MAX:
        largest = max(domain.SECTIONS, key=lambda name: len(to_json(document.get(name))))
        del document[largest]
        document["too_large"].append(largest)
    return written


@worker.answers(GetOutcome)
async def get_outcome(query: GetOutcome, context: QueryContext) -> Answer | AwaitedOutcome:
    """Return the outcome of one of the caller's own commands, or wait for it."""
    key = context.principal, query.command_id

    async def progress(connection: AsyncConnection) -> Refusal | bytes:
        return await _progress(connection, *key)

    # The progress is read first: a command that is concluded in between has an outcome.
    known = await progress(context.connection)
    if outcome := (await decided_outcomes(context.connection, [key])).get(key):
        return Answer(outcome)
    if query.wait_seconds:
        return AwaitedOutcome(query.command_id, query.wait_seconds, progress)
    if isinstance(known, Refusal):
        raise known
    return Answer(known)


async def _progress(connection: AsyncConnection, principal: str, command_id: UUID) -> Refusal | bytes:
    """Return how far a command is that was taken, or the refusal that no worker knows it."""
    parameters = {"principal": principal, "command_id": command_id}
    pending = (await connection.execute(_PENDING, parameters)).one_or_none()
    if pending is not None:
        done, total = pending
        return to_json({"command_id": command_id, "status": PENDING, "done": done, "total": total})
    unknown = [{"field": "command_id", "kind": "unknown_command"}]
    return Refusal(Code.GONE, status=404, known=False, command_id=str(command_id), fields=unknown)
