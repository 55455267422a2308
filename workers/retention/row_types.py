"""The columns of the tables of retention and of the published views that it reads, by their types."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID


class SweepRow(TypedDict):
    """A row of `retention.sweep`."""

    sweep_id: UUID
    created_before: datetime
    progressed_at: datetime
    chains_left: int
    deleted: int


class HoldRow(TypedDict):
    """A row of `retention.hold`."""

    hold_id: UUID
    project_id: UUID
    reason: str
    held_by: str
    held_at: datetime
    released_by: str | None
    released_at: datetime | None
    release_reason: str | None


class ListedHoldRow(HoldRow):
    """A row of the statements that list holds, with the number of the project."""

    number: int


class TombstoneRow(TypedDict):
    """A row of the published view of tombstones."""

    project_id: UUID
    number: int
    deleted_by: str
    deleted_at: datetime
    expired: bool


class DueProjectRow(TypedDict):
    """A row of the statement that lists due projects."""

    project_id: UUID
    number: int
    created_at: datetime
