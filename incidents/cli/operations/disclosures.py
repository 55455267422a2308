"""The register of disclosures: who took which copy of a project out of the system, to hand it to whom and why."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer
from rich.text import Text

from contracts.audit import Entry, SiteLog
from contracts.report_register import GenerateRegister
from incidents.cli.arguments import TIME, TO_ITS_END, Words
from incidents.cli.operations.register_file import RegisterFile
from incidents.cli.paging import pages
from incidents.terminal.activity_names import DISCLOSURES, activity_name
from incidents.terminal.input.reading import make_message, read_project, read_span
from incidents.terminal.options import command
from incidents.terminal.saving import require_ending, require_unused
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables import show
from incidents.terminal.tables.sheet import Sheet
from incidents.terminal.text.words import names_of

Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="A PDF to write, which ends with .pdf.")
]
TimeZone = Annotated[
    str | None, typer.Option("--timezone", metavar="ZONE", help="As in Europe/Paris; by default that of the site.")
]
Resumed = Annotated[
    UUID | None, typer.Option(metavar="ID", help="Wait for a register that was begun before, and save its file.")
]
_PAGE: Final = 500
_HEADINGS: Final = ("Project", "Time", "By", "Activity", "For", "Reference of the recipient", "Legal basis", "SHA-256")
_MORE: Final = ("Project id", "File", "Event", "Command id", "Keys of age")


def register(app: typer.Typer) -> None:
    """Add `disclosures`."""
    command(
        app,
        "disclosures",
        "incidents disclosures --since 2026-01-01 --csv",
        "incidents disclosures --project 12",
        "incidents disclosures --project 12 --project 14 -o register.pdf",
        "incidents disclosures --resume 0190… -o register.pdf",
        table=True,
        sends=True,
    )(disclosures)


async def disclosures(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    *,
    project: Annotated[
        Words, typer.Option(metavar="PROJECT", help="Only this project, by id or number; repeatable.")
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help=f"Done since: {TIME}")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help=f"Done before: {TO_ITS_END}")] = None,
    output: Output = None,
    time_zone: TimeZone = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    resume: Resumed = None,
) -> None:
    """Show every report, batch, export, download and print, by project: who, when, to whom, why, and which SHA-256.

    With `--output` the system makes a signed PDF of it, for a register or a data protection officer. Ctrl-C cancels it.
    """
    span = read_span(session, since, until)
    if output is not None:
        chosen = {**span, "timezone": time_zone, "project": project}
        has_choices = any(chosen.values())
        path = _require_output(session, output, is_begun=resume is not None, has_choices=has_choices, force=force)
        return await _save(session, RegisterFile(session, path), chosen, resume)
    if time_zone or resume or force:
        raise UsageError(
            session.say("{option} belongs to a file: name one with --output", option=_typed(time_zone, resume))
        )
    return await _list(session, span, project)


async def _list(session: Session, span: Mapping[str, Any], project: Words) -> None:
    asked: dict[str, Any] = {"activities": [*DISCLOSURES], "limit": _PAGE, "with_activity": True}
    asked |= {name: value for name, value in (("since", span["from"]), ("until", span["to"])) if value is not None}
    make_message(session, SiteLog, asked)
    entries, withheld = list[Entry](), list[str]()
    async with session.client() as client:
        if project:
            asked["project_ids"] = [await read_project(session, client, text, gone_too=True) for text in project]
        async for page in pages(client, make_message(session, SiteLog, asked), every=True):
            entries += page.items
            withheld = page.withheld
    document = {"items": [entry.model_dump(mode="json") for entry in entries], "withheld": withheld}
    hidden = names_of(session.language, "field", withheld)
    remark = session.say("{label}: {value}", label=session.say("Not shown to you"), value=hidden)
    session.show(document, sheet_of(entries, session.language), *([Text(remark, style="dim")] if withheld else []))


def _typed(time_zone: str | None, resume: UUID | None) -> str:
    return "--timezone" if time_zone else "--resume" if resume else "--force"


def _require_output(session: Session, output: Path, *, is_begun: bool, has_choices: bool, force: bool) -> Path:
    require_ending(session, output, "{path}: a register is a PDF: name a file that ends with .pdf", ".pdf")
    if is_begun and has_choices:
        raise UsageError(session.say("--resume goes on with a register that was begun before: leave the rest out"))
    return require_unused(session, output, force=force)


async def _save(session: Session, file: RegisterFile, chosen: Mapping[str, Any], resume: UUID | None) -> None:
    async with session.client() as client:
        if resume:
            await file.resume(client, resume)
            return
        ids = [await read_project(session, client, text, gone_too=True) for text in chosen["project"] or ()]
        asked = {"since": chosen["from"], "until": chosen["to"], "timezone": chosen["timezone"]}
        values = {name: value for name, value in asked.items() if value is not None}
        values |= {"project_ids": list(dict.fromkeys(ids))} if ids else {}
        session.project = ""
        values |= {"report_id": session.id_of(), "language": session.language}
        await file.make(client, make_message(session, GenerateRegister, values))


def sheet_of(entries: Iterable[Entry], language: str) -> Sheet:
    """Return the register as a table, by project and time; what was fetched has the digest and the keys of its file."""
    ordered = sorted(entries, key=lambda entry: (entry.project_number is None, entry.project_number or 0, entry.at))
    files = {file_of(entry): facts for entry in ordered if "sha256" in (facts := _facts_of(entry))}
    rows = (_row(entry, files.get(file_of(entry), {}), language) for entry in ordered)
    return show.table(language, *_HEADINGS, rows=rows, more=_MORE)


def _facts_of(entry: Entry) -> Mapping[str, Any]:
    return entry.details.get("package") or entry.details


def file_of(entry: Entry) -> str:
    """Return the id of the package, report or batch that an entry is about."""
    facts = _facts_of(entry)
    return str(facts.get("package_id") or facts.get("report_id") or "")


def _row(entry: Entry, file: Mapping[str, Any], language: str) -> tuple[object, ...]:
    details = entry.details
    return (
        entry.project_number,
        entry.at,
        entry.actor,
        activity_name(entry.activity, language),
        details.get("recipient"),
        details.get("reference"),
        details.get("legal_basis"),
        file.get("sha256"),
        entry.project_id,
        file_of(entry),
        entry.activity,
        entry.command_id,
        ", ".join(file.get("recipients", ())),
    )
