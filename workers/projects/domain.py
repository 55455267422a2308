"""The rules of projects: pure decisions on plain values, each refusing with the code of the wire."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from contracts.errors import Code, Refusal, project_gone
from contracts.message import Change
from contracts.permissions import Grants, Level, Node
from contracts.projects.commands import MAIN_DETAILS, UpdateProject
from contracts.projects.exports import NEEDED
from contracts.texts import Part
from contracts.values import plain
from workers.projects import visibility
from workers.projects.visibility import CHARACTERISTICS

Row = Mapping[Any, Any]
_WRITTEN = frozenset({"reference", "description", "text_1", "text_2", "text_3"})
"""Fields whose values never leave the database (events carry no free text)."""

EMPTY = dict.fromkeys(["status_id", "status_since", "status_before", *CHARACTERISTICS])
"""A new project has no status (PRJ-15), no category and no data."""

OPENED = ("type_id", "reference", "description", "start_time", "end_time")
"""Main details that a project is opened with."""

OPENING = "project"
"""The field of the entry that says that a project was opened."""

SECTIONS = {
    "comments": Node.COMMENTS,
    "calls": Node.CALLS,
    "sequences": Node.SEQUENCES,
    "hold": Node.RETENTION,
}
"""What a caller sees of a project only with a permission of its own."""


_PROPERTIES = {"type_id": "type", "status_id": "status"}
"""Main details that are properties, with their kind."""

_PART_IDS = {Part.COMMENT: "comment_id", Part.CALL: "call_id", Part.SEQUENCES: "sequence_ids"}
PARTS = {"comment": "comments", "call": "calls", "sequence": "sequences"}
"""Which section the parts of the history belong to."""

PACKAGE_KEPT = timedelta(days=1)
"""How long the package of an exported project can be fetched."""

DRAFT_KEPT = timedelta(days=30)
"""How long a sequence stays on a draft list."""


class FieldChange(NamedTuple):
    """What one field or part was and is: old is None for what was added, new for what was removed."""

    field: str
    part_id: UUID | None
    old: Any
    new: Any


class Revision(NamedTuple):
    """What one command changed."""

    revision: int
    by: str
    at: datetime
    fields: tuple[str, ...]


class Removal(NamedTuple):
    """Who removed a part, and when."""

    by: str
    at: datetime


def require_project(project: Row | None, tombstone: Row | None, part: Part | None) -> Row:
    """Return the project, or refuse."""
    if project is None:
        raise project_gone(tombstone, part)
    return project


def tombstone(told: Row) -> dict[str, Any]:
    """Read a tombstone from JSON."""
    return {**told, "project_id": UUID(told["project_id"]), "deleted_at": datetime.fromisoformat(told["deleted_at"])}


def require_unchanged_since(project: Row, expected_revision: int, steps: Iterable[Revision], grants: Grants) -> None:
    """Refuse when somebody changed the project after the caller had read it: who changed which fields, when."""
    if expected_revision == project["revision"]:
        return
    hidden = unseen(grants)
    raise Refusal(
        Code.CONFLICT,
        fields=_named("changed_meanwhile", "expected_revision"),
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
    return past_fields([*visibility.withheld_details(grants), *withheld_parts(grants)])


def past_fields(names: Collection[str]) -> list[str]:
    """Return the fields of the history that belong to these details and sections."""
    parts = [field for field, section in PARTS.items() if section in names]
    return [*parts, *(field for name, one in visibility.DETAILS.items() if name in names for field in one.fields)]


def past_shown(entry: Row, hidden: Collection[str]) -> dict[str, Any]:
    """Return an entry of the history without fields that stay hidden: those of its opening stand in one entry."""
    if entry["field"] != OPENING:
        return dict(entry)
    new = {name: one for name, one in entry["new"].items() if name not in hidden}
    assigned = {str(new.get(name)) for name in _PROPERTIES}
    names = {one: name for one, name in entry.get("names", {}).items() if one in assigned}
    return {**entry, "new": new, "names": names}


def withheld(grants: Grants, sections: Iterable[str] = tuple(SECTIONS)) -> list[str]:
    """Name the sections of a project that a caller may not see."""
    return [section for section in sections if not grants.allow(SECTIONS[section], Level.VIEW)]


def withheld_parts(grants: Grants) -> list[str]:
    """Name the sections whose past a caller may not see."""
    return withheld(grants, PARTS.values())


def require_no_hold(hold: Row | None, grants: Grants) -> None:
    """Refuse to delete a project under hold; who holds it is told to those who may see holds."""
    if hold is not None:
        by = {"held_by": hold["held_by"]} if grants.allow(Node.RETENTION, Level.VIEW) else {}
        raise Refusal(Code.HELD, fields=_named("held", "project_id"), held_at=hold["held_at"].isoformat(), **by)


def touched(project: Row, by: str, at: datetime, changes: Row | None = None) -> dict[str, Any]:
    """Return the project with its changes, since when it has its status, and its next revision."""
    wanted = changes or {}
    is_moved = wanted.get("status_id", project["status_id"]) != project["status_id"]
    return {
        **project,
        **wanted,
        **({"status_since": at, "status_before": project["status_id"]} if is_moved else {}),
        "revision": project["revision"] + 1,
        "updated_by": by,
        "updated_at": at,
    }


def wanted_changes(command: UpdateProject) -> dict[str, Any]:
    """Return the columns that an update names, with their new values: absent = unchanged, null = cleared."""
    wanted = {name: getattr(command, name) for name in MAIN_DETAILS if name in command.model_fields_set}
    if "description" in wanted:
        wanted["description"] = wanted["description"] or ""
    wanted |= {f"category_{slot}": value for slot, value in command.categories.items()}
    wanted |= {name: getattr(command.data, name) for name in command.data.model_fields_set}
    return wanted


def require_order(project: Row, wanted: Row) -> None:
    """Refuse an end before the start, whichever of the two was there already."""
    start = wanted.get("start_time", project["start_time"])
    end = wanted.get("end_time", project["end_time"])
    if start and end and end < start:
        raise Refusal(Code.INVALID, fields=[{"field": "end_time", "kind": "end_before_start"}])


def require_defined(wanted: Row, references: Mapping[int, tuple[str, int | None]], enabled: Collection[str]) -> None:
    """Refuse a type, status, value, category or field that is not defined or not enabled."""
    found = {name: undefined(name, value, references, enabled) for name, value in wanted.items()}
    unknown = [{"field": name, "kind": kind, "value": _told(name, wanted)} for name, kind in found.items() if kind]
    if unknown:
        raise Refusal(Code.UNKNOWN_REFERENCE, fields=unknown)


def undefined(
    name: str, value: Any, references: Mapping[int, tuple[str, int | None]], enabled: Collection[str]
) -> str | None:
    """Say why a field cannot have this value; None when it can."""
    if value is None:
        return None
    if name not in MAIN_DETAILS and name not in enabled:
        return "not_enabled"
    if name not in _PROPERTIES and not name.startswith("category_"):
        return None
    kind, slot = references.get(value, (None, None))
    if kind is None:
        return "not_defined"
    if kind != _PROPERTIES.get(name, "category-value"):
        return "other_kind"
    return "other_category" if slot is not None and name != f"category_{slot}" else None


def _told(name: str, values: Row) -> int | bool | str | None:
    """Return a value as an event or refusal may carry it: nothing that a person wrote."""
    value = values[name]
    if name in _WRITTEN or value is None:
        return None
    told: int | bool | str = value.isoformat() if isinstance(value, datetime) else plain(value)
    return told


def changed_fields(project: Row, wanted: Row) -> dict[str, Change]:
    """Name the fields that really change, with old and new values only where nobody wrote them."""
    return {
        name: Change(old=_told(name, project), new=_told(name, wanted))
        for name in wanted
        if wanted[name] != project[name]
    }


def require_same_creation(there: Row, given: Row, field: str) -> None:
    """Accept a repeated creation of the same thing; refuse another thing under the same id, which `field` gave."""
    if any(there[name] != value for name, value in given.items()):
        raise Refusal(Code.CONFLICT, fields=_named("id_taken", field))


def past_of(project: Row, wanted: Row) -> list[FieldChange]:
    """Return the past of every field that really changes."""
    changed = [name for name in wanted if wanted[name] != project[name]]
    return [FieldChange(name, None, plain(project[name]), plain(wanted[name])) for name in changed]


def past_of_part(field: str, part_id: UUID, old: Row, new: Row) -> list[FieldChange]:
    """Return the past of a part that was rewritten: what differs, and nothing when nothing does."""
    differs = [name for name in new if new[name] != old[name]]
    past = FieldChange(field, part_id, {name: old[name] for name in differs}, {name: new[name] for name in differs})
    return [past] if differs else []


def part_gone(which: Part, part_id: UUID, removal: Removal | None) -> Refusal:
    """Say that a comment, call or sequence was deleted, when and by whom, or that it never was here."""
    if removal is None:
        named = _named("not_here", _PART_IDS[which])
        return Refusal(Code.GONE, part=which, status=404, known=False, id=str(part_id), fields=named)
    return Refusal(
        Code.GONE,
        part=which,
        id=str(part_id),
        fields=_named("deleted", _PART_IDS[which]),
        deleted_at=removal.at.isoformat(),
        deleted_by=removal.by,
    )


def _named(kind: str, field: str) -> list[dict[str, str]]:
    return [{"field": field, "kind": kind}]


def require_package(package: Row | None, by: str, now: datetime, grants: Grants) -> Row:
    """Return a package to who made it, or refuse: it is gone, too old, or holds what may not be seen any more."""
    if package is None or package["created_by"] != by or package["created_at"] <= now - PACKAGE_KEPT:
        raise Refusal(Code.GONE, status=404, known=False, fields=_named("no_package", "package_id"))
    named = [NEEDED[one] for one in package["includes"] if one in NEEDED]
    missing = sorted(node for node in named if not grants.allow(node, Level.VIEW))
    if missing:
        raise Refusal(Code.NOT_AVAILABLE, nodes=missing, level=Level.VIEW.name.lower())
    return package
