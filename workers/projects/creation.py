"""The rules of opening a project: what it is at first, and what opening it again must find."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.projects.commands import CreateProject
from workers.projects import domain

Row = Mapping[Any, Any]


def new_project(command: CreateProject, number: int, by: str, at: datetime) -> dict[str, Any]:
    """Return a project at its first revision."""
    return {
        "id": command.project_id,
        "number": number,
        "revision": 1,
        "type_id": command.type_id,
        "reference": command.reference,
        "description": command.description,
        "start_time": command.start_time,
        "end_time": command.end_time,
        **domain.EMPTY,
        "created_by": by,
        "created_at": at,
        "updated_by": by,
        "updated_at": at,
        "imported": False,
        "retention_exempt": False,
    }


def creation_of(command: CreateProject, by: str, named: Mapping[UUID, Row]) -> dict[str, Any]:
    """Return what a creation asks for; `named` are the recordings that it names."""
    given = {name: getattr(command, name) for name in domain.OPENED}
    return {**given, "created_by": by, "imported": False, "from_draft": command.from_draft, "sequences": named}


def first_state(project: Row, past: Iterable[domain.FieldChange]) -> dict[str, Any]:
    """Return what a project was opened with, whatever became of it since.

    `past` is that of its first revision, and the first change of each main detail.
    """
    first: dict[str, Any] = {"from_draft": False, "sequences": {}}
    for field, part_id, old, new in past:
        if field == "sequence":
            first["sequences"][part_id] = new
        elif field == domain.OPENING:
            first |= new
        else:
            first.setdefault(field, old)
    now = {name: project[name] for name in (*domain.OPENED, "created_by", "imported")}
    return {**now, **first}


def require_same_request(there: Row, given: Row) -> None:
    """Accept a repeated opening of the same project; refuse another one under the same id.

    What lay on the draft list at the time went in beside what was named, and is not asked for again.
    """
    named, sequences = given["sequences"], there["sequences"]
    whole = sequences if not given["from_draft"] else {one: sequences[one] for one in named if one in sequences}
    domain.require_same_creation({**there, "sequences": whole}, given, "project_id")
