"""Taking over projects of another system from a file."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final, get_args

import typer
from pydantic import ValidationError
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from typer.core import TyperGroup

from contracts.administration_queries import GetProperties, GetSettings, Property
from incidents.cli.imports import results
from incidents.client import Client
from incidents.errors import Refused
from incidents.importing import journal
from incidents.importing.decoding import UnknownEncodingError, named
from incidents.importing.mapping import Mapping
from incidents.importing.reading import Format, Source
from incidents.importing.sending import Checker, Tally, Way, send
from incidents.importing.surveying import UnfitFileError, survey
from incidents.importing.translating import Findings, Translator
from incidents.strict import AmbiguousError, read_json
from incidents.terminal.input.reading import decoded, unreadable
from incidents.terminal.options import command, group
from incidents.terminal.saving import writable
from incidents.terminal.session import Session, Status, UsageError

_BY_SUFFIX: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
}
_USUAL: Final = "file"

Words = list[str] | None
Columns = Annotated[Words, typer.Option(metavar="COLUMN=FIELD", help="Which field a column fills; repeatable.")]
Complete = Annotated[bool, typer.Option("--complete", help="Fill what is empty in projects that are there already.")]
JournalFile = Annotated[
    Path | None, typer.Option("--journal", metavar="FILE", help="Where `import status` looks: beside FILE.")
]


class _Importing(TyperGroup):
    """`incidents import FILE` is the usual command: `file` before it can be left out."""

    usual = _USUAL

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `file` where no other command stands."""
        if args and args[0] not in self.commands:
            args = [_USUAL, *args]
        return super().parse_args(ctx, args)


def register(app: typer.Typer) -> None:
    """Add `import`."""
    about_imports = group("Take over projects of another system from a file, and look at what an import did.")
    command(
        about_imports,
        _USUAL,
        "incidents import projects.csv --dry-run",
        "incidents import incidents.csv --column 'Opened=created_at' --default created_by=records",
        "incidents import projects.ndjson --mapping mapping.json --errors refused.csv --json",
        "incidents import projects.csv --column 'Case=reference' --complete",
        "incidents import status projects.csv",
    )(import_)
    results.register(about_imports)
    app.add_typer(about_imports, name="import", cls=_Importing)


@dataclass(frozen=True)
class _Files:
    """What is read and written."""

    rows: Path
    errors: Path | None
    journal: Path


