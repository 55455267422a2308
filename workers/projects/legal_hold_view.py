"""The holds in force, as retention publishes them."""

from typing import Any, TypedDict
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Uuid, bindparam, column, select, table, text
from sqlalchemy.dialects.postgresql import ARRAY

from workers.projects.row_types.history_rows import HistoryEntryRow
from workers.projects.tables.projects import Project

_HOLDS = table("holds", column("project_id", Uuid), schema="published")
IN_FORCE = text("SELECT project_id, held_by, held_at FROM published.holds WHERE project_id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(Uuid))
)
"""Reads the holds of projects that are about to be deleted.

An earlier statement must have locked the projects. A hold is placed under a lock on its project, so this statement sees
every hold, and no new one can come.
"""

# One statement reads an ordinary project; a document that is too large for a message is not read.
OPEN_PROJECT = text(
    """
    SELECT bytes.*, published.project_labels(p.id) AS labels,
        (SELECT to_jsonb(h) - 'project_id' FROM published.holds h WHERE h.project_id = p.id) AS hold,
        CASE WHEN bytes.comments + bytes.calls + bytes.sequences <= :room
            THEN published.project_document(p.id, :sections) END AS document
    FROM projects.visible_project p CROSS JOIN LATERAL published.project_bytes(p.id, :sections) bytes
    WHERE p.id = :project_id
    """
).bindparams(bindparam("sections", type_=ARRAY(Text)))

# What changes under hold have replaced or removed. The history has it of every project, and for as long as the project.
PRESERVED = text(
    r"""
    SELECT p.hold_id, h.revision, h.place, h.at, h.by, h.field, h.part_id, h.old, h.new,
        CASE WHEN field LIKE 'category\_%' THEN published.name_at('category', field, at)
            WHEN field ~ '^(integer|decimal|text|checkbox|datetime)_' THEN published.name_at('data-field', field, at)
        END AS label,
        CASE WHEN field IN ('type_id', 'status_id') OR field LIKE 'category\_%'
            THEN published.names_at(field, old, new, at) ELSE '{}' END AS names
    FROM projects.history h
    JOIN published.hold_periods p ON p.project_id = h.project_id
        AND h.at >= p.held_at AND (p.ended_at IS NULL OR h.at < p.ended_at)
    WHERE h.project_id = :project_id AND (h.revision, h.place) < (:revision, :place)
        AND h.old IS NOT NULL AND NOT h.field = ANY(:hidden)
        AND (SELECT true FROM projects.visible_project WHERE id = :project_id)
    ORDER BY h.revision DESC, h.place DESC LIMIT :limit
    """
).bindparams(bindparam("hidden", type_=ARRAY(Text)))


class PreservedEntryRow(HistoryEntryRow):
    """A row of the statement that reads what was preserved."""

    hold_id: UUID


class OpenedProjectRow(TypedDict):
    """The row of the statement that reads a project; `document` is null where the parts are too large for a message."""

    comments: int
    calls: int
    sequences: int
    labels: dict[str, Any]
    hold: dict[str, Any] | None
    document: dict[str, Any] | None


def is_held(has_hold: bool) -> ColumnElement[bool]:  # noqa: FBT001 - what the filter says
    """Return the condition of being under hold, as a small set, or of not being, as a lookup per project."""
    if has_hold:
        return Project.id.in_(select(_HOLDS.c.project_id))
    return ~select(1).where(_HOLDS.c.project_id == Project.id).correlate(Project).exists()
