"""The rules of creating a project, once and repeatedly."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypedDict, cast
from uuid import UUID

from contracts.projects.commands import CreateProject
from workers.projects import domain
from workers.projects.row_types import CharacteristicColumns, ProjectRow, RecordingColumns

EMPTY: CharacteristicColumns = {
    "status_id": None,
    "status_since": None,
    "status_before": None,
    "category_1": None,
    "category_2": None,
    "category_3": None,
    "category_4": None,
    "category_5": None,
    "integer_1": None,
    "integer_2": None,
    "integer_3": None,
    "decimal_1": None,
    "decimal_2": None,
    "decimal_3": None,
    "text_1": None,
    "text_2": None,
    "text_3": None,
    "checkbox_1": None,
    "checkbox_2": None,
    "checkbox_3": None,
    "datetime_1": None,
    "datetime_2": None,
    "datetime_3": None,
}
"""A new project has no status (PRJ-15), no category and no data."""


class Creation(TypedDict):
    """The fields of a project at its creation; `sequences` are its recordings by the ids of their sequences."""

    type_id: int | None
    reference: str | None
    description: str
    start_time: datetime | None
    end_time: datetime | None
    created_by: str
    imported: bool
    from_draft: bool
    sequences: Mapping[UUID, RecordingColumns]


def new_project(command: CreateProject, number: int, by: str, at: datetime) -> ProjectRow:
    """Return a project at its first revision."""
    return {
        **EMPTY,
        "id": command.project_id,
        "number": number,
        "revision": 1,
        "type_id": command.type_id,
        "reference": command.reference,
        "description": command.description,
        "start_time": command.start_time,
        "end_time": command.end_time,
        "created_by": by,
        "created_at": at,
        "updated_by": by,
        "updated_at": at,
        "imported": False,
        "retention_exempt": False,
    }


def creation_of(command: CreateProject, by: str, recordings: Mapping[UUID, RecordingColumns]) -> Creation:
    """Return the fields that a creation requests; `recordings` are those that it names."""
    return {
        "type_id": command.type_id,
        "reference": command.reference,
        "description": command.description,
        "start_time": command.start_time,
        "end_time": command.end_time,
        "created_by": by,
        "imported": False,
        "from_draft": command.from_draft,
        "sequences": recordings,
    }


def first_state(project: Mapping[str, object], past: Iterable[domain.FieldChange]) -> Creation:
    """Return the fields of a project at its creation, undoing later changes.

    `past` has the changes of its first revision, and the first change of each main detail.
    """
    first: dict[str, Any] = {"from_draft": False, "sequences": {}}
    for field, part_id, old, new in past:
        if field == "sequence":
            first["sequences"][part_id] = new
        elif field == domain.CREATION:
            first |= new
        else:
            first.setdefault(field, old)
    now = {name: project[name] for name in (*domain.CREATION_FIELDS, "created_by", "imported")}
    return cast("Creation", {**now, **first})


def require_same_request(existing: Creation, requested: Creation) -> None:
    """Accept a repeated creation of the same project; refuse another one under the same id.

    The first creation may have added sequences of the draft list; they are not compared.
    """
    named, sequences = requested["sequences"], existing["sequences"]
    if requested["from_draft"]:
        sequences = {sequence_id: sequences[sequence_id] for sequence_id in named if sequence_id in sequences}
    domain.require_same_creation({**existing, "sequences": sequences}, requested, "project_id")
