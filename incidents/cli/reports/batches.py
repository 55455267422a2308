"""The command that saves the reports of many projects in one file."""

import asyncio
import tempfile
import zipfile
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from contracts.projects.queries import ListProjects, ProjectRow
from contracts.reports import DownloadReport, GenerateReport, ReportGenerated
from incidents.cli.arguments import SINCE, UNTIL
from incidents.cli.listing import Listing
from incidents.cli.projects.lists import Search, Statuses, Types, Values, read_filter
from incidents.client import Client
from incidents.errors import PendingError, Refused
from incidents.terminal.input.naming import Naming
from incidents.terminal.input.reading import make_message, read_span
from incidents.terminal.options import command
from incidents.terminal.saving import require_unused, save
from incidents.terminal.session import Session, Status

_CONCURRENT_REPORTS: Final = 4


def register(app: typer.Typer) -> None:
    """Add `save` to the group of reports."""
    command(
        app,
        "save",
        "incidents reports save --since 2026-10-01 --until 2026-11-01 -o october.zip",
        "incidents reports save --status Closed --since 30d -o closed.zip --show-user-names --lang fr",
        sends=True,
    )(save_reports)


async def save_reports(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The ZIP with all of them.")],
    type_: Types = None,
    status: Statuses = None,
    category: Values = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help=SINCE)] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help=UNTIL)] = None,
    search: Search = None,
    show_user_names: Annotated[bool, typer.Option("--show-user-names", help="Show who did what.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Generate the reports of all selected projects, and save them in one ZIP file.

    If a report cannot be generated, its project is named, the others are saved, and the exit status is 1.
    """
    require_unused(session, output, force=force)
    created = {"created": read_span(session, since, until)} if since or until else {}
    asked: dict[str, Any] = {"search": search, "sort": "number", "limit": 500}
    async with session.client() as client:
        filter_ = {**created, **await read_filter(Naming(session, client), type_, status, category)}
        query = make_message(session, ListProjects, {**asked, "filter": filter_})
        rows = (await Listing(query, every_page=True).read(client)).items
        reports, refusals = await _archive(session, client, rows, output, names=show_user_names)
    lines = [
        session.count(
            len(reports), "{path}: {count} report", "{path}: {count} reports", "no report was saved", path=output
        )
    ]
    words = "project {number}: {reason}"
    lines += [session.say(words, number=number, reason=error.message) for number, error in refusals]
    left_out = [{"number": number, "code": error.code} for number, error in refusals]
    session.show({"file": str(output), "reports": reports, "refused": left_out}, "\n".join(lines))
    if refusals:
        raise typer.Exit(Status.REFUSED)


async def _archive(
    session: Session, client: Client, rows: list[ProjectRow], output: Path, *, names: bool
) -> tuple[list[dict[str, Any]], list[tuple[int, Refused]]]:
    """Generate the reports, a few at a time, and add them to the file, which appears when it is complete."""
    reports: list[dict[str, Any]] = []
    refusals: list[tuple[int, Refused]] = []
    turns = asyncio.Semaphore(_CONCURRENT_REPORTS)
    # In a folder of its own: the same line may be running twice.
    with (
        tempfile.TemporaryDirectory(dir=output.parent) as folder,
        zipfile.ZipFile(draft := Path(folder) / "reports.zip", "w") as archive,
    ):

        async def generate(row: ProjectRow) -> None:
            async with turns:
                path = Path(folder) / f"report-{row.number}.pdf"
                try:
                    generated = await _report(session, client, row, path, names=names)
                except PendingError:
                    raise
                except Refused as error:
                    refusals.append((row.number, error))
                    return
                archive.write(path, path.name)
                path.unlink()
                reports.append({"number": row.number, "report_id": str(generated.report_id), "file": path.name})

        try:
            async with asyncio.TaskGroup() as tasks:
                for row in rows:
                    tasks.create_task(generate(row))
        except* PendingError as group:
            raise group.exceptions[0] from None
        archive.close()
        draft.replace(output)
    return sorted(reports, key=lambda report: int(report["number"])), sorted(refusals, key=lambda refusal: refusal[0])


async def _report(session: Session, client: Client, row: ProjectRow, path: Path, *, names: bool) -> ReportGenerated:
    step = f"report {row.project_id}"
    values = {
        "report_id": session.id_of(step),
        "project_id": row.project_id,
        "show_user_names": names,
        "language": session.language,
    }
    generated = await session.send(client, make_message(session, GenerateReport, values), step)
    await save(session, client, GenerateReport, DownloadReport(report_id=generated.report_id), generated, path)
    return generated
