"""What is answered about reports, and their bytes."""

from contracts.reports import (
    DownloadReport,
    GetReport,
    ListReports,
    Report,
    ReportDownloaded,
    ReportList,
)
from workers.reports import domain, tables
from workers.reports.worker import worker
from workers.runtime import chunks
from workers.runtime.kept import Row
from workers.runtime.questions import Answer, Reader


@worker.answers(GetReport)
async def get_report(query: GetReport, reader: Reader) -> Report:
    """Return what is known of one report."""
    found = await reader.connection.execute(tables.REPORT, {"report_id": query.report_id})
    return shown(domain.report_present(found.mappings().one_or_none()))


@worker.answers(ListReports)
async def list_reports(query: ListReports, reader: Reader) -> ReportList:
    """Return the reports of a project, newest first."""
    found = await reader.connection.execute(tables.OF_PROJECT, {"project_id": query.project_id})
    return ReportList(items=[shown(row) for row in found.mappings()])


def shown(row: Row) -> Report:
    """Turn a row into what is told of a report."""
    return Report.model_validate(dict(row))


@worker.answers(DownloadReport)
async def download_report(query: DownloadReport, reader: Reader) -> Answer:
    """Return some bytes of a report; the first ones are recorded as a download."""
    found = await reader.connection.execute(tables.REPORT, {"report_id": query.report_id})
    report = domain.report_present(found.mappings().one_or_none())
    domain.may_be_read(report, reader.grants)
    named = {"report_id": query.report_id}
    part = await chunks.read(reader.connection, tables.CHUNKS, query.offset, query.length, **named)
    if query.offset == 0:
        downloaded = ReportDownloaded(report_id=query.report_id, project_id=report["project_id"])
        reader.emit(downloaded, str(query.report_id))
    headers = {"Report-Bytes": str(report["bytes"]), "Report-Sha256": report["sha256"]}
    return Answer(part, headers)
