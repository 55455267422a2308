"""Every message of the wire: importing this module registers all of them."""

from typing import Any

from contracts import (
    administration,
    administration_queries,
    audit,
    dead_letters,
    destruction,
    expiry_warnings,
    licence,
    personal_data,
    properties,
    release_requests,
    report_batch_projects,
    report_batches,
    report_design,
    report_record,
    report_register,
    report_summaries,
    reports,
    retention,
    retention_policies,
)
from contracts.message import Command, Event, Query
from contracts.projects import commands as projects
from contracts.projects import drafts, statistics, watching
from contracts.projects import export_control as project_export_control
from contracts.projects import exports as project_exports
from contracts.projects import history as project_history
from contracts.projects import imports as project_imports
from contracts.projects import parts as project_parts
from contracts.projects import queries as project_queries
from contracts.projects import redaction as project_redaction
from contracts.projects import set_aside as project_set_aside

MODULES = (
    projects,
    project_parts,
    project_redaction,
    project_set_aside,
    project_imports,
    project_queries,
    project_history,
    project_exports,
    project_export_control,
    drafts,
    properties,
    administration,
    administration_queries,
    licence,
    dead_letters,
    reports,
    report_batch_projects,
    report_batches,
    report_summaries,
    report_design,
    report_record,
    report_register,
    retention,
    expiry_warnings,
    release_requests,
    retention_policies,
    destruction,
    audit,
    personal_data,
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
