"""The queries about exports: which ones there are, and the bytes of packages."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy import text

from contracts.projects.export_control import Export, ExportList, ListExports
from contracts.projects.exports import DownloadPackage, PackageDownloaded
from workers.projects import domain
from workers.projects.exports import database_storage
from workers.projects.rules import export_rules
from workers.projects.worker import worker
from workers.runtime.queries import download_audit, result_pages
from workers.runtime.queries.query_dispatch import Answer, QueryContext
from workers.runtime.queries.result_pages import cursor, read_newest_first

_EXPORTS_OF = text(
    """
    SELECT e.command_id AS export_id, e.package_id, e.taken_at AS requested_at, e.finished_at,
        CASE WHEN e.has_folders THEN NULL ELSE e.project_ids[1] END AS project_id,
        CASE WHEN e.state = 'made' AND k.package_id IS NULL THEN 'erased' ELSE e.state END AS state,
        cardinality(e.project_ids) AS total, cardinality(e.project_ids) - (
            SELECT count(*) FROM projects.export_part p WHERE p.package_id = e.package_id AND p.state = 'waiting'
        )::integer AS done,
        CASE WHEN k.package_id IS NOT NULL THEN (
            SELECT count(*) FROM projects.package_project pp WHERE pp.package_id = e.package_id
        )::integer END AS included,
        e.media_bytes, e.media_read_bytes, k.bytes, k.sha256, e.recipient, e.reference, e.legal_basis
    FROM projects.export e LEFT JOIN projects.package k USING (package_id)
    WHERE e.principal = :principal AND (CAST(:export_id AS uuid) IS NULL OR e.command_id = :export_id)
        AND (CAST(:project_id AS uuid) IS NULL OR :project_id = ANY(e.project_ids))
        AND (e.taken_at, e.package_id) < (CAST(:at AS timestamptz), CAST(:id AS uuid))
    ORDER BY e.taken_at DESC, e.package_id DESC LIMIT :limit
    """
)


class ListedExportRow(TypedDict):
    """A row of the statement that lists exports."""

    export_id: UUID
    package_id: UUID
    project_id: UUID | None
    requested_at: datetime
    state: str
    total: int
    done: int
    finished_at: datetime | None
    included: int | None
    media_bytes: int
    media_read_bytes: int
    bytes: int | None
    sha256: str | None
    recipient: str | None
    reference: str | None
    legal_basis: str | None


@worker.answers(ListExports)
async def list_exports(query: ListExports, context: QueryContext) -> ExportList:
    """Return a page of the caller's exports, the newest first."""
    at, package_id = read_newest_first(query.after)
    parameters = {
        "principal": context.principal,
        "export_id": query.export_id,
        "project_id": query.project_id,
        "at": at,
        "id": package_id,
        "limit": query.limit + 1,
    }
    page = await result_pages.read(context.connection, _EXPORTS_OF, parameters, export_of, query.limit)
    if query.export_id is not None and not page.items:
        raise export_rules.unknown_export()
    following = cursor(page.last["requested_at"], page.last["package_id"]) if page.last else None
    return ExportList(items=page.items, next=following)


def export_of(row: ListedExportRow) -> Export:
    """Return a row as the description of an export."""
    return Export.model_validate(row, strict=False)


@worker.answers(DownloadPackage)
async def download_package(query: DownloadPackage, context: QueryContext) -> Answer:
    """Return some bytes of a package to its author, and record each download once with each of its projects."""
    row = await database_storage.read(context.connection, query.package_id)
    package = domain.require_package(row, context.principal, context.now, context.grants)
    part = await database_storage.part(context.connection, query.package_id, query.offset, query.length)
    if await download_audit.begins_download(context, database_storage.DOWNLOADED, query.package_id, part, query.offset):
        for project_id in await database_storage.project_ids(context.connection, query.package_id):
            context.emit(PackageDownloaded(package_id=query.package_id, project_id=project_id), str(project_id))
    headers = {"Package-Bytes": str(package["bytes"]), "Package-Sha256": package["sha256"]}
    return Answer(part, headers)
