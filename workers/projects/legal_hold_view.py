"""The holds in force, as retention publishes them."""

from typing import Any, TypedDict

from sqlalchemy import ColumnElement, Text, Uuid, bindparam, column, select, table, text
from sqlalchemy.dialects.postgresql import ARRAY

from workers.projects.tables import Project

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
    FROM projects.project p CROSS JOIN LATERAL published.project_bytes(p.id, :sections) bytes
    WHERE p.id = :project_id
    """
).bindparams(bindparam("sections", type_=ARRAY(Text)))


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
