"""The register of disclosures as a PDF: who took which copy of a project out of the system, for whom and why."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.message import SITE_STORE, Event
from contracts.permissions import Level, Node
from contracts.reports import ReportCommand
from contracts.texts import Phrase
from contracts.values import Language, Name, Sha256, Time


class RegisterGenerated(Event):
    """A register of disclosures was made, with so many `entries`.

    `missing` names `activity-logs` if its author may not see exports: they are not in it then.
    """

    subject = "reports.register-generated"
    stores = SITE_STORE

    report_id: UUID
    since: Time | None
    until: Time
    project_ids: list[UUID] = []
    entries: int
    complete: bool
    missing: list[str]
    bytes: int
    sha256: Sha256
    pages: int
    is_stamped: bool | None = None


class GenerateRegister(ReportCommand[RegisterGenerated]):
    """Make a PDF that lists every report, export, download and print of a period, also of deleted projects.

    Without `since` it begins with the first entry, and without `until` it ends now. With `project_ids` it is about
    these projects, as for telling the recipients of an erasure. The command is taken at once, and its outcome is
    published when the file is made, which is then listed, fetched and deleted like a summary.
    """

    subject = "reports.generate-register"
    failure_phrase = Phrase.REPORT_NOT_GENERATED
    runs_alone = True

    since: Time | None = None
    until: Time | None = None
    project_ids: Annotated[list[UUID], Field(min_length=1, max_length=100)] | None = None
    timezone: Name | None = None
    language: Language | None = None

    def needs(self) -> dict[Node, Level]:
        """Require reports and the audit log."""
        return {self.node: self.level, Node.AUDIT_LOG: Level.VIEW}
