"""Filling empty fields of existing projects, which an earlier import of a file left out."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple
from uuid import UUID

from contracts.errors import Code
from contracts.projects.commands import MAIN_DETAILS, UpdateProject
from contracts.projects.imports import ImportedProject
from contracts.projects.queries import ListProjects, ProjectFilter, ProjectRow
from incidents.client import Client
from incidents.errors import Refused, SuppressNotAvailable
from incidents.importing.rate_limit_retries import PERMANENT_REFUSALS, retry_transient

_REFERENCES_MAX: Final = 200
"""The most references of one filter."""


class Completed(NamedTuple):
    """The indexes of projects that were filled, and of refused ones with their codes."""

    filled: list[int]
    refusals: list[tuple[int, Code]]


async def complete(client: Client, projects: Mapping[int, ImportedProject], *, dry_run: bool) -> Completed:
    """Fill the empty fields of existing projects from their rows; other fields keep their values.

    Raises:
        Refused: Nothing can be filled: no permission, no licence, or no answer.
    """
    here = await _here(client, list(projects.values()))
    done = Completed([], [])
    for index, project in projects.items():
        update = _update(here.get(project.project_id), project)
        if update is None:
            continue
        try:
            if not dry_run:
                await retry_transient(partial(client.send, update))
            done.filled.append(index)
        except Refused as refused:
            if refused.code in PERMANENT_REFUSALS:
                raise
            done.refusals.append((index, refused.code))
    return done


def _update(here: ProjectRow | None, row: ImportedProject) -> UpdateProject | None:
    """Return the command that fills the empty fields; None if there are none."""
    values: dict[str, Any] = {} if here is None else _missing(here, row)
    if here is None or not values:
        return None
    return UpdateProject(project_id=here.project_id, expected_revision=here.revision, **values)


def _missing(here: ProjectRow, row: ImportedProject) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in MAIN_DETAILS}
    return {name: value for name, value in values.items() if value not in (None, "") and not getattr(here, name)}


async def created_here(client: Client, projects: Sequence[ImportedProject]) -> dict[UUID, datetime]:
    """Return when existing projects were created, as far as the caller may see it."""
    with SuppressNotAvailable():
        return {project_id: row.created_at for project_id, row in (await _here(client, projects)).items()}
    return {}


async def _here(client: Client, projects: Sequence[ImportedProject]) -> dict[UUID, ProjectRow]:
    """Return the existing projects, found by their numbers or references."""
    here: dict[UUID, ProjectRow] = {}
    for chosen in _filters(projects):
        query: ListProjects | None = ListProjects(filter=chosen, limit=500)
        while query:
            page = await retry_transient(partial(client.ask, query))
            if not page.withheld:  # a hidden field is not an empty one
                here |= {row.project_id: row for row in page.items}
            query = query.model_copy(update={"after": page.next}) if page.next else None
    return here


def _filters(projects: Sequence[ImportedProject]) -> Iterator[ProjectFilter]:
    numbers = [project.number for project in projects if project.number is not None]
    if numbers:
        yield ProjectFilter(numbers=numbers)
    references = [project.reference for project in projects if project.number is None and project.reference]
    for first in range(0, len(references), _REFERENCES_MAX):
        yield ProjectFilter(references=references[first : first + _REFERENCES_MAX])
