"""Adding and editing a part of a project: the logic that comments and calls share."""

from typing import Final

from workers.projects import domain
from workers.projects.change_history import FIRST
from workers.projects.domain import FieldChange
from workers.projects.row_types import PartStamps, ProjectRow
from workers.projects.worker import ProjectUnit
from workers.runtime.storage.identity_map import RowSet, RowT

_NOT_REQUESTED: Final = PartStamps.__annotations__.keys() - {"created_by"}
"""Columns that no command gives, so that a repeated command is not compared with them."""


def stamps(project: ProjectRow, unit: ProjectUnit) -> PartStamps:
    """Return the author, the time and the revision of a part that is added now."""
    return {
        "created_by": unit.principal,
        "created_at": unit.now,
        "edited_by": None,
        "edited_at": None,
        "revision": project["revision"] + 1,
        "place": FIRST,
    }


def add(rows: RowSet[RowT], row: RowT, change: FieldChange, project: ProjectRow, unit: ProjectUnit) -> None:
    """Add a part; accept the same part again, and refuse another one under its id."""
    existing = rows.get(project["id"], change.part_id)
    if existing is None:
        rows.put(row)
        unit.rows.touch(project, unit, past=[change])
        return
    requested = {name: value for name, value in row.items() if name not in _NOT_REQUESTED}
    domain.require_same_creation(existing, requested, f"{change.field}_id")
    unit.leave_unchanged(project["revision"])


def edit(rows: RowSet[RowT], row: RowT, past: list[FieldChange], project: ProjectRow, unit: ProjectUnit) -> None:
    """Write an edited part with its history; where nothing changed, the part keeps its editor."""
    if past:
        rows.put(row)
    unit.rows.touch(project, unit, past=past)
