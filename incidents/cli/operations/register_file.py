"""The file of a register of disclosures: waited for, downloaded, and what is said about it."""

from pathlib import Path

from contracts.figures import size
from contracts.report_register import GenerateRegister, RegisterGenerated
from contracts.report_summaries import SummaryContent
from incidents.cli.listed_file import ListedFile


class RegisterFile(ListedFile[RegisterGenerated]):
    """The file of a register."""

    generating = GenerateRegister
    content = SummaryContent.DISCLOSURES
    making = "making the register"
    cancelled = "The register was cancelled; nothing was saved."
    resuming = "to go on with it: incidents disclosures --resume {id}{path}{options}"

    def _described(self, generated: RegisterGenerated, path: Path, pages: str) -> str:
        singular = "{path}: {count} entry, {pages}, {size}, SHA-256 verified"
        plural = "{path}: {count} entries, {pages}, {size}, SHA-256 verified"
        written = size(generated.bytes, self._session.language)
        return self._session.count(generated.entries, singular, plural, path=path, pages=pages, size=written)
