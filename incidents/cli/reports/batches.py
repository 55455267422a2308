"""The commands of batches: the reports of many projects in one file, which the system makes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, get_args
from uuid import UUID

import typer

from contracts.figures import size
from contracts.projects.queries import Sort
from contracts.report_batch_projects import BatchedProject, BatchedProjectList, ListBatchedProjects
from contracts.report_batches import (
    Batch,
    BatchForm,
    BatchList,
    BatchState,
    DeleteBatch,
    GenerateBatch,
    ListBatches,
    Omission,
)
from incidents.cli.arguments import (
    SINCE,
    TIME,
    TO_ITS_END,
    UNTIL,
    Activity,
    OneProject,
    StandardForm,
    Words,
    Yes,
    among,
)
from incidents.cli.paging import show_pages
from incidents.cli.projects.lists import SORT, Search, Statuses, Types, Values, read_filter, read_order
from incidents.cli.purpose import PURPOSE_HEADINGS, LegalBasis, Recipient, Reference, purpose
from incidents.cli.reports.batch_file import BatchFile
from incidents.cli.reports.selection import select_by_number
from incidents.client import Client
from incidents.terminal.input.naming import Naming
from incidents.terminal.input.reading import make_message, read_project, read_span
from incidents.terminal.options import command
from incidents.terminal.saving import require_unused
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables import show
from incidents.terminal.text.words import name_of

_BY_NUMBER: Final = "number"
_SORTED: Final = f"The order of the reports, by default number: {SORT}"
Sorted = Annotated[str | None, typer.Option(metavar="COLUMN", help=_SORTED, autocompletion=among(*get_args(Sort)))]
Projects = Annotated[
    Words,
    typer.Argument(
        metavar="NUMBER...", help="Projects by number, instead of options; of a range such as 20-30, those that exist."
    ),
]
Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write, which ends with .pdf or .zip.")
]
Resumed = Annotated[
    UUID | None, typer.Option(metavar="ID", help="Wait for a batch that was begun before, and save its file.")
]
Volumes = Annotated[
    bool, typer.Option("--volumes", help="A ZIP of PDFs with a hundred reports each, instead of one for each.")
]
Names = Annotated[bool, typer.Option("--show-user-names", help="Show who did what.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing file.")]
BatchId = Annotated[UUID, typer.Argument(metavar="ID", help="The id of a batch, as `reports batches` shows it.")]


def register(group: typer.Typer) -> None:
    """Add `batch`, `batches` and `delete-batch` to the group of reports."""
    command(
        group,
        "batch",
        "incidents reports batch --since 2026-10-01 --until 2026-11-01 --type Theft -o october.pdf",
        "incidents reports batch 12 13 20-30 -o rapports.zip --show-user-names --lang fr",
        "incidents reports batch --since 2026-01-01 --until 2027-01-01 --volumes -o year.zip",
        "incidents reports batch --resume 0190… -o october.pdf",
        sends=True,
    )(batch)
    listing = (
        "incidents reports batches",
        "incidents reports batches 12 --since 8h",
        "incidents reports batches --all --csv",
    )
    command(group, "batches", *listing, table=True)(list_batches)
    command(group, "delete-batch", "incidents reports delete-batch 0190… --yes", sends=True)(delete_batch)


async def batch(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    projects: Projects = None,
    *,
    output: Output,
    type_: Types = None,
    status: Statuses = None,
    category: Values = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help=SINCE)] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help=UNTIL)] = None,
    search: Search = None,
    sort: Sorted = None,
    volumes: Volumes = False,
    show_user_names: Names = False,
    activity: Activity = False,
    standard_form: StandardForm = False,
    recipient: Recipient = None,
    reference: Reference = None,
    legal_basis: LegalBasis = None,
    force: Force = False,
    resume: Resumed = None,
) -> None:
    """Save the reports of many projects in one file: a PDF with a table of contents, or a ZIP of PDFs.

    The system makes the file, also without this program. Ctrl-C cancels the batch. Projects without a report are named
    with the reason; the exit status is then 1.
    """
    form, order = _form(session, output, volumes=volumes), read_order(session, sort or _BY_NUMBER)
    require_unused(session, output, force=force)
    words = {"type_": type_, "status": status, "category": category}
    span = {"created": read_span(session, since, until)} if since or until else {}
    choices = _shown(show_user_names, activity, standard_form) | purpose(recipient, reference, legal_basis)
    is_filtered, has_form = any([*words.values(), span, search, sort]), any([volumes, *choices.values()])
    _require_one_way(session, projects, is_filtered=is_filtered, is_begun=bool(resume), has_form=has_form)
    async with session.client() as client:
        if resume:
            return await BatchFile(session, output).resume(client, resume, form)
        listed = {"filter": await read_filter(Naming(session, client), **words) | span, "sort": order, "search": search}
        selected = await _select(session, client, projects, listed, form)
        return await BatchFile(session, output).make(client, _command(session, {**selected, **choices, "form": form}))


def _shown(*chosen: bool) -> dict[str, Any]:
    """Return the fields for whether reports show user names and the activity, and have the standard form."""
    names, activity, standard_form = chosen
    fields = {"activity": activity, "template": "standard" if standard_form else None}
    return {"show_user_names": names, **{name: value for name, value in fields.items() if value}}


async def _select(
    session: Session, client: Client, projects: Words, listed: Mapping[str, Any], form: BatchForm
) -> Mapping[str, Any]:
    """Return the fields that select projects: by their numbers, or by the filter and the search of a list."""
    if projects:
        return {"project_ids": await select_by_number(session, client, projects, form)}
    return {name: listed[name] for name in ("filter", "search", "sort") if listed[name] is not None}


def _form(session: Session, output: Path, *, volumes: bool) -> BatchForm:
    match output.suffix.lower():
        case ".pdf" if volumes:
            raise UsageError(session.say("{path}: volumes come in a ZIP: name a file that ends with .zip", path=output))
        case ".pdf":
            return BatchForm.PDF
        case ".zip":
            return BatchForm.VOLUMES if volumes else BatchForm.ZIP
    words = "{path}: name a file that ends with .pdf or .zip, which decides its form"
    raise UsageError(session.say(words, path=output))


def _require_one_way(session: Session, projects: Words, *, is_filtered: bool, is_begun: bool, has_form: bool) -> None:
    """Refuse a line that selects projects in two ways, or for a batch that has its projects already."""
    if is_begun and (projects or is_filtered or has_form):
        raise UsageError(session.say("--resume goes on with a batch that has its projects already: leave the rest out"))
    if projects and is_filtered:
        raise UsageError(session.say("select projects either by their numbers or by options, not by both"))


def _command(session: Session, choices: Mapping[str, Any]) -> GenerateBatch:
    values = {**choices, "report_id": session.id_of(), "language": session.language}
    return make_message(session, GenerateBatch, values)


async def list_batches(
    session: Session,
    project: OneProject = None,
    *,
    since: Annotated[str | None, typer.Option(metavar="TIME", help=f"Requested since: {TIME}")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help=f"Requested before: {TO_ITS_END}")] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=500, help="Batches on a page, newest first.")] = 100,
    all_: Annotated[bool, typer.Option("--all", help="All pages, not only the first.")] = False,
) -> None:
    """List your own batches of reports, newest first: how far they are, and their files, which are kept for a day."""
    span = {"created": read_span(session, since, until)} if since or until else {}
    async with session.client() as client:
        values: dict[str, Any] = {"limit": limit, **span}
        if project is not None:
            values["project_id"] = await read_project(session, client, project)

        async def laid(page: BatchList) -> show.Sheet:
            return _sheet(page.items, session.language)

        def failed(batch: Batch) -> UUID | None:
            return batch.command_id if batch.state is BatchState.FAILED else None

        query = make_message(session, ListBatches, values)
        await show_pages(session, client, query, laid, every=all_, failed=failed)


async def list_batched_projects(
    session: Session, client: Client, report_id: UUID, limit: int, *, every_page: bool
) -> None:
    """List the projects of a batch in the order of its file, each with what became of its report."""

    async def laid(page: BatchedProjectList) -> show.Sheet:
        rows = ((each.place, each.number, _state(each, session.language), each.project_id) for each in page.items)
        return show.table(session.language, "#", "Project", "State", rows=rows, more=("Id",))

    query = make_message(session, ListBatchedProjects, {"report_id": report_id, "limit": limit})
    await show_pages(session, client, query, laid, every=every_page)


def _state(project: BatchedProject, language: str) -> str:
    return name_of(language, "omission" if isinstance(project.state, Omission) else "part", project.state)


def _sheet(batches: Sequence[Batch], language: str) -> show.Sheet:
    rows = (
        (
            batch.created_at,
            name_of(language, "batch", batch.state),
            name_of(language, "batch", batch.form),
            batch.total,
            batch.done,
            "" if batch.included is None else batch.total - batch.included,
            batch.pages,
            show.Cell("" if batch.bytes is None else size(batch.bytes, language), batch.bytes),
            batch.report_id,
            batch.finished_at,
            name_of(language, "language", batch.language),
            batch.show_user_names,
            batch.conformance,
            batch.sha256,
            batch.recipient,
            batch.reference,
            batch.legal_basis,
        )
        for batch in batches
    )
    headings = ("Created", "State", "Format", "Projects", "Processed", "Left out", "Pages", "Size", "Id")
    more = "Finished", "Language", "User names", "Standard", "SHA-256"
    return show.table(language, *headings, rows=rows, more=(*more, *PURPOSE_HEADINGS))


async def delete_batch(session: Session, report_id: BatchId, yes: Yes = False) -> None:
    """Cancel a batch that is being made, or delete the file of one; the projects stay."""
    async with session.client() as client:
        [batch_] = (await client.ask(ListBatches(report_id=report_id))).items
        created = show.local(batch_.created_at, session.language)
        words = "Delete the batch of {created}?"
        if batch_.state is BatchState.PENDING:
            words = "Cancel the batch of {created}?"
        if not yes and not session.confirm(session.say(words, created=created)):
            session.tell("Nothing was deleted.")
            raise typer.Exit
        event = await session.send(client, DeleteBatch(report_id=report_id))
    done = "Batch cancelled: {report_id}" if batch_.state is BatchState.PENDING else "Batch deleted: {report_id}"
    session.show(event, session.say(done, report_id=report_id))
