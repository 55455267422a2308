"""The file of a package: waited for, downloaded, and what is said about it."""

from collections.abc import Awaitable, Iterator
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from contracts.figures import size
from contracts.projects.export_control import CancelExport, ListExports
from contracts.projects.exports import DownloadPackage, ExportProject, Package, ProjectExported
from incidents.cli.deferred_file import DeferredFile
from incidents.cli.progress import ProgressView, resume_deferred, send_deferred
from incidents.client import Client
from incidents.terminal.session import Session
from incidents.terminal.text.words import names_of

_MAKING: Final = "collecting projects"
_REASONS: Final = {
    "unknown": "does not exist",
    "deleted": "deleted",
    "restricted": "processing restricted",
    "too-large": "too large for a package",
}
_NO_REPORT: Final = {
    "too-large": "project {number} has no report: it is too large for one",
    "not-typeset": "project {number} has no report: it could not be typeset",
}


class PackageFile(DeferredFile):
    """A package that the system makes and that is saved here."""

    generating = ExportProject
    cancelled = "The export was cancelled; nothing was saved."
    resuming = "to go on with it: incidents projects export --resume {id}{path}{options}"

    async def make(self, client: Client, command: ExportProject) -> tuple[ProjectExported, Path]:
        """Let the system make a package, save it, and return what it is and where."""
        session, count = self._session, len(command.project_ids or ())
        line = session.count(count or 1, "creating the package", "creating the package of {count} projects")
        shown = ProgressView(count > 0, _MAKING, partial(read_bytes, client), line)
        outcome = send_deferred(session, client, command, shown)
        return await self._save(client, session.command_id, command.project_id, outcome)

    async def resume(self, client: Client, export_id: UUID) -> tuple[ProjectExported, Path]:
        """Wait for an export that was begun before, save its package, and return what it is and where."""
        [export] = (await client.ask(ListExports(export_id=export_id))).items
        shown = ProgressView(export.project_id is None, _MAKING, partial(read_bytes, client))
        outcome = resume_deferred(self._session, client, ExportProject, export_id, shown)
        return await self._save(client, export_id, export.project_id, outcome)

    async def _save(
        self, client: Client, export_id: UUID, project_id: UUID | None, outcome: Awaitable[ProjectExported]
    ) -> tuple[ProjectExported, Path]:
        exported = await self._wait(export_id, CancelExport(export_id=export_id, project_id=project_id), outcome)
        download = DownloadPackage(package_id=exported.package.package_id)
        name = default_name(exported.package)
        return exported, await self._fetch(client, export_id, download, exported.package, name)


async def read_bytes(client: Client, export_id: UUID) -> tuple[int, int]:
    """Return how many bytes of recordings were read for an export, and how many there are; each is read twice."""
    [export] = (await client.ask(ListExports(export_id=export_id))).items
    return export.media_read_bytes // 2, export.media_bytes


def default_name(package: Package) -> str:
    """Return the name of a file that was not named: by the number of its one project."""
    numbers = [str(project.number) for project in package.projects]
    return f"incident-{numbers[0]}.zip" if len(numbers) == 1 else "incidents.zip"


def lines_about(session: Session, package: Package, path: Path) -> Iterator[str]:
    """Yield what is said of a package: its file, what is in it, and what is not."""
    words = "{path}: encrypted, {size}, SHA-256 {sha256}"
    if not package.encrypted:
        words = "{path}: not encrypted, {size}, SHA-256 {sha256}"
    yield session.say(words, path=path, size=size(package.bytes, session.language), sha256=package.sha256)
    if package.recipients:
        singular = "{count} key of age opens it: {keys}"
        plural = "{count} keys of age open it, each of them alone: {keys}"
        yield session.count(len(package.recipients), singular, plural, keys=", ".join(package.recipients))
    if len(package.projects) > 1 or package.left_out:
        yield session.count(len(package.projects), "{count} project in it", "{count} projects in it")
    yield from _lines_about_media(session, package)
    if package.withheld:
        hidden = names_of(session.language, "field", package.withheld)
        yield session.say("{label}: {value}", label=session.say("Not shown to you"), value=hidden)
    for project in package.projects:
        if project.no_report:
            yield session.say(_NO_REPORT[project.no_report], number=project.number)
        if project.report_revision not in {None, project.revision}:
            words = "project {number}: its report shows revision {report}, the other files revision {revision}"
            revisions = {"report": project.report_revision, "revision": project.revision}
            yield session.say(words, number=project.number, **revisions)
    for omitted in package.left_out:
        reason = session.say(_REASONS[omitted.reason])
        number = omitted.number or omitted.project_id
        yield session.say("project {number}: {reason}", number=number, reason=reason)


def _lines_about_media(session: Session, package: Package) -> Iterator[str]:
    if package.media_files:
        singular, plural = "{count} recording in it, {size}", "{count} recordings in it, {size}"
        media_size = size(package.media_bytes, session.language)
        yield session.count(package.media_files, singular, plural, size=media_size)
    if package.media_incomplete:
        singular = "{count} sequence without all of its recordings: index.html in the package says why"
        plural = "{count} sequences without all of their recordings: index.html in the package says why"
        yield session.count(package.media_incomplete, singular, plural)
