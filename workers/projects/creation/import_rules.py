"""The rules of imports: which projects are new, which exist already, and which are refused."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from contracts.errors import Code
from contracts.projects.imports import ImportedProject, ImportField, RefusedProject
from workers.projects import domain

_SAME: tuple[ImportField, ...] = ("created_at", "created_by")
"""Fields that never change: where they differ, the id belongs to another project."""


class Judgement(NamedTuple):
    """The indexes of the projects of an import by the decision about them."""

    new: list[int]
    existing: list[int]
    refused: list[RefusedProject]


class Surroundings(NamedTuple):
    """The state that an import is judged by: projects and tombstones by id, numbers, properties, and the time."""

    known: Mapping[UUID, Mapping[str, object]]
    numbers: frozenset[int]
    references: Mapping[int, tuple[str, int | None]]
    now: datetime


def judge(projects: Sequence[ImportedProject], surroundings: Surroundings) -> Judgement:
    """Judge each project against the surroundings and the projects before it."""
    judgement = Judgement([], [], [])
    ids, numbers = set[UUID](), set(surroundings.numbers)
    for index, project in enumerate(projects):
        known = surroundings.known.get(project.project_id)
        obstacle = _conflict(project, known) if known else _obstacle(project, ids, numbers, surroundings)
        if obstacle:
            judgement.refused.append(RefusedProject(index=index, code=obstacle[0], field=obstacle[1]))
        elif known:
            judgement.existing.append(index)
        else:
            judgement.new.append(index)
            ids.add(project.project_id)
            numbers |= {project.number} if project.number else set()
    return judgement


def _conflict(project: ImportedProject, known: Mapping[str, object]) -> tuple[Code, ImportField] | None:
    """Return the refusal of an id that belongs to another project; a tombstone has nothing to compare."""
    differing = (field for field in _SAME if field in known and known[field] != getattr(project, field))
    return next(((Code.CONFLICT, field) for field in differing), None)


def _obstacle(
    project: ImportedProject, ids: set[UUID], numbers: set[int], surroundings: Surroundings
) -> tuple[Code, ImportField] | None:
    """Return why a project cannot be imported, and the field at fault.

    A creation time in the future is refused: retention would end too late, and the last change precede the creation.
    """
    if project.project_id in ids:
        return Code.CONFLICT, "project_id"
    if project.number in numbers:
        return Code.CONFLICT, "number"
    if project.created_at > surroundings.now:
        return Code.INVALID, "created_at"
    if domain.value_fault("type_id", project.type_id, surroundings.references, ()):
        return Code.UNKNOWN_REFERENCE, "type_id"
    if domain.value_fault("status_id", project.status_id, surroundings.references, ()):
        return Code.UNKNOWN_REFERENCE, "status_id"
    return None
