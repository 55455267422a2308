"""Projects with their comments, calls and sequences, as the published interface says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.model.rules import Body, Done, No, Some, before, decimal, moment

Usable = Callable[[str, Any], bool]
MAIN = ("type_id", "status_id", "description", "start_time", "end_time")
OPENING = ("type_id", "description", "start_time", "end_time")
KINDS = ("integer", "decimal", "text", "checkbox", "datetime")
DATA = tuple(f"{kind}_{slot}" for kind in KINDS for slot in (1, 2, 3))
CATEGORIES = tuple(f"category_{slot}" for slot in range(1, 6))
WRITTEN = {"description", "text_1", "text_2", "text_3"}
CALL: dict[str, Any] = {"number": "", "duration_seconds": None, "reference": "", "notes": ""}
SEQUENCE: dict[str, Any] = {"site": None, "media_expires_at": None}


@dataclass
class Project:
    """One project."""

    number: int
    created_by: str
    fields: dict[str, Any]
    opening: dict[str, Any]
    revision: int = 1
    updated_by: str = ""
    comments: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    sequences: dict[str, dict[str, Any]] = field(default_factory=dict)

    def touch(self, who: str) -> int:
        """Count one more applied command."""
        self.revision, self.updated_by = self.revision + 1, who
        return self.revision


class Projects:
    """Every project in the order of its creation, and what is left of deleted ones."""

    def __init__(self) -> None:
        """Begin with none."""
        self.there: dict[str, Project] = {}
        self.gone: dict[str, Some] = {}
        self.last_number = 0
        self.usable: Usable = lambda _field, _value: False

    def uses(self, name: str, value: int) -> int:
        """Count the projects that have this value in this field."""
        return sum(one.fields[name] == value for one in self.there.values())

    def need(self, project_id: str) -> Project:
        """Return a project, or say what is left of it."""
        if project_id in self.gone:
            raise No("gone", **self.gone[project_id])
        if project_id not in self.there:
            raise No("gone", known=False, status=404)
        return self.there[project_id]

    def _existing(self, body: Body) -> Project:
        project = self.need(body["project_id"])
        if body.get("expected_revision") not in {None, project.revision}:
            raise No("conflict", revision=project.revision, expected_revision=body["expected_revision"])
        return project

    def _defined(self, given: dict[str, Any]) -> None:
        wrong = {name for name, value in given.items() if not self.usable(name, value)}
        if wrong:
            raise No("unknown-reference", fields=[Some(field=name) for name in given if name in wrong])

    def create(self, who: str, body: Body, told: Any) -> Done:
        """Open a project, once."""
        given = {**dict.fromkeys(OPENING), "description": "", **{name: body[name] for name in OPENING if name in body}}
        there = self.there.get(body["project_id"])
        if there is not None:
            same = [values(name, one) == values(name, there.opening[name]) for name, one in given.items()]
            if who != there.created_by or not all(same) or recorded(body) != there.opening["sequences"]:
                raise No("conflict")
            ids = list(there.opening["sequences"])
            result = Some(project_id=body["project_id"], number=there.number, sequence_ids=ids)
            return Done(result, there.revision, again=True)
        if body["project_id"] in self.gone:
            self.need(body["project_id"])
        self._defined({"type_id": body.get("type_id")})
        number = told.get("number")
        assert number > self.last_number, f"the number {number} is not new"
        self.last_number = number
        fields = {**dict.fromkeys((*MAIN, *CATEGORIES, *DATA)), **given}
        project = Project(number, who, fields, {**given, "sequences": recorded(body)}, updated_by=who)
        self.there[body["project_id"]] = project
        new = attach(project, who, body.get("sequences", []))
        return Done(Some(project_id=body["project_id"], number=number, sequence_ids=new), 1)

    def update(self, who: str, body: Body, _: Any) -> Done:
        """Change what is named."""
        project = self._existing(body)
        given = {name: body[name] for name in MAIN if name in body}
        if given.get("description", "") is None:
            given["description"] = ""
        given |= {f"category_{slot}": value for slot, value in body.get("categories", {}).items()}
        given |= body.get("data", {})
        self._defined(given)
        after = {**project.fields, **given}
        if before(after["end_time"], after["start_time"]):
            raise No("invalid")
        changed = {
            name: {"old": told(name, project.fields[name]), "new": told(name, value)}
            for name, value in given.items()
            if values(name, value) != values(name, project.fields[name])
        }
        project.fields = after
        return Done(Some(project_id=body["project_id"], changed=changed), project.touch(who))

    def delete(self, who: str, body: Body, _: Any) -> Done:
        """Delete a project; number and who did it are left."""
        project = self._existing(body)
        del self.there[body["project_id"]]
        self.gone[body["project_id"]] = Some(number=project.number, deleted_by=who, expired=False)
        return Done(Some(project_id=body["project_id"], number=project.number, expired=False), project.revision + 1)

    def add_part(self, which: str, who: str, body: Body, _: Any) -> Done:
        """Add a comment or a call, once."""
        project = self._existing(body)
        parts, key = getattr(project, f"{which}s"), f"{which}_id"
        given = {**part(which, body), "created_by": who}
        result = Some({name: body[name] for name in ("project_id", key, "direction", "at") if name in body})
        if there := parts.get(body[key]):
            if any(values(name, there[name]) != values(name, one) for name, one in given.items()):
                raise No("conflict")
            return Done(result, project.revision, again=True)
        parts[body[key]] = {**given, "edited_by": None}
        return Done(result, project.touch(who))

    def edit_part(self, which: str, who: str, body: Body, _: Any) -> Done:
        """Replace a comment or a call that is there."""
        project = self._existing(body)
        parts, key = getattr(project, f"{which}s"), f"{which}_id"
        if body[key] not in parts:
            raise No("gone", id=body[key])
        parts[body[key]] |= {**part(which, body), "edited_by": who}
        result = Some({name: body[name] for name in ("project_id", key, "direction", "at") if name in body})
        return Done(result, project.touch(who))

    def delete_part(self, which: str, who: str, body: Body, _: Any) -> Done:
        """Delete a comment or a call that is there."""
        project = self._existing(body)
        key = f"{which}_id"
        if getattr(project, f"{which}s").pop(body[key], None) is None:
            raise No("gone", id=body[key])
        return Done(Some({"project_id": body["project_id"], key: body[key]}), project.touch(who))

    def add_sequences(self, who: str, body: Body, _: Any) -> Done:
        """Attach what is not attached."""
        project = self._existing(body)
        new = attach(project, who, body["sequences"])
        return Done(Some(project_id=body["project_id"], sequence_ids=new), project.touch(who))

    def remove_sequences(self, who: str, body: Body, _: Any) -> Done:
        """Detach all that are named, or none."""
        project = self._existing(body)
        for one in body["sequence_ids"]:
            if one not in project.sequences:
                raise No("gone", id=one)
        for one in body["sequence_ids"]:
            project.sequences.pop(one, None)
        return Done(Some(project_id=body["project_id"]), project.touch(who))

    def remove_all_sequences(self, who: str, body: Body, _: Any) -> Done:
        """Detach every one."""
        project = self._existing(body)
        project.sequences.clear()
        return Done(Some(project_id=body["project_id"]), project.touch(who))


def attach(project: Project, who: str, sequences: list[dict[str, Any]]) -> list[str]:
    """Attach each sequence once; return which are new."""
    new = []
    for one in sequences:
        if one["sequence_id"] not in project.sequences:
            project.sequences[one["sequence_id"]] = {**SEQUENCE, **one, "added_by": who}
            new.append(one["sequence_id"])
    return new


def recorded(body: Body) -> dict[str, Any]:
    """Return the sequences that a body names, each once, as they compare."""
    found: dict[str, Any] = {}
    for one in body.get("sequences", []):
        found.setdefault(one["sequence_id"], {name: values(name, value) for name, value in {**SEQUENCE, **one}.items()})
    return found


def part(which: str, body: Body) -> dict[str, Any]:
    """Return what a body says of a comment or a call."""
    about = {"project_id", "expected_revision"}
    return {**(CALL if which == "call" else {}), **{name: one for name, one in body.items() if name not in about}}


def values(name: str, value: Any) -> Any:
    """Return a value as it compares."""
    if not isinstance(value, str) or name in WRITTEN or name in {"text", "party"}:
        return value
    return decimal(value) if name.startswith("decimal_") else moment(value)


def told(name: str, value: Any) -> Any:
    """Return a value as an event tells it: nothing that a person wrote."""
    return None if name in WRITTEN else value
