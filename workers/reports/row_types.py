"""The columns of the tables of reports and of the published views that it reads, by their types."""

from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from contracts.properties import FieldKind
from contracts.values import Language


class ReportRow(TypedDict):
    """A row of `reports.report`."""

    report_id: UUID
    project_id: UUID
    created_by: str
    created_at: datetime
    language: str
    show_user_names: bool
    complete: bool
    missing: list[Any]
    bytes: int
    sha256: str
    pages: int


class ChunkRow(TypedDict):
    """A row of `reports.chunk`."""

    report_id: UUID
    number: int
    data: bytes


class TombstoneRow(TypedDict):
    """A row of the published view of tombstones."""

    project_id: UUID
    number: int
    deleted_by: str
    deleted_at: datetime
    expired: bool


class ProjectSizeRow(TypedDict):
    """A row of the published view of the sizes of projects."""

    project_id: UUID
    details_bytes: int
    comments: int
    comments_bytes: int
    calls: int
    calls_bytes: int
    sequences: int
    sequences_bytes: int


class CategoryRow(TypedDict):
    """A row of the published view of categories."""

    slot: int
    name: str
    enabled: bool


class DataFieldRow(TypedDict):
    """A row of the published view of data fields."""

    kind: FieldKind
    slot: int
    name: str
    enabled: bool


class SettingsRow(TypedDict):
    """The row of the published view of the settings."""

    report_title: str
    timezone: str
    language: Language
