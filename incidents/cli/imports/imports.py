"""The command that imports projects of another system from a file."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, get_args

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from typer.core import TyperCommand, TyperGroup

from contracts.administration_queries import GetProperties, GetSettings, Property, Settings
from incidents.cli.imports import results
from incidents.cli.imports.files import Files, format_of, open_file, source_of
from incidents.cli.imports.mappings import read_mapping
from incidents.client import Client
from incidents.errors import Refused, SuppressNotAvailable
from incidents.importing import journal
from incidents.importing.mapping import Mapping
from incidents.importing.rate_limit_retries import retry_transient
from incidents.importing.reading import Source
from incidents.importing.sending import Checker, Tally, Way, require_permission, send
from incidents.importing.surveying import UnusableFileError, survey
from incidents.importing.times import Choice, DateOrder
from incidents.importing.translating import Findings, Translator
from incidents.terminal.input.vocabulary import wire_word
from incidents.terminal.options import command, group
from incidents.terminal.session import Session, Status, UsageError
from incidents.terminal.text.words import name_of, quote_names

_DEFAULT_COMMAND: Final = "file"
_USAGE: Final = "FILE [OPTIONS] | status FILE [OPTIONS]"

Words = list[str] | None
Columns = Annotated[Words, typer.Option(metavar="COLUMN=FIELD", help="The field that a column fills; repeatable.")]
Defaults = Annotated[Words, typer.Option(metavar="FIELD=VALUE", help="The value for rows without one; repeatable.")]
SourceName = Annotated[str | None, typer.Option(metavar="NAME", help="A name that distinguishes several systems.")]
Dates = Annotated[str | None, typer.Option(metavar="dmy|mdy", help="Which comes first: dmy is the day, mdy the month.")]
ClockChanges = Annotated[
    str | None,
    typer.Option(
        metavar="earlier|later",
        help="How to read local times that occur twice or never: as the earlier or the later one.",
    ),
]
FormatName = Annotated[
    str | None, typer.Option("--format", metavar="csv|ndjson", help="The format, if the file's name does not show it.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check every row locally and on the site; import none.")]
Complete = Annotated[bool, typer.Option("--complete", help="Fill empty fields of existing projects.")]
JournalFile = Annotated[
    Path | None,
    typer.Option(
        "--journal", metavar="FILE", help="The file of the journal for `import status`; by default next to FILE."
    ),
]


class _Importing(TyperGroup):
    """The group `import`, in which `file` is the default command: `incidents import FILE`."""

    default_name = _DEFAULT_COMMAND

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert `file` if no command is named."""
        if args and args[0] not in self.commands:
            args = [_DEFAULT_COMMAND, *args]
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, _: Any) -> list[str]:
        """Return both forms of the command."""
        return [_USAGE]


