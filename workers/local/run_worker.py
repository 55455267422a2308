"""Running one worker: imports only what that worker needs, because five workers start at once."""

from importlib import import_module
from importlib.util import find_spec
from typing import Final

import uvloop

from contracts import catalogue
from workers.common import logs
from workers.common.process_settings import Settings
from workers.runtime.process import assembly
from workers.runtime.worker_definition import Worker

_ALWAYS: Final = frozenset({"handlers", "queries"})
"""Modules that every slice has; `background_work` is optional."""

assert catalogue.MODULES  # noqa: S101 - importing it makes every message known


class LogFileError(Exception):
    """The file of the log cannot be written."""

    def __init__(self, file: object, why: str) -> None:
        """Name the file and the machine's reason."""
        super().__init__(
            f"INCIDENTS_LOG_DIR: {file} cannot be written ({why}): name a directory in which this user may write, "
            "or remove the variable to log to stderr alone."
        )


def slice_of(name: str) -> Worker:
    """Return a slice's worker; importing its modules registers its functions."""
    for part in ("handlers", "queries", "personal_data", "background_work"):
        if part in _ALWAYS or find_spec(f"workers.{name}.{part}"):
            import_module(f"workers.{name}.{part}")
    worker: Worker = import_module(f"workers.{name}.worker").worker
    return worker


def run(name: str) -> None:
    """Run a worker in this process until SIGTERM or SIGINT, with the settings of `INCIDENTS_*` variables.

    Raises:
        LogFileError: The directory of the log cannot be made, or the file in it not be written.
    """
    settings = Settings()
    try:
        logs.configure(name, settings.log_dir)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise LogFileError(error.filename or settings.log_dir, why) from error
    uvloop.run(assembly.run(slice_of(name), settings))
