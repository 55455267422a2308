"""The rules of taking projects over: which are new, which are there already, and which cannot come."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from contracts.errors import Code
from contracts.projects.imports import ImportedProject, ImportField, RefusedProject
from workers.projects import domain

_SAME: tuple[ImportField, ...] = ("created_at", "created_by")
"""What nobody changes of a project: where it differs, another project of theirs came under the same id."""


class Judged(NamedTuple):
    """The places of the projects of an import by what becomes of them."""

    new: list[int]
    there: list[int]
    refused: list[RefusedProject]


class Surroundings(NamedTuple):
    """What is here already: projects and tombstones by id, numbers, properties; and what time it is."""

    known: Mapping[UUID, Mapping[str, object]]
    numbers: frozenset[int]
    references: Mapping[int, tuple[str, int | None]]
    now: datetime


def judge(projects: Sequence[ImportedProject], here: Surroundings) -> Judged:
    """Judge each project by itself, and after those before it."""
    judged = Judged([], [], [])
    ids, numbers = set[UUID](), set(here.numbers)
    for index, project in enumerate(projects):
        existing = here.known.get(project.project_id)
        obstacle = _other(project, existing) if existing else _obstacle(project, ids, numbers, here)
        if obstacle:
            judged.refused.append(RefusedProject(index=index, code=obstacle[0], field=obstacle[1]))
        elif existing:
            judged.there.append(index)
        else:
            judged.new.append(index)
            ids.add(project.project_id)
            numbers |= {project.number} if project.number else set()
    return judged


def _other(project: ImportedProject, existing: Mapping[str, object]) -> tuple[Code, ImportField] | None:
    """Say that another project is here under this id; a deleted one left nothing to compare."""
    differing = (field for field in _SAME if field in existing and existing[field] != getattr(project, field))
    return next(((Code.CONFLICT, field) for field in differing), None)


def _obstacle(
    project: ImportedProject, ids: set[UUID], numbers: set[int], here: Surroundings
) -> tuple[Code, ImportField] | None:
    """Say why a project cannot be taken over, and which field stands in the way.

    Nothing was created in the future: its retention would end too late, and its last change precede its creation.
    """
    if project.project_id in ids:
        return Code.CONFLICT, "project_id"
    if project.number in numbers:
        return Code.CONFLICT, "number"
    if project.created_at > here.now:
        return Code.INVALID, "created_at"
    if domain.undefined("type_id", project.type_id, here.references, ()):
        return Code.UNKNOWN_REFERENCE, "type_id"
    if domain.undefined("status_id", project.status_id, here.references, ()):
        return Code.UNKNOWN_REFERENCE, "status_id"
    return None
