"""The file of a record of processing: waited for, downloaded, and what is said about it."""

from typing import Final
from uuid import UUID

from contracts.figures import size
from contracts.report_record import GenerateRecord, RecordGenerated
from contracts.report_summaries import DeleteSummary, DownloadSummary, ListSummaries, SummaryContent
from incidents.cli.deferred_file import NO_TIME_STAMP, DeferredFile
from incidents.cli.progress import ProgressView, resume_deferred, send_deferred
from incidents.client import Client
from incidents.terminal.session import UsageError
from incidents.terminal.text.words import names_of

_ELSEWHERE: Final = {
    SummaryContent.FIGURES: "this is a summary: incidents reports summary --resume {id}",
    SummaryContent.DISCLOSURES: "this is a register of disclosures: incidents disclosures --resume {id}",
}


class RecordFile(DeferredFile):
    """The file of a record."""

    generating = GenerateRecord
    cancelled = "The record was cancelled; nothing was saved."
    resuming = "to go on with it: incidents privacy record --resume {id}{path}{options}"
    path_option = "--pdf"

    async def make(self, client: Client, command: GenerateRecord) -> None:
        """Let the system make a record, save its file, and report it."""
        view = ProgressView(announcing=self._session.say("making the record"))
        outcome = send_deferred(self._session, client, command, view)
        cancelling = DeleteSummary(report_id=command.report_id)
        await self._save(client, await self._wait(command.report_id, cancelling, outcome))

    async def resume(self, client: Client, report_id: UUID) -> None:
        """Wait for a record that was begun before, save its file, and report it.

        Raises:
            UsageError: The id is that of another file.
        """
        [listed] = (await client.ask(ListSummaries(report_id=report_id))).items
        if listed.content is not SummaryContent.RECORD:
            raise UsageError(self._session.say(_ELSEWHERE[listed.content], id=report_id))
        outcome = resume_deferred(self._session, client, GenerateRecord, listed.command_id)
        await self._save(client, await self._wait(report_id, DeleteSummary(report_id=report_id), outcome))

    async def _save(self, client: Client, generated: RecordGenerated) -> None:
        download = DownloadSummary(report_id=generated.report_id)
        path = await self._fetch(client, generated.report_id, download, generated)
        session = self._session
        pages = session.count(generated.pages, "{count} page", "{count} pages")
        written = size(generated.bytes, session.language)
        lines = [session.say("{path}: {pages}, {size}, SHA-256 verified", path=path, pages=pages, size=written)]
        if generated.missing:
            missing = names_of(session.language, "field", generated.missing)
            lines.append(session.say("{label}: {value}", label=session.say("Not shown to you"), value=missing))
        if generated.is_stamped is False:
            lines.append(session.say(NO_TIME_STAMP))
        session.show({**generated.model_dump(mode="json"), "file": str(path)}, "\n".join(lines))
