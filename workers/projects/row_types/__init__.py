"""The columns of the tables of projects, by their types; other statements have their row types in their modules."""

from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict
from uuid import UUID

from contracts.values import Language


class CharacteristicColumns(TypedDict):
    """The categories and data fields of a project, and the time of its last change of status."""

    status_id: int | None
    status_since: datetime | None
    status_before: int | None
    category_1: int | None
    category_2: int | None
    category_3: int | None
    category_4: int | None
    category_5: int | None
    integer_1: int | None
    integer_2: int | None
    integer_3: int | None
    decimal_1: Decimal | None
    decimal_2: Decimal | None
    decimal_3: Decimal | None
    text_1: str | None
    text_2: str | None
    text_3: str | None
    checkbox_1: bool | None
    checkbox_2: bool | None
    checkbox_3: bool | None
    datetime_1: datetime | None
    datetime_2: datetime | None
    datetime_3: datetime | None


class ProjectRow(CharacteristicColumns):
    """A row of `projects.project`."""

    id: UUID
    number: int
    revision: int
    type_id: int | None
    description: str
    start_time: datetime | None
    end_time: datetime | None
    created_by: str
    created_at: datetime
    updated_by: str
    updated_at: datetime
    imported: bool
    retention_exempt: bool
    reference: str | None


class ProjectChanges(TypedDict, total=False):
    """The columns of a project that an update names."""

    type_id: int | None
    status_id: int | None
    reference: str | None
    description: str
    start_time: datetime | None
    end_time: datetime | None
    category_1: int | None
    category_2: int | None
    category_3: int | None
    category_4: int | None
    category_5: int | None
    integer_1: int | None
    integer_2: int | None
    integer_3: int | None
    decimal_1: Decimal | None
    decimal_2: Decimal | None
    decimal_3: Decimal | None
    text_1: str | None
    text_2: str | None
    text_3: str | None
    checkbox_1: bool | None
    checkbox_2: bool | None
    checkbox_3: bool | None
    datetime_1: datetime | None
    datetime_2: datetime | None
    datetime_3: datetime | None


class PartStamps(TypedDict):
    """Who added and who edited a part, when, and its place in the history."""

    created_by: str
    created_at: datetime
    edited_by: str | None
    edited_at: datetime | None
    revision: int
    place: int


class CommentRow(PartStamps):
    """A row of `projects.comment`."""

    project_id: UUID
    comment_id: UUID
    text: str


class CallColumns(TypedDict):
    """The columns of a call that a command gives."""

    direction: str
    at: datetime
    party: str
    number: str
    duration_seconds: int | None
    reference: str
    notes: str


class CallRow(CallColumns, PartStamps):
    """A row of `projects.call`."""

    project_id: UUID
    call_id: UUID


class RecordingColumns(TypedDict):
    """The columns of a recording."""

    camera_id: str
    camera_name: str
    site: str | None
    start: datetime
    end: datetime
    media_expires_at: datetime | None


class IdentifiedRecording(RecordingColumns):
    """A recording with the id of its sequence."""

    sequence_id: UUID


class SequenceRow(IdentifiedRecording):
    """A row of `projects.sequence`."""

    project_id: UUID
    added_by: str
    added_at: datetime
    revision: int
    place: int


class NewDraftRow(IdentifiedRecording):
    """A row of `projects.draft` before the database has numbered it."""

    principal: str
    drafted_at: datetime


class DraftRow(NewDraftRow):
    """A row of `projects.draft`."""

    number: int


class TombstoneRow(TypedDict):
    """A row of `projects.tombstone`."""

    project_id: UUID
    number: int
    deleted_by: str
    deleted_at: datetime
    expired: bool
    erase_after: datetime | None
    restricted: bool
    reason: str | None


class ChangeSetRow(TypedDict):
    """A row of `projects.change_set`."""

    project_id: UUID
    revision: int
    first_place: int
    at: datetime
    by: str
    fields: list[str]
    changes: list[Any]
    old_status_id: int | None
    new_status_id: int | None


class RedactionRow(TypedDict):
    """A row of `projects.redaction`."""

    project_id: UUID
    revision: int
    field: str
    part_id: UUID | None
    earlier_only: bool
    at: datetime
    by: str
    reason: str


class PackageRow(TypedDict):
    """A row of `projects.package`."""

    package_id: UUID
    created_by: str
    created_at: datetime
    includes: list[Any]
    bytes: int
    sha256: str
    report_nodes: list[Any]


class ExportRow(TypedDict):
    """A row of `projects.export`."""

    package_id: UUID
    command_id: UUID
    principal: str
    trace: str | None
    letter: Any
    taken_at: datetime
    command_key: str
    refusal_language: str
    language: Language
    project_ids: list[UUID]
    has_folders: bool
    expected_revision: int | None
    includes: list[Any]
    withheld: list[Any]
    recipient: str | None
    reference: str | None
    legal_basis: str | None
    access_reason: str | None
    sealed_password: bytes | None
    recipients: list[Any]
    state: str
    finished_at: datetime | None
    media_bytes: int
    media_read_bytes: int


class HoldRow(TypedDict):
    """A row of the published view of the holds in force."""

    project_id: UUID
    held_by: str
    held_at: datetime


class SweepStepRow(TypedDict):
    """A row of `projects.sweep_step`."""

    command_id: UUID
    principal: str
    trace: str | None
    letter: Any
    taken_at: datetime
    refusal_language: str
    sweep_id: UUID
    chain: int
    created_before: datetime
    projects_max: int


class SearchRow(TypedDict):
    """A row of `projects.search`."""

    project_id: UUID
    created_at: datetime
    words: str
    grams: list[int]
    described: str


class CameraRow(TypedDict):
    """A row of `projects.camera`."""

    project_id: UUID
    camera_id: str
    created_at: datetime


class SelectionRow(TypedDict):
    """A row of `projects.selection`."""

    selection_id: UUID
    project_ids: list[UUID]
    matches: int
    missing_nodes: list[Any]
    is_failed: bool
    refusal: str | None
