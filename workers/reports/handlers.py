"""Making reports and recording that they were printed."""

import asyncio
from functools import cache

from contracts.reports import DeleteReport, GenerateReport, RecordPrint, ReportDeleted, ReportGenerated, ReportPrinted
from workers.reports import domain
from workers.reports.assembly import assembled
from workers.reports.rendering import Renderer
from workers.reports.worker import ReportUnit, worker
from workers.runtime import chunks

_renderer = cache(Renderer)


@worker.handles(GenerateReport)
async def generate_report(command: GenerateReport, unit: ReportUnit) -> ReportGenerated:
    """Make the PDF of a project and keep it with the project; asking again is the same report."""
    rows = unit.rows
    there = rows.reports.get(command.report_id)
    if there is not None:
        domain.same_report(there, command.project_id)
        unit.already_so()
        told = {name: there[name] for name in ("project_id", "complete", "missing", "bytes", "sha256", "pages")}
        return ReportGenerated(report_id=command.report_id, **told)
    domain.project_present(command.project_id in rows.projects, rows.tombstones.get(command.project_id))
    document = await assembled(command, unit)
    rendered = await asyncio.to_thread(_renderer().render, document)
    generated = ReportGenerated(
        report_id=command.report_id,
        project_id=command.project_id,
        complete=not document.missing,
        missing=list(document.missing),
        bytes=len(rendered.pdf),
        sha256=rendered.sha256,
        pages=rendered.pages,
    )
    kept = {
        **generated.model_dump(),
        "created_by": unit.principal,
        "created_at": unit.now,
        "language": document.language,
        "show_user_names": command.show_user_names,
    }
    rows.reports.put(kept)
    for number, data in chunks.cut(rendered.pdf):
        rows.chunks.put({"report_id": command.report_id, "number": number, "data": f"\\x{data.hex()}"})
    return generated


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
