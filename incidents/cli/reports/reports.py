"""The commands of reports."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from contracts.figures import size
from contracts.reports import DeleteReport, DownloadReport, GenerateReport, ListReports
from contracts.texts import Phrase, phrase
from incidents.cli.arguments import Project, Yes
from incidents.cli.reports import batches
from incidents.terminal.input import parts
from incidents.terminal.input.reading import make_message, read_project
from incidents.terminal.options import command, group
from incidents.terminal.saving import require_writable, save
from incidents.terminal.session import Session
from incidents.terminal.tables import show
from incidents.terminal.text.words import name_of, names_of

Output = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The PDF file to write.")]
Number = Annotated[str, typer.Argument(metavar="REPORT", help="Its number as `reports list` prints it, `last`, or id.")]


def register(app: typer.Typer) -> None:
    """Add `report` and `reports`."""
    command(
        app,
        "report",
        "incidents report 12 -o report.pdf",
        "incidents report 12 -o rapport.pdf --lang fr --show-user-names",
        sends=True,
    )(report)
    group_ = group("The reports of projects: list, get, delete, many in one file.")
    command(group_, "list", "incidents reports list 12", "incidents reports list 12 --json", table=True)(list_reports)
    command(group_, "get", "incidents reports get 12 1 -o report.pdf")(get_report)
    command(group_, "delete", "incidents reports delete 12 1 --yes", sends=True)(delete_report)
    batches.register(group_)
    app.add_typer(group_, name="reports")


async def report(
    session: Session,
    project: Project,
    output: Output,
    show_user_names: Annotated[bool, typer.Option("--show-user-names", help="Show who did what.")] = False,
) -> None:
    """Generate the report of a project in the language of `--lang`, and save it."""
    require_writable(session, output)
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        values = {
            "report_id": session.id_of(),
            "project_id": project_id,
            "show_user_names": show_user_names,
            "language": session.language,
        }
        session.tell("generating the report")
        generated = await session.send(client, make_message(session, GenerateReport, values))
        await save(session, client, GenerateReport, DownloadReport(report_id=generated.report_id), generated, output)
    text = _saved_line(session, output, generated.pages, generated.bytes)
    if not generated.complete:
        missing = names_of(session.language, "field", generated.missing)
        text += f"\n{phrase(Phrase.REPORT_INCOMPLETE, session.language)} {missing}"
    document = generated.model_dump(mode="json")
    session.show({**document, "file": str(output)}, text)


async def list_reports(
    session: Session,
    project: Project,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=500, help="Reports, newest first.")] = 100,
) -> None:
    """List the reports of a project, newest first."""
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        page = await client.ask(make_message(session, ListReports, {"project_id": project_id, "limit": limit}))
    rows = (
        (
            number,
            report_.created_at,
            report_.created_by,
            name_of(session.language, "language", report_.language),
            report_.pages,
            show.Cell(size(report_.bytes, session.language), report_.bytes),
            report_.show_user_names,
            names_of(session.language, "field", report_.missing),
            report_.report_id,
        )
        for number, report_ in enumerate(page.items, 1)
    )
    headings = ("#", "Created", "By", "Language", "Pages", "Size", "User names", "Missing")
    more = [Text(session.say("more: --limit"), style="dim")] if page.next else []
    session.show(page, show.table(session.language, *headings, rows=rows, more=("Id",)), *more)


async def get_report(session: Session, project: Project, number: Number, output: Output) -> None:
    """Download an existing report again, unchanged."""
    require_writable(session, output)
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        known = await client.ask(ListReports(project_id=project_id, limit=500))
        report_ = parts.pick(session, known.items, "report_id", number)
        await save(session, client, GenerateReport, DownloadReport(report_id=report_.report_id), report_, output)
    text = _saved_line(session, output, report_.pages, report_.bytes)
    session.show({**report_.model_dump(mode="json"), "file": str(output)}, text)


def _saved_line(session: Session, path: Path, pages: int, length: int) -> str:
    singular, plural = (
        "{path}: {count} page, {size}, SHA-256 verified",
        "{path}: {count} pages, {size}, SHA-256 verified",
    )
    return session.count(pages, singular, plural, path=path, size=size(length, session.language))


async def delete_report(session: Session, project: Project, number: Number, yes: Yes = False) -> None:
    """Delete a report; its project stays."""
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        known = await client.ask(ListReports(project_id=project_id, limit=500))
        report_ = parts.pick(session, known.items, "report_id", number)
        created = show.local(report_.created_at, session.language)
        question = session.say("Delete the report made by {by} on {made}?", by=report_.created_by, made=created)
        if not yes and not session.confirm(question):
            session.tell("Nothing was deleted.")
            raise typer.Exit
        event = await session.send(client, DeleteReport(report_id=report_.report_id))
    session.show(event, session.say("Report deleted: {report_id}", report_id=event.report_id))
