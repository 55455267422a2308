"""Activities in words: their names for people, and their details without ids."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import partial
from typing import Any, Final

from contracts.audit import Entry
from contracts.printable import on_one_line
from incidents.terminal.attempts import attempt_name
from incidents.terminal.input.naming import Named, fold, nearest
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables.sheet import Cell, Sheet, one_line, table
from incidents.terminal.tables.values import Names, field_label, field_value, in_reading_order, times_in
from incidents.terminal.text.words import name_of, say

WORDS: Final[Mapping[str, str]] = {
    "administration.category-defined": "category defined",
    "administration.category-value-added": "category's value added",
    "administration.category-value-deleted": "category's value deleted",
    "administration.category-value-edited": "category's value edited",
    "administration.data-field-defined": "data field defined",
    "administration.letter-discarded": "dead letter discarded",
    "administration.letter-opened": "dead letter viewed",
    "administration.letter-removed": "dead letter removed",
    "administration.letter-replayed": "dead letter replayed",
    "administration.licence-activated": "licence activated",
    "administration.role-assigned": "role granted",
    "administration.role-defined": "role defined",
    "administration.role-deleted": "role deleted",
    "administration.role-unassigned": "role revoked",
    "administration.settings-changed": "settings changed",
    "administration.status-added": "status added",
    "administration.status-deleted": "status deleted",
    "administration.status-edited": "status edited",
    "administration.status-marked": "status marked as closing or not",
    "administration.type-added": "type added",
    "administration.type-deleted": "type deleted",
    "administration.type-edited": "type edited",
    "audit.refused": "attempt refused",
    "audit.surplus-counted": "further attempts counted",
    "projects.call-added": "call added",
    "projects.call-deleted": "call deleted",
    "projects.call-edited": "call edited",
    "projects.comment-added": "comment added",
    "projects.comment-deleted": "comment deleted",
    "projects.comment-edited": "comment edited",
    "projects.created": "project created",
    "projects.deleted": "project deleted",
    "projects.downloaded": "package downloaded",
    "projects.draft-cleared": "draft list cleared",
    "projects.expired": "projects expired",
    "projects.exported": "project exported",
    "projects.imported": "projects imported",
    "projects.opened": "project viewed",
    "projects.sequences-added": "sequences added",
    "projects.sequences-drafted": "sequences added to a draft list",
    "projects.sequences-removed": "sequences removed",
    "projects.sequences-undrafted": "sequences removed from a draft list",
    "projects.updated": "project updated",
    "reports.deleted": "report deleted",
    "reports.downloaded": "report downloaded",
    "reports.generated": "report generated",
    "reports.printed": "report printed",
    "retention.held": "hold placed",
    "retention.released": "hold released",
    "retention.sweep-started": "sweep begun",
    "retention.swept": "sweep ended",
}

VIEWED: Final = "viewed"
"""The word for all activities that show somebody the content of projects."""

_VIEWING: Final = (
    "administration.letter-opened",
    "projects.downloaded",
    "projects.exported",
    "projects.opened",
    "reports.downloaded",
    "reports.generated",
    "reports.printed",
)

_DETAILS: Final[Mapping[str, str]] = {
    "at": "Time",
    "attempted": "Attempted",
    "bytes": "Size (bytes)",
    "call_id": "Call",
    "code": "Code",
    "comment_id": "Comment",
    "complete": "Complete",
    "deleted": "Deleted",
    "direction": "Direction",
    "due": "Due",
    "expired": "Expired",
    "letter": "Letter",
    "missing": "Missing",
    "name": "Name",
    "number": "Number",
    "package_id": "Package",
    "pages": "Pages",
    "principal": "Principal",
    "report_id": "Report",
    "role_id": "Role",
    "sha256": "SHA-256",
    "size": "Size",
    "sequence_ids": "Sequences",
    "type_id": "Type",
}
_IDS: Final = frozenset({"call_id", "comment_id", "hold_id", "package", "package_id", "report_id", "sweep_id"})
"""Details that the screen leaves out, because it shows numbers instead."""

_SIZES: Final = {"bytes": "size"}


def activity_name(activity: str, language: str) -> str:
    """Return the name of an activity for people."""
    return say(language, WORDS[activity]) if activity in WORDS else activity


def choose_activities(session: Session, typed: Iterable[str] | None, option: str = "--activity") -> list[str] | None:
    """Return the wire's names of typed activities, which may be such names, prefixes of them, or words for people.

    Raises:
        UsageError: No activity has this name.
    """
    return sorted({name for text in typed for name in _named(session, text, option)}) if typed else None


def _named(session: Session, typed: str, option: str) -> Sequence[str]:
    folded_text = fold(typed)
    if folded_text in {VIEWED, fold(session.say("project viewed").rpartition(" ")[2])}:
        return _VIEWING
    if any(name.startswith(folded_text) for name in WORDS) and "." in folded_text:
        return [folded_text]
    names = [Named(name, text) for name, words in WORDS.items() for text in (session.say(words), words, name)]
    if exact := [named.key for named in names if fold(named.name) == folded_text]:
        return exact
    parts = folded_text.split()
    matches = [name for name, words in WORDS.items() if _has(words, parts) or _has(session.say(words), parts)]
    if not matches:
        raise UsageError(_unknown(session, typed, option, names))
    return matches


def _unknown(session: Session, typed: str, option: str, names: Sequence[Named]) -> str:
    """Return the refusal of an unknown activity, with the similar ones or with all, the nearest first."""
    if near := nearest(typed, names):
        words = "{option}: there is no activity {text}. Did you mean {near}?"
        return session.say(words, option=option, text=typed, near=", ".join(near))
    known = [session.say("project viewed").rpartition(" ")[2], *(session.say(words) for words in WORDS.values())]
    ranked = sorted(known, key=partial(_distance, SequenceMatcher(b=fold(typed))))
    words = "{option}: there is no activity {text}. Choose one of: {known}"
    return session.say(words, option=option, text=typed, known=", ".join(ranked))


def _distance(matcher: SequenceMatcher[str], name: str) -> float:
    matcher.set_seq1(fold(name))
    return -matcher.ratio()


def _has(words: str, parts: Iterable[str]) -> bool:
    known = fold(words).split()
    return all(any(word.startswith(part) for word in known) for part in parts)


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
    seen = {
        _SIZES.get(name, name): len(value)
        if isinstance(value, list) and name.endswith("_ids")
        else _shortened(name, value)
        for name, value in entry.details.items()
        if name not in _IDS and value != [] and not _is_said(name, value, entry.details.get("changed"))
    }
    shown, whole = (_details(details, then, language) for details in (seen, entry.details))
    return Cell("  ".join(shown), "; ".join(whole), times_in("", entry.details))


def _is_said(name: str, value: object, changed: Any) -> bool:
    """Tell whether a value is said by the change of its field."""
    return isinstance(changed, dict) and name in changed and changed[name].get("new") == value


def _details(details: Mapping[str, Any], names: Names, language: str) -> Iterator[str]:
    for name, value in in_reading_order(details):
        label = _label(name, names, language)
        if value in (None, "", [], {}):
            continue
        match value:
            case dict() if name == "changed":
                yield from (_change(field, each, names, language) for field, each in value.items() if _is_change(each))
            case dict() if name == "permissions":
                yield from _levels(value, language)
            case dict():
                yield from _details(value, names, language)
            case list():
                texts = (field_value(name, item, names, language) for item in value)
                yield _labelled(label, on_one_line(", ".join(texts)), language)
            case str() if name == "attempted":
                yield _labelled(label, attempt_name(value, language), language)
            case _:
                yield _labelled(label, field_value(name, value, names, language), language)


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


def _change(field: str, change: Mapping[str, Any], names: Names, language: str) -> str:
    label = _label(field, names, language)
    old, new = (change.get(key) for key in ("old", "new"))
    if old is None and new is None:
        return label
    before, after = (field_value(field, value, names, language) or "–" for value in (old, new))
    return _labelled(label, f"{before} → {after}", language)


def details_of(details: Mapping[str, Any], language: str) -> str:
    """Return an event's fields on one line: lists by their length, digests by their beginning, ids whole."""
    filled = ((name, value) for name, value in details.items() if value not in (None, [], {}))
    seen = {_SIZES.get(name, name): _shortened(name, value) for name, value in filled}
    return "  ".join(_details(seen, Names(None), language))


def _shortened(name: str, value: Any) -> Any:
    match value:
        case list() if len(value) > 1:
            return len(value)
        case str() if name == "sha256":
            return f"{value[:16]}…"
        case dict() if name != "changed":
            return {inner: _shortened(inner, content) for inner, content in value.items()}
        case _:
            return value
