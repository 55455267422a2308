"""Reading what a package contains, in the transaction that has locked its project."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, TypedDict

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from contracts.audit import visible_details
from contracts.errors import Code, Refusal
from contracts.ids import uuid7
from contracts.permissions import Grants, Level, Node
from contracts.projects.exports import ExportProject
from contracts.retention import ProjectHeld, ProjectReleased
from workers.projects import change_history, domain, tables
from workers.projects.packages import sizes
from workers.projects.packages.choice import Choice
from workers.projects.packages.contents import Export
from workers.projects.packages.field_values import CategoryNameRow, DataFieldNameRow
from workers.projects.row_types import HistoryEntryColumns, HistoryEntryRow
from workers.projects.rules import camera_recording_rules
from workers.runtime.commands.unit_of_work import Unit
from workers.runtime.storage.identity_map import rows_of

_PURPOSE: Final = ("recipient", "reference", "legal_basis")
_HOLDS: Final = [ProjectHeld.subject, ProjectReleased.subject]

_SETTINGS = text("SELECT report_title, timezone, export_details_required FROM published.settings")
_CATEGORIES = text("SELECT slot, name, enabled FROM published.categories ORDER BY slot")
_DATA_FIELDS = text("SELECT kind, slot, name, enabled FROM published.data_fields ORDER BY id")
_ACTIVITY = text(
    """
    SELECT at, actor, activity, revision, details FROM published.activity
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

    at: datetime
    actor: str
    activity: str
    revision: int | None
    details: dict[str, Any]


def require_purpose(command: ExportProject) -> None:
    """Refuse an export that does not say to whom, for which reference and on which legal basis."""
    missing = [name for name in _PURPOSE if getattr(command, name) is None]
    if missing:
        raise Refusal(Code.INVALID, fields=[{"field": name, "kind": "missing"} for name in missing])


async def read_export(command: ExportProject, unit: Unit[Any]) -> Export:
    """Read the contents of a package.

    Raises:
        Refusal: The package would be too large, or the site requires more about its purpose.
    """
    connection, choice = unit.connection, Choice.of(command.include, unit.grants)
    [settings] = rows_of(await connection.execute(_SETTINGS), SettingsRow)
    if settings["export_details_required"]:
        require_purpose(command)
    await sizes.require_package_size(connection, command.project_id, choice)
    parameters = {"project_id": command.project_id, "sections": choice.sections}
    document: dict[str, Any] = (await connection.execute(tables.DOCUMENT, parameters)).scalar_one()
    document["labels"] = (await connection.execute(change_history.LABELS, parameters)).scalar_one()
    camera_recording_rules.add_media(document.get("sequences", []), unit.now)
    return Export(
        package_id=uuid7(),
        site=unit.site,
        organisation=settings["report_title"],
        timezone=settings["timezone"],
        project=document,
        categories=list(rows_of(await connection.execute(_CATEGORIES), CategoryNameRow)),
        data_fields=list(rows_of(await connection.execute(_DATA_FIELDS), DataFieldNameRow)),
        history=await _read_history(command, unit, choice) if "history" in choice.includes else [],
        activity=await _read_activity(command, unit) if "activity" in choice.includes else [],
        choice=choice,
        exported_at=unit.now,
        exported_by=unit.principal,
        purpose={name: getattr(command, name) for name in _PURPOSE},
        language=unit.language,
    )


async def _read_history(command: ExportProject, unit: Unit[Any], choice: Choice) -> list[HistoryEntryColumns]:
    """Read the whole history of a project, without the sections that the package omits."""
    hidden = choice.hidden_fields
    revision, place = change_history.NEWEST
    parameters: dict[str, Any] = {"project_id": command.project_id, "field": None, "part_id": None, "hidden": hidden}
    parameters |= {"revision": revision, "place": place, "limit": None}
    rows = rows_of(await unit.connection.execute(change_history.ENTRIES, parameters), HistoryEntryRow)
    return [domain.visible_entry(change_history.entry_of(row), hidden) for row in rows]


async def _read_activity(command: ExportProject, unit: Unit[Any]) -> list[dict[str, Any]]:
    """Read what was recorded about a project, without the details that the caller may not see."""
    parameters = {"project_id": command.project_id, "hidden": hidden_activities(unit.grants)}
    rows: Sequence[ActivityRow] = rows_of(await unit.connection.execute(_ACTIVITY, parameters), ActivityRow)
    return [{**row, "details": visible_details(row["activity"], row["details"], unit.grants)} for row in rows]


def hidden_activities(grants: Grants) -> list[str]:
    """Return the activities that a caller may not see; those of holds name who placed them."""
    return [] if grants.allow(Node.RETENTION, Level.VIEW) else _HOLDS
