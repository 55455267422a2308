"""Logs: constant event names with fields, to the console on a terminal and to rotating files (SYS-01 to SYS-03)."""

import logging
import logging.handlers
import shutil
import sys
import traceback
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import structlog

from contracts.printable import on_one_line, printable

ARCHIVE_BYTES = 10_000_000
"""The default size at which a file is moved into `Archive/`."""


def archive_path(path: Path) -> Path:
    """Return the path for archiving a log file now: in `Archive/` next to it, named by the time (UTC)."""
    archive = path.parent / "Archive"
    archive.mkdir(mode=0o700, exist_ok=True)
    closed = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    return archive / f"{path.stem}-{closed}{path.suffix}"


class ArchivingHandler(logging.handlers.RotatingFileHandler):
    """Writes a log file, which is moved into the sub-folder `Archive` when it is full."""

    def __init__(self, path: Path, archive_bytes: int = ARCHIVE_BYTES) -> None:
        """Create the folder of `path` and, so that an unwritable one is found at once, the file.

        Raises:
            OSError: The folder or the file cannot be created or written.
        """
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.open("a").close()
        super().__init__(path, maxBytes=archive_bytes, backupCount=1, encoding="utf-8", delay=True)

    def doRollover(self) -> None:  # noqa: N802 - the parent class's name
        """Archive the full file."""
        if self.stream:
            self.stream.close()
            self.stream = None
        path = Path(self.baseFilename)
        shutil.move(path, archive_path(path))


def without_text(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its type and place: its message may quote what a person wrote."""
    exception = entry.pop("exc_info", None)
    error = sys.exc_info()[1] if exception is True else exception[1] if isinstance(exception, tuple) else exception
    if isinstance(error, BaseException):
        entry.update(describe(error))
        entry["traceback"] = "".join(traceback.format_tb(error.__traceback__))
    return entry


def on_terminal(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Clean an entry for a terminal: a subject or a header may hold what a client wrote."""
    for name, value in entry.items():
        if not isinstance(value, bool | int | float | None):
            text = value if isinstance(value, str) else repr(value)
            entry[name] = printable(text) if name == "traceback" else on_one_line(text)
    return entry


def describe(error: BaseException) -> dict[str, str]:
    """Return an error's type and, for a database error, its SQLSTATE, but never its message."""
    cause = getattr(error, "orig", None) or error
    fields = {"error": type(cause).__qualname__}
    if state := getattr(cause, "sqlstate", None):
        fields["sqlstate"] = state
    return fields


Render: TypeAlias = Callable[[Any, str, MutableMapping[str, Any]], str]


def configure(worker: str, folder: Path | None, adapt: Callable[[Render], Render] | None = None) -> None:
    """Route structlog and the standard library through one pipeline; `adapt` changes what a terminal shows."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, without_text, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers = [_console(shared, adapt)]
    if folder:
        root.handlers.append(_file(shared, folder / f"{worker}.log"))
    root.setLevel(logging.INFO)
    for noisy in ("nats", "faststream", "uvicorn", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # its warnings repeat messages about the data


def _formatter(shared: list[Any], *renderers: Any) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
    )


def _console(shared: list[Any], adapt: Callable[[Render], Render] | None) -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    for_people: Render = structlog.dev.ConsoleRenderer()
    shown = [on_terminal, adapt(for_people) if adapt else for_people]
    renderers = shown if sys.stderr.isatty() else [structlog.processors.JSONRenderer()]
    handler.setFormatter(_formatter([*shared, without_text], *renderers))
    return handler


def _file(shared: list[Any], path: Path) -> logging.Handler:
    handler = ArchivingHandler(path)
    handler.setFormatter(_formatter([*shared, without_text], structlog.processors.JSONRenderer()))
    return handler


def set_archive_bytes(size: int) -> None:
    """Set the size in bytes at which every log file of this process is archived."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, ArchivingHandler):
            handler.maxBytes = size
