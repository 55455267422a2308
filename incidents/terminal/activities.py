"""What was done, in words: activities by the names that people give them, and their details without ids."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from contracts.audit import Entry
from contracts.printable import on_one_line
from incidents.terminal.input.naming import Named, choose, folded, nearest
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables.sheet import Cell, Sheet, one_line, table, written
from incidents.terminal.tables.show import Names, field_label, field_value
from incidents.terminal.text.words import name_of, say, value_of

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
    "projects.sequences-drafted": "sequences put on a draft list",
    "projects.sequences-removed": "sequences removed",
    "projects.sequences-undrafted": "sequences taken from a draft list",
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
"""What stands for whatever shows somebody what projects hold."""

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
    "bytes": "Size",
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
    "sequence_ids": "Sequences",
    "type_id": "Type",
}
_IDS: Final = frozenset({"call_id", "comment_id", "hold_id", "package", "package_id", "report_id", "sweep_id"})
"""What a screen leaves out, because it is called by a number there."""

_DIGEST_SHOWN: Final = 16


def in_words(activity: str, language: str) -> str:
    """Call an activity as people do."""
    return say(language, WORDS[activity]) if activity in WORDS else activity


def chosen(session: Session, typed: Iterable[str] | None) -> list[str] | None:
    """Return what the wire calls the activities that somebody typed: names of it, how they begin, or people's words.

    Raises:
        UsageError: Nothing is called so.
    """
    return sorted({name for one in typed for name in _named(session, one)}) if typed else None


def _named(session: Session, typed: str) -> Sequence[str]:
    wanted = folded(typed)
    if wanted in {VIEWED, folded(session.say("project viewed").rpartition(" ")[2])}:
        return _VIEWING
    if any(name.startswith(wanted) for name in WORDS) and "." in wanted:
        return [wanted]
    names = [Named(name, one) for name, words in WORDS.items() for one in (session.say(words), words, name)]
    if exact := [one.key for one in names if folded(one.name) == wanted]:
        return exact
    parts = wanted.split()
    found = [name for name, words in WORDS.items() if _has(words, parts) or _has(session.say(words), parts)]
    return found or [_near(session, typed, names)]


def _near(session: Session, typed: str, names: Sequence[Named]) -> str:
    """Refuse what is no activity, with those that were probably meant, or with all."""
    if nearest(typed, names):
        return str(choose(session, "Activity", typed, names))
    known = ", ".join([VIEWED, *sorted({session.say(one) for one in WORDS.values()})])
    raise UsageError(session.say("no activity is called {text}; there are: {known}", text=typed, known=known))


def _has(words: str, parts: Iterable[str]) -> bool:
    known = folded(words).split()
    return all(any(word.startswith(part) for word in known) for part in parts)


def activity(items: Iterable[Entry], names: Names, language: str) -> Sheet:
    """Show what was done to one project, newest first."""
    rows = (
        (
            one.at,
            one.actor,
            in_words(one.activity, language),
            one.revision,
            described(one, names, language),
            one.activity,
            one.command_id,
        )
        for one in items
    )
    more = ("Event", "Command id")
    return table(language, "Time", "Actor", "Activity", "Revision", "Details", rows=rows, more=more)


def log(items: Iterable[Entry], names: Names, descriptions: Mapping[int, str], language: str) -> Sheet:
    """Show what was done on the site, newest first, with the projects as far as one may see what they are about."""
    rows = (
        (
            one.at,
            one.actor,
            in_words(one.activity, language),
            _project(one, descriptions),
            described(one, names, language),
            descriptions.get(one.project_number or 0, ""),
            one.activity,
            one.project_id,
            one.command_id,
        )
        for one in items
    )
    more = ("Description", "Event", "Project id", "Command id")
    return table(language, "Time", "Actor", "Activity", "Project", "Details", rows=rows, more=more)


def _project(entry: Entry, descriptions: Mapping[int, str]) -> object:
    if entry.project_number is None:
        return entry.project_id
    about = descriptions.get(entry.project_number, "")
    return Cell(one_line(f"{entry.project_number}  {about}".rstrip()), entry.project_number)


def described(entry: Entry, names: Names, language: str) -> Cell:
    """Write an entry's details with the names of its time, today's where it has none.

    A screen gets the lengths of lists and no long ids, a spreadsheet everything.
    """
    then = names.then(entry.labels, entry.names)
    seen = {
        name: len(value) if isinstance(value, list) and (len(value) > 1 or name.endswith("_ids")) else value
        for name, value in entry.details.items()
        if name not in _IDS and value != []
    }
    whole = _details(entry.details, then, language)
    return Cell("  ".join(_details(seen, then, language)), "; ".join(whole))


def _details(details: Mapping[str, Any], names: Names, language: str) -> Iterator[str]:
    for name, value in details.items():
        label = _label(name, names, language)
        if value in (None, "", [], {}):
            continue
        match value:
            case dict() if name == "changed":
                yield from (_change(field, change, names, language) for field, change in value.items())
            case dict():
                yield from _details(value, names, language)
            case list():
                yield _labelled(label, on_one_line(", ".join(map(str, value))), language)
            case _:
                yield _labelled(label, field_value(name, value, names, language), language)


def _label(name: str, names: Names, language: str) -> str:
    return say(language, _DETAILS[name]) if name in _DETAILS else field_label(name, names, language).replace("_", " ")


def _labelled(label: str, value: object, language: str) -> str:
    return say(language, "{label}: {value}", label=label, value=value)


def _change(field: str, change: Mapping[str, Any], names: Names, language: str) -> str:
    label = _label(field, names, language)
    old, new = (change.get(one) for one in ("old", "new"))
    if old is None and new is None:
        return label
    before, after = (field_value(field, one, names, language) or "–" for one in (old, new))
    return _labelled(label, f"{before} → {after}", language)


def details_of(details: Mapping[str, Any], language: str) -> str:
    """Write an event's fields on one line: lists by their length, changes as old and new."""
    told = (_plain(name, value, language) for name, value in details.items() if value not in (None, [], {}))
    return "  ".join(told)


def _plain(name: str, value: Any, language: str) -> str:
    if name == "changed" and isinstance(value, dict):
        return "  ".join(_plain_change(name_of(language, "field", field), change) for field, change in value.items())
    if name == "permissions" and isinstance(value, dict):
        given = ((name_of(language, "permission", node), level) for node, level in value.items())
        return "  ".join(f"{node}={name_of(language, 'level', level)}" for node, level in given)
    if isinstance(value, dict):
        return details_of(value, language)
    return f"{name_of(language, 'field', name)}={_plain_value(name, value, language)}"


def _plain_value(name: str, value: Any, language: str) -> object:
    match value:
        case list():
            return len(value) if len(value) > 1 else value[0]
        case bool() | float():
            return written(value, language)
        case str() if name == "sha256":
            return f"{value[:_DIGEST_SHOWN]}…"
        case str():
            return value_of(language, name, value)
        case _:
            return value


def _plain_change(field: str, change: Mapping[str, Any]) -> str:
    old, new = change.get("old"), change.get("new")
    if old is None and new is None:
        return field
    return f"{field}: {'–' if old is None else old} → {'–' if new is None else new}"
