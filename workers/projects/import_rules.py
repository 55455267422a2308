"""The rules of taking projects over: which are new, which are there already, and which cannot come."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from contracts.errors import Code
from contracts.projects.imports import ImportedProject, ImportField, RefusedProject
from workers.projects import domain

Row = Mapping[Any, Any]
_SAME: tuple[ImportField, ...] = ("created_at", "created_by")
"""What nobody changes of a project: where it differs, another project of theirs came under the same id."""


class Judged(NamedTuple):
    """The places of the projects of an import by what becomes of them."""

    new: list[int]
    there: list[int]
    refused: list[RefusedProject]


class Surroundings(NamedTuple):
    """What is here already: projects and tombstones by id, numbers, properties; and what time it is."""

    known: Mapping[UUID, Row]
    numbers: frozenset[int]
    references: Mapping[int, tuple[str, int | None]]
    now: datetime


def judge(projects: Sequence[ImportedProject], here: Surroundings) -> Judged:
    """Judge each project by itself, and after those before it."""
    judged = Judged([], [], [])
    ids, numbers = set[UUID](), set(here.numbers)
    for index, one in enumerate(projects):
        there = here.known.get(one.project_id)
        obstacle = _other(one, there) if there else _obstacle(one, ids, numbers, here)
        if obstacle:
            judged.refused.append(RefusedProject(index=index, code=obstacle[0], field=obstacle[1]))
        elif there:
            judged.there.append(index)
        else:
            judged.new.append(index)
            ids.add(one.project_id)
            numbers |= {one.number} if one.number else set()
    return judged


def _other(one: ImportedProject, there: Row) -> tuple[Code, ImportField] | None:
    """Say that another project is here under this id; a deleted one left nothing to compare."""
    differing = (field for field in _SAME if field in there and there[field] != getattr(one, field))
    return next(((Code.CONFLICT, field) for field in differing), None)


def _obstacle(
    one: ImportedProject, ids: set[UUID], numbers: set[int], here: Surroundings
) -> tuple[Code, ImportField] | None:
    """Say why a project cannot be taken over, and which field stands in the way.

    Nothing was created in the future: its retention would end too late, and its last change precede its creation.
    """
    if one.project_id in ids:
        return Code.CONFLICT, "project_id"
    if one.number in numbers:
        return Code.CONFLICT, "number"
    if one.created_at > here.now:
        return Code.INVALID, "created_at"
    if domain.undefined("type_id", one.type_id, here.references, ()):
        return Code.UNKNOWN_REFERENCE, "type_id"
    if domain.undefined("status_id", one.status_id, here.references, ()):
        return Code.UNKNOWN_REFERENCE, "status_id"
    return None
