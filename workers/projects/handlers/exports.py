"""Exporting a project."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contracts.errors import Code, Refusal
from contracts.ids import uuid7
from contracts.projects.exports import EntryName, ExportProject, Package, ProjectExported
from workers.common import sandboxed_jobs
from workers.common.sandboxed_jobs import Cause, ChildError
from workers.projects import change_history, tables
from workers.projects.packages import contents, database_storage, sizes
from workers.projects.packages.contents import Choice, Export
from workers.projects.row_types import HistoryEntryColumns, HistoryEntryRow, PackageRow
from workers.projects.rules import camera_recording_rules
from workers.projects.worker import ProjectUnit, worker
from workers.runtime.storage.identity_map import rows_of

_SEALING = "workers.projects.packages.archive:job"


@worker.handles(ExportProject)
async def export_project(command: ExportProject, unit: ProjectUnit) -> ProjectExported:
    """Make a package of the sections that the caller may see, and keep it for a day (PRJ-06, PRJ-20)."""
    project = unit.rows.require_project(command, unit.grants)
    export = await assemble(command, unit)
    files, entries = contents.files(export)
    sealed = await pack(files, unit.now, command.password)
    package = Package(
        package_id=export.package_id,
        bytes=len(sealed),
        sha256=contents.digest(sealed),
        encrypted=command.password is not None,
        entries=entries,
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
    return ProjectExported(project_id=command.project_id, package=package)


async def pack(files: Mapping[EntryName, bytes], at: datetime, password: str | None) -> bytes:
    """Make the ZIP in a child process; refuse a package that is too large for it."""
    facts = {"names": list(files), "at": at.timetuple()[:6], "password": password}
    try:
        reply = await sandboxed_jobs.call(_SEALING, facts, list(files.values()))
    except ChildError as error:
        if error.cause is Cause.CRASH:
            raise
        limit = error.limits.memory_bytes if error.cause is Cause.MEMORY else error.limits.seconds
        unit = "bytes" if error.cause is Cause.MEMORY else "seconds"
        fields = [{"field": "project_id", "kind": "package_too_large", "unit": unit, "limit": limit}]
        raise Refusal(Code.INVALID, fields=fields) from None
    return reply.data[0]


async def assemble(command: ExportProject, unit: ProjectUnit) -> Export:
    """Read the contents of a package, in the transaction that has locked the project."""
    choice = Choice.of(command.include, unit.grants)
    has_past = "history" in choice.includes
    hidden = choice.hidden_fields if has_past else None
    await sizes.require_package_size(unit.connection, command.project_id, choice.sections, hidden)
    parameters = {"project_id": command.project_id, "sections": choice.sections}
    document: dict[str, Any] = (await unit.connection.execute(tables.DOCUMENT, parameters)).scalar_one()
    document["labels"] = (await unit.connection.execute(change_history.LABELS, parameters)).scalar_one()
    camera_recording_rules.add_media(document.get("sequences", []), unit.now)
    return Export(
        package_id=uuid7(),
        site=unit.site,
        project=document,
        history=await read_history(command, unit, choice) if has_past else [],
        choice=choice,
        exported_at=unit.now,
        exported_by=unit.principal,
        language=unit.language,
    )


async def read_history(command: ExportProject, unit: ProjectUnit, choice: Choice) -> list[HistoryEntryColumns]:
    """Read the whole history of a project, without the sections that the package omits."""
    hidden = choice.hidden_fields
    revision, place = change_history.NEWEST
    parameters: dict[str, Any] = {"project_id": command.project_id, "field": None, "part_id": None, "hidden": hidden}
    parameters |= {"revision": revision, "place": place, "limit": None}
    entries = rows_of(await unit.connection.execute(change_history.ENTRIES, parameters), HistoryEntryRow)
    return contents.history_entries(entries, hidden)
