"""`incidents privacy readers`: who read what, as a breach is described."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, NamedTuple

import typer
from rich.text import Text

from contracts.audit import PAGE, Entry, SiteLog
from incidents.cli.arguments import TIME, TO_ITS_END, Words
from incidents.cli.paging import pages
from incidents.terminal.activity_names import VIEWED, activity_name, choose_activities
from incidents.terminal.input.reading import make_message, read_project, read_span
from incidents.terminal.options import command
from incidents.terminal.session import Session
from incidents.terminal.tables import show
from incidents.terminal.text.words import names_of

_PAGE: Final = 500
_HEADINGS: Final = ("By", "Project", "Activity", "Times", "First", "Last")


class _Reading(NamedTuple):
    by: str
    project: int | None
    activity: str


def register(app: typer.Typer) -> None:
    """Add `readers`."""
    command(
        app,
        "readers",
        "incidents privacy readers --since 'last monday'",
        "incidents privacy readers 12 13 --since 2026-10-01 --csv",
        table=True,
    )(readers)


async def readers(
    session: Session,
    project: Annotated[Words, typer.Argument(metavar="PROJECT...", help="Projects by their numbers or ids.")] = None,
    *,
    since: Annotated[str | None, typer.Option(metavar="TIME", help=f"Done since: {TIME}")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help=f"Done before: {TO_ITS_END}")] = None,
) -> None:
    """Show who viewed, listed, downloaded or printed which project, how often, and when first and last.

    Pages of lists count for each project on them. It needs view on the audit log and on activity logs.
    """
    span = read_span(session, since, until)
    asked: dict[str, Any] = {"activities": choose_activities(session, [VIEWED]), "limit": _PAGE, "with_activity": True}
    asked |= {name: value for name, value in (("since", span["from"]), ("until", span["to"])) if value is not None}
    entries, withheld, dropped_before = list[Entry](), list[str](), None
    async with session.client() as client:
        if project:
            asked["project_ids"] = [await read_project(session, client, text, gone_too=True) for text in project]
        async for page in pages(client, make_message(session, SiteLog, asked), every=True):
            entries, withheld, dropped_before = [*entries, *page.items], page.withheld, page.dropped_before
    only = {str(id_) for id_ in asked.get("project_ids", ())}
    items = list(_items(entries, only))
    remarks = [names_of(session.language, "field", withheld)] if withheld else []
    remarks = [session.say("{label}: {value}", label=session.say("Not shown to you"), value=each) for each in remarks]
    if dropped_before:
        time = show.local(dropped_before, session.language)
        remarks.append(session.say("entries before {time} were dropped: the logs forget what is old", time=time))
    document = {"items": items, "withheld": withheld, "dropped_before": dropped_before}
    session.show(_plain(document), _sheet(session, items), *(Text(each, style="dim") for each in remarks))


def _items(entries: Sequence[Entry], only: set[str]) -> Iterator[dict[str, Any]]:
    """Yield each kind of reading of each project by each person, with how often and when."""
    numbers = dict(_known_numbers(entries))
    times: dict[_Reading, list[datetime]] = {}
    for entry in entries:
        for project_id in _projects(entry, only):
            reading = _Reading(entry.actor, numbers.get(project_id), entry.activity)
            times.setdefault(reading, []).append(entry.at)
    for reading in sorted(times, key=lambda each: (each.by, each.project or 0, each.activity)):
        at = times[reading]
        yield {**reading._asdict(), "times": len(at), "first": min(at), "last": max(at)}


def _projects(entry: Entry, only: set[str]) -> list[str]:
    """Return the ids of the projects that an entry shows; of a page only those that were asked for."""
    ids = list(map(str, entry.details.get("project_ids", ()))) if entry.activity == PAGE else [str(entry.project_id)]
    return [id_ for id_ in ids if not only or id_ in only] if ids or only else [""]


def _known_numbers(entries: Iterable[Entry]) -> Iterator[tuple[str, int]]:
    """Yield the numbers of projects; those of a page are in its order, unless some of them are not known any more."""
    for entry in entries:
        ids = entry.details.get("project_ids", ()) if entry.activity == PAGE else ()
        if entry.project_number is not None:
            yield str(entry.project_id), entry.project_number
        if len(ids) == len(entry.project_numbers):
            yield from zip(map(str, ids), entry.project_numbers, strict=True)


def _sheet(session: Session, items: Iterable[dict[str, Any]]) -> show.Sheet:
    rows = (
        (
            item["by"],
            item["project"],
            activity_name(item["activity"], session.language),
            item["times"],
            item["first"],
            item["last"],
        )
        for item in items
    )
    return show.table(session.language, *_HEADINGS, rows=rows)


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with its times as text."""

    def plain(value: Any) -> Any:
        return value.isoformat() if isinstance(value, datetime) else value

    items = [{name: plain(value) for name, value in item.items()} for item in document["items"]]
    return {**document, "items": items, "dropped_before": plain(document["dropped_before"])}
