"""The queries about reports, and their download."""

from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import text

from contracts.errors import project_gone
from contracts.projects.queries import Number
from contracts.report_batch_projects import BatchedProject, BatchedProjectList, ListBatchedProjects
from contracts.report_batches import Batch, BatchDownloaded, BatchList, DownloadBatch, ListBatches
from contracts.report_design import Design, GetDesign, Logo, Template
from contracts.report_summaries import DownloadSummary, ListSummaries, Summary, SummaryDownloaded, SummaryList
from contracts.reports import (
    DownloadReport,
    GetReport,
    ListReports,
    Report,
    ReportDownloaded,
    ReportList,
)
from contracts.texts import Part
from workers.reports import batch_tables, design_tables, domain, summary_tables, tables
from workers.reports.row_types import (
    BatchedProjectRow,
    BatchHeadRow,
    DesignRow,
    ListedBatchRow,
    ListedReportRow,
    ReportRow,
    SummaryRow,
    TombstoneRow,
)
from workers.reports.rules.summary_rules import require_summary_file
from workers.reports.worker import worker
from workers.runtime.queries import download_audit, result_pages
from workers.runtime.queries.query_dispatch import Answer, QueryContext
from workers.runtime.queries.result_pages import cursor, read_cursor, read_newest_first
from workers.runtime.storage import file_chunks
from workers.runtime.storage.identity_map import row_of, rows_of

_NUMBER = TypeAdapter(tuple[Number])
_BATCHED_PROJECTS = text(
    """
    SELECT asked.place::integer AS place, asked.project_id, coalesce(p.number, t.number) AS number,
        CASE WHEN part.state IS NOT NULL THEN part.state WHEN p.project_id IS NOT NULL THEN 'not-made'
            WHEN t.project_id IS NOT NULL THEN 'deleted' ELSE 'unknown' END AS state
    FROM reports.batch b
    CROSS JOIN LATERAL unnest(b.project_ids) WITH ORDINALITY AS asked(project_id, place)
    LEFT JOIN reports.batch_part part ON part.report_id = b.report_id AND part.place = asked.place
    LEFT JOIN published.projects p ON p.project_id = asked.project_id
    LEFT JOIN published.tombstones t ON t.project_id = asked.project_id
    WHERE b.report_id = :report_id AND asked.place > :place ORDER BY asked.place LIMIT :limit
    """
)


@worker.answers(GetReport)
async def get_report(query: GetReport, context: QueryContext) -> Report:
    """Return the description of a report."""
    rows = await context.connection.execute(tables.LISTED_REPORT, {"report_id": query.report_id})
    return report_of(domain.require_report(row_of(rows, ListedReportRow)))


@worker.answers(ListReports)
async def list_reports(query: ListReports, context: QueryContext) -> ReportList:
    """Return a page of reports, those first that were asked for last."""
    at, report_id = read_newest_first(query.after)
    conditions = {
        "project_id": query.project_id,
        "created_by": query.created_by,
        "since": query.requested.from_,
        "until": query.requested.to,
    }
    filters = {name: value for name, value in conditions.items() if value is not None}
    parameters = {**filters, "at": at, "id": report_id, "limit": query.limit + 1}
    statement = tables.list_reports(*filters)
    page = await result_pages.read(context.connection, statement, parameters, report_of, query.limit)
    if query.project_id and not page.items:
        await _refuse_gone(query.project_id, context)
    following = cursor(page.last["requested_at"], page.last["report_id"]) if page.last else None
    return ReportList(items=page.items, next=following)


async def _refuse_gone(project_id: UUID, context: QueryContext) -> None:
    if (await context.connection.execute(tables.PRESENT, {"project_id": project_id})).first() is None:
        tombstones = await context.connection.execute(tables.TOMBSTONES, {"ids": [project_id]})
        raise project_gone(row_of(tombstones, TombstoneRow), Part.REPORT)


def report_of(row: ListedReportRow) -> Report:
    """Return a row as the description of a report."""
    return Report.model_validate({name: row[name] for name in Report.model_fields})  # type: ignore[literal-required] # the fields are columns


@worker.answers(DownloadReport)
async def download_report(query: DownloadReport, context: QueryContext) -> Answer:
    """Return some bytes of a report, and record each download once."""
    rows = await context.connection.execute(tables.REPORT, {"report_id": query.report_id})
    report = domain.require_report(row_of(rows, ReportRow))
    domain.require_readable(report, context.grants)
    named = {"report_id": query.report_id}
    part = await file_chunks.read(context.connection, tables.CHUNKS, query.offset, query.length, **named)
    if await download_audit.begins_download(context, tables.DOWNLOADED, query.report_id, part, query.offset):
        downloaded = ReportDownloaded(report_id=query.report_id, project_id=report["project_id"])
        context.emit(downloaded, str(query.report_id))
    headers = {"Report-Bytes": str(report["bytes"]), "Report-Sha256": report["sha256"]}
    return Answer(part, headers)


