"""What a redaction erases: pure functions on the changes of a project's history."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from contracts.errors import Code, Refusal
from contracts.projects.redaction import PARTS, REDACTED, RedactProject
from workers.projects.domain import CREATION, FieldChange

Texts = Mapping[str, str | None]
"""Texts by their fields."""


class RedactedChanges(NamedTuple):
    """Changes without the words, and how many texts were erased from them."""

    changes: list[dict[str, Any]]
    texts: int


class RedactedPast(NamedTuple):
    """How many texts a redaction found in the history, and whether its part was ever there."""

    texts: int
    is_known: bool


def without_words(changes: list[dict[str, Any]], command: RedactProject, present: Texts) -> RedactedChanges:
    """Erase every text of a field or part from the changes of one revision, except the present ones."""
    written, texts = list[dict[str, Any]](), 0
    for change in changes:
        names = _texts_of(change, command)
        sides = {side: _side(change[side], names, present) for side in ("old", "new") if names and side in change}
        texts += sum(count for _, count in sides.values())
        written.append({**change, **{side: value for side, (value, _) in sides.items()}})
    return RedactedChanges(written, texts)


def _texts_of(change: Mapping[str, Any], command: RedactProject) -> tuple[str, ...]:
    """Return the names of the texts in a change that the command redacts."""
    if change["field"] == CREATION:
        return (command.field,) if command.part_id is None else ()
    part_id = change.get("part_id")
    if change["field"] != command.field or (part_id and UUID(part_id)) != command.part_id:
        return ()
    return PARTS.get(command.field, (command.field,))


def _side(value: Any, names: tuple[str, ...], present: Texts) -> tuple[Any, int]:
    """Return one side of a change without words, and how many texts it lost."""
    if isinstance(value, str):
        [name] = names
        return (REDACTED, 1) if _is_erased(value, present.get(name)) else (value, 0)
    if not isinstance(value, dict):
        return value, 0
    erased = [name for name in names if _is_erased(value.get(name), present.get(name))]
    return value | dict.fromkeys(erased, REDACTED), len(erased)


def _is_erased(value: object, present: str | None) -> bool:
    return isinstance(value, str) and value not in {"", present}


def change_of(command: RedactProject, erased: Texts) -> FieldChange:
    """Return the change that the history has of a redaction; `erased` are the texts that were in force until then."""
    if not erased:
        return FieldChange(command.field, command.part_id, REDACTED, REDACTED)
    if command.field in {"call", "sequence"}:
        return FieldChange(command.field, command.part_id, dict.fromkeys(erased, REDACTED), dict.fromkeys(erased, ""))
    return FieldChange(command.field, command.part_id, REDACTED, "" if command.field == "comment" else None)


def require_words(command: RedactProject, texts: int, *, is_known: bool) -> None:
    """Refuse a redaction that would erase nothing, or of a part that never existed."""
    if not is_known:
        fields = [{"field": "part_id", "kind": "not_here"}]
        raise Refusal(Code.GONE, part=command.part, status=404, known=False, id=str(command.part_id), fields=fields)
    if not texts:
        raise Refusal(Code.INVALID, fields=[{"field": "field", "kind": "no_words"}])
