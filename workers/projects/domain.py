"""The rules of projects: pure decisions on plain values, each refusing with the code of the wire."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from contracts.errors import Code, Refusal
from contracts.message import Change
from contracts.projects import CreateProject, UpdateProject
from contracts.texts import Part

Row = Mapping[Any, Any]
MAIN_DETAILS = ("type_id", "status_id", "description", "start_time", "end_time")
_WRITTEN = frozenset({"description", "text_1", "text_2", "text_3"})
"""Fields whose values never leave the database (events carry no free text)."""

EMPTY = {
    "status_id": None,
    **{f"category_{slot}": None for slot in range(1, 6)},
    **{
        f"{kind}_{slot}": None
        for kind in ("integer", "decimal", "text", "checkbox", "datetime")
        for slot in range(1, 4)
    },
}
"""A new project has no status (PRJ-15), no category and no data."""


def present(project: Row | None, tombstone: Row | None, part: Part | None) -> Row:
    """Return the project, or refuse."""
    if project is None:
        raise gone(tombstone, part)
    return project


def tombstone(told: Row) -> dict[str, Any]:
    """Read a tombstone from JSON."""
    return {**told, "project_id": UUID(told["project_id"]), "deleted_at": datetime.fromisoformat(told["deleted_at"])}


def gone(tombstone: Row | None, part: Part | None) -> Refusal:
    """Say that a project was deleted, when and by whom, or that it never was here."""
    if tombstone is None:
        return Refusal(Code.GONE, part=part, status=404, known=False)
    return Refusal(
        Code.GONE,
        part=part,
        number=tombstone["number"],
        deleted_at=tombstone["deleted_at"].isoformat(),
        deleted_by=tombstone["deleted_by"],
        expired=tombstone["expired"],
    )


def unchanged_since(project: Row, expected_revision: int | None) -> None:
    """Refuse when somebody changed the project after the caller had read it."""
    if expected_revision is not None and expected_revision != project["revision"]:
        raise Refusal(
            Code.CONFLICT,
            revision=project["revision"],
            expected_revision=expected_revision,
            changed_by=project["updated_by"],
            changed_at=project["updated_at"].isoformat(),
        )


def touched(project: Row, by: str, at: datetime, changes: Row | None = None) -> dict[str, Any]:
    """Return the project with its changes and its next revision."""
    return {
        **project,
        **(changes or {}),
        "revision": project["revision"] + 1,
        "updated_by": by,
        "updated_at": at,
    }


def new_project(command: CreateProject, number: int, by: str, at: datetime) -> dict[str, Any]:
    """Return a project at its first revision."""
    return {
        "id": command.project_id,
        "number": number,
        "revision": 1,
        "type_id": command.type_id,
        "description": command.description,
        "start_time": command.start_time,
        "end_time": command.end_time,
        **EMPTY,
        "created_by": by,
        "created_at": at,
        "updated_by": by,
        "updated_at": at,
        "imported": False,
        "retention_exempt": False,
    }


def opening(command: CreateProject, by: str) -> dict[str, Any]:
    """Return what a repeated creation must find: anything else would be lost without a word."""
    given = {name: getattr(command, name) for name in ("type_id", "description", "start_time", "end_time")}
    return {**given, "created_by": by, "imported": False}


def wanted_changes(command: UpdateProject) -> dict[str, Any]:
    """Return the columns that an update names, with their new values: absent = unchanged, null = cleared."""
    wanted = {name: getattr(command, name) for name in MAIN_DETAILS if name in command.model_fields_set}
    if "description" in wanted:
        wanted["description"] = wanted["description"] or ""
    wanted |= {f"category_{slot}": value for slot, value in command.categories.items()}
    wanted |= {name: getattr(command.data, name) for name in command.data.model_fields_set}
    return wanted


def in_order(project: Row, wanted: Row) -> None:
    """Refuse an end before the start, whichever of the two was there already."""
    start = wanted.get("start_time", project["start_time"])
    end = wanted.get("end_time", project["end_time"])
    if start and end and end < start:
        raise Refusal(Code.INVALID, fields=[{"field": "end_time", "kind": "end_before_start"}])


def defined(wanted: Row, references: Mapping[int, tuple[str, int | None]], enabled: Collection[str]) -> None:
    """Refuse a type, status, value, category or field that is not defined or not enabled."""
    unknown = [name for name, value in wanted.items() if not _is_defined(name, value, references, enabled)]
    if unknown:
        raise Refusal(
            Code.UNKNOWN_REFERENCE, fields=[{"field": name, "value": _told(name, wanted)} for name in unknown]
        )


def _is_defined(
    name: str, value: Any, references: Mapping[int, tuple[str, int | None]], enabled: Collection[str]
) -> bool:
    if value is None:
        return True
    if name == "type_id":
        return references.get(value) == ("type", None)
    if name == "status_id":
        return references.get(value) == ("status", None)
    if name.startswith("category_"):
        return name in enabled and references.get(value) == ("category-value", int(name[-1]))
    return name in enabled or name in MAIN_DETAILS


def _told(name: str, values: Row) -> int | bool | str | None:
    """Return a value as an event or refusal may carry it: nothing that a person wrote."""
    value = values[name]
    if name in _WRITTEN or value is None:
        return None
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def changed_fields(project: Row, wanted: Row) -> dict[str, Change]:
    """Name the fields that really change, with old and new values only where nobody wrote them."""
    return {
        name: Change(old=_told(name, project), new=_told(name, wanted))
        for name in wanted
        if wanted[name] != project[name]
    }


def same_creation(there: Row, given: Row) -> None:
    """Accept a repeated creation of the same thing; refuse another thing under the same id."""
    if any(there[name] != value for name, value in given.items()):
        raise Refusal(Code.CONFLICT, reason="this id is taken by something else; make a new id")


def part_present(part: Row | None, which: Part, part_id: UUID) -> Row:
    """Return the comment, call or sequence, or refuse: it was deleted."""
    if part is None:
        raise Refusal(Code.GONE, part=which, id=str(part_id))
    return part
