"""The register of disclosures: who took which copy of a project out of the system, to hand it to whom and why."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from contracts.audit import Entry, SiteLog
from incidents.cli.arguments import TIME, TO_ITS_END, Words
from incidents.cli.paging import pages
from incidents.terminal.activity_names import DISCLOSURES, activity_name
from incidents.terminal.input.reading import make_message, read_project, read_span
from incidents.terminal.options import command
from incidents.terminal.session import Session
from incidents.terminal.tables import show
from incidents.terminal.tables.sheet import Sheet
from incidents.terminal.text.words import names_of

_PAGE: Final = 500
_HEADINGS: Final = ("Project", "Time", "By", "Activity", "For", "Reference of the recipient", "Legal basis", "SHA-256")
_MORE: Final = ("Project id", "File", "Event", "Command id")


def register(app: typer.Typer) -> None:
    """Add `disclosures`."""
    command(
        app,
        "disclosures",
        "incidents disclosures --since 2026-01-01 --csv",
        "incidents disclosures --project 12",
        table=True,
    )(disclosures)


async def disclosures(
    session: Session,
    *,
    project: Annotated[
        Words, typer.Option(metavar="PROJECT", help="Only this project, by id or number; repeatable.")
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help=f"Done since: {TIME}")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help=f"Done before: {TO_ITS_END}")] = None,
) -> None:
    """Show every report, batch, export, download and print, by project: who, when, to whom, why, and which SHA-256."""
    span = read_span(session, since, until)
    asked: dict[str, Any] = {"activities": [*DISCLOSURES], "limit": _PAGE, "with_activity": True}
    asked |= {name: value for name, value in (("since", span["from"]), ("until", span["to"])) if value is not None}
    make_message(session, SiteLog, asked)
    entries, withheld = list[Entry](), list[str]()
    async with session.client() as client:
        if project:
            asked["project_ids"] = [await read_project(session, client, text, deleted_too=True) for text in project]
        async for page in pages(client, make_message(session, SiteLog, asked), every=True):
            entries += page.items
            withheld = page.withheld
    document = {"items": [entry.model_dump(mode="json") for entry in entries], "withheld": withheld}
    hidden = names_of(session.language, "field", withheld)
    remark = session.say("{label}: {value}", label=session.say("Not shown to you"), value=hidden)
    session.show(document, sheet_of(entries, session.language), *([Text(remark, style="dim")] if withheld else []))


def sheet_of(entries: Iterable[Entry], language: str) -> Sheet:
    """Return the register as a table, by project and time; what was downloaded or printed has its digest, too."""
    ordered = sorted(entries, key=lambda entry: (entry.project_number is None, entry.project_number or 0, entry.at))
    digests = dict(_digests(ordered))
    rows = (_row(entry, digests, language) for entry in ordered)
    return show.table(language, *_HEADINGS, rows=rows, more=_MORE)


def _digests(entries: Iterable[Entry]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        file_facts = entry.details.get("package") or entry.details
        if "sha256" in file_facts:
            yield _file_of(entry), str(file_facts["sha256"])


def _file_of(entry: Entry) -> str:
    """Return the id of the package, report or batch that an entry is about."""
    file_facts = entry.details.get("package") or entry.details
    return str(file_facts.get("package_id") or file_facts.get("report_id") or "")


def _row(entry: Entry, digests: Mapping[str, str], language: str) -> tuple[object, ...]:
    details, file = entry.details, _file_of(entry)
    return (
        entry.project_number,
        entry.at,
        entry.actor,
        activity_name(entry.activity, language),
        details.get("recipient"),
        details.get("reference"),
        details.get("legal_basis"),
        digests.get(file),
        entry.project_id,
        file,
        entry.activity,
        entry.command_id,
    )
