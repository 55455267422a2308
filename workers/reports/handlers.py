"""Generating and deleting reports, and recording prints."""

from contracts.errors import Refusal
from contracts.reports import DeleteReport, GenerateReport, RecordPrint, ReportDeleted, ReportGenerated, ReportPrinted
from workers.common.sandboxed_jobs import Cause, ChildError
from workers.reports import domain
from workers.reports.data_collection import assemble
from workers.reports.rendering.child_process_rendering import render
from workers.reports.row_types import ReportRow
from workers.reports.worker import ReportUnit, worker
from workers.runtime.storage import file_chunks


@worker.handles(GenerateReport)
async def generate_report(command: GenerateReport, unit: ReportUnit) -> ReportGenerated:
    """Generate and store the PDF of a project; a repeated request returns the same report."""
    rows = unit.rows
    existing = rows.reports.get(command.report_id)
    if existing is not None:
        domain.require_same_report(existing, command.project_id)
        unit.leave_unchanged()
        return event_of(existing)
    domain.require_project(command.project_id in rows.projects, rows.tombstones.get(command.project_id))
    document = await assemble(command, unit)
    try:
        report = await render(document)
    except ChildError as error:
        raise refusal_of(error) from None
    row: ReportRow = {
        "report_id": command.report_id,
        "project_id": command.project_id,
        "created_by": unit.principal,
        "created_at": unit.now,
        "language": document.language,
        "show_user_names": command.show_user_names,
        "complete": not document.missing,
        "missing": list(document.missing),
        "bytes": len(report.pdf),
        "sha256": report.sha256,
        "pages": report.pages,
    }
    rows.reports.put(row)
    for number, data in file_chunks.cut(report.pdf):
        rows.chunks.append({"report_id": command.report_id, "number": number, "data": data})
    return event_of(row)


def event_of(row: ReportRow) -> ReportGenerated:
    """Return the event of a generated report."""
    return ReportGenerated(
        report_id=row["report_id"],
        project_id=row["project_id"],
        complete=row["complete"],
        missing=row["missing"],
        bytes=row["bytes"],
        sha256=row["sha256"],
        pages=row["pages"],
    )


def refusal_of(error: ChildError) -> Refusal:
    """Return the refusal for the cause of the typesetter's end."""
    match error.cause:
        case Cause.MEMORY:
            return domain.report_refusal("report_needs_memory", unit="bytes", limit=error.limits.memory_bytes)
        case Cause.TIME:
            return domain.report_refusal("report_needs_time", unit="seconds", limit=error.limits.seconds)
        case Cause.CRASH:
            return domain.report_refusal("report_not_typeset")


@worker.handles(RecordPrint)
async def record_print(command: RecordPrint, unit: ReportUnit) -> ReportPrinted:
    """Record that a report was printed (REP-04)."""
    report = domain.require_report(unit.rows.reports.get(command.report_id))
    return ReportPrinted(report_id=command.report_id, project_id=report["project_id"])


@worker.handles(DeleteReport)
async def delete_report(command: DeleteReport, unit: ReportUnit) -> ReportDeleted:
    """Delete a report with its bytes; its project stays."""
    report = domain.require_report(unit.rows.reports.get(command.report_id))
    unit.rows.reports.remove(command.report_id)
    return ReportDeleted(report_id=command.report_id, project_id=report["project_id"])
