"""The results of an import: reported at its end, and shown afterwards by `import status`."""

import shlex
from codecs import BOM_UTF8
from collections.abc import Mapping
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
from incidents.importing.sending import RefusedRow, Tally
from incidents.importing.translating import Fault, Findings
from incidents.terminal.input.reading import file_error
from incidents.terminal.options import command
from incidents.terminal.saving import cannot_write, whole_file
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables import show
from incidents.terminal.tables.refusals import field_place
from incidents.terminal.text.words import list_names

_HEADINGS: Final = ("Line", "Number", "Reference", "Field", "Column", "Value", "Reason")
_LEFT_OUT: Final = (
    "columns left out: {columns}. To fill a field of an import with one, also later: --column COLUMN=FIELD --complete"
)
_ALL_REFERENCES: Final = (
    'the number "{text}" in line {line} is a text: so all numbers of the file are references, and the projects get new '
    "numbers here; to keep the numbers, such cells have to be corrected before the import"
)
_OTHER_ZONE: Final = (
    "if the time zone has changed since, give the former one with --timezone; "
    "rows of another system need another --source"
)
_PRINTED_ROWS_MAX: Final = 20
"""The most refused rows that are printed; all of them are in `--errors` and in `import status`."""

_PRINTED_VALUE_MAX: Final = 60
_FATES: Final = {
    "imported": "imported",
    "already_there": "already there",
    "completed": "completed",
    "refused": "refused",
}
_EXPIRING: Final = {
    True: "to be deleted by the next sweep because of their age: {count}; "
    "to keep them: --default retention_exempt=true",
    False: "to be deleted by the next sweep because of their age: {count}; "
    "to keep them: incidents settings set --retention-days DAYS",
}
"""What is said, in a dry run and otherwise, about projects that are older than the site's retention time."""

_NO_FAULT: Final[dict[str, Any]] = {}
_ENCODING_NAMES: Final = {"cp1252": "Windows-1252", "mac_roman": "Mac Roman", "cp850": "DOS 850"}


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
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The imported file, or its journal.")],
    rows: Annotated[
        bool, typer.Option("--rows", help="All rows of the last import, not only the refused ones.")
    ] = False,
) -> None:
    """Show the imports of a file: when, how many rows, and which rows are still missing."""
    path = journal.journal_path(file) if journal.journal_path(file).exists() else file
    try:
        runs = journal.runs(path)
    except (OSError, TypeError) as error:
        raise file_error(session, path, error) from error
    if not runs:
        raise UsageError(session.say("{path} was not imported from here, or its journal is elsewhere", path=file))
    documents = [journal.document_of(run) for run in runs]
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
    headings = ("Started", "By", "Source", "Imported", "Already there", "Completed", "Refused", "Finished")
    return show.table(session.language, *headings, rows=cells)


def _rows(session: Session, rows: list[dict[str, Any]]) -> show.Sheet:
    cells = (
        (
            row["line"],
            session.say(_FATES[row["fate"]]),
            row.get("number"),
            field_place(fault.get("field") or "", session.language),
            fault.get("column"),
            _why(session, fault) if fault.get("kind") else "",
        )
        for row in rows
        for fault in journal.faults_of(row) or [_NO_FAULT]
    )
    return show.table(session.language, "Line", "Result", "Number", "Field", "Column", "Reason", rows=cells)


def _with_reason(session: Session, row: dict[str, Any]) -> dict[str, Any]:
    faults = [{**fault, "reason": _why(session, fault)} for fault in journal.faults_of(row)]
    return {**row, "reason": faults[0]["reason"], "faults": faults} if faults else row


def _why(session: Session, fault: Mapping[str, Any]) -> str:
    return reason(fault["kind"], session.language, fault)


def report(
    session: Session, tally: Tally, source: Source, findings: Findings, errors: Path | None, *, dry_run: bool
) -> None:
    """Print the results of an import: refused rows, how the file was read, what was left out, and the counts."""
    tally.refused.sort(key=lambda row: row.line)
    rows = [_document(session, row, fault) for row in tally.refused for fault in row.faults]
    if errors:
        _write(session, errors, rows)
    _tell_rows(session, rows, errors)
    _tell_unknown_names(session, rows)
    _tell_reading(session, source, findings)
    if tally.ignored:
        session.tell(_LEFT_OUT, columns=list_names(session.language, sorted(tally.ignored)))
    figures = {
        "imported": tally.imported,
        "already_there": tally.already_there,
        "completed": tally.completed,
        "refused": len(tally.refused),
    }
    words = "{imported} imported, {already_there} already there, {refused} refused"
    if dry_run:
        words = "{imported} would be imported, {already_there} already there, {refused} would be refused"
    _tell_counts(session, tally, dry_run=dry_run)
    document = {
        **figures,
        "expired": tally.expired,
        "dry_run": dry_run,
        "empty_rows": source.empty,
        "encoding": source.encoding.name,
        "errors": rows,
        "errors_file": str(errors) if errors else None,
        "ignored_columns": sorted(tally.ignored),
        "joined": {name: list(parts) for name, parts in findings.joined.items()},
        "numbers_are_references": findings.numbers_are_texts,
    }
    result = session.say(words, **figures)
    written = "{result}; the list of refused rows is in {path}"
    session.show(document, session.say(written, result=result, path=errors) if errors else result)


