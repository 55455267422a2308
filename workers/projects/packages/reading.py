"""Reading a project for a package."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, TypedDict
from uuid import UUID

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.audit import visible_details
from contracts.errors import Code, Refusal
from contracts.evidence.packaged_activity import shown_entry
from contracts.permissions import Grants, Level, Node
from contracts.projects.exports import ExportProject
from contracts.retention import ProjectHeld, ProjectReleased
from workers.projects import change_history, domain, tables
from workers.projects.packages.choice import Choice
from workers.projects.packages.contents import Export
from workers.projects.packages.field_values import CategoryNameRow, DataFieldNameRow
from workers.projects.row_types import ExportRow
from workers.projects.row_types.history_rows import HistoryEntryColumns, HistoryEntryRow
from workers.projects.rules import camera_recording_rules
from workers.runtime.storage.identity_map import rows_of

PURPOSE: Final = ("recipient", "reference", "legal_basis")
_HOLDS: Final = [ProjectHeld.subject, ProjectReleased.subject]

_SETTINGS = text("SELECT report_title, timezone, export_details_required FROM published.settings")
_CATEGORIES = text("SELECT slot, name, enabled FROM published.categories ORDER BY slot")
_DATA_FIELDS = text("SELECT kind, slot, name, enabled FROM published.data_fields ORDER BY id")
_ACTIVITY = text(
    """
    SELECT event_id, project_id, command_id, log_index, at, actor, activity, revision, details AS whole_details,
        recorded_details AS details, values, values_salt
    FROM published.activity
    WHERE project_id = :project_id AND NOT activity = ANY(:hidden) ORDER BY at DESC, event_id DESC
    """
).bindparams(bindparam("hidden", type_=ARRAY(Text)))


class SettingsRow(TypedDict):
    """The settings of the site that a package needs."""

    report_title: str
    timezone: str
    export_details_required: bool


class ActivityRow(TypedDict):
    """A row of the published view of activities."""

    event_id: UUID
    project_id: UUID
    command_id: UUID | None
    log_index: int | None
    at: datetime
    actor: str
    activity: str
    revision: int | None
    whole_details: dict[str, Any]
    details: dict[str, Any]
    values: dict[str, Any] | None
    values_salt: bytes | None


class Reading(NamedTuple):
    """A project that is read for an export, in whose transaction, and what its author may see now."""

    connection: AsyncConnection
    export: ExportRow
    choice: Choice
    project_id: UUID
    grants: Grants
    now: datetime
    site: str


async def read_settings(connection: AsyncConnection) -> SettingsRow:
    """Read the settings of the site that a package needs."""
    [settings] = rows_of(await connection.execute(_SETTINGS), SettingsRow)
    return settings


def require_purpose(command: ExportProject) -> None:
    """Refuse an export that does not say to whom, for which reference and on which legal basis."""
    missing = [name for name in PURPOSE if getattr(command, name) is None]
    if missing:
        raise Refusal(Code.INVALID, fields=[{"field": name, "kind": "missing"} for name in missing])


async def read_project(reading: Reading, report_revision: int | None) -> Export:
    """Read the contents of one project."""
    connection, choice, export = reading.connection, reading.choice, reading.export
    settings = await read_settings(connection)
    parameters = {"project_id": reading.project_id, "sections": choice.sections}
    document: dict[str, Any] = (await connection.execute(tables.DOCUMENT, parameters)).scalar_one()
    document["labels"] = (await connection.execute(change_history.LABELS, parameters)).scalar_one()
    camera_recording_rules.add_media(document.get("sequences", []), reading.now)
    return Export(
        package_id=export["package_id"],
        site=reading.site,
        organisation=settings["report_title"],
        timezone=settings["timezone"],
        project=document,
        categories=list(rows_of(await connection.execute(_CATEGORIES), CategoryNameRow)),
        data_fields=list(rows_of(await connection.execute(_DATA_FIELDS), DataFieldNameRow)),
        history=await _read_history(reading) if "history" in choice.includes else [],
        activity=await _read_activity(reading) if "activity" in choice.includes else [],
        choice=choice,
        exported_at=export["taken_at"],
        collected_at=reading.now,
        exported_by=export["principal"],
        purpose=purpose_of(export),
        language=export["language"],
        report_revision=report_revision,
        in_folder=export["has_folders"],
    )


def purpose_of(export: ExportRow) -> dict[str, str | None]:
    """Return to whom a package goes, for which reference of theirs, and on which legal basis."""
    return {name: export[name] for name in PURPOSE}


async def _read_history(reading: Reading) -> list[HistoryEntryColumns]:
    """Read the whole history of a project, without the sections that the package omits."""
    hidden = reading.choice.hidden_fields
    revision, place = change_history.NEWEST
    parameters: dict[str, Any] = {"project_id": reading.project_id, "field": None, "part_id": None, "hidden": hidden}
    parameters |= {"revision": revision, "place": place, "limit": None}
    rows = rows_of(await reading.connection.execute(change_history.ENTRIES, parameters), HistoryEntryRow)
    return [domain.visible_entry(change_history.entry_of(row), hidden) for row in rows]


async def _read_activity(reading: Reading) -> list[dict[str, Any]]:
    """Read what was recorded about a project, without the details and names that the package does not show."""
    grants = reading.grants
    parameters = {"project_id": reading.project_id, "hidden": hidden_activities(grants)}
    rows: Sequence[ActivityRow] = rows_of(await reading.connection.execute(_ACTIVITY, parameters), ActivityRow)
    shows_names = reading.choice.shows_names
    return [
        shown_entry(row, visible_details(row["activity"], row["whole_details"], grants), shows_names=shows_names)
        for row in rows
    ]


def hidden_activities(grants: Grants) -> list[str]:
    """Return the activities that a caller may not see; those of holds name who placed them."""
    return [] if grants.allow(Node.RETENTION, Level.VIEW) else _HOLDS
