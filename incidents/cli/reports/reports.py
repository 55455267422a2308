"""The reports of projects: generated, listed, fetched, deleted, one or many."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from contracts.reports import DeleteReport, DownloadReport, GenerateReport, ListReports
from contracts.texts import Phrase, phrase
from incidents.cli.arguments import Project, Yes
from incidents.cli.reports import batches
from incidents.terminal.input import parts
from incidents.terminal.input.reading import fitting, read_project
from incidents.terminal.options import command, group
from incidents.terminal.saving import save, writable
from incidents.terminal.session import Session
from incidents.terminal.tables import show
from incidents.terminal.text.words import name_of, names_of

Output = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where the PDF goes.")]
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
    made = group("The reports of projects: list, get, delete, and many into one file.")
    command(made, "list", "incidents reports list 12", "incidents reports list 12 --json", table=True)(list_reports)
    command(made, "get", "incidents reports get 12 1 -o report.pdf")(get_report)
    command(made, "delete", "incidents reports delete 12 1 --yes", sends=True)(delete_report)
    batches.register(made)
    app.add_typer(made, name="reports")


async def report(
    session: Session,
    project: Project,
    output: Output,
    show_user_names: Annotated[bool, typer.Option("--show-user-names", help="Say who did what.")] = False,
) -> None:
    """Make the report of a project, in the language of `--lang`, and save it."""
    writable(session, output)
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        values = {
            "report_id": session.id_of(),
            "project_id": project_id,
            "show_user_names": show_user_names,
            "language": session.language,
        }
        session.tell("generating the report")
        generated = await session.send(client, fitting(session, GenerateReport, values))
        await save(session, client, GenerateReport, DownloadReport(report_id=generated.report_id), generated, output)
    said = _saved(session, output, generated.pages, generated.bytes)
    if not generated.complete:
        missing = names_of(session.language, "field", generated.missing)
        said += f"\n{phrase(Phrase.REPORT_INCOMPLETE, session.language)} {missing}"
    document = generated.model_dump(mode="json")
    session.show({**document, "file": str(output)}, said)


async def list_reports(
    session: Session,
    project: Project,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Reports, newest first.")] = 100,
) -> None:
    """List the reports of a project, the newest first."""
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        found = await client.ask(fitting(session, ListReports, {"project_id": project_id, "limit": limit}))
    rows = (
        (
            number,
            one.created_at,
            one.created_by,
            name_of(session.language, "language", one.language),
            one.pages,
            one.bytes,
            one.show_user_names,
            names_of(session.language, "field", one.missing),
            one.report_id,
        )
        for number, one in enumerate(found.items, 1)
    )
    headings = ("#", "Created", "By", "Language", "Pages", "Size", "User names", "Missing")
    more = [Text(session.say("more: --limit"), style="dim")] if found.next else []
    session.show(found, show.table(session.language, *headings, rows=rows, more=("Id",)), *more)


async def get_report(session: Session, project: Project, number: Number, output: Output) -> None:
    """Fetch a report that was made before, as it was made."""
    writable(session, output)
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        known = await client.ask(ListReports(project_id=project_id, limit=500))
        found = parts.pick(session, known.items, "report_id", number)
        await save(session, client, GenerateReport, DownloadReport(report_id=found.report_id), found, output)
    said = _saved(session, output, found.pages, found.bytes)
    session.show({**found.model_dump(mode="json"), "file": str(output)}, said)


def _saved(session: Session, path: Path, pages: int, size: int) -> str:
    one, many = (
        "{path}: {count} page, {size} bytes, SHA-256 verified",
        "{path}: {count} pages, {size} bytes, SHA-256 verified",
    )
    return session.count(pages, one, many, path=path, size=size)


async def delete_report(session: Session, project: Project, number: Number, yes: Yes = False) -> None:
    """Delete a report that should not have been made; its project stays."""
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        known = await client.ask(ListReports(project_id=project_id, limit=500))
        found = parts.pick(session, known.items, "report_id", number)
        made = show.local(found.created_at, session.language)
        question = session.say("Delete the report that {by} made {made}?", by=found.created_by, made=made)
        if not yes and not session.confirm(question):
            session.tell("Nothing was deleted.")
            raise typer.Exit
        event = await session.send(client, DeleteReport(report_id=found.report_id))
    session.show(event, session.say("Report deleted: {report_id}", report_id=event.report_id))
