"""Making reports and recording that they were printed."""

from contracts.errors import Refusal
from contracts.reports import DeleteReport, GenerateReport, RecordPrint, ReportDeleted, ReportGenerated, ReportPrinted
from workers.common.children import Cause, ChildError
from workers.reports import domain
from workers.reports.assembly import assembled
from workers.reports.rendering.renderer import rendered
from workers.reports.worker import ReportUnit, worker
from workers.runtime.storage import chunks


@worker.handles(GenerateReport)
async def generate_report(command: GenerateReport, unit: ReportUnit) -> ReportGenerated:
    """Make the PDF of a project and keep it with the project; asking again is the same report."""
    rows = unit.rows
    there = rows.reports.get(command.report_id)
    if there is not None:
        domain.require_same_report(there, command.project_id)
        unit.leave_unchanged()
        told = {name: there[name] for name in ("project_id", "complete", "missing", "bytes", "sha256", "pages")}
        return ReportGenerated(report_id=command.report_id, **told)
    domain.require_project(command.project_id in rows.projects, rows.tombstones.get(command.project_id))
    document = await assembled(command, unit)
    try:
        report = await rendered(document)
    except ChildError as error:
        raise refusal_of(error) from None
    generated = ReportGenerated(
        report_id=command.report_id,
        project_id=command.project_id,
        complete=not document.missing,
        missing=list(document.missing),
        bytes=len(report.pdf),
        sha256=report.sha256,
        pages=report.pages,
    )
    kept = {
        **generated.model_dump(),
        "created_by": unit.principal,
        "created_at": unit.now,
        "language": document.language,
        "show_user_names": command.show_user_names,
    }
    rows.reports.put(kept)
    for number, data in chunks.cut(report.pdf):
        rows.chunks.put({"report_id": command.report_id, "number": number, "data": f"\\x{data.hex()}"})
    return generated


def refusal_of(error: ChildError) -> Refusal:
    """Say what the typesetter's process ended of; its death is the report's refusal."""
    match error.cause:
        case Cause.MEMORY:
            return domain.not_printed("report_needs_memory", unit="bytes", limit=error.limits.memory_bytes)
        case Cause.TIME:
            return domain.not_printed("report_needs_time", unit="seconds", limit=error.limits.seconds)
        case Cause.CRASH:
            return domain.not_printed("report_not_typeset")


@worker.handles(RecordPrint)
async def record_print(command: RecordPrint, unit: ReportUnit) -> ReportPrinted:
    """Record that a report was printed (REP-04)."""
    report = domain.report_present(unit.rows.reports.get(command.report_id))
    return ReportPrinted(report_id=command.report_id, project_id=report["project_id"])


@worker.handles(DeleteReport)
async def delete_report(command: DeleteReport, unit: ReportUnit) -> ReportDeleted:
    """Delete a report with all its bytes; its project stays."""
    report = domain.report_present(unit.rows.reports.get(command.report_id))
    unit.rows.reports.remove(command.report_id)
    return ReportDeleted(report_id=command.report_id, project_id=report["project_id"])
