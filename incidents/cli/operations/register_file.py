"""The file of a register of disclosures: waited for, downloaded, and what is said about it."""

from typing import Final
from uuid import UUID

from contracts.figures import size
from contracts.report_register import GenerateRegister, RegisterGenerated
from contracts.report_summaries import DeleteSummary, DownloadSummary, ListSummaries, SummaryContent
from incidents.cli.deferred_file import NO_TIME_STAMP, DeferredFile
from incidents.cli.progress import ProgressView, resume_deferred, send_deferred
from incidents.client import Client
from incidents.terminal.session import UsageError
from incidents.terminal.text.words import names_of

_ELSEWHERE: Final = {
    SummaryContent.FIGURES: "this is a summary: incidents reports summary --resume {id}",
    SummaryContent.RECORD: "this is a record of processing: incidents privacy record --resume {id} --pdf FILE",
}


class RegisterFile(DeferredFile):
    """The file of a register."""

    generating = GenerateRegister
    cancelled = "The register was cancelled; nothing was saved."
    resuming = "to go on with it: incidents disclosures --resume {id}{path}{options}"

    async def make(self, client: Client, command: GenerateRegister) -> None:
        """Let the system make a register, save its file, and report it."""
        announcing = self._session.say("making the register")
        outcome = send_deferred(self._session, client, command, ProgressView(announcing=announcing))
        cancelling = DeleteSummary(report_id=command.report_id)
        await self._save(client, await self._wait(command.report_id, cancelling, outcome))

    async def resume(self, client: Client, report_id: UUID) -> None:
        """Wait for a register that was begun before, save its file, and report it.

        Raises:
            UsageError: The id is that of a summary.
        """
        [listed] = (await client.ask(ListSummaries(report_id=report_id))).items
        if listed.content is not SummaryContent.DISCLOSURES:
            raise UsageError(self._session.say(_ELSEWHERE[listed.content], id=report_id))
        outcome = resume_deferred(self._session, client, GenerateRegister, listed.command_id)
        await self._save(client, await self._wait(report_id, DeleteSummary(report_id=report_id), outcome))

    async def _save(self, client: Client, generated: RegisterGenerated) -> None:
        download = DownloadSummary(report_id=generated.report_id)
        path = await self._fetch(client, generated.report_id, download, generated)
        session = self._session
        singular = "{path}: {count} entry, {pages}, {size}, SHA-256 verified"
        plural = "{path}: {count} entries, {pages}, {size}, SHA-256 verified"
        pages = session.count(generated.pages, "{count} page", "{count} pages")
        written = size(generated.bytes, session.language)
        lines = [session.count(generated.entries, singular, plural, path=path, pages=pages, size=written)]
        if generated.missing:
            missing = names_of(session.language, "field", generated.missing)
            lines.append(session.say("{label}: {value}", label=session.say("Not shown to you"), value=missing))
        if generated.is_stamped is False:
            lines.append(session.say(NO_TIME_STAMP))
        session.show({**generated.model_dump(mode="json"), "file": str(path)}, "\n".join(lines))
