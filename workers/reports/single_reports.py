"""Making the report of one project, as a command has asked for it."""

from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.errors import Code, Refusal
from contracts.permissions import Grants, Level
from contracts.reports import GenerateReport, ReportGenerated, TemplateVersion
from workers.common.sandboxed_jobs import ChildError
from workers.reports import domain, tables
from workers.reports.collection.activity_files import LogStateAwaitedError, activity_files
from workers.reports.collection.project_circumstances import restricted_nodes
from workers.reports.data_collection import ReportContext, assemble
from workers.reports.design.template_rendering import render_in_form
from workers.reports.rendering.child_process_rendering import refusal_of
from workers.reports.rendering.render_input import Purpose, ReportDocument
from workers.reports.row_types import ReportRow, RequestRow, TombstoneRow
from workers.reports.signing.signing import require_identity, signed
from workers.runtime.commands.deferred_commands import DeferredCommand, Step
from workers.runtime.storage import file_chunks, log_proofs
from workers.runtime.storage.bulk_writes import insert_rows
from workers.runtime.storage.identity_map import row_of


async def make_next_report(step: Step, principal: str, *, give_up: bool = False) -> bool:
    """Make the report that a principal has waited for longest; return whether one waited that nobody else is making."""
    connection, named = step.connection, {"principal": principal}
    request = row_of(await connection.execute(tables.CLAIM_REQUEST, named), RequestRow)
    if request is None:
        return False
    named["command_id"] = str(request["command_id"])
    command = DeferredCommand(
        GenerateReport,
        request["command_id"],
        principal,
        str(request["report_id"]),
        request["refusal_language"],
        request["trace"],
    )
    if give_up:
        await step.give_up(command, request["letter"])
        await connection.execute(tables.DROP_REQUEST, named)
        return True
    try:
        existing = row_of(await connection.execute(tables.REPORT, {"report_id": request["report_id"]}), ReportRow)
        if existing is None:
            await step.conclude(command, event_of(await _make(step, request)))
        else:
            domain.require_same_report(existing, request["project_id"])
            await step.conclude(command, event_of(existing), is_unchanged=True)
    except LogStateAwaitedError as error:
        await connection.execute(
            tables.AWAIT_LOG, {**named, "log_size": error.size, "seconds": log_proofs.CHECKPOINT_SECONDS_MAX}
        )
        return True
    except Refusal as refusal:
        await step.conclude(command, refusal)
    await connection.execute(tables.DROP_REQUEST, named)
    return True


async def _make(step: Step, request: RequestRow) -> ReportRow:
    """Make and store a report with what its author may see now; its project cannot be deleted meanwhile.

    Raises:
        Refusal: It cannot be made.
        LogStateAwaitedError: It waits for a signed state of the activity log.
    """
    document = await _assemble(step, request)
    try:
        report, template, failure = await render_in_form(document, stands_alone=True)
        report = await signed(report, document.generated_at)
    except ChildError as error:
        raise refusal_of(error) from None
    row: ReportRow = {
        "report_id": request["report_id"],
        "project_id": request["project_id"],
        "created_by": request["principal"],
        "requested_at": request["requested_at"],
        "created_at": document.generated_at,
        "language": document.language,
        "show_user_names": request["show_user_names"],
        "complete": not document.missing,
        "missing": list(document.missing),
        "bytes": len(report.pdf),
        "sha256": report.sha256,
        "pages": report.pages,
        "restricted_nodes": restricted_nodes(document),
        "recipient": request["recipient"],
        "reference": request["reference"],
        "legal_basis": request["legal_basis"],
        "template": template.version().model_dump(mode="json") if template else None,
        "template_failure": failure,
        "is_stamped": report.is_stamped,
    }
    await _store(step.connection, row, report.pdf)
    return row


async def _assemble(step: Step, request: RequestRow) -> ReportDocument:
    """Return the document of a report, with the files that prove its activity."""
    connection, ids = step.connection, {"ids": [request["project_id"]]}
    present = (await connection.execute(tables.PROJECTS, ids)).one_or_none()
    tombstone = row_of(await connection.execute(tables.TOMBSTONES, ids), TombstoneRow)
    domain.require_project(present is not None, tombstone)
    context = await step.context(request["principal"])
    grants = context.grants[request["principal"]]
    asked = _allowed(request, grants)
    require_identity(context.now)
    around = ReportContext(
        connection,
        grants,
        context.now,
        request["principal"],
        step.site,
        Purpose.of(request),
        proves_activity=True,
    )
    document = await assemble(asked, around)
    return replace(document, log_files=await activity_files(connection, document, request["log_awaited_until"]))


def _allowed(request: RequestRow, grants: Grants) -> GenerateReport:
    """Return the command of a request, which its author may still send.

    Raises:
        Refusal: A permission is missing now.
    """
    asked = GenerateReport(**{name: request[name] for name in GenerateReport.model_fields})  # type: ignore[literal-required] # the fields are columns
    if missing := asked.missing(grants):
        raise Refusal(Code.NOT_AVAILABLE, nodes=missing, level=Level.MANAGE.name.lower())
    return asked


async def _store(connection: AsyncConnection, row: ReportRow, pdf: bytes) -> None:
    """Write a report and its bytes."""
    await insert_rows(connection, tables.Report, [row])
    chunks = [
        {"report_id": row["report_id"], "number": number, "data": f"\\x{data.hex()}"}
        for number, data in file_chunks.cut(pdf)
    ]
    await insert_rows(connection, tables.Chunk, chunks)


def event_of(row: ReportRow) -> ReportGenerated:
    """Return the event of a generated report."""
    columns: dict[str, Any] = {name: row[name] for name in ReportGenerated.model_fields}  # type: ignore[literal-required] # the fields are columns
    version = columns["template"] and TemplateVersion.model_validate(columns["template"], strict=False)
    return ReportGenerated(**{**columns, "template": version})
