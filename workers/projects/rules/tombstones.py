"""Tombstones: who took a project away, and when."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from workers.projects.row_types import ProjectRow, TombstoneRow


def tombstone_of(project: ProjectRow, by: str, at: datetime) -> TombstoneRow:
    """Return what remains of a project that somebody deletes for good."""
    return {
        "project_id": project["id"],
        "number": project["number"],
        "deleted_by": by,
        "deleted_at": at,
        "expired": False,
        "erase_after": None,
        "restricted": False,
        "reason": None,
    }


def read_tombstone(document: Mapping[str, Any]) -> TombstoneRow:
    """Read a tombstone from JSON."""
    return {
        "project_id": UUID(document["project_id"]),
        "number": document["number"],
        "deleted_by": document["deleted_by"],
        "deleted_at": datetime.fromisoformat(document["deleted_at"]),
        "expired": document["expired"],
        "erase_after": document["erase_after"] and datetime.fromisoformat(document["erase_after"]),
        "restricted": document["restricted"],
        "reason": document["reason"],
    }
