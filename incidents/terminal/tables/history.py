"""The history of a project as a table."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from contracts.projects.history import HistoryEntry
from contracts.values import compose
from incidents.terminal.tables.sheet import Cell, Sheet, paragraph, table
from incidents.terminal.tables.values import Names, field_label, field_value, times_in
from incidents.terminal.text.words import say

_UNSEEN: Final = "only spaces, line ends or the code of a letter changed"


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
            *_change(entry, then, language),
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


def _change(entry: HistoryEntry, names: Names, language: str) -> tuple[Cell, Cell]:
    """Return what was and what is, with a remark if people cannot see the difference."""
    before, after = (_changed(entry.field, value, names, language) for value in (entry.old, entry.new))
    if not (_is_text(entry.old) and _is_text(entry.new) and _seen(before) == _seen(after) != []):
        return before, after
    return before, after._replace(shown=paragraph(f"{after.shown} ({say(language, _UNSEEN)})"))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, Mapping) and all(isinstance(text, str) for text in value.values())
    )


def _seen(cell: Cell) -> list[str]:
    """Return the words of a cell as they look: without spaces and line ends, and with composed accents."""
    words: list[str] = compose(str(cell.shown)).split()
    return words


def _changed(field: str, value: Any, names: Names, language: str) -> Cell:
    shown, whole = (paragraph(field_value(field, value, names, language, plain=plain)) for plain in (False, True))
    return Cell(shown, whole, times_in(field, value))
