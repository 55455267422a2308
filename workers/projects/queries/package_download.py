"""The bytes of packages."""

from contracts.projects.exports import DownloadPackage, PackageDownloaded
from workers.projects import domain
from workers.projects.exports import database_storage
from workers.projects.worker import worker
from workers.runtime.queries import download_audit
from workers.runtime.queries.query_dispatch import Answer, QueryContext


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
