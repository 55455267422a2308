"""The rules of projects: pure functions on plain values that refuse with the codes of the wire."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

from contracts.errors import Code, Refusal, project_gone
from contracts.message import Change
from contracts.permissions import Grants, Level, Node
from contracts.projects.commands import MAIN_DETAILS, UpdateProject
from contracts.projects.exports import NEEDED
from contracts.texts import Part
from contracts.values import plain
from workers.projects import visibility
from workers.projects.row_types import (
    HoldRow,
    PackageRow,
    ProjectChanges,
    ProjectRow,
    TombstoneRow,
)
from workers.projects.row_types.history_rows import HistoryEntryColumns

_WRITTEN = frozenset({"reference", "description", "text_1", "text_2", "text_3"})
"""Free text, whose values no event or refusal carries."""

CREATION_FIELDS = ("type_id", "reference", "description", "start_time", "end_time")
"""Main details that a creation may set."""

CREATION = "project"
"""The field of the history entry of a project's creation."""

SECTIONS = {
    "comments": Node.COMMENTS,
    "calls": Node.CALLS,
    "sequences": Node.SEQUENCES,
    "hold": Node.RETENTION,
}
"""The sections of a project that need a permission of their own."""


_PROPERTIES = {"type_id": "type", "status_id": "status"}
"""Main details that are properties, with their kind."""

_PART_IDS = {Part.COMMENT: "comment_id", Part.CALL: "call_id", Part.SEQUENCES: "sequence_ids"}
PARTS = {"comment": "comments", "call": "calls", "sequence": "sequences"}
"""The section that each kind of part in the history belongs to."""

PACKAGE_LIFETIME = timedelta(days=1)
"""How long the package of an exported project can be fetched."""

"""How long a sequence stays on a draft list."""


class FieldChange(NamedTuple):
    """A change of a field or part; `old` is None for an added part, `new` for a removed one."""

    field: str
    part_id: UUID | None
    old: Any
    new: Any


class Revision(NamedTuple):
    """The changes of one command."""

    revision: int
    by: str
    at: datetime
    fields: tuple[str, ...]


class Removal(NamedTuple):
    """Who removed a part, and when."""

    by: str
    at: datetime


def require_project(project: ProjectRow | None, tombstone: TombstoneRow | None, part: Part | None) -> ProjectRow:
    """Return the project, or refuse."""
    if project is None:
        raise project_gone(tombstone, part)
    return project


def require_unchanged_since(
    project: ProjectRow, expected_revision: int, revisions: Iterable[Revision], grants: Grants
) -> None:
    """Refuse if the project was changed after the caller had read it; name who changed which fields, when."""
    if expected_revision == project["revision"]:
        return
    hidden = hidden_fields(grants)
    raise Refusal(
        Code.CONFLICT,
        fields=_named("changed_meanwhile", "expected_revision"),
        revision=project["revision"],
        expected_revision=expected_revision,
        changed_by=project["updated_by"],
        changed_at=project["updated_at"].isoformat(),
        changes=[
            {
                "revision": revision.revision,
                "by": revision.by,
                "at": revision.at.isoformat(),
                "fields": [field for field in revision.fields if field not in hidden],
            }
            for revision in revisions
        ],
    )


def hidden_fields(grants: Grants) -> list[str]:
    """Return the fields of the history that a caller may not see."""
    return history_fields([*visibility.withheld_details(grants), *withheld_histories(grants)])


def history_fields(names: Collection[str]) -> list[str]:
    """Return the fields of the history that belong to these details and sections."""
    parts = [field for field, section in PARTS.items() if section in names]
    return [
        *parts,
        *(field for name, details in visibility.DETAILS.items() if name in names for field in details.fields),
    ]


def visible_entry(entry: HistoryEntryColumns, hidden: Collection[str]) -> HistoryEntryColumns:
    """Return an entry of the history without hidden fields; only a creation has several fields in one entry."""
    if entry["field"] != CREATION:
        return entry
    state: Mapping[str, Any] = entry["new"] or {}
    new = {name: value for name, value in state.items() if name not in hidden}
    assigned = {str(new.get(name)) for name in _PROPERTIES}
    names = {property_id: name for property_id, name in entry["names"].items() if property_id in assigned}
    return {**entry, "new": new, "names": names}


def withheld_sections(grants: Grants, sections: Iterable[str] = tuple(SECTIONS)) -> list[str]:
    """Name the sections of a project that a caller may not see."""
    return [section for section in sections if not grants.allow(SECTIONS[section], Level.VIEW)]


def withheld_histories(grants: Grants) -> list[str]:
    """Name the sections whose history a caller may not see."""
    return withheld_sections(grants, PARTS.values())


def require_no_hold(hold: HoldRow | None, grants: Grants) -> None:
    """Refuse to delete a project under hold; name the holder to callers who may see holds."""
    if hold is not None:
        by: dict[str, Any] = {"held_by": hold["held_by"]} if grants.allow(Node.RETENTION, Level.VIEW) else {}
        raise Refusal(Code.HELD, fields=_named("held", "project_id"), held_at=hold["held_at"].isoformat(), **by)


