"""Commands, events and queries of batches: the reports of many projects in one file."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from contracts.downloads import Download
from contracts.message import BOTH_STORES, SITE_STORE, Event, Message, Query
from contracts.permissions import Level, Node
from contracts.projects.queries import Cursor, Limit, ListProjects, ProjectFilter, Search, Sort, Span
from contracts.reports import ReportCommand, StandardForm, shown_nodes
from contracts.texts import Phrase
from contracts.values import Language, LegalBasis, Name, Sha256, Time

NAMED_PROJECTS_MAX: Final = 5_000
"""Projects that a batch can name, whose ids fit into one message of a client."""

SELECTED_PROJECTS_MAX: Final = 10_000
"""Projects that the filter of a batch can select."""

PDF_PROJECTS_MAX: Final = 1_000
"""Projects of one PDF file."""

VOLUME_PROJECTS: Final = 100
"""Projects of each volume but the last."""

LEFT_OUT_SHOWN_MAX: Final = 100
"""Projects that an outcome or a list names as left out; the file names all of them."""


class BatchForm(StrEnum):
    """The form of a batch's file: one PDF, a ZIP of single reports, or a ZIP of PDFs with a hundred reports each."""

    PDF = "pdf"
    ZIP = "zip"
    VOLUMES = "volumes"


class BatchState(StrEnum):
    """How far a batch is."""

    PENDING = "pending"
    MADE = "made"
    CANCELLED = "cancelled"
    FAILED = "failed"
    ERASED = "erased"


class Conformance(StrEnum):
    """The PDF standard that a file was found to keep."""

    PDF_A_3A = "PDF/A-3a"
    PDF_A_3B = "PDF/A-3b"


class Omission(StrEnum):
    """Why a project has no report in a batch."""

    UNKNOWN = "unknown"
    DELETED = "deleted"
    RESTRICTED = "restricted"
    HIDDEN = "hidden"
    TOO_LARGE = "too-large"
    NOT_TYPESET = "not-typeset"


class LeftOut(Message):
    """A project without a report in the file of a batch; one that never existed has no number."""

    project_id: UUID
    reason: Omission
    number: int | None = None


class ReportIncluded(Event):
    """The report of a project was generated as a part of a batch, whose file has this digest."""

    subject = "reports.included"
    stores = BOTH_STORES

    report_id: UUID
    project_id: UUID
    recipient: str | None = None
    reference: str | None = None
    legal_basis: str | None = None
    sha256: Sha256 | None = None


class BatchRecorded(Event):
    """The reports of these projects were generated as parts of a batch.

    It is not recorded as an activity itself. Each project has an entry `reports.included`.
    """

    subject = "reports.batch-recorded"

    report_id: UUID
    project_ids: list[UUID]
    recipient: str | None = None
    reference: str | None = None
    legal_basis: str | None = None
    sha256: Sha256 | None = None

    def individual_events(self) -> Sequence[ReportIncluded]:
        """Return the event of each project."""
        common = self.model_dump(exclude={"project_ids"})
        return [ReportIncluded(**common, project_id=project_id) for project_id in self.project_ids]


class BatchGenerated(Event):
    """A batch was made: `included` of `total` projects have a report in its file.

    `left_out` names the first hundred of the others, and the file names all of them. `conformance` is the PDF standard
    that the file, or every volume, was found to keep. A ZIP of single reports has none, but each report in it does. To
    whom the file goes, for which reference and on which legal basis is part of the record, as of a single report.
    `template_numbers` names the templates in whose form reports were made; it is more than one if another one was set
    meanwhile. `template_failures` counts the reports in the standard form because the template failed.
    `is_stamped` is false if the authority of the site did not stamp the time of all of its files, and null without one.
    """

    subject = "reports.batch-generated"
    stores = SITE_STORE

    report_id: UUID
    form: BatchForm
    total: int
    included: int
    left_out: list[LeftOut]
    bytes: int
    sha256: str
    pages: int
    conformance: Conformance | None
    recipient: str | None = None
    reference: str | None = None
    legal_basis: str | None = None
    template_numbers: list[int] = []
    template_failures: int = 0
    is_stamped: bool | None = None


