"""The command that shows and verifies the erasure journal."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from gettext import pgettext
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer
import uvloop

from contracts.evidence.ssh_signatures import FormError, fingerprint, read_public_line
from workers.common.erasure_journal.entries import Kind
from workers.common.erasure_journal.journal import ErasureJournal, Recorded
from workers.common.operators_time import local_minute
from workers.common.process_settings import signing_key_of
from workers.common.signing_key import NoSigningKeyError, SigningKey
from workers.local.backup.journal_copies import VARIABLE, folder_of
from workers.local.cli_environment import DATABASE_VARIABLE, DEFAULT_DATA, AsJson, Data, read_settings
from workers.local.console_output import fail, say, table, tell, translate, write
from workers.local.data_directory import Home
from workers.local.erasures.verification import Remembered, VerifiedJournal, remember, verify
from workers.local.schema_and_grants import REMEDY
from workers.projects.erasures.renewal import forget_journal
from workers.runtime.process.preconditions import UnfitError, explain_errors
from workers.runtime.storage.database import SessionTimeouts, connect_autocommit, open_engine

_USAGE: Final = 2
_WAITS: Final = SessionTimeouts("incidents-journal")
_KINDS: Final = {
    Kind.BEGUN: "journal begun",
    Kind.DELETED: "deleted by hand",
    Kind.EXPIRED: "deleted by a sweep",
    Kind.REDACTED: "text redacted",
    Kind.CORRECTED: "earlier texts redacted",
}

JournalFile = Annotated[
    Path | None,
    typer.Option("--journal", metavar="FILE", help="Another copy: its file or its folder; needs no system."),
]
KeyFile = Annotated[
    Path | None,
    typer.Option("--key", metavar="FILE", help="The site's public key, from elsewhere; that of the system by default."),
]
ProjectName = Annotated[
    str | None, typer.Option("--project", metavar="PROJECT", help="Only entries about this project, by number or id.")
]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, help="The newest entries, at most.")]
All = Annotated[bool, typer.Option("--all", help="All entries.")]
BeginAnew = Annotated[
    bool,
    typer.Option("--begin-anew", help="Set a journal aside that is refused, and let another one be written."),
]


def show_journal(  # noqa: PLR0913, PLR0917 - each parameter is an option
    data: Data = DEFAULT_DATA,
    journal: JournalFile = None,
    key: KeyFile = None,
    project: ProjectName = None,
    limit: Limit = 20,
    all_: All = False,
    begin_anew: BeginAnew = False,
    as_json: AsJson = False,
) -> None:
    """Show what was erased and when, and verify that no entry of the journal was changed, removed or inserted.

    The journal is a file outside the databases. A restored backup erases again what it names. The exit status is 1 if
    the journal is refused. If the system runs, or INCIDENTS_DATABASE_URL is set, it is compared with what the database
    knows of it. With servers of your own, set INCIDENTS_ERASURES.

    Example: incidents retention journal --all --json
    """
    home = Home(data.absolute())
    settings = read_settings() if DATABASE_VARIABLE in os.environ else None
    place = _place(journal, folder_of(home, settings))
    url = settings.database_url if settings else _running(home)
    if begin_anew:
        _begin_anew(ErasureJournal.at(place), url)
        return
    remembered = _ask(url, is_renewed=False) if url and journal is None else None
    own = signing_key_of(settings) if settings else home.signing_key
    verified = _verify(place, _public_key(key, own), remembered)
    entries = verified.reading.entries if verified.reading else []
    chosen_project = _read_project(project)
    chosen = [each for each in entries if chosen_project in {None, each.entry.project_id, each.entry.number}]
    chosen = chosen[0 if all_ else -limit :]
    if as_json:
        write(_document(verified, remembered, chosen))
    else:
        _show(verified, remembered, chosen[::-1])
    if verified.error:
        raise typer.Exit(1)


def _read_project(project: str | None) -> UUID | int | None:
    """Return the id or the number that was typed for a project."""
    if project is None:
        return None
    try:
        return int(project) if project.isdecimal() else UUID(project)
    except ValueError:
        fail(say("--project: {text} is neither a number nor an id of a project", text=project), _USAGE)


def _place(copy: Path | None, own: Path | None) -> Path:
    """Return where the journal is: a copy that is named, which must be there, or that of the system."""
    if copy and not (path := ErasureJournal.at(copy).path).is_file():
        fail(say("{label}: {value}", label="--journal", value=say("there is no file {path}", path=path)), _USAGE)
    place = copy or own
    if place is None:
        fail(say("{variable} is not set: name the folder of the journal.", variable=VARIABLE), _USAGE)
    return place


def _verify(place: Path, key: bytes | None, remembered: Remembered | None) -> VerifiedJournal:
    try:
        return verify(place, key, remembered.place if remembered else None)
    except OSError as error:
        fail(f"{error.filename}: {os.strerror(error.errno or 0)}", _USAGE)


def _running(home: Home) -> str | None:
    runtime = home.runtime()
    return runtime.database_url if runtime else None


def _public_key(file: Path | None, own: Path | None) -> bytes | None:
    """Return the key that must have signed the journal; None if there is none here."""
    try:
        if file:
            return read_public_line(file.read_text("utf-8"))
        return SigningKey.read(own).public_key
    except FormError:
        fail(say("{path} has no public key of a site: `incidents access signing-key` shows it", path=file), _USAGE)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        fail(say("{path} cannot be read: {reason}", path=file, reason=say(reason)), _USAGE)
    except NoSigningKeyError:
        return None


def _ask(url: str, *, is_renewed: bool) -> Remembered | None:
    async def read() -> Remembered:
        engine = open_engine(url, connections=1, waits=_WAITS)
        try:
            async with explain_errors(url, DATABASE_VARIABLE), connect_autocommit(engine) as connection:
                if is_renewed:
                    await forget_journal(connection)
                return await remember(connection)
        finally:
            await engine.dispose()

    try:
        return uvloop.run(read())
    except UnfitError as error:
        fail(str(error), error.status)


def _begin_anew(journal: ErasureJournal, url: str | None) -> None:
    """Keep the file under another name, and let everything that was erased wait for a new journal."""
    if url is None:
        fail(say("Start the system first, or set INCIDENTS_DATABASE_URL: its database says what was erased."), _USAGE)
    aside = journal.path.with_name(f"{journal.path.name}.{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    if journal.path.exists():
        journal.path.replace(aside)
        tell(say("The journal of before is now {file}", file=aside))
    remembered = _ask(url, is_renewed=True)
    waiting = remembered.state.waiting if remembered else 0
    tell(say("Erasures that the database knows and the new journal will have: {count}", count=waiting))


def _document(verified: VerifiedJournal, remembered: Remembered | None, chosen: Sequence[Recorded]) -> dict[str, Any]:
    error, head = verified.error, verified.reading.head if verified.reading else None
    return {
        "intact": error is None,
        "problem": error.problem if error else None,
        "line": error.line if error else None,
        "size": head.size if head else None,
        "signed_by": fingerprint(head.key) if head else None,
        "known": remembered.state.known if remembered else None,
        "waiting": remembered.state.waiting if remembered else None,
        "entries": [
            {
                "line": each.place.size,
                "kind": each.entry.kind,
                "erased_at": each.entry.erased_at.isoformat(),
                "project_id": str(each.entry.project_id) if each.entry.project_id else None,
                "number": each.entry.number,
                "ids": list(map(str, each.entry.ids)),
                "revision": each.entry.revision,
            }
            for each in chosen
        ],
    }


def _kind(kind: str) -> str:
    """Return what happened, in words; a kind of a newer version has none."""
    return pgettext("journal", _KINDS.get(kind.partition(":")[0], kind))  # type: ignore[call-overload] # names of kinds


def _show(verified: VerifiedJournal, remembered: Remembered | None, chosen: Sequence[Recorded]) -> None:
    if error := verified.error:
        tell(("✗", "red"), f" {translate(error)}")
        tell((f"  {say(REMEDY)}", "dim"))
        return
    if chosen:
        head = [say(name) for name in ("Time", "Entry", "Project")]
        rows = [
            (
                local_minute(each.entry.erased_at.timestamp()),
                _kind(each.entry.kind),
                str(each.entry.number or each.entry.project_id or ""),
            )
            for each in chosen
        ]
        table(head, rows, [""] * len(rows), [each.entry.erased_at for each in chosen])
    if verified.reading:
        size = verified.reading.head.size
        tell(("✓", "green"), " ", say("Lines of the journal, each as it was written and signed: {count}", count=size))
    if remembered and remembered.state.waiting:
        tell(("!", "yellow"), " ", say("Erasures that are not in it yet: {count}", count=remembered.state.waiting))
