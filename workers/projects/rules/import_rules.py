"""The rules of imports: which projects are new, which exist already, and which are refused."""

from collections.abc import Iterator, Mapping, Sequence
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
        obstacles = _conflicts(project, known) if known else _obstacles(project, ids, numbers, surroundings)
        if refused := [RefusedProject(index=index, code=code, field=field) for code, field in obstacles]:
            judgement.refused.extend(refused)
        elif known:
            judgement.existing.append(index)
        else:
            judgement.new.append(index)
            ids.add(project.project_id)
            numbers |= {project.number} if project.number else set()
    return judgement


def _conflicts(project: ImportedProject, known: Mapping[str, object]) -> Iterator[tuple[Code, ImportField]]:
    """Yield what differs under an id that belongs to another project; a tombstone has nothing to compare."""
    for field in _SAME:
        if field in known and known[field] != getattr(project, field):
            yield Code.CONFLICT, field


def _obstacles(
    project: ImportedProject, ids: set[UUID], numbers: set[int], surroundings: Surroundings
) -> Iterator[tuple[Code, ImportField]]:
    """Yield why a project cannot be imported, and the fields at fault.

    A creation time in the future is refused: retention would end too late, and the last change precede the creation.
    """
    if project.project_id in ids:
        yield Code.CONFLICT, "project_id"
    if project.number in numbers:
        yield Code.CONFLICT, "number"
    if project.created_at > surroundings.now:
        yield Code.INVALID, "created_at"
    if domain.value_fault("type_id", project.type_id, surroundings.references, ()):
        yield Code.UNKNOWN_REFERENCE, "type_id"
    if domain.value_fault("status_id", project.status_id, surroundings.references, ()):
        yield Code.UNKNOWN_REFERENCE, "status_id"
