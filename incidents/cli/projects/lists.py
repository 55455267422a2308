"""The command that lists projects: filtered, searched, sorted, followed."""

from typing import Annotated, Any, Final, get_args

import typer

from contracts.projects.queries import ListProjects, Sort
from incidents.cli.arguments import SINCE, TIME, TO_ITS_END, UNTIL, Words, among
from incidents.cli.completion import complete_names
from incidents.cli.listing import Listing, lay_out_list, names, remarks_of
from incidents.cli.projects import live
from incidents.client import Client
from incidents.terminal.input.naming import Named, Naming, choose
from incidents.terminal.input.reading import make_message, read_span
from incidents.terminal.input.vocabulary import named_words
from incidents.terminal.options import command
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables import show

SORT: Final = (
    "created_at, number, type_id, status_id, description, start_time, end_time, updated_at, created_by; "
    "put `-` before it for descending order."
)
_SPANS: Final = {
    "created": ("--since", "--until"),
    "start_time": ("--started-since", "--started-until"),
    "updated": ("--updated-since", "--updated-until"),
}
_TITLES: Final = (
    *(("created_at", "Created"), ("updated_at", "Updated")),
    *(("created_by", "By"), ("created_by", "Created by")),
)
"""The titles of columns whose names are other words."""

Order = Annotated[str, typer.Option(metavar="COLUMN", help=SORT, autocompletion=among(*get_args(Sort)))]
Numbers = list[int] | None
Types = Annotated[
    Words,
    typer.Option(
        "--type",
        metavar="TYPE",
        help="Of this type, by name or id, or none; repeatable.",
        autocompletion=complete_names("types"),
    ),
]
Statuses = Annotated[
    Words,
    typer.Option(
        metavar="STATUS",
        help="With this status, by name or id, or none; repeatable.",
        autocompletion=complete_names("statuses"),
    ),
]
Values = Annotated[
    Words, typer.Option(metavar="CATEGORY=VALUE", help="With this value, as in Reason=Other; repeatable.")
]
Creators = Annotated[Words, typer.Option(metavar="PRINCIPAL", help="Created by this principal; repeatable.")]
Held = Annotated[bool | None, typer.Option("--held/--not-held", help="Only projects under hold, or only the others.")]
References = Annotated[Words, typer.Option(metavar="TEXT", help="With this number in another system; repeatable.")]
Search = Annotated[
    str | None, typer.Option(metavar="WORDS", help="Words, or parts of words, in all texts of a project.")
]

StartedSince = Annotated[str | None, typer.Option(metavar="TIME", help=f"Started since: {TIME}")]
StartedUntil = Annotated[str | None, typer.Option(metavar="TIME", help=f"Started before: {TO_ITS_END}")]
UpdatedSince = Annotated[str | None, typer.Option(metavar="TIME", help=f"Last changed since: {TIME}")]
UpdatedUntil = Annotated[str | None, typer.Option(metavar="TIME", help=f"Last changed before: {TO_ITS_END}")]


def register(app: typer.Typer) -> None:
    """Add `list`."""
    command(
        app,
        "list",
        "incidents projects list --since 7d --status Open",
        "incidents projects list --type Theft --type none --all --json",
        "incidents projects list --search 'ladder broken' --category Reason=Other --sort=-updated_at --count",
        "incidents projects list --since 30d --all --csv",
        table=True,
    )(list_projects)


async def list_projects(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    *,
    type_: Types = None,
    status: Statuses = None,
    category: Values = None,
    created_by: Creators = None,
    camera: Annotated[Words, typer.Option(metavar="ID", help="With a sequence of this camera; repeatable.")] = None,
    number: Annotated[Numbers, typer.Option(metavar="N", help="With this number; repeatable.")] = None,
    reference: References = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help=SINCE)] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help=UNTIL)] = None,
    started_since: StartedSince = None,
    started_until: StartedUntil = None,
    updated_since: UpdatedSince = None,
    updated_until: UpdatedUntil = None,
    search: Search = None,
    held: Held = None,
    sort: Order = "-created_at",
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=500, help="Projects on a page.")] = 50,
    count: Annotated[bool, typer.Option("--count", help="Show the total number.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="All pages, not only the first.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Keep the list up to date, until Ctrl-C.")] = False,
) -> None:
    """List projects, by default newest first."""
    if follow and session.csv:
        raise UsageError(session.say("--follow and --csv exclude each other: write one of them"))
    started, updated = (started_since, started_until), (updated_since, updated_until)
    spans = {"created": (since, until), "start_time": started, "updated": updated}
    plain = {"created_by": created_by, "camera_ids": camera, "numbers": number, "references": reference}
    filter_: dict[str, Any] = {name: value for name, value in plain.items() if value}
    filter_ |= {name: read_span(session, *ends, _SPANS[name]) for name, ends in spans.items() if any(ends)}
    filter_ |= {} if held is None else {"has_hold": held}
    asked = {"sort": read_order(session, sort), "limit": limit, "search": search, "count": "exact" if count else "none"}
    make_message(session, ListProjects, {**asked, "filter": filter_})
    async with session.client() as client:
        filter_ |= await read_filter(Naming(session, client), type_, status, category)
        listing = Listing(make_message(session, ListProjects, {**asked, "filter": filter_}), every_page=all_)
        await (live.follow if follow else _show_list)(session, client, listing)


async def read_filter(naming: Naming, type_: Words, status: Words, category: Words) -> dict[str, Any]:
    """Return the types, statuses and category values of a filter."""
    chosen: dict[str, list[int | None]] = {}
    for text in category or ():
        slot, value = await naming.value(text, or_none=True)
        chosen.setdefault(slot, []).append(value)
    ids: dict[str, Any] = {"type_ids": await naming.types(type_), "status_ids": await naming.statuses(status)}
    return {name: value for name, value in {**ids, "categories": chosen}.items() if value}


def read_order(session: Session, text: str) -> str:
    """Parse the name of a column, with an optional `-` for descending."""
    descending = "-" if text.startswith("-") else ""
    columns = [column for column in get_args(Sort) if not column.startswith("-")]
    titles = [Named(column, title) for column, title in _TITLES]
    titles += [Named(column, session.say(title)) for column, title in _TITLES]
    names = list(dict.fromkeys([*named_words(session, "field", columns), *titles]))
    return descending + str(choose(session, "--sort", text.removeprefix("-"), names))


async def _show_list(session: Session, client: Client, listing: Listing) -> None:
    if session.csv:
        await _write_list(session, client, listing)
        return
    page = await listing.read(client)
    session.show(page, *lay_out_list(session, page, await names(client)))


async def _write_list(session: Session, client: Client, listing: Listing) -> None:
    """Write a list for a spreadsheet, page by page, so that no list is too long."""
    first = last = None
    known = await names(client)
    async for page in listing.pages(client):
        if not known.cover(page.items):
            known = await names(client)
        session.rows(show.project_sheet(page.items, known, session.language))
        first, last = first or page, page
    if first and last:
        session.remark(*remarks_of(session, last.model_copy(update={"total": first.total})))
