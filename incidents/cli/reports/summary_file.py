"""The file of a summary: waited for, downloaded, and what is said about it."""

import shlex
from pathlib import Path
from uuid import UUID

from contracts.errors import Code
from contracts.figures import size
from contracts.report_summaries import (
    DeleteSummary,
    DownloadSummary,
    GenerateSummary,
    ListSummaries,
    SummaryGenerated,
    SummaryState,
)
from incidents.cli.reports.progress import resume_deferred, send_deferred
from incidents.client import Client
from incidents.errors import PendingError, Refused, UnreachableError
from incidents.terminal.saving import save
from incidents.terminal.session import Session, UsageError
from incidents.terminal.text.words import names_of


class SummaryFile:
    """A file that the system makes, and that is saved here; Ctrl-C cancels its summary."""

    def __init__(self, session: Session, path: Path) -> None:
        """Keep the path at which the file is saved."""
        self._session = session
        self._path = path

    async def make(self, client: Client, command: GenerateSummary) -> None:
        """Let the system make a summary, save its file, and report it."""
        self._session.tell("making the summary")
        self._cancel_at_interrupt(command.report_id)
        try:
            generated = await send_deferred(self._session, client, command)
        except PendingError:
            self._tell_resuming(command.report_id)
            raise
        await self._save(client, generated)

    async def resume(self, client: Client, report_id: UUID) -> None:
        """Wait for a summary that was begun before, save its file, and report it."""
        [summary] = (await client.ask(ListSummaries(report_id=report_id))).items
        if summary.state is SummaryState.MADE:
            generated = SummaryGenerated(**{name: getattr(summary, name) for name in SummaryGenerated.model_fields})
        else:
            self._cancel_at_interrupt(report_id)
            try:
                generated = await resume_deferred(self._session, client, GenerateSummary, summary.command_id)
            except PendingError:
                self._tell_resuming(report_id)
                raise
        await self._save(client, generated)

    async def _save(self, client: Client, generated: SummaryGenerated) -> None:
        async def leave() -> None:
            self._tell_resuming(generated.report_id)

        self._session.at_interrupt = leave
        try:
            download = DownloadSummary(report_id=generated.report_id)
            await save(self._session, client, GenerateSummary, download, generated, self._path)
        except (Refused, UsageError):
            await leave()
            raise
        self._session.at_interrupt = None
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
        session.show({**generated.model_dump(mode="json"), "file": str(self._path)}, "\n".join(lines))

    def _cancel_at_interrupt(self, report_id: UUID) -> None:
        async def cancel() -> None:
            try:
                await self._cancel(report_id)
            except (Refused, UnreachableError):
                self._tell_resuming(report_id)
                raise

        self._session.at_interrupt = cancel

    async def _cancel(self, report_id: UUID) -> None:
        async with self._session.client() as client:
            try:
                await client.send(DeleteSummary(report_id=report_id))
            except Refused as refused:
                if refused.code is not Code.GONE:
                    raise
        self._session.tell("The summary was cancelled; nothing was saved.")

    def _tell_resuming(self, report_id: UUID) -> None:
        words = "to go on with it: incidents reports summary --resume {id} -o {path}{options}"
        path, options = shlex.quote(str(self._path)), self._session.place
        self._session.tell(words, id=report_id, path=path, options=options)
