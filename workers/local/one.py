"""Running one worker: imports what that worker needs and nothing else, because five of them start at once."""

from importlib import import_module

import uvloop

from contracts import catalogue
from workers.runtime import logs, process
from workers.runtime.settings import Settings
from workers.runtime.worker import Worker

assert catalogue.MODULES  # noqa: S101 - importing it makes every message known


def slice_of(name: str) -> Worker:
    """Return a slice's worker, with all its functions registered by importing them."""
    for part in ("handlers", "queries"):
        import_module(f"workers.{name}.{part}")
    worker: Worker = import_module(f"workers.{name}.worker").worker
    return worker


def run(name: str) -> None:
    """Run a worker in this process until SIGTERM or SIGINT, with the settings of `INCIDENTS_*` variables."""
    settings = Settings()
    logs.configure(name, settings.log_dir)
    uvloop.run(process.run(slice_of(name), settings))
