"""Every message of the wire: importing this module makes all of them known."""

from typing import Any

from contracts import (
    administration,
    administration_queries,
    audit,
    dead_letters,
    drafts,
    licence,
    project_exports,
    project_history,
    project_imports,
    project_parts,
    project_queries,
    projects,
    properties,
    reports,
    retention,
    statistics,
    watching,
)
from contracts.message import Command, Event, Query

MODULES = (
    projects,
    project_parts,
    project_imports,
    project_queries,
    project_history,
    project_exports,
    drafts,
    properties,
    administration,
    administration_queries,
    licence,
    dead_letters,
    reports,
    retention,
    audit,
    watching,
    statistics,
)


def commands() -> dict[str, type[Command[Any]]]:
    """Return every command by its subject `worker.verb`."""
    return dict(sorted(Command.registry.items()))


def events() -> dict[str, type[Event]]:
    """Return every event by its subject `worker.happened`."""
    return dict(sorted(Event.registry.items()))


def queries() -> dict[str, type[Query[Any]]]:
    """Return every query by its subject `worker.verb`."""
    return dict(sorted(Query.registry.items()))
