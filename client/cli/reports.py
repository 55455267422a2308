"""The report of a project, generated and fetched."""

from pathlib import Path
from typing import Annotated

import typer

from client.cli.projects import Project
from client.terminal.options import command
from client.terminal.reading import fitting, read_project
from client.terminal.saving import save, writable
from client.terminal.session import Session
from contracts.ids import uuid7
from contracts.reports import DownloadReport, GenerateReport
from contracts.texts import Phrase, phrase


def register(app: typer.Typer) -> None:
    """Add `report`."""
    command(
        app,
        "report",
        "incidents report 12 -o report.pdf",
        "incidents report 12 -o rapport.pdf --lang fr --show-user-names",
    )(report)


async def report(
    session: Session,
    project: Project,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where the PDF goes.")],
    show_user_names: Annotated[bool, typer.Option("--show-user-names", help="Say who did what.")] = False,
) -> None:
    """Make the report of a project, in the language of `--lang`, and save it."""
    writable(session, output)
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        values = {
            "report_id": uuid7(),
            "project_id": project_id,
            "show_user_names": show_user_names,
            "language": session.language,
        }
        session.tell("generating the report")
        generated = await client.send(fitting(session, GenerateReport, values))
        await save(session, client, GenerateReport, DownloadReport(report_id=generated.report_id), generated, output)
    words = "{path}: {pages} pages, {size} bytes, SHA-256 verified"
    said = session.say(words, path=output, pages=generated.pages, size=generated.bytes)
    if not generated.complete:
        said += f"\n{phrase(Phrase.REPORT_INCOMPLETE, session.language)} {', '.join(generated.missing)}"
    document = generated.model_dump(mode="json")
    session.show({**document, "file": str(output)}, said)