def next_revision(project: ProjectRow, by: str, at: datetime, changes: ProjectChanges) -> ProjectRow:
    """Return the project with its changes, its next revision, and the time of its last change of status."""
    is_moved = changes.get("status_id", project["status_id"]) != project["status_id"]
    return {
        **project,
        **changes,
        "status_since": at if is_moved else project["status_since"],
        "status_before": project["status_id"] if is_moved else project["status_before"],
        "revision": project["revision"] + 1,
        "updated_by": by,
        "updated_at": at,
    }


def requested_changes(command: UpdateProject) -> ProjectChanges:
    """Return the columns that an update names, with their new values: absent = unchanged, null = cleared."""
    changes = {name: getattr(command, name) for name in MAIN_DETAILS if name in command.model_fields_set}
    if "description" in changes:
        changes["description"] = changes["description"] or ""
    changes |= {f"category_{slot}": value for slot, value in command.categories.items()}
    changes |= {name: getattr(command.data, name) for name in command.data.model_fields_set}
    return cast("ProjectChanges", changes)


def require_order(project: ProjectRow, changes: ProjectChanges) -> None:
    """Refuse an end before the start, whichever of the two changes."""
    start = changes.get("start_time", project["start_time"])
    end = changes.get("end_time", project["end_time"])
    if start and end and end < start:
        raise Refusal(Code.INVALID, fields=[{"field": "end_time", "kind": "end_before_start"}])


def require_defined(
    changes: Mapping[str, object], references: Mapping[int, tuple[str, int | None]], enabled: Collection[str]
) -> None:
    """Refuse a type, status, value, category or data field that is not defined or not enabled."""
    kinds = {name: value_fault(name, value, references, enabled) for name, value in changes.items()}
    unknown = [{"field": name, "kind": kind, "value": _shown(name, changes)} for name, kind in kinds.items() if kind]
    if unknown:
        raise Refusal(Code.UNKNOWN_REFERENCE, fields=unknown)


def value_fault(
    name: str, value: Any, references: Mapping[int, tuple[str, int | None]], enabled: Collection[str]
) -> str | None:
    """Return why a field cannot have this value; None if it can."""
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


def _shown(name: str, values: Mapping[str, object]) -> int | bool | str | None:
    """Return a value for an event or refusal; None for free text."""
    value = values[name]
    if name in _WRITTEN or value is None:
        return None
    shown: int | bool | str = value.isoformat() if isinstance(value, datetime) else plain(value)
    return shown


def changed_names(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    """Name the columns of `new` whose values differ from the old ones."""
    return [name for name, value in new.items() if value != old[name]]


def changed_fields(project: ProjectRow, changes: ProjectChanges) -> dict[str, Change]:
    """Name the fields that really change, with their old and new values except for free text."""
    names = changed_names(project, changes)
    return {name: Change(old=_shown(name, project), new=_shown(name, changes)) for name in names}


def require_same_creation(existing: Mapping[str, object], requested: Mapping[str, object], field: str) -> None:
    """Accept a repeated creation; refuse a different one under the same id, which the command gave in `field`."""
    if changed_names(existing, requested):
        raise Refusal(Code.CONFLICT, fields=_named("id_taken", field))


def field_changes(project: Mapping[str, object], changes: Mapping[str, object]) -> list[FieldChange]:
    """Return the change of every field that really changes."""
    names = changed_names(project, changes)
    return [FieldChange(name, None, plain(project[name]), plain(changes[name])) for name in names]


def part_changes(field: str, part_id: UUID, old: Mapping[str, object], new: Mapping[str, object]) -> list[FieldChange]:
    """Return the change of an edited part, with the columns that differ; an empty list if none does."""
    names = changed_names(old, new)
    past = FieldChange(field, part_id, {name: old[name] for name in names}, {name: new[name] for name in names})
    return [past] if names else []


def part_gone(which: Part, part_id: UUID, removal: Removal | None) -> Refusal:
    """Return the refusal of a missing comment, call or sequence: deleted when and by whom, or unknown."""
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


def require_package(package: PackageRow | None, by: str, now: datetime, grants: Grants) -> PackageRow:
    """Return a package to its author, or refuse: it is unknown, has expired, or needs permissions now missing."""
    if package is None or package["created_by"] != by or package["created_at"] <= now - PACKAGE_LIFETIME:
        raise Refusal(Code.GONE, status=404, known=False, fields=_named("no_package", "package_id"))
    nodes = {NEEDED[name] for name in package["includes"] if name in NEEDED} | set(map(Node, package["report_nodes"]))
    missing = sorted(node for node in nodes if not grants.allow(node, Level.VIEW))
    if missing:
        raise Refusal(Code.NOT_AVAILABLE, nodes=missing, level=Level.VIEW.name.lower())
    return package
