"""The commands of summaries: the figures of a period as a PDF, which the system makes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from contracts.figures import size
from contracts.report_summaries import (
    Comparison,
    DeleteSummary,
    GenerateSummary,
    ListSummaries,
    Summary,
    SummaryList,
    SummaryState,
)
from contracts.values import EARLIEST
from incidents.cli.arguments import TIME, TO_ITS_END, Yes, among
from incidents.cli.paging import show_pages
from incidents.cli.reports.periods import TypedPeriod, complete_periods, read_period
from incidents.cli.reports.summary_file import SummaryFile
from incidents.client import Client
from incidents.terminal.input.naming import Naming
from incidents.terminal.input.reading import make_message
from incidents.terminal.input.vocabulary import read_word
from incidents.terminal.options import command
from incidents.terminal.saving import require_ending, require_unused
from incidents.terminal.session import Session
from incidents.terminal.tables import show
from incidents.terminal.text.words import name_of, names_of

_PDF_ONLY: Final = "{path}: a summary is a PDF: name a file that ends with .pdf"
_PLACES: Final = ("camera",)
_COMPARISONS: Final = tuple(comparison.value for comparison in Comparison)

Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write, which ends with .pdf.")
]
Last = Annotated[
    str | None,
    typer.Option(
        metavar="PERIOD",
        help="The last month, quarter or year that is over, instead of --since and --until.",
        autocompletion=complete_periods,
    ),
]
Compare = Annotated[
    str,
    typer.Option(
        metavar="PERIOD",
        help="What to compare with: previous-period, previous-year or none.",
        autocompletion=among(*_COMPARISONS),
    ),
]
Place = Annotated[
    str | None,
    typer.Option(
        metavar="FIELD",
        help="What says where an incident was: a category by name or as category_1, camera or none; "
        "by default a category such as Location, or else the cameras.",
        autocompletion=among(*_PLACES, "none"),
    ),
]
TimeZone = Annotated[
    str | None, typer.Option("--timezone", metavar="ZONE", help="As in Europe/Paris; by default that of the site.")
]
Title = Annotated[str, typer.Option(metavar="TEXT", help="The title; by default Summary of incidents.")]
Names = Annotated[bool, typer.Option("--show-user-names", help="Show who generated it.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing file.")]
Resumed = Annotated[
    UUID | None, typer.Option(metavar="ID", help="Wait for a summary that was begun before, and save its file.")
]
SummaryId = Annotated[UUID, typer.Argument(metavar="ID", help="The id of a summary, as `reports summaries` shows it.")]


def register(group: typer.Typer) -> None:
    """Add `summary`, `summaries` and `delete-summary` to the group of reports."""
    command(
        group,
        "summary",
        "incidents reports summary --last month -o october.pdf",
        "incidents reports summary --since 2026-10-01 --until 2026-11-01 -o october.pdf",
        "incidents reports summary --last year --compare none --title 'The year in figures' -o year.pdf",
        "incidents reports summary --last quarter --compare previous-year --place camera -o trimestre.pdf --lang fr",
        "incidents reports summary --resume 0190… -o october.pdf",
        sends=True,
    )(summary)
    listing = "incidents reports summaries", "incidents reports summaries --all --csv"
    command(group, "summaries", *listing, table=True)(list_summaries)
    command(group, "delete-summary", "incidents reports delete-summary 0190… --yes", sends=True)(delete_summary)


async def summary(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    *,
    output: Output,
    last: Last = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help=f"The start of the period: {TIME}")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help=f"The end, by default now: {TO_ITS_END}")] = None,
    compare: Compare = Comparison.PREVIOUS_PERIOD.value,
    place: Place = None,
    time_zone: TimeZone = None,
    title: Title = "",
    show_user_names: Names = False,
    force: Force = False,
    resume: Resumed = None,
) -> None:
    """Save the figures of a period as a PDF: counts, trends, charts, time to closing, and what recurs where.

    Only what you may see is counted. The file has the same figures with it as JSON. Ctrl-C cancels the summary.
    """
    require_ending(session, output, _PDF_ONLY, ".pdf")
    require_unused(session, output, force=force)
    period = TypedPeriod(since, until, last)
    period.require_one_way(session, is_begun=resume is not None)
    words = {"compare": read_word(session, "comparison", compare, _COMPARISONS, "--compare"), "title": title}
    async with session.client() as client:
        file = SummaryFile(session, output)
        if resume:
            await file.resume(client, resume)
            return
        values = {**words, "timezone": time_zone, "show_user_names": show_user_names}
        await file.make(client, await _command(session, client, period, place, values))


async def _command(
    session: Session, client: Client, period: TypedPeriod, place: str | None, values: dict[str, Any]
) -> GenerateSummary:
    start, end = await read_period(session, client, period, values["timezone"])
    field = None
    if place is not None:
        field = await Naming(session, client).any_field(place, (*_PLACES, "none"), "--place", data=())
    asked = {"report_id": session.id_of(), "since": start, "until": end, "place": field, "language": session.language}
    return make_message(session, GenerateSummary, values | asked | {"compare": Comparison(values["compare"])})


async def list_summaries(
    session: Session,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=500, help="Summaries on a page, newest first.")] = 100,
    all_: Annotated[bool, typer.Option("--all", help="All pages, not only the first.")] = False,
) -> None:
    """List your own summaries, newest first: their periods, and their files, which are kept for a day."""
    async with session.client() as client:

        async def laid(page: SummaryList) -> show.Sheet:
            return _sheet(page.items, session.language)

        def failed(each: Summary) -> UUID | None:
            return each.command_id if each.state is SummaryState.FAILED else None

        await show_pages(session, client, ListSummaries(limit=limit), laid, every=all_, failed=failed)


def _sheet(summaries: Sequence[Summary], language: str) -> show.Sheet:
    rows = (
        (
            each.created_at,
            name_of(language, "batch", each.state),
            None if each.since == EARLIEST else each.since,
            each.until,
            each.created,
            each.pages,
            show.Cell("" if each.bytes is None else size(each.bytes, language), each.bytes),
            each.report_id,
            each.title,
            name_of(language, "summary", each.content),
            each.entries,
            None if each.compare is Comparison.NONE else name_of(language, "comparison", each.compare),
            each.timezone,
            each.finished_at,
            name_of(language, "language", each.language),
            each.show_user_names,
            names_of(language, "field", each.missing),
            each.sha256,
        )
        for each in summaries
    )
    headings = ("Created", "State", "Since", "Until", "Incidents", "Pages", "Size", "Id")
    more = (
        "Title",
        "Content",
        "Entries",
        "Compared with",
        "Time zone",
        "Finished",
        "Language",
        "User names",
        "Missing",
        "SHA-256",
    )
    return show.table(language, *headings, rows=rows, more=more)


async def delete_summary(session: Session, report_id: SummaryId, yes: Yes = False) -> None:
    """Cancel a summary that is being made, or delete the file of one; the projects stay."""
    async with session.client() as client:
        [summary_] = (await client.ask(ListSummaries(report_id=report_id))).items
        created = show.local(summary_.created_at, session.language)
        is_pending = summary_.state is SummaryState.PENDING
        words = "Cancel the summary of {created}?" if is_pending else "Delete the summary of {created}?"
        if not yes and not session.confirm(session.say(words, created=created)):
            session.tell("Nothing was deleted.")
            raise typer.Exit
        event = await session.send(client, DeleteSummary(report_id=report_id))
    words = "Summary cancelled: {report_id}" if is_pending else "Summary deleted: {report_id}"
    session.show(event, session.say(words, report_id=event.report_id))
