"""Exporting a project."""

import asyncio

import structlog

from contracts.errors import Code, Refusal
from contracts.evidence import bag
from contracts.projects.exports import ExportProject, Package, ProjectExported
from workers.common import signing_key
from workers.common.signing_key import NoSigningKeyError, SigningKey
from workers.projects.packages import contents, database_storage, sealing, sizes
from workers.projects.packages.reading import read_export
from workers.projects.row_types import PackageRow
from workers.projects.worker import ProjectUnit, worker

log = structlog.get_logger()


@worker.handles(ExportProject)
async def export_project(command: ExportProject, unit: ProjectUnit) -> ProjectExported:
    """Make a signed package of the sections that the caller may see, and keep it for a day (PRJ-06, PRJ-20)."""
    project = unit.rows.require_project(command, unit.grants)
    key = require_key()
    export = await read_export(command, unit)
    encrypted = command.password is not None
    # In a thread, because the other work of this process would wait for a large page.
    files = await asyncio.to_thread(contents.files, export, key, encrypted=encrypted)
    sizes.require_size(sum(map(len, files.values())), sizes.FILES_BYTES_MAX)
    folder = sealing.folder_of(export.package_id)
    sealed = await sealing.pack(files, folder, unit.now, command.password, key)
    package = Package(
        package_id=export.package_id,
        bytes=len(sealed),
        sha256=bag.sha256(sealed),
        encrypted=encrypted,
        entries=contents.entries(files),
        includes=export.choice.includes,
        withheld=export.choice.withheld,
    )
    row: PackageRow = {
        "package_id": package.package_id,
        "project_id": command.project_id,
        "created_by": unit.principal,
        "created_at": unit.now,
        "includes": export.choice.restricted_contents,
        "bytes": package.bytes,
        "sha256": package.sha256,
    }
    await database_storage.keep(unit.connection, row, sealed)
    unit.revision = project["revision"]
    return ProjectExported(project_id=command.project_id, package=package, **export.purpose)


def require_key() -> SigningKey:
    """Return the key of this site; without one nothing is exported, because nobody could verify it."""
    try:
        return signing_key.current()
    except NoSigningKeyError as error:
        log.warning("signing_key_missing", path=str(error.path), reason=error.reason)
        raise Refusal(Code.UNAVAILABLE) from error
