"""The file of a summary: waited for, downloaded, and what is said about it."""

from pathlib import Path

from contracts.figures import size
from contracts.report_summaries import GenerateSummary, Summary, SummaryContent, SummaryGenerated, SummaryState
from incidents.cli.listed_file import ListedFile
from incidents.client import Client


class SummaryFile(ListedFile[SummaryGenerated]):
    """The file of a summary."""

    generating = GenerateSummary
    content = SummaryContent.FIGURES
    making = "making the summary"
    cancelled = "The summary was cancelled; nothing was saved."
    resuming = "to go on with it: incidents reports summary --resume {id}{path}{options}"

    async def _resumed(self, client: Client, listed: Summary) -> SummaryGenerated:
        if listed.state is not SummaryState.MADE:
            return await super()._resumed(client, listed)
        return SummaryGenerated(**{name: getattr(listed, name) for name in SummaryGenerated.model_fields})

    def _described(self, generated: SummaryGenerated, path: Path, pages: str) -> str:
        singular = "{path}: {count} incident, {pages}, {size}, SHA-256 verified"
        plural = "{path}: {count} incidents, {pages}, {size}, SHA-256 verified"
        written = size(generated.bytes, self._session.language)
        return self._session.count(generated.created, singular, plural, path=path, pages=pages, size=written)
