"""What an import did: told at its end, and looked at afterwards."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from contracts.printable import on_one_line
from contracts.sheets import csv_line
from contracts.texts import reason
from incidents.importing import journal
from incidents.importing.journal import Run
from incidents.importing.reading import Source
from incidents.importing.sending import Misfit, Tally
from incidents.importing.translating import Findings
from incidents.terminal.input.reading import unreadable
from incidents.terminal.options import command
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables import show

_COLUMNS: Final = ("line", "number", "field", "kind", "reason", "reference")
_TOLD: Final = 20
"""Refused rows that are told one by one at most; all of them are in `--errors` and in `import status`."""

_FATES: Final = {
    "imported": "imported",
    "already_there": "already there",
    "completed": "completed",
    "refused": "refused",
}
_KNOWN_AS: Final = {"cp1252": "Windows-1252", "mac_roman": "Mac Roman", "cp850": "DOS 850"}


def register(app: typer.Typer) -> None:
    """Add `status`."""
    command(
        app,
        "status",
        "incidents import status projects.csv",
        "incidents import status projects.csv --rows --json",
        "incidents import status projects.csv --rows --csv",
        table=True,
    )(status)


async def status(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What was imported, or its journal.")],
    rows: Annotated[bool, typer.Option("--rows", help="Every row of the last import, not the refused alone.")] = False,
) -> None:
    """Look at what imports of a file did: when, how many rows, and which of them are still left out."""
    path = journal.beside(file) if journal.beside(file).exists() else file
    try:
        runs = journal.runs(path)
    except (OSError, TypeError) as error:
        raise unreadable(session, path, error) from error
    if not runs:
        raise UsageError(session.say("{path} was not imported from here, or its journal lies elsewhere", path=file))
    documents = [journal.told_of(run) for run in runs]
    shown = [row for row in documents[-1]["rows"] if rows or row["fate"] == "refused"]
    before = [{**each, "rows": []} for each in documents[:-1]]
    last = {**documents[-1], "rows": [_with_reason(session, row) for row in shown]}
    sheet = _rows(session, shown)
    session.show({"journal": str(path), "runs": [*before, last]}, _runs(session, runs), sheet, sheet=sheet)


def _runs(session: Session, runs: list[Run]) -> show.Sheet:
    cells = (
        (
            datetime.fromisoformat(run.began_at),
            run.principal,
            run.source,
            run.count("imported"),
            run.count("already_there"),
            run.count("completed"),
            run.count("refused"),
            bool(run.ended_at),
        )
        for run in runs
    )
    headings = ("Begun", "By", "Source", "Imported", "Already there", "Completed", "Refused", "Ended")
    return show.table(session.language, *headings, rows=cells)


def _rows(session: Session, rows: list[dict[str, Any]]) -> show.Sheet:
    cells = (
        (
            row["line"],
            session.say(_FATES[row["fate"]]),
            row.get("number"),
            row.get("field"),
            reason(row["kind"], session.language) if row.get("kind") else "",
        )
        for row in rows
    )
    return show.table(session.language, "Line", "Became", "Number", "Field", "Reason", rows=cells)


def _with_reason(session: Session, row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "reason": reason(row["kind"], session.language)} if row.get("kind") else row


def report(
    session: Session, tally: Tally, source: Source, findings: Findings, errors: Path | None, *, dry_run: bool
) -> None:
    """Tell what became of the rows, and what of the file was read in which way or left out."""
    tally.refused.sort(key=lambda one: one.line)
    rows = [_told(session, one) for one in tally.refused]
    if errors:
        _write(session, errors, rows)
    else:
        _tell_rows(session, rows)
    _tell_reading(session, source, findings)
    if tally.ignored:
        words = "columns left out: {columns}; --column and --complete bring them in later"
        session.tell(words, columns=", ".join(sorted(tally.ignored)))
    figures = {
        "imported": tally.imported,
        "already_there": tally.already_there,
        "completed": tally.completed,
        "refused": len(rows),
    }
    words = "{imported} imported, {already_there} already there, {refused} refused"
    if dry_run:
        words = "{imported} would be imported, {already_there} are already there, {refused} would be refused"
    if tally.completed:
        session.tell("completed, because they were there with empty fields: {completed}", completed=tally.completed)
    document = {
        **figures,
        "dry_run": dry_run,
        "empty_rows": source.empty,
        "encoding": source.encoding.name,
        "errors": rows,
        "ignored_columns": sorted(tally.ignored),
        "joined": {name: list(parts) for name, parts in findings.joined.items()},
        "numbers_are_references": findings.numbers_are_texts,
    }
    session.show(document, session.say(words, **figures))


def _tell_rows(session: Session, rows: list[dict[str, Any]]) -> None:
    for row in rows[:_TOLD]:
        about = {**row, "field": " ".join(filter(None, (row["field"], row["reference"]))) or "–"}
        session.tell("line {line}: {field} {reason}", **about)
    if (more := len(rows) - _TOLD) > 0:
        session.tell("and {count} more; --errors FILE writes all of them", count=more)


def _tell_reading(session: Session, source: Source, findings: Findings) -> None:
    encoding = source.encoding
    if not encoding.is_utf8:
        name = f"{_KNOWN_AS[encoding.name]} ({encoding.name})" if encoding.name in _KNOWN_AS else encoding.name
        session.tell("read as {encoding}; --encoding says otherwise", encoding=name)
    if source.header and source.header.titles:
        session.tell("lines above the header left out: {count}", count=source.header.titles)
    if source.empty:
        session.tell("empty rows left out: {count}", count=source.empty)
    for field, columns in findings.joined.items():
        session.tell("joined as {field}: {columns}", field=field, columns=", ".join(columns))
    if findings.numbers_are_texts:
        session.tell("numbers that are texts are kept as references; the projects get numbers of their own here")


def _write(session: Session, errors: Path, rows: list[dict[str, Any]]) -> None:
    try:
        with errors.open("w", newline="", encoding="utf-8") as file:
            file.write(csv_line(_COLUMNS))
            file.writelines(csv_line(_cell(row[name]) for name in _COLUMNS) for row in rows)
    except OSError as error:
        words = "{path} cannot be written: {reason}"
        raise UsageError(session.say(words, path=errors, reason=session.say(error.strerror or str(error)))) from error


def _cell(value: object) -> object:
    return value if isinstance(value, int) else on_one_line(str(value or ""))


def _told(session: Session, one: Misfit) -> dict[str, Any]:
    why = reason(one.kind, session.language)
    named = {"line": one.line, "number": one.number, "field": one.field, "kind": one.kind, "reason": why}
    return {**named, "reference": one.reference}