class _OfFile(TyperCommand):
    """The default command, whose name nobody types."""

    def make_context(self, info_name: Any, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Take the place of the group, so that usage and mistakes name what is typed."""
        if parent and parent.command.name == "import":
            info_name, parent = parent.info_name, parent.parent
        return super().make_context(info_name, args, parent=parent, **extra)


def register(app: typer.Typer) -> None:
    """Add `import`."""
    about_imports = group("Import projects of another system from a file, and show the results of imports.")
    command(
        about_imports,
        _DEFAULT_COMMAND,
        "incidents import projects.csv --dry-run",
        "incidents import incidents.csv --column 'Opened=created_at' --default created_by=records",
        "incidents import projects.ndjson --mapping mapping.json --errors refused.csv --json",
        "incidents import projects.csv --column 'Case=reference' --complete",
        "incidents import status projects.csv",
    )(import_)
    of_file = about_imports.registered_commands[-1]
    of_file.cls, of_file.hidden = _OfFile, True
    results.register(about_imports)
    app.add_typer(about_imports, name="import", cls=_Importing)


EncodingName = Annotated[
    str | None, typer.Option(metavar="NAME", help="The encoding, if it is not detected: cp1252, utf-16.")
]


async def import_(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with a header, or one JSON object per line.")],
    *,
    mapping: Annotated[Path | None, typer.Option(metavar="FILE", help="The meaning of the columns, as JSON.")] = None,
    column: Columns = None,
    default: Defaults = None,
    source: SourceName = None,
    timezone: Annotated[str | None, typer.Option(metavar="ZONE", help="The zone of times without an offset.")] = None,
    dates: Dates = None,
    clock_changes: ClockChanges = None,
    encoding: EncodingName = None,
    format_: FormatName = None,
    dry_run: DryRun = False,
    complete: Complete = False,
    errors: Annotated[Path | None, typer.Option(metavar="FILE", help="A list of the refused rows, as CSV.")] = None,
    journal_: JournalFile = None,
) -> None:
    """Import projects of another system with their own numbers, dates and authors.

    A bad row affects only itself. Importing a file again changes nothing that exists already; with --complete it fills
    empty fields, such as those of a column that was left out before. `incidents import status FILE` shows the result of
    each row afterwards.
    """
    order = dates and wire_word(session, "dates", dates, get_args(DateOrder))
    choice = clock_changes and wire_word(session, "clock_changes", clock_changes, get_args(Choice))
    own = {"source": source, "timezone": timezone, "dates": order, "clock_changes": choice}
    meaning = read_mapping(session, mapping, column or (), default or (), own)
    files = Files(file, errors, journal_ or journal.journal_path(file))
    with open_file(session, file) as opened:
        files.require_writable(session, mapping, dry_run=dry_run)
        form = format_of(session, file, format_)
        read = source_of(session, opened, form, encoding, meaning)
        tally, findings = await _take_over(session, read, meaning, files, Way(dry_run, complete))
    results.report(session, tally, read, findings, errors, dry_run=dry_run)
    if tally.refused:
        raise typer.Exit(Status.REFUSED)


async def _take_over(
    session: Session, source: Source, mapping: Mapping, files: Files, way: Way
) -> tuple[Tally, Findings]:
    tally = Tally()
    with ExitStack() as stack:
        progressed = stack.enter_context(_progress_bar(session, source, files.rows.stat().st_size, tally))
        try:
            findings = survey(source, mapping, progressed)
        except UnusableFileError as error:
            raise UsageError(_reason_of(session, error)) from error
        async with session.client() as client:
            settings = await _settings(client)
            if settings is None:
                await require_permission(client)
            if settings:
                tally.kept_since = session.now - timedelta(days=settings.retention_days)
            translator = await _translator(session, client, mapping, findings, settings)
            rows = Checker(translator, tally).valid_rows(source)
            if way.dry_run:
                await send(client, rows, tally, progressed, way)
                return tally, findings
            journal_ = journal.Journal(stack.enter_context(files.journal.open("a", encoding="utf-8")))
            journal_.start(principal=client.principal, site=client.site, source=mapping.source)
            tally.on_result = journal_.row
            try:
                await send(client, rows, tally, progressed, way)
            except Refused:
                session.tell(
                    "{imported} imported before the import was interrupted; run it again", imported=tally.imported
                )
                raise
            journal_.end(tally)
    return tally, findings


def _reason_of(session: Session, error: UnusableFileError) -> str:
    fields = quote_names(session.language, (name_of(session.language, "field", field) for field in error.fields))
    columns, unknown = (quote_names(session.language, names) for names in (error.columns, error.unknown))
    return session.say(error.words, fields=fields, columns=columns, unknown=unknown)


async def _settings(client: Client) -> Settings | None:
    """Return the site's settings; None if the caller may not see them."""
    with SuppressNotAvailable():
        return await retry_transient(lambda: client.ask(GetSettings()))
    return None


async def _translator(
    session: Session, client: Client, mapping: Mapping, findings: Findings, settings: Settings | None
) -> Translator:
    """Complete the mapping from the site: its time zone, and the names of types and statuses."""
    names: dict[str, dict[str, Property]] = {}
    with SuppressNotAvailable():
        known = await retry_transient(lambda: client.ask(GetProperties()))
        kinds: dict[str, Sequence[Property]] = {"type_id": known.types, "status_id": known.statuses}
        names = {
            field: {property_.name.casefold(): property_ for property_ in defined} for field, defined in kinds.items()
        }
    if settings and findings.local_times and mapping.timezone is None:
        mapping = mapping.model_copy(update={"timezone": settings.timezone})
        words = "times without an offset are read in {timezone}; to read them in another time zone: --timezone NAME"
        session.tell(words, timezone=settings.timezone)
    if findings.local_times and mapping.timezone is None:
        session.tell(
            "you may not see the time zone of the site: name that of times without an offset by --timezone NAME"
        )
    return Translator(mapping, client.site, findings, names)


@contextmanager
def _progress_bar(session: Session, source: Source, size: int, tally: Tally) -> Iterator[Callable[[], None]]:
    """Show a progress bar with the rate of projects and the remaining time."""
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
