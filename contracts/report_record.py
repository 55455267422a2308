"""The record of processing activities (GDPR 30) as a PDF: what the configuration of the site says of it."""

from uuid import UUID

from contracts.message import SITE_STORE, Event
from contracts.reports import ReportCommand
from contracts.texts import Phrase
from contracts.values import Language, Name, Sha256


class RecordGenerated(Event):
    """A record of processing was made.

    `missing` names the parts of the configuration that its author may not see: they are not in it.
    """

    subject = "reports.record-generated"
    stores = SITE_STORE

    report_id: UUID
    complete: bool
    missing: list[str]
    bytes: int
    sha256: Sha256
    pages: int
    is_stamped: bool | None = None


class GenerateRecord(ReportCommand[RecordGenerated]):
    """Make a PDF of the record of processing: categories of data, roles, times and measures, as they are configured.

    What only the organisation knows is left blank, and marked. The command is taken at once, and its outcome is
    published when the file is made, which is then listed, fetched and deleted like a summary.
    """

    subject = "reports.generate-record"
    failure_phrase = Phrase.REPORT_NOT_GENERATED
    runs_alone = True

    timezone: Name | None = None
    language: Language | None = None
