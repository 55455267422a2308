"""The rows of the statement that reads a history."""

from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID


class HistoryEntryColumns(TypedDict):
    """The columns of a history entry that callers see."""

    revision: int
    at: datetime
    by: str
    field: str
    part_id: UUID | None
    old: Any | None
    new: Any | None
    label: str | None
    names: dict[str, str | None]


class HistoryEntryRow(HistoryEntryColumns):
    """A row of the statement that reads the history of a project."""

    place: int
