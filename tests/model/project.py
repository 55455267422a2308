"""One project as a plain object: its fields, its parts, and all that was ever changed in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.model.rules import Subset, decimal, moment

MAIN = ("type_id", "status_id", "reference", "description", "start_time", "end_time")
CREATION_FIELDS = ("type_id", "reference", "description", "start_time", "end_time")
KINDS = ("integer", "decimal", "text", "checkbox", "datetime")
DATA = tuple(f"{kind}_{slot}" for kind in KINDS for slot in (1, 2, 3))
CATEGORIES = tuple(f"category_{slot}" for slot in range(1, 6))
WRITTEN = {"reference", "description", "text_1", "text_2", "text_3"}
CALL: dict[str, Any] = {"number": "", "duration_seconds": None, "reference": "", "notes": ""}
RECORDING = ("camera_id", "camera_name", "site", "start", "end", "media_expires_at")
SECTIONS = {"comment": "comments", "call": "calls", "sequence": "sequences"}


class FieldChange(NamedTuple):
    """What one field or part was and is."""

    name: str
    part_id: str | None
    old: Any
    new: Any


class Revision(NamedTuple):
    """What one command changed."""

    revision: int
    by: str
    at: str
    past: FieldChange


@dataclass
class Project:
    """One project."""

    number: int
    created_by: str
    created_at: str
    fields: dict[str, Any]
    updated_by: str
    updated_at: str
    imported: bool = False
    retention_exempt: bool = False
    creation: dict[str, Any] = field(default_factory=dict)
    revision: int = 1
    comments: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    sequences: dict[str, dict[str, Any]] = field(default_factory=dict)
    history: list[Revision] = field(default_factory=list)

    def opened(self, *, how: str = "") -> "Project":
        """Begin the past with what is known now, and `how` it was opened: `from_draft` or `imported`."""
        known = {name: self.fields[name] for name in MAIN}
        self.remember([FieldChange("project", None, None, Subset(known, **({how: True} if how else {})))])
        return self

    def remember(self, past: list[FieldChange]) -> None:
        """Keep what the last command changed."""
        self.history += [Revision(self.revision, self.updated_by, self.updated_at, change) for change in past]

    def touch(self, principal: str, at: str, past: list[FieldChange]) -> int:
        """Count one more applied command."""
        self.revision, self.updated_by, self.updated_at = self.revision + 1, principal, at
        self.remember(past)
        return self.revision

    def attach(self, sequences: list[dict[str, Any]], principal: str, at: str) -> list[FieldChange]:
        """Attach each sequence that is not there; return what that adds to the past."""
        past = []
        for sequence in sequences:
            if sequence["sequence_id"] not in self.sequences:
                self.sequences[sequence["sequence_id"]] = {**sequence, "added_by": principal, "added_at": at}
                past.append(FieldChange("sequence", sequence["sequence_id"], None, recording(sequence)))
        return past

    def detach(self, ids: list[str]) -> list[FieldChange]:
        """Detach sequences; return what that adds to the past."""
        return [
            FieldChange("sequence", sequence_id, recording(self.sequences.pop(sequence_id)), None)
            for sequence_id in dict.fromkeys(ids)
        ]

    def removal(self, part_id: str) -> Subset:
        """Say who removed a part last, or that it never was here."""
        removed = [change for change in self.history if change.past.part_id == part_id and change.past.new is None]
        if not removed:
            return Subset(id=part_id, known=False, status=404)
        return Subset(id=part_id, deleted_by=removed[-1].by, deleted_at=removed[-1].at)

    def cameras(self) -> set[str]:
        """Return the cameras whose recordings it has."""
        return {sequence["camera_id"] for sequence in self.sequences.values()}


def recording(sequence: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of a recording."""
    return {name: sequence.get(name) for name in RECORDING}


def recordings(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the recordings that a body names, each once, as they compare."""
    changes: dict[str, Any] = {}
    for sequence in body.get("sequences", []):
        changes.setdefault(
            sequence["sequence_id"], {name: values(name, state) for name, state in recording(sequence).items()}
        )
    return changes


def part(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a body says of a comment or a call."""
    ignored = {"project_id", "expected_revision", f"{kind}_id"}
    return {**(CALL if kind == "call" else {}), **{name: value for name, value in body.items() if name not in ignored}}


def of_part(kind: str, state: dict[str, Any]) -> Any:
    """Return a comment or call as the past has it: a comment is its text."""
    return state["text"] if kind == "comment" else state


def values(name: str, value: Any) -> Any:
    """Return a value as it compares."""
    if not isinstance(value, str) or name in WRITTEN or name in {"text", "party"}:
        return value
    return decimal(value) if name.startswith("decimal_") else moment(value)


def value_in_event(name: str, value: Any) -> Any:
    """Return a value as an event tells it: nothing that a person wrote."""
    return None if name in WRITTEN else value


def differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Name the fields of `new` that are not as they were."""
    return [name for name, value in new.items() if values(name, value) != values(name, old.get(name))]
