"""Answers as people read them: tables and lists."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any, Final

from rich.console import RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from client.terminal.tables import facts, local, one_line, paragraph, table
from client.terminal.words import say
from contracts.administration_queries import Properties, Property
from contracts.audit import Entry
from contracts.drafts import DraftedSequence
from contracts.printable import on_one_line
from contracts.project_history import HistoryEntry
from contracts.project_queries import ProjectDetails, ProjectRow

__all__ = ["facts", "local", "one_line", "paragraph", "table"]
_MOMENTS: Final = frozenset({"at", "start", "end", "media_expires_at"})
_DIGEST_SHOWN: Final = 16
_LABELS: Final = {
    "type_id": "Type",
    "status_id": "Status",
    "description": "Description",
    "start_time": "Start",
    "end_time": "End",
}


class Names:
    """The names of properties by their ids; an id without a known name stands for itself."""

    def __init__(self, properties: Properties | None) -> None:
        self._hidden = properties is None
        self.by_id: dict[int, str] = {}
        self.by_field: dict[str, str] = {}
        if properties is None:
            return
        values = [value for category in properties.categories for value in category.values]
        for one in (*properties.types, *properties.statuses, *values):
            self.by_id[one.id] = one.name
        self.by_field |= {f"category_{each.slot}": each.name for each in properties.categories if each.enabled}
        fields = [each for each in properties.data_fields if each.enabled]
        self.by_field |= {f"{each.kind}_{each.slot}": each.name for each in fields}

    def of(self, property_id: int | None) -> str:
        """Name a type, a status or a value."""
        return self.by_id.get(property_id, str(property_id)) if property_id is not None else ""

    def cover(self, rows: Iterable[ProjectRow]) -> bool:
        """Tell whether all that these projects are assigned has a name, where names are shown at all."""
        assigned = {one for row in rows for one in (row.type_id, row.status_id)} - {None}
        return self._hidden or assigned <= self.by_id.keys()

    def label(self, field: str) -> str:
        """Name a category or a data field."""
        return self.by_field.get(field, field)

    def then(self, labels: Mapping[str, str | None], values: Mapping[str, str | None]) -> "Names":
        """Return the names of another time: of fields, and of properties by their ids."""
        made = copy(self)
        made.by_field = self.by_field | {field: one for field, one in labels.items() if one}
        made.by_id = self.by_id | {int(one): name for one, name in values.items() if name}
        return made


def project_rows(rows: Iterable[ProjectRow], names: Names, language: str) -> RenderableType:
    """Show a list of projects."""
    listed = list(rows)
    elsewhere = ["Reference"] if any(row.reference for row in listed) else []
    cells = (
        (
            row.number,
            *(one_line(row.reference or "") for _ in elsewhere),
            local(row.created_at, language),
            one_line(names.of(row.type_id)),
            names.of(row.status_id),
            one_line(row.description or ""),
            row.created_by,
        )
        for row in listed
    )
    return table(language, "Number", *elsewhere, "Created", "Type", "Status", "Description", "By", rows=cells)


def project(details: ProjectDetails, names: Names, language: str) -> list[RenderableType]:
    """Show all that a project holds, under the names that its fields had when they were filled in."""
    names = _then(details, names, language)
    main = facts(language, _main_details(details, names, language))
    shown: list[RenderableType] = [
        Rule(say(language, "Project {number}", number=details.number), align="left"),
        main,
    ]
    for heading, part in _parts(details, names, language):
        shown += [Text(f"\n{say(language, heading)}", style="bold"), part]
    return shown


def _then(details: ProjectDetails, names: Names, language: str) -> Names:
    chosen = {f"category_{slot}": value for slot, value in (details.categories or {}).items()}
    chosen |= {"type_id": details.type_id, "status_id": details.status_id}
    labels = {field: _named(one.label, one.label_now, language) for field, one in details.labels.items()}
    values = {
        str(chosen[field]): _named(one.value, one.value_now, language)
        for field, one in details.labels.items()
        if chosen.get(field)
    }
    return names.then(labels, values)


def _named(then: str | None, now: str | None, language: str) -> str | None:
    return say(language, "{then} (renamed since: {now})", then=then, now=now) if then and now else then


def _main_details(details: ProjectDetails, names: Names, language: str) -> list[tuple[str, object]]:
    def when(time: datetime, by: str) -> str:
        return f"{local(time, language)}  {on_one_line(by)}"

    held = details.hold
    return [
        ("Id", details.project_id),
        ("Reference", details.reference or ""),
        ("Type", names.of(details.type_id)),
        ("Status", names.of(details.status_id)),
        ("Description", details.description or ""),
        ("Start", local(details.start_time, language)),
        ("End", local(details.end_time, language)),
        ("Created", when(details.created_at, details.created_by)),
        ("Updated", when(details.updated_at, details.updated_by)),
        ("Revision", details.revision),
        ("Imported", say(language, "yes") if details.imported else ""),
        ("Exempt from retention", say(language, "yes") if details.retention_exempt else ""),
        ("Under hold", f"{when(held.held_at, held.held_by)}  {held.reason}" if held else ""),
        ("Not shown to you", ", ".join(details.withheld)),
        ("Too large to show here", ", ".join(details.too_large)),
    ]


def _parts(details: ProjectDetails, names: Names, language: str) -> Iterable[tuple[str, RenderableType]]:
    if details.categories:
        categories = {f"category_{slot}": value for slot, value in details.categories.items() if value}
        chosen = [(names.label(field), names.of(value)) for field, value in categories.items()]
        yield "Categories", _pairs(chosen, language)
    if details.data:
        known = [(names.label(name), value) for name, value in details.data.items() if value is not None]
        yield "Incident data", _pairs(known, language)
    if details.comments:
        comments = ((local(one.created_at, language), one.created_by, one.text) for one in details.comments)
        yield "Comments", _numbered(comments)
    if details.calls:
        calls = (
            (local(one.at, language), one.direction, f"{one.party} {one.number}  {one.notes}") for one in details.calls
        )
        yield "Calls", _numbered(calls)
    if details.sequences:
        sequences = (
            (local(one.start, language), local(one.end, language), one.camera_name) for one in details.sequences
        )
        yield "Sequences", _numbered(sequences)


def _pairs(pairs: Iterable[tuple[str, object]], language: str) -> RenderableType:
    def written(value: object) -> object:
        return say(language, "yes" if value else "no") if isinstance(value, bool) else value

    return _lines((name, written(value)) for name, value in pairs)


def _numbered(rows: Iterable[Sequence[object]]) -> Table:
    """Number what can be corrected: `edit-comment 12 2` means the second."""
    return _lines((number, *row) for number, row in enumerate(rows, 1))


def _lines(rows: Iterable[Sequence[object]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    for row in rows:
        grid.add_row(*map(paragraph, row))
    return grid


def draft(sequences: Iterable[DraftedSequence], language: str) -> RenderableType:
    """Show a draft list; its numbers are what `draft remove` takes."""
    rows = (
        (number, one.camera_name, one.site or "", local(one.start, language), local(one.end, language))
        for number, one in enumerate(sequences, 1)
    )
    return table(language, "#", "Camera", "Site", "Start", "End", rows=rows)


def field_label(name: str, names: Names, language: str) -> str:
    """Name a field of a project as people call it."""
    if name in _LABELS:
        return say(language, _LABELS[name])
    return names.label(name)


def history(items: Iterable[HistoryEntry], names: Names, language: str) -> RenderableType:
    """Show changes, newest first, each in the words of its time."""
    rows = (
        (
            one.revision,
            local(one.at, language),
            one.by,
            field_label(one.field, then, language),
            paragraph(_value(one.field, one.old, then, language)),
            paragraph(_value(one.field, one.new, then, language)),
        )
        for one in items
        for then in (names.then({one.field: one.label}, one.names),)
    )
    return table(language, "Revision", "Time", "By", "Field", "Before", "After", rows=rows)


def _value(field: str, value: Any, names: Names, language: str) -> str:
    """Write what a field was or is: properties by their names, times by the clock of here, parts field by field."""
    match value:
        case None | "":
            return ""
        case bool():
            return say(language, "yes" if value else "no")
        case int() if field.startswith(("type_id", "status_id", "category_")):
            return on_one_line(names.of(value))
        case str() if field.startswith("datetime_") or field.endswith("_time") or field in _MOMENTS:
            return local(datetime.fromisoformat(value), language)
        case dict():
            told = {name: _value(name, one, names, language) for name, one in value.items()}
            return "\n".join(f"{on_one_line(name)}: {one}" for name, one in told.items() if one)
        case _:
            return on_one_line(str(value))


def entries(items: Iterable[Entry], language: str) -> RenderableType:
    """Show activities, newest first."""
    rows = (
        (local(one.at, language), one.actor, one.activity, one.revision or "", details_of(one.details)) for one in items
    )
    return table(language, "Time", "Actor", "Activity", "Revision", "Details", rows=rows)


def details_of(details: dict[str, Any]) -> str:
    """Write an event's fields on one line: lists by their length, changes as old and new."""
    return "  ".join(_detail(name, value) for name, value in details.items() if value not in (None, [], {}))


