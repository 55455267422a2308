"""The columns of the tables and statements of audit, by their types."""

from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID


class ActivityRow(TypedDict):
    """A row of `audit.activity`."""

    event_id: UUID
    at: datetime
    actor: str
    activity: str
    project_id: UUID | None
    command_id: UUID | None
    revision: int | None
    details: dict[str, Any]


class LogEntryRow(ActivityRow):
    """A row of the table `entry` of the database log_server."""


class NextBatchRow(TypedDict):
    """A row of the statement that reads the next entries for the log server."""

    id: int
    size: int
    entries: str
    are_deletions: bool


class NewUndeliveredRow(TypedDict):
    """A row of `audit.undelivered` before the database has numbered it."""

    size: int
    oldest_at: datetime
    entries: str
    are_deletions: bool


class UndeliveredRow(NewUndeliveredRow):
    """A row of `audit.undelivered`."""

    id: int


class BacklogRow(TypedDict):
    """The row of the statement that counts waiting entries."""

    waiting: int
    seconds: float | None


class ProjectNumberRow(TypedDict):
    """A row of the statement that reads the numbers of projects, including deleted ones."""

    project_id: UUID
    number: int


class NameRow(TypedDict):
    """A row of the statement that reads the names of definitions at a time."""

    kind: str
    key: str
    at: datetime
    name: str | None