class GenerateBatch(ReportCommand[BatchGenerated]):
    """Make one file with the reports of many projects: those that are named, or those that a filter selects.

    The projects come in the order in which they are named, or in that of `sort`. A filter and a search select as in
    `projects.list`, once, soon after the command is taken.

    The command is taken at once, and its outcome is published when the file is made. Meanwhile `projects.outcome` says
    `pending`, with the projects that are `done` of the `total`.
    """

    subject = "reports.generate-batch"
    failure_phrase = Phrase.REPORT_NOT_GENERATED
    runs_alone = True
    body_bytes_max = 208 * 1024

    project_ids: Annotated[list[UUID], Field(min_length=1, max_length=NAMED_PROJECTS_MAX)] | None = None
    filter: ProjectFilter | None = None
    search: Search | None = None
    sort: Sort | None = None
    form: BatchForm = BatchForm.PDF
    show_user_names: bool = False
    activity: bool = False
    language: Language | None = None
    recipient: Name | None = None
    reference: Name | None = None
    legal_basis: LegalBasis | None = None
    template: StandardForm | None = None

    def needs(self) -> dict[Node, Level]:
        """Require reports, what they are to show, and what a list with the same filter requires."""
        shown, listed = shown_nodes(names=self.show_user_names, activity=self.activity), self.listing()
        return {**(listed.needs() if listed else {}), self.node: self.level, **shown}

    def listing(self) -> ListProjects | None:
        """Return the list whose projects the filter and the search select, if there is one of them."""
        if self.filter is None and self.search is None:
            return None
        listed = ListProjects(filter=self.filter or ProjectFilter())
        more = {"search": self.search, "sort": self.sort}
        return listed.model_copy(update={name: value for name, value in more.items() if value is not None})


class BatchDeleted(Event):
    """A batch was cancelled, or its file was deleted."""

    subject = "reports.batch-deleted"
    stores = SITE_STORE

    report_id: UUID


class DeleteBatch(ReportCommand[BatchDeleted]):
    """Cancel a batch of one's own that is being made, or delete its file."""

    subject = "reports.delete-batch"
    failure_phrase = Phrase.NOT_SAVED


class BatchDownloaded(Event):
    """The file of a batch, or a part of it, was downloaded."""

    subject = "reports.batch-downloaded"
    stores = SITE_STORE

    report_id: UUID
    included: int


class Batch(Message):
    """A batch of the caller's; the figures of its file are missing until it is made.

    `done` counts the projects whose reports are made or left out.
    """

    report_id: UUID
    command_id: UUID
    created_at: Time
    state: BatchState
    form: BatchForm
    language: str
    show_user_names: bool
    activity: bool = False
    total: int
    done: int
    finished_at: Time | None = None
    included: int | None = None
    left_out: list[LeftOut] = []
    bytes: int | None = None
    sha256: str | None = None
    pages: int | None = None
    conformance: Conformance | None = None
    recipient: str | None = None
    reference: str | None = None
    legal_basis: str | None = None
    template_numbers: list[int] = []
    template_failures: int = 0
    is_stamped: bool | None = None


class BatchList(Message):
    """A page of the caller's batches, newest first."""

    items: list[Batch]
    next: Cursor | None = None


class ListBatches(Query[BatchList]):
    """Ask for the caller's own batches, newest first, or for one of them; all conditions must hold."""

    subject = "reports.batches"
    node = Node.REPORTS

    report_id: UUID | None = None
    project_id: UUID | None = None
    created: Span = Span()
    limit: Limit = 100
    after: Cursor | None = None


class DownloadBatch(Download):
    """Fetch bytes of the file of a batch; the reply is the bytes alone, fewer than requested at the end."""

    subject = "reports.download-batch"
    node = Node.REPORTS

    report_id: UUID
