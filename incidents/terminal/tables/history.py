"""The history of a project as a table."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from contracts.projects.history import HistoryEntry
from incidents.terminal.tables.sheet import Cell, Sheet, paragraph, table
from incidents.terminal.tables.values import Names, field_label, field_value, times_in


def history(
    items: Iterable[HistoryEntry], names: Names, language: str, numbers: Mapping[UUID, int] | None = None
) -> Sheet:
    """Return changes as a table, newest first, with the names of their time.

    `numbers` are those of comments, calls and sequences in `projects show`; what was deleted has none.
    """
    rows = (
        (
            entry.revision,
            entry.at,
            entry.by,
            _field(entry, then, language, numbers or {}),
            *(_changed(entry.field, value, then, language) for value in (entry.old, entry.new)),
            entry.part_id,
        )
        for entry in items
        for then in (names.then({entry.field: entry.label}, entry.names),)
    )
    return table(language, "Revision", "Time", "By", "Field", "Before", "After", rows=rows, more=("Id",))


def _field(entry: HistoryEntry, names: Names, language: str, numbers: Mapping[UUID, int]) -> Cell:
    """Return the name of a field, and for people the number of a part."""
    label = field_label(entry.field, names, language)
    number = numbers.get(entry.part_id) if entry.part_id else None
    return Cell(f"{label} {number}" if number else label, label)


def _changed(field: str, value: Any, names: Names, language: str) -> Cell:
    shown, whole = (paragraph(field_value(field, value, names, language, plain=plain)) for plain in (False, True))
    return Cell(shown, whole, times_in(field, value))
