"""Names of a project's fields and values: those of the site, in the language of the reader."""

from collections.abc import Iterable, Mapping
from copy import copy
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from contracts.administration_queries import Properties
from contracts.figures import duration, size
from contracts.printable import on_one_line
from contracts.projects.queries import ProjectRow
from contracts.projects.redaction import is_redacted
from incidents.terminal.tables.sheet import local
from incidents.terminal.text.words import field_word, number, say, value_of

_MOMENTS: Final = frozenset({"at", "start", "end", "since", "until", "created_before"})
_ENDS: Final = frozenset({"old", "new"})
_PART_ORDER: Final = (
    *("number", "type_id", "status_id", "reference", "description", "start_time", "end_time"),
    *("start", "end", "camera_name", "camera_id", "site", "media_expires_at"),
)
"""The order in which people read the fields of a part; the wire has none."""

_CALL_ORDER: Final = ("at", "direction", "party", "number", "duration_seconds", "notes", "reference")

_OF_CALLS: Final = {"number": "Telephone", "duration_seconds": "Duration"}
_PLAIN_OF_CALLS: Final = {**_OF_CALLS, "duration_seconds": "Duration (s)"}
_SIZES: Final = frozenset({"size", "log_archive_bytes"})
_LABELS: Final = {
    "type_id": "Type",
    "status_id": "Status",
    "description": "Description",
    "start_time": "Start",
    "end_time": "End",
}


class Names:
    """The names of properties by their ids; an id without a known name is its own name."""

    def __init__(self, properties: Properties | None) -> None:
        self._hidden = properties is None
        self.by_id: dict[int, str] = {}
        self.by_field: dict[str, str] = {}
        if properties is None:
            return
        values = [value for category in properties.categories for value in category.values]
        for property_ in (*properties.types, *properties.statuses, *values):
            self.by_id[property_.id] = property_.name
        self.by_field |= {f"category_{each.slot}": each.name for each in properties.categories if each.enabled}
        fields = [each for each in properties.data_fields if each.enabled]
        self.by_field |= {f"{each.kind}_{each.slot}": each.name for each in fields}

    def of(self, property_id: int | None) -> str:
        """Return the name of a type, a status or a value."""
        return self.by_id.get(property_id, str(property_id)) if property_id is not None else ""

    def cover(self, rows: Iterable[ProjectRow]) -> bool:
        """Tell whether the types and statuses of these projects have known names, or names are hidden."""
        assigned = {property_id for row in rows for property_id in (row.type_id, row.status_id)} - {None}
        return self._hidden or assigned <= self.by_id.keys()

    def label(self, field: str) -> str:
        """Return the name of a category or a data field."""
        return self.by_field.get(field, field)

    def then(self, labels: Mapping[str, str | None], values: Mapping[str, str | None]) -> "Names":
        """Return the names of another time: of fields, and of properties by their ids."""
        names = copy(self)
        names.by_field = self.by_field | {field: label for field, label in labels.items() if label}
        names.by_id = self.by_id | {int(property_id): name for property_id, name in values.items() if name}
        return names


def labels_of(properties: Properties) -> dict[str, str]:
    """Return the names of all categories and data fields, also of disabled ones, for refusals."""
    labels = {f"category_{category.slot}": category.name for category in properties.categories}
    return labels | {f"{field.kind}_{field.slot}": field.name for field in properties.data_fields}


def field_label(name: str, names: Names, language: str) -> str:
    """Return the name of a project's field for people."""
    if name in _LABELS:
        return say(language, _LABELS[name])
    known = names.label(name)
    return field_word(language, name) if known == name else known


def _part_label(name: str, part: Mapping[str, Any], names: Names, language: str, *, plain: bool) -> str:
    """Return the name of a part's field; the number of a call is that of a telephone, and a plain duration has a unit.

    What was edited of a call may be its duration alone.
    """
    is_of_call = "direction" in part or name == "duration_seconds"
    in_call = (_PLAIN_OF_CALLS if plain else _OF_CALLS).get(name) if is_of_call else None
    return say(language, in_call) if in_call else field_label(name, names, language)


def field_value(field: str, value: Any, names: Names, language: str, *, plain: bool = False) -> str:
    """Return a field's value for people: names of properties, local times, and parts field by field.

    `plain` is for spreadsheets: numbers without spaces between thousands, times with their offset, spans in seconds.
    """
    match value:
        case None | "":
            return ""
        case int() if field in _SIZES and not plain:
            return size(value, language)
        case int() if field == "duration_seconds" and not plain:
            return duration(value, language)
        case int() if field.startswith(("type_id", "status_id", "category_")):
            return on_one_line(names.of(value))
        case dict():
            return _part_value(value, names, language, plain=plain)
        case _:
            return _single(field, value, language, plain=plain)


def _part_value(value: Mapping[str, Any], names: Names, language: str, *, plain: bool) -> str:
    """Return a part for people, field by field; or what stands for redacted words."""
    if is_redacted(value):
        return say(language, "(redacted)")
    texts = {
        _part_label(name, value, names, language, plain=plain): field_value(name, inner, names, language, plain=plain)
        for name, inner in in_reading_order(value)
    }
    lines = ((on_one_line(name), text) for name, text in texts.items() if text)
    return "\n".join(say(language, "{label}: {value}", label=name, value=text) for name, text in lines)


def in_reading_order(fields: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return fields as people read them: the start before the end; unknown fields last, in their own order."""
    order = _CALL_ORDER if "direction" in fields else _PART_ORDER
    return sorted(fields.items(), key=lambda each: order.index(each[0]) if each[0] in order else len(order))


def times_in(field: str, value: Any) -> tuple[datetime, ...]:
    """Return the times that a field's value shows, also those of its parts."""
    match value:
        case datetime():
            return (value,)
        case dict():
            parts = [(field if name in _ENDS else name, inner) for name, inner in value.items()]
            return tuple(time for name, inner in parts for time in times_in(name, inner))
        case list():
            return tuple(time for inner in value for time in times_in(field, inner))
        case str() if _is_time(field):
            return (datetime.fromisoformat(value),)
        case _:
            return ()


def _is_time(field: str) -> bool:
    return field.startswith("datetime_") or field.endswith(("_time", "_at")) or field in _MOMENTS


def _single(field: str, value: Any, language: str, *, plain: bool) -> str:
    match value:
        case bool():
            return say(language, "yes" if value else "no")
        case datetime():
            return value.astimezone().isoformat() if plain else local(value, language)
        case str() if _is_time(field):
            return _single(field, datetime.fromisoformat(value), language, plain=plain)
        case float() | Decimal():
            return str(value) if plain else number(value, language)
        case str() if field.startswith("decimal_"):
            return value if plain else number(value, language)
        case _:
            return on_one_line(value_of(language, field, str(value)))
