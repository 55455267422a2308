"""The file of a summary: waited for, downloaded, and what is said about it."""

from typing import Final
from uuid import UUID

from contracts.figures import size
from contracts.report_summaries import (
    DeleteSummary,
    DownloadSummary,
    GenerateSummary,
    ListSummaries,
    SummaryContent,
    SummaryGenerated,
    SummaryState,
)
from incidents.cli.deferred_file import NO_TIME_STAMP, DeferredFile
from incidents.cli.progress import ProgressView, resume_deferred, send_deferred
from incidents.client import Client
from incidents.terminal.session import UsageError
from incidents.terminal.text.words import names_of

_ELSEWHERE: Final = {
    SummaryContent.DISCLOSURES: "this is a register of disclosures: incidents disclosures --resume {id}",
    SummaryContent.RECORD: "this is a record of processing: incidents privacy record --resume {id} --pdf FILE",
}


class SummaryFile(DeferredFile):
    """The file of a summary."""

    generating = GenerateSummary
    cancelled = "The summary was cancelled; nothing was saved."
    resuming = "to go on with it: incidents reports summary --resume {id}{path}{options}"

    async def make(self, client: Client, command: GenerateSummary) -> None:
        """Let the system make a summary, save its file, and report it."""
        announcing = self._session.say("making the summary")
        generated = await self._wait(
            command.report_id,
            DeleteSummary(report_id=command.report_id),
            send_deferred(self._session, client, command, ProgressView(announcing=announcing)),
        )
        await self._save(client, generated)

    async def resume(self, client: Client, report_id: UUID) -> None:
        """Wait for a summary that was begun before, save its file, and report it."""
        [summary] = (await client.ask(ListSummaries(report_id=report_id))).items
        if words := _ELSEWHERE.get(summary.content):
            raise UsageError(self._session.say(words, id=report_id))
        if summary.state is SummaryState.MADE:
            generated = SummaryGenerated(**{name: getattr(summary, name) for name in SummaryGenerated.model_fields})
        else:
            outcome = resume_deferred(self._session, client, GenerateSummary, summary.command_id)
            generated = await self._wait(report_id, DeleteSummary(report_id=report_id), outcome)
        await self._save(client, generated)

    async def _save(self, client: Client, generated: SummaryGenerated) -> None:
        await self._fetch(client, generated.report_id, DownloadSummary(report_id=generated.report_id), generated)
        self._show(generated)

    def _show(self, generated: SummaryGenerated) -> None:
        session = self._session
        singular = "{path}: {count} incident, {pages}, {size}, SHA-256 verified"
        plural = "{path}: {count} incidents, {pages}, {size}, SHA-256 verified"
        pages = session.count(generated.pages, "{count} page", "{count} pages")
        written = size(generated.bytes, session.language)
        lines = [session.count(generated.created, singular, plural, path=self._path, pages=pages, size=written)]
        if generated.missing:
            missing = names_of(session.language, "field", generated.missing)
            lines.append(session.say("{label}: {value}", label=session.say("Not shown to you"), value=missing))
        if generated.is_stamped is False:
            lines.append(session.say(NO_TIME_STAMP))
        session.show({**generated.model_dump(mode="json"), "file": str(self._path)}, "\n".join(lines))
