"""The columns of the tables of audit, by their types, and of the statements whose rows are read by key."""

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


class NewWaitingRow(TypedDict):
    """A row of `audit.waiting` before the database has numbered it."""

    event_id: UUID
    entry: dict[str, Any]


class WaitingRow(NewWaitingRow):
    """A row of `audit.waiting`."""

    id: int


class NextEntryRow(TypedDict):
    """A row of the statement that reads what is delivered to the log server next."""

    id: int
    entry: dict[str, Any]


class BacklogRow(TypedDict):
    """The row of the statement that counts what waits for the log server."""

    waiting: int
    seconds: float | None


class ProjectNumberRow(TypedDict):
    """A row of the statement that reads the numbers of projects, deleted ones included."""

    project_id: UUID
    number: int


class NameRow(TypedDict):
    """A row of the statement that reads what definitions were called at a time."""

    kind: str
    key: str
    at: datetime
    name: str | None
