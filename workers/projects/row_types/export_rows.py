"""The rows of statements on exports that are being made."""

from typing import Any, TypedDict
from uuid import UUID


class UnfinishedExportRow(TypedDict):
    """A row of the statement that finds exports that are being made."""

    package_id: UUID
    principal: str
    is_waiting: bool
    media_bytes: int


class CancelledExportRow(TypedDict):
    """A row of the statement that cancels an export."""

    package_id: UUID
    project_id: UUID | None


class WaitingExportPartRow(TypedDict):
    """A row of the statement that claims a project to collect."""

    place: int
    project_id: UUID
    report_id: UUID | None
    rounds: int
    media: Any


class ExportPartRow(TypedDict):
    """A row of the statement that reads the projects of an export."""

    place: int
    project_id: UUID
    state: str
    facts: dict[str, Any] | None
    media: Any


class ExportFileRow(TypedDict):
    """A row of the statement that lists the files of an export."""

    place: int
    name: str
    bytes: int


class MadeReportRow(TypedDict):
    """A row of the published view of reports for packages, without the PDF."""

    state: str
    revision: int | None
    nodes: list[Any]


class ExportEntryRow(TypedDict):
    """A row of the statement that reads the entries of a package in the order of their places in the log."""

    log_index: int
    shown_hash: bytes
