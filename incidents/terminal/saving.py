"""Saving what is downloaded, and making sure that it is what was made."""

import hashlib
import os
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Protocol

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from contracts.downloads import Download
from contracts.errors import Code, Error
from contracts.message import Command
from contracts.texts import phrase
from incidents.client import Client
from incidents.errors import Refused
from incidents.terminal.session import Session, UsageError


class Told(Protocol):
    """What was told of some bytes when they were made."""

    @property
    def bytes(self) -> int:
        """How many there are."""

    @property
    def sha256(self) -> str:
        """Their digest."""


def writable(session: Session, path: Path, *inputs: Path) -> Path:
    """Return a path at which a file can be written; asked before anything is made that could then not be kept.

    Raises:
        UsageError: It is a directory, its own directory is missing or not to be written into, or it is read from.
    """
    if any(_is_same(path, one) for one in (*inputs, *_always_read())):
        raise UsageError(session.say("{path} is read by this command: name another file to write", path=path))
    if path.is_dir():
        raise UsageError(session.say("{path} is a directory: name a file in it", path=path))
    if not path.parent.is_dir():
        raise UsageError(
            session.say("{path} has no directory: make {directory} first", path=path, directory=path.parent)
        )
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(session.say("{path} may not be written here: name another file", path=path))
    return path


def _always_read() -> list[Path]:
    """Name what every command reads: credentials, and what comes on stdin where that is a file."""
    credentials = os.environ.get("INCIDENTS_NATS_CREDS")
    return [*([Path(credentials)] if credentials else []), Path("/dev/stdin")]


def _is_same(path: Path, other: Path) -> bool:
    """Tell whether both are one file, by any of its names; or will be."""
    try:
        return path.samefile(other) and path.is_file()
    except OSError:
        return path.absolute() == other.absolute()


def unused(session: Session, path: Path, *, force: bool) -> Path:
    """Return a path at which nothing lies yet and a file can be written; with `force` a file may lie there.

    Raises:
        UsageError: Something lies there, or no file can be written there.
    """
    if path.exists() and not path.is_dir() and not force:
        raise UsageError(session.say("{path} is there already; --force replaces it", path=path))
    return writable(session, path)


async def save(
    session: Session, client: Client, made_by: type[Command[Any]], wanted: Download, told: Told, path: Path
) -> None:
    """Download something; the file is there when all of it is, and is what was told when the command made it.

    Raises:
        Refused: It is gone, or what arrived is not what was made.
        UsageError: The file cannot be written: the disk is full, for example.
    """
    digest, draft = hashlib.sha256(), path.with_name(f"{path.name}.part")
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    progress = Progress(*columns, console=session.err, transient=True)
    try:
        with progress if session.err.is_terminal and not session.json else nullcontext():
            task = progress.add_task(session.say("downloading"), total=told.bytes)
            with draft.open("wb") as file:
                async for part in client.download(wanted):
                    file.write(part)
                    digest.update(part)
                    progress.advance(task, len(part))
        if digest.hexdigest() != told.sha256:
            reason = session.say("what arrived is damaged: its SHA-256 differs")
            message = phrase(made_by.failure_phrase, session.language, made_by.part)
            raise Refused(Error(code=Code.UNAVAILABLE, message=message, retryable=True, details={"reason": reason}))
        draft.replace(path)
    except OSError as error:
        words = "{path} cannot be written: {reason}"
        raise UsageError(session.say(words, path=path, reason=session.say(error.strerror or str(error)))) from error
    finally:
        draft.unlink(missing_ok=True)
