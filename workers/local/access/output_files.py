"""Files that the command line of credentials writes where it is told to: whole, and never over a key of the site."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from workers.local.console_output import fail, say, translate

_USAGE: Final = 2


def require_place(keys: Path, out: Path | None) -> None:
    """Refuse a file that cannot be written, or that would replace a key of the site, which nobody could restore."""
    if out is None:
        return
    if out.is_dir():
        fail(say("{path} is a directory: name a file in it", path=out), _USAGE)
    if not out.parent.is_dir():
        fail(say("{path} has no directory: make {directory} first", path=out, directory=out.parent), _USAGE)
    if out.exists() and any(path.is_file() and path.samefile(out) for path in keys.rglob("*")):
        fail(say("{file} is one of the site's keys: name another file.", file=out), _USAGE)
    if not os.access(out if out.exists() else out.parent, os.W_OK):
        fail(say("{path} may not be written here: name another file", path=out), _USAGE)


def write_out(out: Path, text: str) -> None:
    """Write a private file, which appears when it is complete; a pipe or a terminal is written to."""
    with naming_what_is_not_written(out):
        if out.exists() and not out.is_file():
            out.write_text(text)
        else:
            write_private(out, text)


@contextmanager
def naming_what_is_not_written(path: Path) -> Iterator[None]:
    """End with a sentence about a file, or a directory in which one should be, that cannot be written."""
    try:
        yield
    except OSError as error:
        reason = translate(os.strerror(error.errno)) if error.errno else str(error)
        fail(say("{path} cannot be written: {reason}", path=error.filename or path, reason=reason), _USAGE)


def write_private(path: Path, text: str) -> None:
    """Write a private file atomically."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
