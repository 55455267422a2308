"""Commands, events and queries of summaries: the figures of all incidents over a period, as one PDF."""

from enum import StrEnum
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import StringConstraints

from contracts.downloads import Download
from contracts.message import SITE_STORE, Event, Message, Query
from contracts.permissions import Level, Node
from contracts.projects.queries import Cursor, Limit
from contracts.reports import ReportCommand
from contracts.texts import Phrase
from contracts.values import Language, Name, Text, Time

PERIOD_DAYS_MAX: Final = 3_660
"""Days of the longest period: ten years."""

SummaryTitle = Annotated[Text, StringConstraints(max_length=200)]

SummaryPlace = Literal["category_1", "category_2", "category_3", "category_4", "category_5", "camera", "none"]


class Comparison(StrEnum):
    """The period that a summary compares its own with."""

    PREVIOUS_PERIOD = "previous-period"
    PREVIOUS_YEAR = "previous-year"
    NONE = "none"


class SummaryState(StrEnum):
    """How far a summary is."""

    PENDING = "pending"
    MADE = "made"
    CANCELLED = "cancelled"
    FAILED = "failed"


class SummaryContent(StrEnum):
    """What a summary contains: the figures of a period, its register of disclosures, or the record of processing."""

    FIGURES = "figures"
    DISCLOSURES = "disclosures"
    RECORD = "record"


class SummaryGenerated(Event):
    """A summary was made of the projects that were created in a period, `created` of them.

    `missing` names the sections that its author may not see.
    """

    subject = "reports.summary-generated"
    stores = SITE_STORE

    report_id: UUID
    since: Time
    until: Time
    created: int
    complete: bool
    missing: list[str]
    bytes: int
    sha256: str
    pages: int
    is_stamped: bool | None = None


class GenerateSummary(ReportCommand[SummaryGenerated]):
    """Make a PDF with the figures of the projects of a period: counts, trends, charts, and what recurs where.

    The command is taken at once, and its outcome is published when the file is made. `place` says which property is
    the place of an incident; absent, it is a category with such a name, or else the cameras.
    """

    subject = "reports.generate-summary"
    failure_phrase = Phrase.REPORT_NOT_GENERATED
    runs_alone = True

    since: Time
    until: Time
    compare: Comparison = Comparison.PREVIOUS_PERIOD
    place: SummaryPlace | None = None
    timezone: Name | None = None
    language: Language | None = None
    title: SummaryTitle = ""
    show_user_names: bool = False

    def needs(self) -> dict[Node, Level]:
        """Require reports, and user names if they are to be shown."""
        names = {Node.USER_NAMES: Level.VIEW} if self.show_user_names else {}
        return {self.node: self.level, **names}


class SummaryDeleted(Event):
    """A summary was cancelled, or its file was deleted."""

    subject = "reports.summary-deleted"
    stores = SITE_STORE

    report_id: UUID


class DeleteSummary(ReportCommand[SummaryDeleted]):
    """Cancel a summary of one's own that is being made, or delete its file."""

    subject = "reports.delete-summary"
    failure_phrase = Phrase.NOT_SAVED


class SummaryDownloaded(Event):
    """The file of a summary, or a part of it, was downloaded."""

    subject = "reports.summary-downloaded"
    stores = SITE_STORE

    report_id: UUID


class Summary(Message):
    """A summary of the caller's; the figures of its file are missing until it is made.

    A register of disclosures is one, too: it has `entries` instead of `created`. A record of processing has neither.
    """

    report_id: UUID
    command_id: UUID
    created_at: Time
    state: SummaryState
    since: Time
    until: Time
    compare: Comparison
    timezone: str
    language: str
    title: str
    show_user_names: bool
    finished_at: Time | None = None
    created: int | None = None
    complete: bool | None = None
    missing: list[str] = []
    bytes: int | None = None
    sha256: str | None = None
    pages: int | None = None
    content: SummaryContent = SummaryContent.FIGURES
    entries: int | None = None
    project_ids: list[UUID] = []
    is_stamped: bool | None = None


class SummaryList(Message):
    """A page of the caller's summaries, newest first."""

    items: list[Summary]
    next: Cursor | None = None


class ListSummaries(Query[SummaryList]):
    """Ask for the caller's own summaries, newest first, or for one of them."""

    subject = "reports.summaries"
    node = Node.REPORTS

    report_id: UUID | None = None
    limit: Limit = 100
    after: Cursor | None = None


class DownloadSummary(Download):
    """Fetch bytes of the file of a summary; the reply is the bytes alone, fewer than requested at the end."""

    subject = "reports.download-summary"
    node = Node.REPORTS

    report_id: UUID