async def import_(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with a header, or one JSON object a line.")],
    *,
    mapping: Annotated[Path | None, typer.Option(metavar="FILE", help="What the columns mean, as JSON.")] = None,
    column: Columns = None,
    default: Annotated[Words, typer.Option(metavar="FIELD=VALUE", help="For rows without it; repeatable.")] = None,
    source: Annotated[str | None, typer.Option(metavar="NAME", help="Keeps two systems apart.")] = None,
    timezone: Annotated[str | None, typer.Option(metavar="ZONE", help="Of times without an offset.")] = None,
    dates: Annotated[str | None, typer.Option(metavar="dmy|mdy", help="Whether days or months stand first.")] = None,
    clock_changes: Annotated[
        str | None, typer.Option(metavar="earlier|later", help="Of local times that are two or none.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(metavar="NAME", help="If it is not found: cp1252, utf-16.")] = None,
    format_: Annotated[str | None, typer.Option("--format", metavar="csv|ndjson", help="If the name hides it.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row here and there; import none.")] = False,
    complete: Complete = False,
    errors: Annotated[Path | None, typer.Option(metavar="FILE", help="Where refused rows go, as CSV.")] = None,
    journal_: JournalFile = None,
) -> None:
    """Take over projects of another system, with their own numbers, dates and authors.

    A bad row costs only itself. Importing a file again changes nothing that is there already; with --complete it fills
    what is empty there, such as a column that was left out before.
    """
    own = {"source": source, "timezone": timezone, "dates": dates, "clock_changes": clock_changes}
    meaning = _read_mapping(session, mapping, column or (), default or (), own)
    form, files = _format_of(session, file, format_), _Files(file, errors, journal_ or journal.beside(file))
    inputs = (file, *([mapping] if mapping else []))
    if errors:
        writable(session, errors, *inputs, files.journal)
    if not dry_run:
        writable(session, files.journal, *inputs)
    with _opened(session, file) as opened:
        read = _source(session, opened, form, encoding, meaning)
        tally, findings = await _take_over(session, read, meaning, files, Way(dry_run, complete))
    results.report(session, tally, read, findings, errors, dry_run=dry_run)
    if tally.refused:
        raise typer.Exit(Status.REFUSED)


async def _take_over(
    session: Session, source: Source, mapping: Mapping, files: _Files, way: Way
) -> tuple[Tally, Findings]:
    tally = Tally()
    with ExitStack() as stack:
        progressed = stack.enter_context(_shown(session, source, files.rows.stat().st_size, tally))
        try:
            findings = survey(source, mapping, progressed)
        except UnfitFileError as error:
            raise UsageError(session.say(error.words, **error.values)) from error
        async with session.client() as client:
            translator = await _translator(session, client, mapping, findings)
            rows = Checker(translator, tally).fitting(source)
            if way.dry_run:
                await send(client, rows, tally, progressed, way)
                return tally, findings
            kept = journal.Journal(stack.enter_context(files.journal.open("a", encoding="utf-8")))
            kept.start(principal=client.principal, site=client.site, source=mapping.source)
            tally.heard = kept.row
            try:
                await send(client, rows, tally, progressed, way)
            except Refused:
                session.tell("{imported} imported before it ended; run it again", imported=tally.imported)
                raise
            kept.end(tally)
    return tally, findings


async def _translator(session: Session, client: Client, mapping: Mapping, findings: Findings) -> Translator:
    """Take what the mapping leaves open from the site: its time zone, and the names of types and statuses."""
    names: dict[str, dict[str, int]] = {}
    with suppress(Refused):
        known = await client.ask(GetProperties())
        kinds: dict[str, Sequence[Property]] = {"type_id": known.types, "status_id": known.statuses}
        names = {field: {one.name.casefold(): one.id for one in defined} for field, defined in kinds.items()}
    if findings.local_times and mapping.timezone is None:
        with suppress(Refused):
            zone = (await client.ask(GetSettings())).timezone
            mapping = mapping.model_copy(update={"timezone": zone})
            session.tell("times without an offset are those of {timezone}; --timezone says otherwise", timezone=zone)
    return Translator(mapping, client.site, findings, names)


def _read_mapping(
    session: Session, path: Path | None, columns: list[str] | tuple[()], defaults: list[str] | tuple[()], own: Any
) -> Mapping:
    """Read the mapping; what is typed comes before what the file says."""
    try:
        content = decoded(session, path.read_bytes(), path) if path else "{}"
        given = Mapping.model_validate_json(content)
        read_json(content)
        whole = given.model_dump(exclude_unset=True) | {name: value for name, value in own.items() if value is not None}
        typed = dict(_pair(session, *one.rpartition("=")) for one in columns)
        whole["columns"] = given.columns | {name: field or None for name, field in typed.items()}
        whole["defaults"] = given.defaults | dict(_pair(session, *one.partition("=")) for one in defaults)
        return Mapping.model_validate(whole)
    except AmbiguousError as error:
        why = error.told(session.language)
        raise UsageError(session.say("{path} is no mapping: {reason}", path=path, reason=why)) from error
    except OSError as error:
        raise unreadable(session, path, error) from error
    except ValidationError as error:
        why = "; ".join(f"{'.'.join(map(str, one['loc']))} {one['msg']}".strip() for one in error.errors())
        where = path or session.say("what was typed")
        raise UsageError(session.say("{path} is no mapping: {reason}", path=where, reason=why)) from error


def _pair(session: Session, name: str, equals: str, value: str) -> tuple[str, str]:
    if not equals:
        raise UsageError(session.say("write NAME=VALUE instead of {text}", text=name or value))
    return name.strip(), value.strip()


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
        raise unreadable(session, file, error) from error
    with opened:
        if not opened.seekable():
            raise UsageError(session.say("{path} is read twice: save it as a file first", path=file))
        yield opened


def _source(session: Session, opened: BinaryIO, form: Format, encoding: str | None, mapping: Mapping) -> Source:
    try:
        chosen = named(encoding, opened) if encoding else None
    except UnknownEncodingError as error:
        wrong = "not an encoding: {encoding}; write utf-8, cp1252, utf-16, mac_roman"
        raise UsageError(session.say(wrong, encoding=encoding)) from error
    return Source(opened, form, chosen, mapping.knows)


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
