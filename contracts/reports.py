"""Commands, events and queries of incident reports (REP-01 to REP-06, B5)."""

from typing import ClassVar, Generic, Literal
from uuid import UUID

from contracts.downloads import Download
from contracts.message import BOTH_STORES, AnswerT_co, Command, Event, Message, Query
from contracts.permissions import Level, Node
from contracts.projects.queries import Cursor, Limit, Span
from contracts.texts import Part, Phrase
from contracts.values import Language, LegalBasis, Name, Principal, Sha256, Time


class ReportEvent(Event):
    """An event about a report of a project."""

    stores = BOTH_STORES

    report_id: UUID
    project_id: UUID


class ReportCommand(Command[AnswerT_co], Generic[AnswerT_co]):
    """A command about one report, whose id is the key that keeps its commands in order."""

    node: ClassVar[Node] = Node.REPORTS
    part = Part.REPORT

    report_id: UUID

    def key(self) -> str:
        """Return the report's id."""
        return str(self.report_id)


class TemplateVersion(Message):
    """A template of the organisation: its number among all of the site, its digest, who set it and when."""

    number: int
    sha256: Sha256
    set_by: Principal
    set_at: Time


TemplateFailure = Literal["time", "memory", "not-typeset"]
"""Why a report has the standard form although there is a template: it would have needed too much, or was not set."""

StandardForm = Literal["standard"]


def shown_nodes(*, names: bool, activity: bool) -> dict[Node, Level]:
    """Return what a report needs for showing user names and activities."""
    shown = {Node.USER_NAMES: names, Node.ACTIVITY_LOGS: activity}
    return {node: Level.VIEW for node, is_shown in shown.items() if is_shown}


class ReportGenerated(ReportEvent):
    """A report was generated; `missing` names what could not be included (MSG-09).

    To whom it goes, for which reference and on which legal basis is part of the record: these texts are about the
    disclosure. `is_stamped` is false if the authority of the site did not stamp its time, and null if it has none.
    """

    subject = "reports.generated"

    complete: bool
    missing: list[str]
    bytes: int
    sha256: str
    pages: int
    recipient: str | None = None
    reference: str | None = None
    legal_basis: str | None = None
    template: TemplateVersion | None = None
    template_failure: TemplateFailure | None = None
    is_stamped: bool | None = None


class GenerateReport(ReportCommand[ReportGenerated]):
    """Make a PDF of a project's whole content; user names stay hidden unless requested (B5).

    With `activity` it lists what people did with the project, as `audit.activity` does. It says to whom it goes, for
    which reference of theirs and on which legal basis, if the command does.
    """

    subject = "reports.generate"
    failure_phrase = Phrase.REPORT_NOT_GENERATED

    project_id: UUID
    show_user_names: bool = False
    activity: bool = False
    language: Language | None = None
    recipient: Name | None = None
    reference: Name | None = None
    legal_basis: LegalBasis | None = None
    template: StandardForm | None = None

    def needs(self) -> dict[Node, Level]:
        """Require reports, and user names and the activity if they are to be shown."""
        return {self.node: self.level, **shown_nodes(names=self.show_user_names, activity=self.activity)}


class ReportPrinted(ReportEvent):
    """A report was printed."""

    subject = "reports.printed"


class RecordPrint(ReportCommand[ReportPrinted]):
    """Record that a report was printed (REP-04)."""

    subject = "reports.record-print"


class ReportDeleted(ReportEvent):
    """A report was deleted; its project stays."""

    subject = "reports.deleted"


class DeleteReport(ReportCommand[ReportDeleted]):
    """Delete a report and its file."""

    subject = "reports.delete"
    failure_phrase = Phrase.NOT_SAVED


class ReportDownloaded(ReportEvent):
    """A report, or a part of it, was downloaded."""

    subject = "reports.downloaded"


class Report(Message):
    """A stored report: it was asked for at one time, and shows its project as it was at another."""

    report_id: UUID
    project_id: UUID
    project_number: int
    created_by: str
    requested_at: Time
    created_at: Time
    language: str
    show_user_names: bool
    complete: bool
    missing: list[str]
    bytes: int
    sha256: str
    pages: int
    recipient: str | None = None
    reference: str | None = None
    legal_basis: str | None = None
    template: TemplateVersion | None = None
    template_failure: TemplateFailure | None = None
    is_stamped: bool | None = None


class GetReport(Query[Report]):
    """Ask for the facts about one report."""

    subject = "reports.get"
    is_recorded = True
    node = Node.REPORTS

    report_id: UUID


class ReportList(Message):
    """A page of reports, those first that were asked for last."""

    items: list[Report]
    next: Cursor | None = None


class ListReports(Query[ReportList]):
    """Ask for the stored reports of a project or of all, of one author or of all.

    Reports that were made as parts of a batch are in its file alone.
    """

    subject = "reports.list"
    is_recorded = True
    node = Node.REPORTS

    project_id: UUID | None = None
    created_by: Name | None = None
    requested: Span = Span()
    limit: Limit = 100
    after: Cursor | None = None


class DownloadReport(Download):
    """Fetch bytes of a report; the reply is the bytes alone, fewer than requested at the end."""

    subject = "reports.download"
    node = Node.REPORTS

    report_id: UUID
