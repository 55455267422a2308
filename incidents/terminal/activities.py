"""Activities as tables, with their details in words and without ids."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from contracts.audit import PAGE, Entry
from contracts.permissions import Node
from contracts.printable import on_one_line
from incidents.terminal.activity_names import activity_name
from incidents.terminal.attempts import attempt_name
from incidents.terminal.tables.sheet import Cell, Sheet, one_line, table
from incidents.terminal.tables.values import Names, field_label, field_value, in_reading_order, times_in
from incidents.terminal.text.words import name_of, say

_DETAILS: Final[Mapping[str, str]] = {
    "at": "Time",
    "attempted": "Attempted",
    "bytes": "Size (bytes)",
    "call_id": "Call",
    "code": "Code",
    "comment_id": "Comment",
    "complete": "Complete",
    "conditions": "Narrowed by",
    "conformance": "Standard",
    "created": "Incidents",
    "deleted": "Deleted",
    "direction": "Direction",
    "due": "Due",
    "duration": "Duration",
    "expired": "Expired",
    "first_erased_at": "First deleted",
    "form": "Format",
    "included": "Included",
    "left_out": "Left out",
    "letter": "Letter",
    "missing": "Missing",
    "name": "Name",
    "number": "Number",
    "package_id": "Package",
    "pages": "Pages",
    "principal": "Principal",
    "query": "Action",
    "project_ids": "Projects",
    "report_id": "Report",
    "role_id": "Role",
    "sha256": "SHA-256",
    "since": "Since",
    "size": "Size",
    "sequence_ids": "Sequences",
    "total": "Projects",
    "type_id": "Type",
    "until": "Until",
    "occurrences": "Texts found",
    "words": "Words searched",
}
_IDS: Final = frozenset({"call_id", "comment_id", "hold_id", "package", "package_id", "report_id", "sweep_id"})
"""Details that the screen leaves out, because it shows numbers instead."""

_COUNTED: Final = frozenset({"left_out"})
"""Lists of which the screen shows the length alone."""

_IN_WORDS: Final = frozenset({"attempted", "field", "form", "query"})
"""Details whose values are fields, forms or messages."""

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SIZES: Final = {"bytes": "size"}
_NODES: Final = frozenset(Node)
_RANGES_MAX, _PAGE_RANGES_MAX = 3, 12
"""The most ranges of numbers that the screen shows, and those of a page that was viewed."""


def activity(items: Iterable[Entry], names: Names, language: str) -> Sheet:
    """Return the activities of one project as a table, newest first."""
    rows = (
        (
            entry.at,
            entry.actor,
            activity_name(entry.activity, language),
            entry.revision,
            describe(entry, names, language),
            entry.activity,
            entry.command_id,
        )
        for entry in items
    )
    return table(language, "Time", "By", "Activity", "Revision", "Details", rows=rows, more=("Event", "Command id"))


def log(items: Iterable[Entry], names: Names, descriptions: Mapping[int, str], language: str) -> Sheet:
    """Return the activities of the site as a table, newest first, with the visible descriptions of projects."""
    rows = (
        (
            entry.at,
            entry.actor,
            activity_name(entry.activity, language),
            _project(entry, descriptions),
            describe(entry, names, language),
            descriptions.get(entry.project_number or 0, ""),
            entry.activity,
            entry.project_id,
            entry.command_id,
        )
        for entry in items
    )
    more = ("Description", "Event", "Project id", "Command id")
    return table(language, "Time", "By", "Activity", "Project", "Details", rows=rows, more=more)


def _project(entry: Entry, descriptions: Mapping[int, str]) -> object:
    if entry.project_number is None:
        return entry.project_id
    text = descriptions.get(entry.project_number, "")
    return Cell(one_line(f"{entry.project_number}  {text}".rstrip()), entry.project_number)


def describe(entry: Entry, names: Names, language: str) -> Cell:
    """Return an entry's details with the names of its time, or today's if it has none.

    The screen gets the lengths of lists and no long ids, a spreadsheet everything.
    """
    then = names.then(entry.labels, entry.names)
    if entry.activity == PAGE:
        return _page(entry, then, language)
    seen = {
        _SIZES.get(name, name): len(value)
        if isinstance(value, list) and name.endswith("_ids")
        else _shortened(name, value)
        for name, value in entry.details.items()
        if name not in _IDS and value != [] and not _is_said(name, value, entry.details)
    }
    shown, whole = _details(seen, then, language), _details(entry.details, then, language, plain=True)
    return Cell("  ".join(shown), "; ".join(whole), times_in("", entry.details))


def _page(entry: Entry, names: Names, language: str) -> Cell:
    """Return what a page showed: the screen gets the numbers of its projects, a spreadsheet also their ids."""
    details = {name: value for name, value in entry.details.items() if name != "needs"}
    if entry.project_numbers:
        details["numbers"] = entry.project_numbers
    hidden = {"project_ids", "total"} if entry.project_numbers else {"project_ids"}
    seen = {name: value for name, value in details.items() if name not in hidden}
    seen |= {"conditions": [*details.get("conditions", {})]}
    if entry.project_numbers:
        seen["numbers"] = _ranges(entry.project_numbers, _PAGE_RANGES_MAX)
    shown, whole = _details(seen, names, language), _details(details, names, language, plain=True)
    return Cell("  ".join(shown), "; ".join(whole))


def _is_said(name: str, value: object, details: Mapping[str, Any]) -> bool:
    """Tell whether a value is said by the change of its field, or a list of projects by their numbers."""
    changed = details.get("changed")
    if name == "project_ids" and details.get("numbers"):
        return True
    return isinstance(changed, dict) and name in changed and changed[name].get("new") == value


def _details(details: Mapping[str, Any], names: Names, language: str, *, plain: bool = False) -> Iterator[str]:
    changes = partial(_change, names=names, language=language, plain=plain)
    for name, value in in_reading_order(details):
        is_in_words = name == "duration_seconds" and isinstance(value, int) and not plain
        label = _label("duration" if is_in_words else name, names, language)
        if value in (None, "", [], {}):
            continue
        match value:
            case dict() if name == "changed":
                yield from (changes(field, each) for field, each in value.items() if _is_change(each))
            case dict() if name == "permissions":
                changed = details.get("changed") or {}
                yield from _levels({node: level for node, level in value.items() if node not in changed}, language)
            case dict() if name == "conditions":
                texts = (_condition(field, ids, names, language) for field, ids in value.items())
                yield _labelled(label, ", ".join(texts), language)
            case dict():
                yield from _details(value, names, language, plain=plain)
            case list():
                texts = (_element(name, item, names, language, plain=plain) for item in value)
                yield _labelled(label, on_one_line(", ".join(texts)), language)
            case str() if name in _IN_WORDS:
                yield _labelled(label, _in_words(name, value, names, language), language)
            case _:
                yield _labelled(label, field_value(name, value, names, language, plain=plain), language)


def _in_words(name: str, value: str, names: Names, language: str) -> str:
    match name:
        case "field":
            return field_label(value, names, language)
        case "form":
            return name_of(language, "batch", value)
        case _:
            return attempt_name(value, language)


def _element(name: str, item: Any, names: Names, language: str, *, plain: bool) -> str:
    """Return an element of a list; a project that was left out is its id and the reason."""
    match item:
        case str() if name == "conditions":
            return _condition(item, (), names, language)
        case {"project_id": str(project_id), "reason": str(reason)}:
            return f"{project_id} ({name_of(language, 'omission', reason)})"
        case _:
            return field_value(name, item, names, language, plain=plain)


def _condition(field: str, ids: Iterable[object], names: Names, language: str) -> str:
    """Return the name of a field that narrowed a list, with the ids that it named."""
    inner, _, last = field.rpartition(".")
    name = f"category_{last}" if inner.endswith("categories") else re.sub("_ids$", "_id", last)
    label = field_label(name, names, language)
    texts = ", ".join("–" if value is None else str(value) for value in ids)
    return f"{label} ({texts})" if texts else label


def _levels(permissions: Mapping[str, str], language: str) -> Iterator[str]:
    for node, level in permissions.items():
        yield _labelled(name_of(language, "permission", node), name_of(language, "level", level), language)


def _label(name: str, names: Names, language: str) -> str:
    if name in _DETAILS:
        return say(language, _DETAILS[name])
    return field_label(name, names, language)


def _labelled(label: str, value: object, language: str) -> str:
    return say(language, "{label}: {value}", label=label, value=value)


def _is_change(change: Mapping[str, Any]) -> bool:
    """Tell whether something was changed: from nothing to an empty text is nothing, and hidden texts are changes."""
    ends = change.get("old"), change.get("new")
    return ends == (None, None) or any(end not in {None, ""} for end in ends)


def _change(field: str, change: Mapping[str, Any], *, names: Names, language: str, plain: bool) -> str:
    is_permission = field in _NODES
    label = name_of(language, "permission", field) if is_permission else _label(field, names, language)
    old, new = (change.get(key) for key in ("old", "new"))
    if old is None and new is None:
        return label
    ends = [name_of(language, "level", end) if is_permission and end else end for end in (old, new)]
    before, after = (field_value(field, value, names, language, plain=plain) or "–" for value in ends)
    return _labelled(label, f"{before} → {after}", language)


def details_of(details: Mapping[str, Any], language: str, project_number: int | None = None) -> str:
    """Return an event's fields on one line: lists by their length, digests by their beginning, a project by its number.

    The id of a project whose number is not known is there as a whole, and other ids are left out.
    """
    number = project_number or details.get("number")
    filled = {name: value for name, value in details.items() if value not in (None, [], {})}
    if "project_id" in filled and isinstance(number, int):
        filled = {**filled, "project_id": number}
        filled.pop("number", None)
    seen = {
        _SIZES.get(name, name): len(value)
        if isinstance(value, list) and name.endswith("_ids")
        else _shortened(name, value)
        for name, value in filled.items()
        if (name == "project_id" or not _is_id(value)) and not _is_said(name, value, filled)
    }
    return "  ".join(_details(seen, Names(None), language))


def _is_id(value: object) -> bool:
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def _shortened(name: str, value: Any) -> Any:
    match value:
        case list() if value and name == "numbers":
            return _ranges(value)
        case list() if len(value) > 1 or name in _COUNTED:
            return len(value)
        case str() if name == "sha256":
            return f"{value[:16]}…"
        case dict() if name != "changed":
            return {inner: _shortened(inner, content) for inner, content in value.items()}
        case _:
            return value


def _ranges(numbers: Iterable[int], at_most: int = _RANGES_MAX) -> str:
    """Return numbers as a text: those that follow each other by the first and the last one."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if ranges and number - ranges[-1][1] <= 1:
            ranges[-1] = ranges[-1][0], number
        else:
            ranges.append((number, number))
    texts = [f"{first}–{last}" if last > first else str(first) for first, last in ranges[:at_most]]
    return ", ".join([*texts, "…"] if len(ranges) > at_most else texts)
