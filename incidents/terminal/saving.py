"""Saving downloads, with a check of their digest."""

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Protocol

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from contracts.downloads import Download
from contracts.errors import Code, Error
from contracts.figures import size
from contracts.message import Command
from contracts.texts import phrase
from incidents.client import Client
from incidents.errors import Refused
from incidents.terminal.session import Session, UsageError


class MadeFile(Protocol):
    """The size and digest of a file, as reported by the command that made it."""

    @property
    def bytes(self) -> int:
        """The size of the file."""

    @property
    def sha256(self) -> str:
        """The digest of the file."""


class SizeColumn(ProgressColumn):
    """How much was downloaded, of how much, in the units of the language."""

    def __init__(self, language: str) -> None:
        """Keep the language."""
        super().__init__()
        self._language = language

    def render(self, task: Task) -> Text:
        """Return both sizes."""
        done, whole = (size(int(number), self._language) for number in (task.completed, task.total or 0))
        return Text(f"{done} / {whole}", style="progress.download")


def require_writable(session: Session, path: Path, *inputs: Path) -> Path:
    """Return a path at which a file can be written; checked before anything is made that could not be saved.

    Raises:
        UsageError: It is a directory, its directory is missing or not writable, or this command reads it.
    """
    if any(_is_same(path, other) for other in (*inputs, *_always_read())):
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
    """Return the files that every command reads: credentials, and stdin if it is a file."""
    credentials = os.environ.get("INCIDENTS_NATS_CREDS")
    return [*([Path(credentials)] if credentials else []), Path("/dev/stdin")]


def _is_same(path: Path, other: Path) -> bool:
    """Tell whether both paths are, or will be, the same file."""
    try:
        return path.samefile(other) and path.is_file()
    except OSError:
        return path.absolute() == other.absolute()


def require_ending(session: Session, path: Path, words: str, *endings: str) -> None:
    """Refuse the name of a file that shows another form than the file will have.

    Raises:
        UsageError: The name has none of the endings; `words` are the sentence about it.
    """
    if path.suffix.lower() not in endings and (path.is_file() or not path.exists()):
        raise UsageError(session.say(words, path=path))


def require_unused(session: Session, path: Path, *, force: bool) -> Path:
    """Return a path at which a new file can be written; with `force`, an existing file may be replaced.

    Raises:
        UsageError: A file exists there, or none can be written there.
    """
    if path.exists() and not path.is_dir() and not force:
        raise UsageError(session.say("{path} already exists; --force replaces it", path=path))
    return require_writable(session, path)


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name when it is complete; a device or a pipe is written to, not replaced."""
    if path.exists() and not path.is_file():
        with TemporaryFile() as draft, path.open("wb") as place:
            yield draft
            draft.seek(0)
            shutil.copyfileobj(draft, place)
        return
    target = path.resolve()
    # A name of its own: the same line may be running twice.
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def cannot_write(session: Session, path: Path, error: OSError) -> UsageError:
    """Return the refusal of a file that cannot be written."""
    reason = session.say(error.strerror or str(error))
    return UsageError(session.say("{path} cannot be written: {reason}", path=path, reason=reason))


async def save(
    session: Session, client: Client, made_by: type[Command[Any]], download: Download, expected: MadeFile, path: Path
) -> None:
    """Download a file, which appears when it is complete and has the expected digest.

    Raises:
        Refused: The file is gone, or the download has another digest.
        UsageError: The file cannot be written: the disk is full, for example.
    """
    digest = hashlib.sha256()
    sizes = SizeColumn(session.language)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), sizes, TimeElapsedColumn())
    progress = Progress(*columns, console=session.err, transient=True)
    try:
        with whole_file(path) as file:
            with progress if session.err.is_terminal and not session.json else nullcontext():
                task = progress.add_task(session.say("downloading"), total=expected.bytes)
                async for part in client.download(download):
                    file.write(part)
                    digest.update(part)
                    progress.advance(task, len(part))
            if digest.hexdigest() != expected.sha256:
                reason = session.say("the download is damaged: its SHA-256 differs")
                message = phrase(made_by.failure_phrase, session.language, made_by.part)
                raise Refused(Error(code=Code.UNAVAILABLE, message=message, retryable=True, details={"reason": reason}))
    except OSError as error:
        raise cannot_write(session, path, error) from error
