"""The package of one project or of several: made and fetched, listed, and cancelled."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, get_args
from uuid import UUID

import typer

from contracts.figures import size
from contracts.projects.export_control import CancelExport, Export, ExportList, ExportState, ListExports
from contracts.projects.exports import EXPORT_PROJECTS_MAX, ExportProject, Included, ProjectExported
from contracts.reports import DownloadReport, GenerateReport, ReportGenerated
from contracts.texts import Phrase, phrase
from incidents.cli.age_recipients import AgeRecipients, AgeRecipientsFile, read_recipients
from incidents.cli.arguments import ExpectedRevision, OneProject, Words, Yes, access, revision
from incidents.cli.paging import show_pages
from incidents.cli.progress import Announcement
from incidents.cli.projects.package_file import PackageFile, lines_about
from incidents.cli.purpose import PURPOSE_HEADINGS, LegalBasis, Recipient, Reference, purpose
from incidents.client import Client
from incidents.terminal import printing
from incidents.terminal.input.reading import make_message, read_password, read_project
from incidents.terminal.input.vocabulary import read_word
from incidents.terminal.options import command
from incidents.terminal.saving import require_ending, require_unused, save
from incidents.terminal.session import Session, Status, UsageError
from incidents.terminal.tables import show
from incidents.terminal.text.words import name_of, names_of

_ZIP_ONLY: Final = "{path}: a package is a ZIP: name a file that ends with .zip"
Projects = Annotated[
    Words,
    typer.Argument(
        metavar="PROJECT...", help="Projects by number or id, or by ref: and the number in another system; up to 100."
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="The ZIP file to write; by default incident-PROJECT.zip or incidents.zip.",
    ),
]
Sections = Annotated[
    Words,
    typer.Option(
        metavar="SECTION",
        help="comments, calls, sequences, media (recordings), history, activity, report; repeatable. By default all.",
    ),
]
UserNames = Annotated[bool, typer.Option("--user-names", help="Show who did what.")]
FromTerminal = Annotated[bool, typer.Option("--password", help="Encrypt it with a password that you type.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Encrypt it with the password on line 1 of stdin.")]
Force = Annotated[bool, typer.Option("--force", help="Replace existing files.")]
SeparateReport = Annotated[bool, typer.Option("--report", help="Also save the PDF report next to it, of one project.")]
Resumed = Annotated[
    UUID | None, typer.Option(metavar="ID", help="Wait for an export that was begun before, and save its package.")
]
Access = Annotated[
    str | None,
    typer.Option(metavar="TEXT", help="Why a restricted project is exported, always alone; recorded."),
]
ExportId = Annotated[UUID, typer.Argument(metavar="ID", help="The id of an export, as `projects exports` shows it.")]


def register(app: typer.Typer) -> None:
    """Add `export`, `exports` and `cancel-export`."""
    command(
        app,
        "export",
        "incidents projects export 12 -o incident-12.zip --password",
        "incidents projects export 31 32 40 -o bag.zip --to Police --reference 'PV 4/2026' --basis 'Art. 265 CPP'",
        "incidents projects export 12 --include comments --include report --json",
        "incidents projects export 12 --password-stdin --user-names < password.txt",
        "incidents projects export 12 -o incident-12.zip --age-recipients-file police.txt",
        "incidents projects export --resume 0190… -o bag.zip",
        sends=True,
    )(export)
    listing = "incidents projects exports", "incidents projects exports 12", "incidents projects exports --all --csv"
    command(app, "exports", *listing, table=True)(list_exports)
    command(app, "cancel-export", "incidents projects cancel-export 0190… --yes", sends=True)(cancel_export)


async def export(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    projects: Projects = None,
    *,
    output: Output = None,
    include: Sections = None,
    recipient: Recipient = None,
    reference: Reference = None,
    legal_basis: LegalBasis = None,
    user_names: UserNames = False,
    password: FromTerminal = False,
    password_stdin: FromStdin = False,
    age_recipient: AgeRecipients = None,
    age_recipients_file: AgeRecipientsFile = None,
    report: SeparateReport = False,
    force: Force = False,
    expected_revision: ExpectedRevision = None,
    access_reason: Access = None,
    resume: Resumed = None,
) -> None:
    """Export projects as one package for somebody outside, with their reports, and save it.

    The system makes the package, also without this program: --resume comes back to it, and Ctrl-C cancels it. Each of
    several projects has a folder. A number that never existed is refused at once. Projects that are deleted or too
    large are left out and named with the reason; the exit status is then 1. Recordings are in it if the site has them.
    """
    included = _sections(session, include, user_names=user_names)
    details = {**purpose(recipient, reference, legal_basis), **access(access_reason), **revision(expected_revision)}
    keys = read_recipients(session, age_recipient, age_recipients_file)
    choices = [*included, *details, password, password_stdin, *keys, report]
    _require_one_way(session, projects, is_begun=resume is not None, has_choices=any(choices))
    path = _path(session, projects, output, force=force)
    report_path = _report_path(session, projects, path, access_reason, force=force) if report and path else None
    values = {**_encryption(session, keys, is_typed=password, is_piped=password_stdin), **details, "include": included}
    async with session.client() as client:
        if resume:
            _show(session, *await PackageFile(session, path, force=force).resume(client, resume))
        else:
            values |= await _named(session, client, projects or (), gone_too=bool(access_reason))
            await _make(session, client, PackageFile(session, path, force=force), values, report_path)


def _path(session: Session, projects: Projects, output: Path | None, *, force: bool) -> Path | None:
    if output:
        require_ending(session, output, _ZIP_ONLY, ".zip")
    return require_unused(session, output or _default_path(projects), force=force) if output or projects else None


async def list_exports(
    session: Session,
    project: OneProject = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=500, help="Exports on a page, newest first.")] = 100,
    all_: Annotated[bool, typer.Option("--all", help="All pages, not only the first.")] = False,
) -> None:
    """List your own exports of the last 24 hours, newest first: how far they are, and their packages."""
    async with session.client() as client:
        values: dict[str, Any] = {"limit": limit}
        if project is not None:
            values["project_id"] = await read_project(session, client, project)

        async def laid(page: ExportList) -> show.Sheet:
            return _sheet(page.items, session.language)

        def failed(each: Export) -> UUID | None:
            return each.export_id if each.state is ExportState.FAILED else None

        query = make_message(session, ListExports, values)
        await show_pages(session, client, query, laid, every=all_, failed=failed)


def _sheet(exports: Sequence[Export], language: str) -> show.Sheet:
    rows = (
        (
            each.requested_at,
            name_of(language, "batch", each.state),
            each.total,
            each.done,
            "" if each.included is None else each.total - each.included,
            show.Cell("" if each.bytes is None else size(each.bytes, language), each.bytes),
            each.export_id,
            each.finished_at,
            each.sha256,
            each.recipient,
            each.reference,
            each.legal_basis,
        )
        for each in exports
    )
    headings = ("Created", "State", "Projects", "Processed", "Left out", "Size", "Id")
    return show.table(language, *headings, rows=rows, more=("Finished", "SHA-256", *PURPOSE_HEADINGS))


async def cancel_export(session: Session, export_id: ExportId, yes: Yes = False) -> None:
    """Cancel an export that is being made; the projects stay."""
    async with session.client() as client:
        [begun] = (await client.ask(ListExports(export_id=export_id))).items
        created = show.local(begun.requested_at, session.language)
        if not yes and not session.confirm(session.say("Cancel the export of {created}?", created=created)):
            session.tell("Nothing was cancelled.")
            raise typer.Exit
        event = await session.send(client, CancelExport(export_id=export_id, project_id=begun.project_id))
    session.show(event, session.say("Export cancelled: {export_id}", export_id=export_id))


async def _make(
    session: Session, client: Client, file: PackageFile, values: Mapping[str, Any], report_path: Path | None
) -> None:
    exporting = make_message(session, ExportProject, values)
    exported, path = await file.make(client, exporting)
    if report_path is None or exporting.project_id is None:
        _show(session, exported, path)
        return
    purpose_fields = purpose(exporting.recipient, exporting.reference, exporting.legal_basis)
    shown = {"show_user_names": "user-names" in exporting.include, **purpose_fields}
    generated = await _report(session, client, exporting.project_id, report_path, shown)
    _show(session, exported, path, generated, report_path)


def _require_one_way(session: Session, projects: Words, *, is_begun: bool, has_choices: bool) -> None:
    """Refuse a line that names no projects, or names more for an export that has its projects already."""
    if is_begun and (projects or has_choices):
        raise UsageError(
            session.say("--resume goes on with an export that has its projects already: leave the rest out")
        )
    if not projects and not is_begun:
        raise UsageError(session.say("name a project, or several"))
    if projects and len(set(projects)) > EXPORT_PROJECTS_MAX:
        words = "{count} projects are named, and a package has at most {limit}: make several packages"
        raise UsageError(session.say(words, count=len(set(projects)), limit=EXPORT_PROJECTS_MAX))


def _encryption(session: Session, keys: list[str], *, is_typed: bool, is_piped: bool) -> dict[str, Any]:
    """Return the fields that encrypt a package: its keys, or its password, or nothing."""
    if is_typed and is_piped:
        words = "{first} and {second} exclude each other: write one of them"
        raise UsageError(session.say(words, first="--password", second="--password-stdin"))
    if keys and (is_typed or is_piped):
        raise UsageError(session.say("a package is encrypted with a password or to keys of age: leave one of them out"))
    if keys:
        return {"recipients": keys}
    return {"password": read_password(session, printing.password, ask=not is_piped)} if is_typed or is_piped else {}


def _default_path(projects: Words) -> Path:
    return Path(f"incident-{projects[0]}.zip" if projects and len(projects) == 1 else "incidents.zip")


def _report_path(session: Session, projects: Words, path: Path, access_reason: str | None, *, force: bool) -> Path:
    if access_reason:
        raise UsageError(session.say("the report of a restricted project is in its package: leave --report out"))
    if len(projects or ()) > 1:
        raise UsageError(session.say("the reports of several projects are in the package: leave --report out"))
    return require_unused(session, path.with_name(f"{path.stem}-{session.say('report')}.pdf"), force=force)


async def _named(session: Session, client: Client, projects: Sequence[str], *, gone_too: bool) -> dict[str, Any]:
    """Return the fields that name the projects: one alone, or several, in which deleted ones are named as left out."""
    if len(projects) == 1:
        return {"project_id": await read_project(session, client, projects[0], gone_too=gone_too)}
    ids = [await read_project(session, client, project, gone_too=True) for project in projects]
    session.project = ""
    return {"project_ids": list(dict.fromkeys(ids))}


def _sections(session: Session, texts: Words, *, user_names: bool) -> list[str]:
    named = [read_word(session, "field", text, get_args(Included), "--include") for text in texts or ()]
    return [*named, *(["user-names"] if user_names else [])]


async def _report(
    session: Session, client: Client, project_id: UUID, path: Path, more: Mapping[str, Any]
) -> ReportGenerated:
    values = {
        "report_id": session.id_of("report"),
        "project_id": project_id,
        "language": session.language,
        **more,
    }
    with Announcement(session, session.say("generating the report")):
        generated = await session.send(client, make_message(session, GenerateReport, values), "report")
    await save(session, client, GenerateReport, DownloadReport(report_id=generated.report_id), generated, path)
    return generated


def _show(
    session: Session,
    exported: ProjectExported,
    path: Path,
    generated: ReportGenerated | None = None,
    report_path: Path | None = None,
) -> None:
    document: dict[str, Any] = {**exported.model_dump(mode="json"), "file": str(path)}
    lines = list(lines_about(session, exported.package, path))
    if generated:
        if exported.package.encrypted:
            session.tell("the report is not encrypted")
        document["report"] = {**generated.model_dump(mode="json"), "file": str(report_path)}
        singular = "{path}: {count} page, {size}, SHA-256 {sha256}"
        plural = "{path}: {count} pages, {size}, SHA-256 {sha256}"
        report: dict[str, Any] = {
            "path": report_path,
            "size": size(generated.bytes, session.language),
            "sha256": generated.sha256,
        }
        lines.append(session.count(generated.pages, singular, plural, **report))
        if not generated.complete:
            incomplete = phrase(Phrase.REPORT_INCOMPLETE, session.language)
            missing = session.say("Missing: {names}.", names=names_of(session.language, "field", generated.missing))
            lines.append(f"{incomplete} {missing}")
    session.show(document, "\n".join(lines))
    if exported.package.left_out:
        raise typer.Exit(Status.REFUSED)
