"""The erasure journal beside backups: it is in none, and a restore needs the newest copy of it."""

import os
import secrets
from pathlib import Path
from typing import Annotated, Final

import typer

from workers.common.erasure_journal.journal import ErasureJournal, JournalError
from workers.common.process_settings import Settings
from workers.local.console_output import fail, say, translate
from workers.local.data_directory import Home
from workers.projects.erasures.renewal import forget_journal
from workers.runtime.storage.database import connect_autocommit, open_engine

Journal = Annotated[
    Path | None,
    typer.Option("--journal", metavar="FILE", help="The newest copy of the erasure journal: its file or its folder."),
]
JournalCopy = Annotated[
    Path | None,
    typer.Option("--journal", metavar="FILE", help="The file for a copy of the erasure journal, apart from the data."),
]
WithoutJournal = Annotated[
    bool,
    typer.Option("--without-journal", help="Restore although no journal is left: what was erased since comes back."),
]
VARIABLE: Final = "INCIDENTS_ERASURES"
_USAGE: Final = 2


def folder_of(home: Home, settings: Settings | None) -> Path | None:
    """Return the folder of the journal: of servers of one's own that of the settings, else that of `incidents up`."""
    if settings:
        return settings.erasures
    return Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else home.erasures


def save(home: Home, settings: Settings | None, file: Path | None) -> Path | None:
    """Copy the journal of a system to a file, unless a newer copy is there; return the file, or None without one."""
    folder = folder_of(home, settings)
    if file is None:
        return None
    if file.exists() and not (file.is_file() or file.is_dir()):
        fail(say("{path} is not a file: name another one", path=file), _USAGE)
    if folder is None:
        fail(say("INCIDENTS_ERASURES is not set, so that there is no erasure journal to copy."), _USAGE)
    try:
        if ErasureJournal(folder).head() is None:
            fail(say("There is no erasure journal in {folder}.", folder=folder))
        keep_newest(ErasureJournal(folder), ErasureJournal.at(file))
    except JournalError as error:
        fail(translate(error))
    except OSError as error:
        fail(f"{error.filename}: {os.strerror(error.errno or 0)}")
    return file


def prepare(home: Home, settings: Settings | None, copy: Path | None, *, is_without: bool) -> bool:
    """Put a copy where the system looks for its journal; return whether it is restored without one.

    It ends the command with a sentence if there is no journal and nobody has said that none is left.
    """
    folder = folder_of(home, settings)
    if copy and is_without:
        fail(say("--journal and --without-journal exclude each other"), _USAGE)
    try:
        if copy:
            _take(copy, folder)
        is_there = copy is not None or (folder is not None and ErasureJournal(folder).head() is not None)
    except JournalError as error:
        fail(translate(error), _USAGE)
    except OSError as error:
        fail(f"{error.filename}: {os.strerror(error.errno or 0)}", _USAGE)
    if is_there and is_without:
        fail(say("There is a journal in {folder}: leave out --without-journal.", folder=folder), _USAGE)
    if not is_there and not is_without:
        words = (
            "Without the erasure journal, what was erased since the backup would come back. Name its newest copy with "
            "--journal FILE; if none is left, add --without-journal."
        )
        fail(say(words), _USAGE)
    return not is_there


def _take(copy: Path, folder: Path | None) -> None:
    journal = ErasureJournal.at(copy)
    if not journal.path.is_file():
        why = say("there is no file {path}", path=journal.path)
        fail(say("{label}: {value}", label="--journal", value=why), _USAGE)
    if folder is None:
        journal.read(None)
    else:
        keep_newest(journal, ErasureJournal(folder))


def keep_newest(source: ErasureJournal, target: ErasureJournal) -> None:
    """Copy a journal, unless the target has the same one with more entries.

    Raises:
        JournalError: One of them was changed, or neither continues the other.
        OSError: It cannot be read or written; the error names the file.
    """
    known, head = target.head(), source.read(None).head
    if known and known.size > head.size:
        target.read(head)
        return
    if known and source.path.samefile(target.path):
        return
    source.read(known)
    target.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.path.with_name(f"{target.path.name}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(source.path.read_bytes())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target.path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target.path)) from error
    finally:
        draft.unlink(missing_ok=True)


async def forget(url: str) -> None:
    """Let a restored database wait for another journal."""
    engine = open_engine(url, connections=1)
    try:
        async with connect_autocommit(engine) as connection:
            await forget_journal(connection)
    finally:
        await engine.dispose()
