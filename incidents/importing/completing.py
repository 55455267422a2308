"""Filling what is empty in projects that are here already: what an earlier import of a file left out."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple
from uuid import UUID

from contracts.errors import Code
from contracts.projects.commands import MAIN_DETAILS, UpdateProject
from contracts.projects.imports import ImportedProject
from contracts.projects.queries import ListProjects, ProjectFilter, ProjectRow
from incidents.client import Client
from incidents.errors import Refused
from incidents.importing.patience import FOR_GOOD, retry_transient

_REFERENCES: Final = 200
"""References in one filter, at most."""


class Completed(NamedTuple):
    """The places of projects that were filled, and of those that could not be, with the code of the refusal."""

    filled: list[int]
    refused: list[tuple[int, Code]]


async def complete(client: Client, projects: Mapping[int, ImportedProject], *, dry_run: bool) -> Completed:
    """Fill the empty fields of projects that are here with what their rows say; what has a value keeps it.

    Raises:
        Refused: Nothing can be filled: no permission, no licence, or nobody answers.
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
            if refused.code in FOR_GOOD:
                raise
            done.refused.append((index, refused.code))
    return done


def _update(here: ProjectRow | None, row: ImportedProject) -> UpdateProject | None:
    """Return the command that fills what is empty, or nothing where nothing is."""
    given: dict[str, Any] = {} if here is None else _missing(here, row)
    if here is None or not given:
        return None
    return UpdateProject(project_id=here.project_id, expected_revision=here.revision, **given)


def _missing(here: ProjectRow, row: ImportedProject) -> dict[str, Any]:
    wanted = {name: getattr(row, name) for name in MAIN_DETAILS}
    return {name: value for name, value in wanted.items() if value not in (None, "") and not getattr(here, name)}


async def _here(client: Client, projects: Sequence[ImportedProject]) -> dict[UUID, ProjectRow]:
    """Return the rows of a list of these projects, which are known by their numbers or references."""
    found: dict[UUID, ProjectRow] = {}
    for chosen in _filters(projects):
        query: ListProjects | None = ListProjects(filter=chosen, limit=500)
        while query:
            page = await retry_transient(partial(client.ask, query))
            if not page.withheld:  # what may not be seen is no empty field
                found |= {row.project_id: row for row in page.items}
            query = query.model_copy(update={"after": page.next}) if page.next else None
    return found


def _filters(projects: Sequence[ImportedProject]) -> Iterator[ProjectFilter]:
    numbers = [project.number for project in projects if project.number is not None]
    if numbers:
        yield ProjectFilter(numbers=numbers)
    references = [project.reference for project in projects if project.number is None and project.reference]
    for first in range(0, len(references), _REFERENCES):
        yield ProjectFilter(references=references[first : first + _REFERENCES])
