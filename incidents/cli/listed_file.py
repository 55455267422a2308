"""A file that is listed with the summaries of its author: waited for, downloaded, and what is said about it."""

from abc import abstractmethod
from pathlib import Path
from typing import ClassVar, Final, Generic, TypeVar
from uuid import UUID

from contracts.report_record import RecordGenerated
from contracts.report_register import RegisterGenerated
from contracts.report_summaries import (
    DeleteSummary,
    DownloadSummary,
    ListSummaries,
    Summary,
    SummaryContent,
    SummaryGenerated,
)
from contracts.reports import ReportCommand
from incidents.cli.deferred_file import NO_TIME_STAMP, DeferredFile
from incidents.cli.progress import ProgressView, resume_deferred, send_deferred
from incidents.client import Client
from incidents.terminal.session import UsageError
from incidents.terminal.text.words import names_of

GeneratedT = TypeVar("GeneratedT", SummaryGenerated, RegisterGenerated, RecordGenerated)

_RESUMED_BY: Final = {
    SummaryContent.FIGURES: "this is a summary: incidents reports summary --resume {id}",
    SummaryContent.DISCLOSURES: "this is a register of disclosures: incidents disclosures --resume {id}",
    SummaryContent.RECORD: "this is a record of processing: incidents privacy record --resume {id} --pdf FILE",
}


class ListedFile(DeferredFile, Generic[GeneratedT]):
    """The file of a summary, of a register or of a record of processing."""

    content: ClassVar[SummaryContent]
    making: ClassVar[str]

    async def make(self, client: Client, command: ReportCommand[GeneratedT]) -> None:
        """Let the system make the file, save it, and report it."""
        view = ProgressView(announcing=self._session.say(self.making))
        outcome = send_deferred(self._session, client, command, view)
        cancelling = DeleteSummary(report_id=command.report_id)
        await self._save(client, await self._wait(command.report_id, cancelling, outcome))

    async def resume(self, client: Client, report_id: UUID) -> None:
        """Wait for a file that was begun before, save it, and report it.

        Raises:
            UsageError: The id is that of another kind of file.
        """
        [listed] = (await client.ask(ListSummaries(report_id=report_id))).items
        if listed.content is not self.content:
            raise UsageError(self._session.say(_RESUMED_BY[listed.content], id=report_id))
        await self._save(client, await self._resumed(client, listed))

    async def _resumed(self, client: Client, listed: Summary) -> GeneratedT:
        outcome = resume_deferred(self._session, client, self.generating, listed.command_id)
        return await self._wait(listed.report_id, DeleteSummary(report_id=listed.report_id), outcome)

    async def _save(self, client: Client, generated: GeneratedT) -> None:
        download = DownloadSummary(report_id=generated.report_id)
        path = await self._fetch(client, generated.report_id, download, generated)
        session = self._session
        lines = [self._described(generated, path, session.count(generated.pages, "{count} page", "{count} pages"))]
        if generated.missing:
            missing = names_of(session.language, "field", generated.missing)
            lines.append(session.say("{label}: {value}", label=session.say("Not shown to you"), value=missing))
        if generated.is_stamped is False:
            lines.append(session.say(NO_TIME_STAMP))
        session.show({**generated.model_dump(mode="json"), "file": str(path)}, "\n".join(lines))

    @abstractmethod
    def _described(self, generated: GeneratedT, path: Path, pages: str) -> str:
        """Return the line that says what was saved."""
