"""The file of a record of processing: waited for, downloaded, and what is said about it."""

from pathlib import Path

from contracts.figures import size
from contracts.report_record import GenerateRecord, RecordGenerated
from contracts.report_summaries import SummaryContent
from incidents.cli.listed_file import ListedFile


class RecordFile(ListedFile[RecordGenerated]):
    """The file of a record."""

    generating = GenerateRecord
    content = SummaryContent.RECORD
    making = "making the record"
    cancelled = "The record was cancelled; nothing was saved."
    resuming = "to go on with it: incidents privacy record --resume {id}{path}{options}"
    path_option = "--pdf"

    def _described(self, generated: RecordGenerated, path: Path, pages: str) -> str:
        written = size(generated.bytes, self._session.language)
        return self._session.say("{path}: {pages}, {size}, SHA-256 verified", path=path, pages=pages, size=written)
