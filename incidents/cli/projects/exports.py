"""The package of a project, made and fetched."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_args
from uuid import UUID

import typer

from contracts.figures import size
from contracts.projects.exports import DownloadPackage, ExportProject, Included, Package, ProjectExported
from contracts.reports import DownloadReport, GenerateReport, ReportGenerated
from contracts.texts import Phrase, phrase
from incidents.cli.arguments import ExpectedRevision, Project, Words, revision
from incidents.cli.purpose import LegalBasis, Recipient, Reference, purpose
from incidents.client import Client
from incidents.terminal import printing
from incidents.terminal.input.reading import make_message, read_password, read_project
from incidents.terminal.input.vocabulary import read_word
from incidents.terminal.options import command
from incidents.terminal.saving import require_unused, save
from incidents.terminal.session import Session
from incidents.terminal.text.words import names_of

Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="The file to write; by default incident-PROJECT.zip."),
]
Sections = Annotated[
    Words,
    typer.Option(metavar="SECTION", help="comments, calls, sequences, history, activity; repeatable. By default all."),
]


def register(app: typer.Typer) -> None:
    """Add `export`."""
    command(
        app,
        "export",
        "incidents projects export 12 -o incident-12.zip --password --report",
        "incidents projects export 12 -o police.zip --to Police --reference 'PV 4/2026' --basis 'Art. 265 CPP'",
        "incidents projects export 12 --include comments --include sequences --json",
        "incidents projects export 12 --password-stdin --user-names < password.txt",
        sends=True,
    )(export)


async def export(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    project: Project,
    *,
    output: Output = None,
    include: Sections = None,
    recipient: Recipient = None,
    reference: Reference = None,
    legal_basis: LegalBasis = None,
    user_names: Annotated[bool, typer.Option("--user-names", help="Show who did what.")] = False,
    password: Annotated[bool, typer.Option("--password", help="Encrypt it with a password that you type.")] = False,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Encrypt it with the password on line 1 of stdin.")
    ] = False,
    report: Annotated[bool, typer.Option("--report", help="Also save the PDF report next to it.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
    expected_revision: ExpectedRevision = None,
) -> None:
    """Export a project as a package for somebody outside, and save it; it contains no recordings."""
    path = require_unused(session, output or Path(f"incident-{project}.zip"), force=force)
    report_path = path.with_name(f"{path.stem}-{session.say('report')}.pdf")
    if report:
        require_unused(session, report_path, force=force)
    values: dict[str, Any] = {"include": [*_sections(session, include), *(["user-names"] if user_names else [])]}
    if password or password_stdin:
        values["password"] = read_password(session, printing.password, ask=not password_stdin)
    purpose_fields = purpose(recipient, reference, legal_basis)
    values |= purpose_fields | revision(expected_revision)
    shown = {"show_user_names": user_names, **purpose_fields}
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        exporting = make_message(session, ExportProject, {**values, "project_id": project_id})
        session.tell("creating the package")
        package = (exported := await session.send(client, exporting)).package
        await save(session, client, ExportProject, DownloadPackage(package_id=package.package_id), package, path)
        generated = await _report(session, client, project_id, report_path, shown) if report else None
    if generated and package.encrypted:
        session.tell("the report is not encrypted")
    _show(session, exported, path, generated, report_path)


def _sections(session: Session, texts: Words) -> list[str]:
    return [read_word(session, "field", text, get_args(Included), "--include") for text in texts or ()]


async def _report(
    session: Session, client: Client, project_id: UUID, path: Path, more: Mapping[str, Any]
) -> ReportGenerated:
    values = {
        "report_id": session.id_of("report"),
        "project_id": project_id,
        "language": session.language,
        **more,
    }
    session.tell("generating the report")
    generated = await session.send(client, make_message(session, GenerateReport, values), "report")
    await save(session, client, GenerateReport, DownloadReport(report_id=generated.report_id), generated, path)
    return generated


def _show(
    session: Session, exported: ProjectExported, path: Path, generated: ReportGenerated | None, report_path: Path
) -> None:
    document: dict[str, Any] = {**exported.model_dump(mode="json"), "file": str(path)}
    lines = [_line(session, exported.package, path)]
    if withheld := exported.package.withheld:
        hidden = names_of(session.language, "field", withheld)
        lines.append(session.say("{label}: {value}", label=session.say("Not shown to you"), value=hidden))
    if generated:
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


def _line(session: Session, package: Package, path: Path) -> str:
    words = "{path}: encrypted, {size}, SHA-256 {sha256}"
    if not package.encrypted:
        words = "{path}: not encrypted, {size}, SHA-256 {sha256}"
    return session.say(words, path=path, size=size(package.bytes, session.language), sha256=package.sha256)