def _detail(name: str, value: Any) -> str:
    if name == "changed" and isinstance(value, dict):
        return "  ".join(_change(field, change) for field, change in value.items())
    if isinstance(value, dict):
        return details_of(value)
    if isinstance(value, list):
        return f"{name}={len(value)}" if len(value) > 1 else f"{name}={value[0]}"
    return f"{name}={value[:_DIGEST_SHOWN]}…" if name == "sha256" else f"{name}={value}"


def _change(field: str, change: dict[str, Any]) -> str:
    old, new = change.get("old"), change.get("new")
    if old is None and new is None:
        return field
    return f"{field}: {'–' if old is None else old} → {'–' if new is None else new}"


def properties(known: Properties, language: str) -> list[RenderableType]:
    """Show every defined property."""

    def of(heading: str, items: Iterable[Property]) -> RenderableType:
        rows = ((one.id, one.name, one.description) for one in items)
        return table(language, "Id", "Name", "Description", rows=rows, title=heading)

    closing = (
        (one.id, one.name, say(language, "yes") if one.closing else "", one.description) for one in known.statuses
    )
    statuses = table(language, "Id", "Name", "Closes", "Description", rows=closing, title=say(language, "Statuses"))
    shown = [of(say(language, "Types"), known.types), statuses]
    for each in known.categories:
        if each.enabled:
            title = f"{say(language, 'Category')} {each.slot}: {each.name} ({each.id})"
            shown.append(of(title, each.values))
    fields = ((one.id, f"{one.kind}_{one.slot}", one.name, one.description) for one in known.data_fields if one.enabled)
    heading = say(language, "Data fields")
    shown.append(table(language, "Id", "Kind", "Name", "Description", rows=fields, title=heading))
    return shown