def _tell_counts(session: Session, tally: Tally, *, dry_run: bool) -> None:
    if tally.completed:
        session.tell("completed, existing projects with empty fields: {completed}", completed=tally.completed)
    if tally.expired:
        session.tell(_EXPIRING[dry_run], count=tally.expired)


def _tell_rows(session: Session, rows: list[dict[str, Any]], errors: Path | None) -> None:
    for row in rows[:_PRINTED_ROWS_MAX]:
        named = row["number"] if row["number"] is not None else row["reference"]
        words = "line {line}: {what} {reason}" if named is None else "line {line} ({named}): {what} {reason}"
        session.tell(words, line=row["line"], named=named, what=_what(session, row), reason=row["reason"])
    if (more := len(rows) - _PRINTED_ROWS_MAX) > 0:
        words = "and {count} more, all in {path}" if errors else "and {count} more; --errors FILE writes all of them"
        session.tell(words, count=more, path=errors)


def _tell_unknown_names(session: Session, rows: list[dict[str, Any]]) -> None:
    for field, kind in (("type_id", "types"), ("status_id", "statuses")):
        if unknown := {row["value"] for row in rows if (row["field"], row["kind"]) == (field, "unknown_name")}:
            words = (
                "unknown {kind}: {names}. To define one: incidents {kind} add NAME; "
                'or give it an id in a mapping (--mapping): {{"{kind}": {{"NAME": ID}}}}'
            )
            names = list_names(session.language, sorted(unknown)[:_PRINTED_ROWS_MAX])
            session.tell(words, kind=kind, names=names)


def _what(session: Session, row: dict[str, Any]) -> str:
    """Return what is refused: a value with its field and column, or the whole row."""
    value = row["value"]
    if not row["field"]:
        words = 'the field "{column}"' if row["column"] else 'the value "{value}"' if value else "the row"
        return session.say(words, column=row["column"], value=value)
    shown = value if len(value) <= _PRINTED_VALUE_MAX else f"{value[: _PRINTED_VALUE_MAX - 1]}…"
    ways = {
        (True, True): '{field} "{value}" in the column "{column}"',
        (True, False): '{field} "{value}" by default',
        (False, True): '{field} in the column "{column}"',
        (False, False): "{field}",
    }
    words = ways[bool(value), bool(row["column"])]
    return session.say(words, field=_field(session, row), value=shown, column=row["column"])


def _tell_reading(session: Session, source: Source, findings: Findings) -> None:
    encoding = source.encoding
    if not encoding.is_utf8:
        name = (
            f"{_ENCODING_NAMES[encoding.name]} ({encoding.name})" if encoding.name in _ENCODING_NAMES else encoding.name
        )
        session.tell("the file was read as {encoding}; to read it in another encoding: --encoding NAME", encoding=name)
    if source.header and source.header.titles:
        session.tell("lines above the header left out: {count}", count=source.header.titles)
    if source.empty:
        session.tell("empty rows left out: {count}", count=source.empty)
    for field, columns in findings.joined.items():
        shown = field_place(field, session.language)
        session.tell("joined as {field}: {columns}", field=shown, columns=list_names(session.language, columns))
    if findings.numbers_are_texts:
        text, line = findings.first_text
        session.tell(_ALL_REFERENCES, text=text, line=line)


def _write(session: Session, errors: Path, rows: list[dict[str, Any]]) -> None:
    """Write the list of refused rows in the reader's language, in a form that Excel recognises as UTF-8."""
    try:
        with whole_file(errors) as file:
            file.write(BOM_UTF8 + csv_line(map(session.say, _HEADINGS)).encode())
            file.writelines(csv_line(map(_cell, _cells(session, row))).encode() for row in rows)
    except OSError as error:
        raise cannot_write(session, errors, error) from error


def _cells(session: Session, row: dict[str, Any]) -> tuple[object, ...]:
    field = _field(session, row) if row["field"] else ""
    return row["line"], row["number"], row["reference"], field, row["column"], row["value"], row["reason"]


def _field(session: Session, row: dict[str, Any]) -> str:
    """Return what the field of a refused value is called; a data field of a mapping has the name that it has there."""
    name = row["field"].removeprefix("data.")
    return field_place(row["field"], session.language, {name: name})


def _cell(value: object) -> object:
    return value if isinstance(value, int) else on_one_line(str(value or ""))


def _document(session: Session, row: RefusedRow, fault: Fault) -> dict[str, Any]:
    why = reason(fault.kind, session.language, fault.limit)
    if fault.kind == "time_differs_here" and row.created_at and row.created_here:
        read, here = (show.local(time, session.language) for time in (row.created_at, row.created_here))
        words = "is read as {read}, but the project already imported has {here}: {advice}"
        why = session.say(words, read=read, here=here, advice=session.say(_OTHER_ZONE))
    if fault.field == "number" and fault.kind == "int_type" and fault.cell.column:
        pair = shlex.quote(f"{fault.cell.column}={field_place('reference', session.language)}")
        words = "{reason}; to keep the texts as references: --column {pair}"
        why = session.say(words, reason=why, pair=pair)
    named = {"line": row.line, "number": row.number, "field": fault.field, "kind": fault.kind, "reason": why}
    return {**named, "reference": row.reference, "column": fault.cell.column, "value": fault.cell.text, **fault.limit}
