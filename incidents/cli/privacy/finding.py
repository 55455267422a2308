"""`incidents privacy find`: every place in which a person is named."""

from collections.abc import Iterator
from typing import Annotated, Final

import typer
from rich.text import Text

from contracts.personal_data import Occurrence
from contracts.printable import on_one_line
from incidents.cli.listing import names
from incidents.cli.privacy.search import Findings, counted, document, erasing, search
from incidents.terminal.options import command
from incidents.terminal.session import Session
from incidents.terminal.tables import show
from incidents.terminal.tables.refusals import field_place
from incidents.terminal.text.words import name_of

Words = Annotated[
    str, typer.Argument(metavar="WORDS", help='A name, a telephone number or a plate; all words, "quoted" as a phrase.')
]
_HEADINGS: Final = ("Number", "Where", "Field", "Part", "Time", "By", "Text", "To erase it")
_MORE: Final = ("Revision", "Id", "Project id")


def register(app: typer.Typer) -> None:
    """Add `find`."""
    command(
        app,
        "find",
        "incidents privacy find 'Marie Dupont'",
        "incidents privacy find '06 12 34 56 78' --all --csv",
        "incidents privacy find 'AB-123-CD' --json",
        table=True,
    )(find)


async def find(
    session: Session,
    words: Words,
    *,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="Texts to show.")] = 200,
    all_: Annotated[bool, typer.Option("--all", help="All texts, however many.")] = False,
) -> None:
    """Find words in every text that is stored, and say where each is, and which command erases it.

    Projects, their parts and history, draft lists, exports, reports, holds, dead letters, definitions, roles and both
    activity logs are searched, whatever the case, the accents and the spelling of numbers. The search is recorded,
    without its words. Backups, and the files of reports and packages, are not searched.
    """
    async with session.client() as client:
        findings = await search(session, client, words, None if all_ else limit)
        known = await names(client)
    lines = [line for item in findings.items for line in _lines(session, item, known)]
    remarks = [Text(line, style="dim") for line in _remarks(session, findings)]
    session.show(document(findings, known), *lines, *remarks, sheet=_sheet(session, findings, known))


def place(session: Session, item: Occurrence, known: show.Names) -> str:
    """Return where a text is, in words."""
    language, label = session.language, _label(item.field, known, session.language)
    where = name_of(language, "store", item.store.value)
    part = f" {item.part}" if item.part else f" {item.thing}" if item.thing else ""
    project = session.say("project {number}", number=item.project_number) if item.project_number else ""
    revision = session.say("revision {number}", number=item.revision) if item.revision else ""
    return ", ".join(filter(None, (project, f"{where}{part}", label, revision)))


def _label(field: str, known: show.Names, language: str) -> str:
    """Return the name for people of a field; that of a part has the kind of the part before it."""
    if label := known.by_field.get(field):
        return label
    parts = (known.by_field.get(part) or field_place(part, language).replace("_", " ") for part in field.split("."))
    return ", ".join(parts)


def _lines(session: Session, item: Occurrence, known: show.Names) -> Iterator[Text]:
    yield Text(place(session, item, known), style="bold")
    text = session.say("not shown to you") if item.excerpt is None else on_one_line(item.excerpt)
    written = show.local(item.at, session.language)
    yield Text(f"  {text}")
    yield Text(f"  {' '.join(filter(None, (written, item.by)))}", style="dim")
    if line := erasing(item, known, session.language):
        yield Text(f"  {line}")


def _sheet(session: Session, findings: Findings, known: show.Names) -> show.Sheet:
    rows = (
        (
            item.project_number,
            name_of(session.language, "store", item.store.value),
            _label(item.field, known, session.language),
            item.part,
            item.at,
            item.by,
            item.excerpt,
            erasing(item, known, session.language),
            item.revision,
            item.part_id or item.thing,
            item.project_id,
        )
        for item in findings.items
    )
    return show.table(session.language, *_HEADINGS, rows=rows, more=_MORE)


def _remarks(session: Session, findings: Findings) -> list[str]:
    totals = counted(findings.items)
    total = session.count(len(findings.items), "{count} text in all", "{count} texts in all", "no text has these words")
    stores = ", ".join(f"{name_of(session.language, 'store', store)} ({count})" for store, count in totals.items())
    where = session.say("{label}: {value}", label=total, value=stores) if totals else total
    read = session.count(findings.searched, "{count} row was searched", "{count} rows were searched")
    return [where, read if findings.is_complete else session.say("more: --all")]
