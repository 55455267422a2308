"""Taking exports, which background work makes outside the lanes, and cancelling them."""

from typing import cast
from uuid import UUID

from contracts.errors import project_gone
from contracts.ids import uuid7
from contracts.projects.export_control import CancelExport, ExportCancelled, ExportState
from contracts.projects.exports import ExportProject
from contracts.texts import LANGUAGES
from contracts.values import Language
from workers.common.recordings import folder as recordings
from workers.projects import domain, export_tables, tables
from workers.projects.change_history import History, Since
from workers.projects.export_tables import Export
from workers.projects.exports import sealed_passwords
from workers.projects.exports.finishing import require_key
from workers.projects.packages.choice import Choice
from workers.projects.packages.reading import read_settings, require_purpose
from workers.projects.row_types import ExportRow, ProjectRow, TombstoneRow
from workers.projects.row_types.export_rows import CancelledExportRow
from workers.projects.rules import export_rules
from workers.projects.rules.restricted_reading import revealed
from workers.projects.worker import ProjectUnit, worker
from workers.runtime.storage.bulk_writes import insert_rows
from workers.runtime.storage.identity_map import row_of


@worker.takes(ExportProject)
async def export_project(command: ExportProject, unit: ProjectUnit) -> None:
    """Write down which projects are to be exported; background work makes the package (PRJ-06, PRJ-20)."""
    export_rules.require_clear_choice(command)
    async with revealed(unit.connection, command.project_id, command.access_reason) as is_restricted:
        await _take(command, unit, is_restricted=is_restricted)


async def _take(command: ExportProject, unit: ProjectUnit, *, is_restricted: bool) -> None:
    if command.project_id is not None:
        await _require_project(command, command.project_id, unit)
    key = require_key()
    if (await read_settings(unit.connection))["export_details_required"]:
        require_purpose(command)
    unfinished = await unit.connection.execute(export_tables.COUNT_UNFINISHED, {"principal": unit.principal})
    export_rules.require_turn(unfinished.scalar_one(), "project_id" if command.project_id else "project_ids")
    row = _row(command, unit, is_restricted=is_restricted)
    password = command.password and sealed_passwords.seal(command.password, key, row["package_id"])
    # Rows are written as JSON, which has no bytes.
    stored = {**row, "sealed_password": password and f"\\x{password.hex()}"}
    await insert_rows(unit.connection, Export, [stored])
    parts = {"package_id": row["package_id"], "ids": row["project_ids"], "wants_reports": "report" in row["includes"]}
    await unit.connection.execute(export_tables.ADD_PARTS, parts)


@worker.handles(CancelExport)
async def cancel_export(command: CancelExport, unit: ProjectUnit) -> ExportCancelled:
    """Cancel an export that is being made; background work then ends it."""
    named = {"export_id": command.export_id, "principal": unit.principal}
    cancelled = row_of(await unit.connection.execute(export_tables.CANCEL, named), CancelledExportRow)
    if cancelled is None:
        is_known = (await unit.connection.execute(export_tables.KNOWN, named)).scalar_one()
        raise export_rules.export_ended() if is_known else export_rules.unknown_export()
    return ExportCancelled(export_id=command.export_id, **cancelled)


async def _require_project(command: ExportProject, project_id: UUID, unit: ProjectUnit) -> None:
    """Refuse to export a project that is gone, or that was changed since the caller read it."""
    result = await unit.connection.execute(export_tables.PROJECT, {"project_id": project_id})
    project = row_of(result, ProjectRow)
    if project is None:
        tombstone = await unit.connection.execute(tables.TOMBSTONES, {"ids": [project_id]})
        raise project_gone(row_of(tombstone, TombstoneRow), command.part)
    if (expected := command.expected_revision) is not None:
        history = History()
        await history.load_revisions(unit.connection, [Since(project_id, expected)])
        domain.require_unchanged_since(project, expected, history.since(project_id, expected), unit.grants)


def _row(command: ExportProject, unit: ProjectUnit, *, is_restricted: bool) -> ExportRow:
    choice = Choice.of(command.include, unit.grants, has_media=recordings.current() is not None)
    language = unit.language if unit.language in LANGUAGES else LANGUAGES[0]
    return {
        "package_id": uuid7(),
        "command_id": unit.id,
        "principal": unit.principal,
        "trace": unit.trace,
        "letter": unit.dead_letter(),
        "taken_at": unit.now,
        "command_key": command.key(),
        "refusal_language": unit.language,
        "language": command.language or cast("Language", language),
        "project_ids": [command.project_id] if command.project_id else command.project_ids or [],
        "has_folders": command.project_ids is not None,
        "expected_revision": command.expected_revision,
        "includes": list(choice.includes),
        "withheld": list(choice.withheld),
        "recipient": command.recipient,
        "reference": command.reference,
        "legal_basis": command.legal_basis,
        "access_reason": command.access_reason if is_restricted else None,
        "sealed_password": None,
        "recipients": list(dict.fromkeys(command.recipients)),
        "state": ExportState.PENDING.value,
        "finished_at": None,
        "media_bytes": 0,
        "media_read_bytes": 0,
    }
