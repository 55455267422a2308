"""The file of a batch: waited for, downloaded, and what is said about it."""

from typing import Final
from uuid import UUID

import typer

from contracts.figures import size
from contracts.report_batches import (
    BatchForm,
    BatchGenerated,
    BatchState,
    DeleteBatch,
    DownloadBatch,
    GenerateBatch,
    ListBatches,
)
from incidents.cli.deferred_file import NO_TIME_STAMP, DeferredFile
from incidents.cli.progress import ProgressView, resume_deferred, send_deferred
from incidents.client import Client
from incidents.terminal.session import Status, UsageError
from incidents.terminal.text.words import name_of

_CONFORMITY: Final = {
    (BatchForm.PDF, True): "It conforms to {standard}.",
    (BatchForm.PDF, False): "It does not conform to PDF/A.",
    (BatchForm.VOLUMES, True): "Each volume conforms to {standard}.",
    (BatchForm.VOLUMES, False): "Not all volumes conform to PDF/A.",
}


class BatchFile(DeferredFile):
    """The file of a batch."""

    generating = GenerateBatch
    cancelled = "The batch was cancelled; nothing was saved."
    resuming = "to go on with it: incidents reports batch --resume {id}{path}{options}"

    async def make(self, client: Client, command: GenerateBatch) -> None:
        """Let the system make a batch, save its file, and report it."""
        shown = ProgressView(counts_projects=True, announcing=self._purpose(command))
        outcome = send_deferred(self._session, client, command, shown)
        generated = await self._wait(command.report_id, DeleteBatch(report_id=command.report_id), outcome)
        await self._save(client, generated)

    def _purpose(self, command: GenerateBatch) -> str:
        if command.project_ids is None:
            return self._session.say("making the reports of all projects that match")
        singular, plural = "making the report of {count} project", "making the reports of {count} projects"
        return self._session.count(len(command.project_ids), singular, plural)

    async def resume(self, client: Client, report_id: UUID, form: BatchForm) -> None:
        """Wait for a batch that was begun before, save its file, and report it.

        Raises:
            UsageError: The batch has another form than the path says.
        """
        [batch] = (await client.ask(ListBatches(report_id=report_id))).items
        if (batch.form is BatchForm.PDF) is not (form is BatchForm.PDF):
            words = "{path}: this batch is a {form}: name a file that ends with .{suffix}"
            suffix = BatchForm.PDF if batch.form is BatchForm.PDF else BatchForm.ZIP
            raise UsageError(self._session.say(words, path=self._path, form=suffix.upper(), suffix=suffix))
        if batch.state is BatchState.MADE:
            generated = BatchGenerated(**{name: getattr(batch, name) for name in BatchGenerated.model_fields})
        else:
            outcome = resume_deferred(
                self._session, client, GenerateBatch, batch.command_id, ProgressView(counts_projects=True)
            )
            generated = await self._wait(report_id, DeleteBatch(report_id=report_id), outcome)
        await self._save(client, generated)

    async def _save(self, client: Client, generated: BatchGenerated) -> None:
        await self._fetch(client, generated.report_id, DownloadBatch(report_id=generated.report_id), generated)
        self._show(generated)
        if generated.included < generated.total:
            raise typer.Exit(Status.REFUSED)

    def _show(self, generated: BatchGenerated) -> None:
        document = {**generated.model_dump(mode="json"), "file": str(self._path)}
        self._session.show(document, "\n".join([self._saved_line(generated), *self._remarks(generated)]))

    def _saved_line(self, generated: BatchGenerated) -> str:
        session = self._session
        return session.say(
            "{path}: {reports}, {pages}, {size}, SHA-256 verified",
            path=self._path,
            reports=session.count(generated.included, "{count} report", "{count} reports"),
            pages=session.count(generated.pages, "{count} page", "{count} pages"),
            size=size(generated.bytes, session.language),
        )

    def _remarks(self, generated: BatchGenerated) -> list[str]:
        session, lines = self._session, []
        if words := _CONFORMITY.get((generated.form, generated.conformance is not None)):
            lines.append(session.say(words, standard=generated.conformance))
        if generated.template_failures:
            singular = "{count} report has the standard form, because the template of the site failed for it"
            plural = "{count} reports have the standard form, because the template of the site failed for them"
            lines.append(session.count(generated.template_failures, singular, plural))
        if generated.is_stamped is False:
            lines.append(session.say(NO_TIME_STAMP))
        for project in generated.left_out:
            reason = name_of(session.language, "omission", project.reason)
            number = project.number or project.project_id
            lines.append(session.say("project {number}: {reason}", number=number, reason=reason))
        if more := generated.total - generated.included - len(generated.left_out):
            singular = "{count} more project is left out; the file names all of them"
            plural = "{count} more projects are left out; the file names all of them"
            lines.append(session.count(more, singular, plural))
        return lines