@worker.answers(ListBatches)
async def list_batches(query: ListBatches, context: QueryContext) -> BatchList:
    """Return a page of the caller's batches, the newest first."""
    at, report_id = read_newest_first(query.after)
    parameters = {
        "principal": context.principal,
        "report_id": query.report_id,
        "project_id": query.project_id,
        "since": query.created.from_,
        "until": query.created.to,
        "at": at,
        "id": report_id,
        "limit": query.limit + 1,
    }
    page = await result_pages.read(context.connection, batch_tables.BATCHES_OF, parameters, batch_of, query.limit)
    if query.report_id is not None and not page.items:
        domain.require_batch(None, context.principal)
    following = cursor(page.last["created_at"], page.last["report_id"]) if page.last else None
    return BatchList(items=page.items, next=following)


def batch_of(row: ListedBatchRow) -> Batch:
    """Return a row as the description of a batch."""
    return Batch.model_validate({name: row[name] for name in Batch.model_fields}, strict=False)  # type: ignore[literal-required] # the fields are columns


@worker.answers(ListBatchedProjects)
async def list_batched_projects(query: ListBatchedProjects, context: QueryContext) -> BatchedProjectList:
    """Return a page of the projects of a batch of the caller's."""
    named = {"report_id": query.report_id}
    rows = await context.connection.execute(batch_tables.BATCH, named)
    domain.require_batch(row_of(rows, BatchHeadRow), context.principal)
    [place] = read_cursor(_NUMBER, query.after) if query.after else [0]
    parameters = {**named, "place": place, "limit": query.limit + 1}
    page = await result_pages.read(context.connection, _BATCHED_PROJECTS, parameters, batched_project_of, query.limit)
    following = cursor(page.last["place"]) if page.last else None
    return BatchedProjectList(items=page.items, next=following)


def batched_project_of(row: BatchedProjectRow) -> BatchedProject:
    """Return a row as the description of a project of a batch."""
    return BatchedProject.model_validate(row, strict=False)


@worker.answers(DownloadBatch)
async def download_batch(query: DownloadBatch, context: QueryContext) -> Answer:
    """Return some bytes of the file of a batch of the caller's, and record each download once."""
    rows = await context.connection.execute(batch_tables.BATCH, {"report_id": query.report_id})
    batch = domain.require_file(domain.require_batch(row_of(rows, BatchHeadRow), context.principal))
    domain.require_still_allowed(batch, context.grants)
    named = {"report_id": query.report_id}
    part = await file_chunks.read(context.connection, batch_tables.BATCH_CHUNKS, query.offset, query.length, **named)
    if await download_audit.begins_download(
        context, batch_tables.BATCH_DOWNLOADED, query.report_id, part, query.offset
    ):
        downloaded = BatchDownloaded(report_id=query.report_id, included=batch["included"] or 0)
        context.emit(downloaded, str(query.report_id))
    headers = {"Report-Bytes": str(batch["bytes"]), "Report-Sha256": str(batch["sha256"])}
    return Answer(part, headers)


@worker.answers(ListSummaries)
async def list_summaries(query: ListSummaries, context: QueryContext) -> SummaryList:
    """Return a page of the caller's summaries, the newest first."""
    at, report_id = read_newest_first(query.after)
    parameters = {
        "principal": context.principal,
        "report_id": query.report_id,
        "at": at,
        "id": report_id,
        "limit": query.limit + 1,
    }
    statement = summary_tables.SUMMARIES_OF
    page = await result_pages.read(context.connection, statement, parameters, summary_of, query.limit)
    if query.report_id is not None and not page.items:
        domain.require_summary(None, context.principal)
    following = cursor(page.last["created_at"], page.last["report_id"]) if page.last else None
    return SummaryList(items=page.items, next=following)


def summary_of(row: SummaryRow) -> Summary:
    """Return a row as the description of a summary."""
    return Summary.model_validate({name: row[name] for name in Summary.model_fields}, strict=False)  # type: ignore[literal-required] # the fields are columns


@worker.answers(DownloadSummary)
async def download_summary(query: DownloadSummary, context: QueryContext) -> Answer:
    """Return some bytes of the file of a summary of the caller's, and record each download once."""
    rows = await context.connection.execute(summary_tables.SUMMARY, {"report_id": query.report_id})
    summary = domain.require_summary(row_of(rows, SummaryRow), context.principal)
    require_summary_file(summary, context.grants)
    named, chunks = {"report_id": query.report_id}, summary_tables.SUMMARY_CHUNKS
    part = await file_chunks.read(context.connection, chunks, query.offset, query.length, **named)
    if await download_audit.begins_download(
        context, summary_tables.SUMMARY_DOWNLOADED, query.report_id, part, query.offset
    ):
        context.emit(SummaryDownloaded(report_id=query.report_id), str(query.report_id))
    headers = {"Report-Bytes": str(summary["bytes"]), "Report-Sha256": str(summary["sha256"])}
    return Answer(part, headers)


@worker.answers(GetDesign)
async def get_design(_: GetDesign, context: QueryContext) -> Design:
    """Return what the organisation has added to the form of its reports."""
    designs = {row["kind"]: row for row in rows_of(await context.connection.execute(design_tables.DESIGNS), DesignRow)}
    return Design(
        logo=Logo.model_validate(_described(designs["logo"]) | designs["logo"]["facts"]) if "logo" in designs else None,
        template=Template.model_validate(_described(designs["template"])) if "template" in designs else None,
    )


def _described(row: DesignRow) -> dict[str, object]:
    columns = {name: row[name] for name in ("number", "sha256", "set_by", "set_at")}
    return {**columns, "bytes": len(row["content"] or b"")}
