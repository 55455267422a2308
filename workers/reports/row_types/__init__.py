"""The columns of the tables of reports and of the published views that it reads, by their types."""

from datetime import datetime
from typing import Any, TypedDict, final
from uuid import UUID

from contracts.properties import FieldKind
from contracts.values import Language
from workers.reports.row_types.design_rows import DesignRequestRow as DesignRequestRow
from workers.reports.row_types.design_rows import DesignRow as DesignRow
from workers.reports.row_types.summary_rows import SummaryRow as SummaryRow


class ReportRow(TypedDict):
    """A row of `reports.report`."""

    report_id: UUID
    project_id: UUID
    created_by: str
    requested_at: datetime
    created_at: datetime
    language: str
    show_user_names: bool
    complete: bool
    missing: list[Any]
    bytes: int
    sha256: str
    pages: int
    restricted_nodes: list[Any]
    recipient: str | None
    reference: str | None
    legal_basis: str | None
    template: Any
    template_failure: str | None
    is_stamped: bool | None


class ListedReportRow(ReportRow):
    """A row of a report as a query shows it."""

    project_number: int


class ChunkRow(TypedDict):
    """A row of `reports.chunk`."""

    report_id: UUID
    number: int
    data: bytes


class RequestRow(TypedDict):
    """A row of `reports.request`."""

    command_id: UUID
    principal: str
    trace: str | None
    letter: Any
    requested_at: datetime
    report_id: UUID
    project_id: UUID
    language: Language | None
    refusal_language: str
    show_user_names: bool
    activity: bool
    recipient: str | None
    reference: str | None
    legal_basis: str | None
    template: str | None
    log_size: int | None
    log_awaited_until: datetime | None


class BatchHeadRow(TypedDict):
    """A row of `reports.batch` without its letter and the ids of its projects, which may be thousands."""

    report_id: UUID
    command_id: UUID
    principal: str
    trace: str | None
    created_at: datetime
    form: str
    language: Language
    refusal_language: str
    show_user_names: bool
    activity: bool
    left_out: list[Any]
    total: int
    state: str
    finished_at: datetime | None
    included: int | None
    bytes: int | None
    sha256: str | None
    pages: int | None
    conformance: str | None
    selection_id: UUID | None
    recipient: str | None
    reference: str | None
    legal_basis: str | None
    template: str | None
    template_numbers: list[Any]
    template_failures: int
    is_stamped: bool | None


class BatchRow(BatchHeadRow):
    """A row of `reports.batch`."""

    letter: Any
    project_ids: list[UUID]
    filter: Any
    sort: str | None
    projects_max: int | None
    search: str | None


class ListedBatchRow(BatchHeadRow):
    """A row of a list of batches: also how many of its projects are done."""

    done: int


class BatchedProjectRow(TypedDict):
    """A row of the projects of a batch; `number` is null for one that never existed."""

    place: int
    project_id: UUID
    number: int | None
    state: str


class WaitingPrincipalRow(TypedDict):
    """The row of somebody who waits: `kind` is `report`, `summary` or `design`."""

    principal: str
    kind: str
    since: datetime


@final
class UnfinishedBatchRow(TypedDict):
    """A row of the batches that are being made or ended, the oldest first."""

    report_id: UUID
    principal: str
    state: str
    selection_id: UUID | None


class SelectionRow(TypedDict):
    """A row of the published view of selections, each of the projects that a filter selected."""

    project_ids: list[UUID]
    matches: int
    missing_nodes: list[Any]
    is_failed: bool
    refusal: str | None


class WaitingPartRow(TypedDict):
    """The row of a part that waits and is locked: the place of a project in its batch."""

    place: int
    project_id: UUID


class ListedPartRow(TypedDict):
    """A row of `reports.batch_part` without the file: the place of a project in its batch, and what became of it.

    `state` is `waiting`, `made`, or the reason of an omission. `facts` are those of the contents list.
    """

    place: int
    project_id: UUID
    state: str
    facts: dict[str, Any] | None


class NumberedPartRow(ListedPartRow):
    """The same with the number of the project."""

    number: int


class BatchPartRow(ListedPartRow):
    """A row of `reports.batch_part`."""

    report_id: UUID
    pdf: bytes | None


class LeftProjectRow(TypedDict):
    """The number of a project that was deleted, or whose processing is restricted."""

    project_id: UUID
    number: int
    restricted: bool


class TombstoneRow(LeftProjectRow):
    """A row of the published view of tombstones."""

    deleted_by: str
    deleted_at: datetime
    expired: bool
    erase_after: datetime | None


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


class ProjectDocumentRow(TypedDict):
    """The row of a project in the published view of documents."""

    document: dict[str, Any]


class ProjectLabelsRow(TypedDict):
    """The row with the names of a project's fields and values: when they were set, and today."""

    labels: dict[str, Any]


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
    report_confidentiality: str
    report_signatories: list[str]


class CommentChangeRow(TypedDict):
    """A row of the published changes of comments; `text` is null for a deletion, and where it is not listed."""

    comment_id: UUID
    at: datetime
    by: str
    is_deletion: bool
    text: str | None


class ProjectFileRow(TypedDict):
    """A row of the reports or of the published exports of a project."""

    id: UUID
    at: datetime
    by: str


class RecordedActivityRow(TypedDict):
    """A row of the published view of activities, with the number of all that a report could list."""

    at: datetime
    by: str
    activity: str
    total: int


class HoldRow(TypedDict):
    """A row of the published view of holds, without its project."""

    held_by: str
    held_at: datetime
    reason: str
    until: datetime | None
    reference: str | None
