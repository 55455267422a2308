"""Taking over projects of another system from a file."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any, BinaryIO, get_args

import typer
from pydantic import ValidationError
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from client.errors import Refused
from client.importing.mapping import Mapping
from client.importing.reading import Format, Source
from client.importing.sending import Checker, Misfit, Tally, send
from client.strict import AmbiguousError, read_json
from client.terminal.options import command
from client.terminal.saving import writable
from client.terminal.session import Session, Status, UsageError
from contracts.printable import on_one_line
from contracts.texts import reason

_BY_SUFFIX: dict[str, Format] = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson"}
_SHOWN_EVERY = 500
_COLUMNS = ("line", "number", "field", "kind", "reason")


def register(app: typer.Typer) -> None:
    """Add `import`."""
    command(
        app,
        "import",
        "incidents import projects.csv --mapping mapping.json --dry-run",
        "incidents import projects.ndjson --errors refused.csv --json",
    )(import_)


async def import_(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with a header, or one JSON object a line.")],
    mapping: Annotated[Path | None, typer.Option(metavar="FILE", help="What the columns mean, as JSON.")] = None,
    format_: Annotated[str | None, typer.Option("--format", metavar="csv|ndjson", help="If the name hides it.")] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and send nothing.")] = False,
    errors: Annotated[Path | None, typer.Option(metavar="FILE", help="Where refused rows go, as CSV.")] = None,
) -> None:
    """Take over projects of another system, with their own numbers, dates and authors.

    A bad row costs only itself. Importing a file again changes nothing that is there already.
    """
    meaning, tally = _read_mapping(session, mapping), Tally()
    form = _format_of(session, file, format_)
    if errors:
        writable(session, errors)
    with _opened(session, file) as opened:
        source = Source(opened, form)
        with _shown(session, source, file.stat().st_size, tally) as progressed:
            if dry_run:
                for _ in Checker(meaning, "-", tally).fitting(source):
                    tally.imported += 1
                    if tally.imported % _SHOWN_EVERY == 0:
                        progressed()
            else:
                async with session.client() as client:
                    rows = Checker(meaning, client.site, tally).fitting(source)
                    try:
                        await send(client, rows, tally, progressed)
                    except Refused:
                        session.tell("{imported} imported before it ended; run it again", imported=tally.imported)
                        raise
    tally.refused.sort(key=lambda one: one.line)
    _report(session, tally, errors, dry_run=dry_run)
    if tally.refused:
        raise typer.Exit(Status.REFUSED)


def _read_mapping(session: Session, path: Path | None) -> Mapping:
    try:
        content = path.read_bytes() if path else b"{}"
        mapping = Mapping.model_validate_json(content)
        read_json(content)
    except AmbiguousError as error:
        why = error.told(session.language)
        raise UsageError(session.say("{path} is no mapping: {reason}", path=path, reason=why)) from error
    except OSError as error:
        raise UsageError(session.say("{path} cannot be read", path=path)) from error
    except ValidationError as error:
        why = "; ".join(f"{'.'.join(map(str, one['loc']))} {one['msg']}" for one in error.errors())
        raise UsageError(session.say("{path} is no mapping: {reason}", path=path, reason=why)) from error
    return mapping


def _format_of(session: Session, file: Path, given: str | None) -> Format:
    form = _BY_SUFFIX.get(f".{given}" if given else file.suffix.lower())
    if form is None:
        known = "|".join(get_args(Format))
        raise UsageError(session.say("say which format {path} has: --format {known}", path=file, known=known))
    return form


@contextmanager
def _opened(session: Session, file: Path) -> Iterator[BinaryIO]:
    try:
        opened = file.open("rb")
    except OSError as error:
        raise UsageError(session.say("{path} cannot be read", path=file)) from error
    with opened:
        yield opened


@contextmanager
def _shown(session: Session, source: Source, size: int, tally: Tally) -> Iterator[Callable[[], None]]:
    """Show a bar of the bytes that were read, the rate of projects, and the time that is left."""
    rate = TextColumn("{task.fields[done]} · {task.fields[rate]}/s", markup=False)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        rate,
        TimeRemainingColumn(),
    )
    progress = Progress(*columns, console=session.err, transient=True)
    with progress if session.err.is_terminal and not session.json else nullcontext():
        task = progress.add_task(session.say("importing"), total=size, done=0, rate=0)

        def progressed() -> None:
            elapsed = progress.tasks[0].elapsed or 1
            progress.update(task, completed=source.read, done=tally.done, rate=round(tally.done / elapsed))

        yield progressed


def _report(session: Session, tally: Tally, errors: Path | None, *, dry_run: bool) -> None:
    rows = [_told(session, one) for one in tally.refused]
    if errors:
        with errors.open("w", newline="") as file:
            writer = csv.DictWriter(file, _COLUMNS)
            writer.writeheader()
            writer.writerows({name: on_one_line(str(value or "")) for name, value in row.items()} for row in rows)
    else:
        for row in rows:
            session.tell("line {line}: {field} {reason}", **{**row, "field": row["field"] or "–"})
    if tally.ignored:
        session.tell("columns left out: {columns}", columns=", ".join(sorted(tally.ignored)))
    figures = {"imported": tally.imported, "already_there": tally.already_there, "refused": len(rows)}
    words = "{imported} imported, {already_there} already there, {refused} refused"
    if dry_run:
        words = "{imported} would be imported, {refused} would be refused"
    document = {**figures, "dry_run": dry_run, "errors": rows, "ignored_columns": sorted(tally.ignored)}
    session.show(document, session.say(words, **figures))


def _told(session: Session, one: Misfit) -> dict[str, Any]:
    why = reason(one.kind, session.language)
    return {"line": one.line, "number": one.number, "field": one.field, "kind": one.kind, "reason": why}
