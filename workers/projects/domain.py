"""The rules of projects: pure decisions on plain values, each refusing with the code of the wire."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, get_args
from uuid import UUID

from contracts.errors import Code, Refusal
from contracts.message import Change
from contracts.permissions import Grants, Level, Node
from contracts.project_imports import ImportedProject, ImportField
from contracts.projects import CreateProject, UpdateProject
from contracts.properties import FieldKind
from contracts.texts import Part

Row = Mapping[Any, Any]
MAIN_DETAILS = ("type_id", "status_id", "description", "start_time", "end_time")
_WRITTEN = frozenset({"description", "text_1", "text_2", "text_3"})
"""Fields whose values never leave the database (events carry no free text)."""

_FIELDS = [f"{kind}_{slot}" for kind in get_args(FieldKind) for slot in range(1, 4)]
EMPTY = dict.fromkeys(["status_id", *(f"category_{slot}" for slot in range(1, 6)), *_FIELDS])
"""A new project has no status (PRJ-15), no category and no data."""

OPENED = ("type_id", "description", "start_time", "end_time")
"""Main details that a project is opened with."""

OPENING = "project"
"""The field of the entry that says that a project was opened."""

SECTIONS = {"comments": Node.COMMENTS, "calls": Node.CALLS, "sequences": Node.SEQUENCES}
"""What a caller sees of a project only with a permission of its own."""

_PARTS = {"comment": "comments", "call": "calls", "sequence": "sequences"}


class Past(NamedTuple):
    """What one field or part was and is: old is None for what was added, new for what was removed."""

    field: str
    part_id: UUID | None
    old: Any
    new: Any


class Step(NamedTuple):
    """What one command changed."""

    revision: int
    by: str
    at: datetime
    fields: tuple[str, ...]


class Removal(NamedTuple):
    """Who removed a part, and when."""

    by: str
    at: datetime


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


def unchanged_since(project: Row, expected_revision: int, steps: Iterable[Step], grants: Grants) -> None:
    """Refuse when somebody changed the project after the caller had read it: who changed which fields, when."""
    if expected_revision == project["revision"]:
        return
    hidden = unseen(grants)
    raise Refusal(
        Code.CONFLICT,
        revision=project["revision"],
        expected_revision=expected_revision,
        changed_by=project["updated_by"],
        changed_at=project["updated_at"].isoformat(),
        changes=[
            {
                "revision": one.revision,
                "by": one.by,
                "at": one.at.isoformat(),
                "fields": [field for field in one.fields if field not in hidden],
            }
            for one in steps
        ],
    )


def unseen(grants: Grants) -> list[str]:
    """Return the fields of the history that a caller may not see."""
    return [field for field, section in _PARTS.items() if not grants.allow(SECTIONS[section], Level.VIEW)]


def withheld(grants: Grants) -> list[str]:
    """Name the sections of a project that a caller may not see."""
    return [section for section, node in SECTIONS.items() if not grants.allow(node, Level.VIEW)]


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


def opening(command: CreateProject, by: str, named: Mapping[UUID, Row]) -> dict[str, Any]:
    """Return what a creation asks for; `named` are the recordings that it names."""
    given = {name: getattr(command, name) for name in OPENED}
    return {**given, "created_by": by, "imported": False, "from_draft": command.from_draft, "sequences": named}


def opened(project: Row, past: Iterable[Past]) -> dict[str, Any]:
    """Return what a project was opened with, whatever became of it since.

    `past` is that of its first revision, and the first change of each main detail.
    """
    first: dict[str, Any] = {"from_draft": False, "sequences": {}}
    for field, part_id, old, new in past:
        if field == "sequence":
            first["sequences"][part_id] = new
        elif field == OPENING:
            first |= new
        else:
            first.setdefault(field, old)
    now = {name: project[name] for name in (*OPENED, "created_by", "imported")}
    return {**now, **first}


def same_opening(there: Row, given: Row) -> None:
    """Accept a repeated opening of the same project; refuse another one under the same id.

    What lay on the draft list at the time went in beside what was named, and is not asked for again.
    """
    named, sequences = given["sequences"], there["sequences"]
    whole = sequences if not given["from_draft"] else {one: sequences[one] for one in named if one in sequences}
    same_creation({**there, "sequences": whole}, given)


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


def import_obstacle(
    one: ImportedProject,
    ids: Collection[UUID],
    taken: Collection[int],
    references: Mapping[int, tuple[str, int | None]],
) -> tuple[Code, ImportField] | None:
    """Say why a project of another system cannot be taken over, and which field stands in the way."""
    if one.project_id in ids:
        return Code.CONFLICT, "project_id"
    if one.number in taken:
        return Code.CONFLICT, "number"
    if not _is_defined("type_id", one.type_id, references, ()):
        return Code.UNKNOWN_REFERENCE, "type_id"
    if not _is_defined("status_id", one.status_id, references, ()):
        return Code.UNKNOWN_REFERENCE, "status_id"
    return None


def same_creation(there: Row, given: Row) -> None:
    """Accept a repeated creation of the same thing; refuse another thing under the same id."""
    if any(there[name] != value for name, value in given.items()):
        raise Refusal(Code.CONFLICT, reason="this id is taken by something else; make a new id")


def past_of(project: Row, wanted: Row) -> list[Past]:
    """Return the past of every field that really changes."""
    return [Past(name, None, project[name], wanted[name]) for name in wanted if wanted[name] != project[name]]


def past_of_part(field: str, part_id: UUID, old: Row, new: Row) -> list[Past]:
    """Return the past of a part that was rewritten: what differs, and nothing when nothing does."""
    differs = [name for name in new if new[name] != old[name]]
    past = Past(field, part_id, {name: old[name] for name in differs}, {name: new[name] for name in differs})
    return [past] if differs else []


def part_gone(which: Part, part_id: UUID, removal: Removal | None) -> Refusal:
    """Say that a comment, call or sequence was deleted, when and by whom, or that it never was here."""
    if removal is None:
        return Refusal(Code.GONE, part=which, status=404, known=False, id=str(part_id))
    return Refusal(Code.GONE, part=which, id=str(part_id), deleted_at=removal.at.isoformat(), deleted_by=removal.by)
