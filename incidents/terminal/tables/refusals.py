"""The layout of refused commands, and of commands that are not carried out yet."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from contracts.printable import on_one_line
from contracts.texts import Phrase, phrase, remedy
from incidents.survey import NOT_OF_OPERATIONS
from incidents.terminal.option_names import option_of
from incidents.terminal.tables.sheet import local
from incidents.terminal.text.words import allowed_words, name_of, say, value_of

_FOR_PROGRAMS: Final = frozenset({"known", "status", "accepted"})
"""Details that add nothing for people."""

_NO_LABELS: Final[Mapping[str, str]] = {}
_DATA_FIELD: Final = re.compile(r"(?:data\.)?((?:integer|decimal|text|checkbox|datetime)_[1-3])")
_CATEGORY: Final = re.compile(r"(?:.*\.)?categor(?:ies\.|y_)([1-5])(?:\..*)?")
"""Fields that each organisation names; `labels` has these names by the wire's ones."""

_ENGLISH: Final = {
    "batch_id": "batch id",
    "call_id": "call",
    "camera_id": "camera",
    "camera_ids": "cameras",
    "comment_id": "comment",
    "summary_id": "summary id",
    "created_at": "creation time",
    "created_by": "author",
    "end_time": "end",
    "export_id": "export id",
    "from_draft": "draft list",
    "hold_id": "hold",
    "nodes": "permission",
    "part_id": "part",
    "policy_id": "policy",
    "project_id": "project",
    "project_ids": "projects",
    "property_id": "property",
    "report_id": "report",
    "role_id": "role",
    "retention_exempt": "exempt from retention",
    "sequence_id": "sequence",
    "sequence_ids": "sequences",
    "start_time": "start",
    "status_id": "status",
    "status_ids": "statuses",
    "type_id": "type",
    "type_ids": "types",
}
"""The English names for people of fields whose names on the wire are no English words."""

_NAMED_BY_KIND: Final = {
    ("number", "deleted"): "project_id",
    ("number", "restorable"): "project_id",
    ("number", "restricted"): "project_id",
    ("number", "not_here"): "project_id",
    ("reference", "not_here"): "project_id",
    ("report_id", "no_batch"): "batch_id",
    ("report_id", "no_summary"): "summary_id",
}
"""Fields that mean something else where this kind of fault refuses them: by a number or a reference people name a
project, and options of these names mean other things."""

_REWORDED: Final = (
    ("gone", Phrase.GONE, "This does not exist, or no longer exists."),
    ("restricted", Phrase.GONE, "The processing of this project is restricted."),
    ("conflict", Phrase.CONFLICT, "This conflicts with the present state."),
    ("invalid", Phrase.INVALID, "The input is not valid: correct the following, and run the command again."),
    (
        "invalid",
        Phrase.REPORT_IMPOSSIBLE,
        "The report cannot be generated: change the following, and run the command again.",
    ),
    (
        "unknown-reference",
        Phrase.UNKNOWN_REFERENCE,
        "Something named here is not defined or not enabled: correct the following, and run the command again.",
    ),
)
"""Sentences of the wire, by code, that speak to a program with lists and messages; and the words for a line."""

_SHOWN_AGAIN: Final = frozenset({"gone", "conflict"})
"""Codes whose advice is to read something again, which a command to type says better."""

_DENIALS: Final = (
    (
        "permissions violation for publish",
        (
            "these credentials do not allow this message: no worker has it, or they are of another scope than client, "
            "which `incidents access create NAME` makes"
        ),
    ),
    ("permissions violation for subscription", NOT_OF_OPERATIONS),
)
"""What the message bus says when it denies something, and what it means for people."""

_TIMES: Final = frozenset({"at", "until"})
_TIME_ENDINGS: Final = ("_at", "_until")
"""Names of details that are times."""

_ADVICE: Final = "advice"
_TOLD_DETAILS: Final = {"type": "try", "send_again": "send again", _ADVICE: "what to do"}
"""Details with names in the reader's language, because they tell what to type or to do."""


def accepted_panel(message: str, command_id: object, options: str, language: str) -> Panel:
    """Return the panel of an accepted command: how to see its outcome, and how to send it again safely."""
    return _panel(
        message,
        [
            (say(language, "its outcome"), f"incidents outcome {command_id}{options}"),
            (say(language, "to send it again safely"), f"--id {command_id}"),
        ],
        say(language, "accepted"),
        "yellow",
    )


def refusal_panel(
    error: Mapping[str, Any],
    language: str = "en",
    labels: Mapping[str, str] = _NO_LABELS,
    options: Collection[str] | None = (),
) -> Panel:
    """Return the panel of a refusal: its code, its sentence, and the details that people need, in local time.

    `options` are those of the command: a field that one of them fills is named by it. None keeps the names of the wire
    for somebody who has typed them.
    """
    code, shown = str(error["code"]), dict(error.get("details") or {})
    if (advice := shown.get("reason")) and advice == remedy(code, language):
        shown = {_ADVICE if name == "reason" else name: value for name, value in shown.items()}
        if code in _SHOWN_AGAIN and "type" in shown:
            del shown[_ADVICE]
    if code == "held":
        shown.pop("fields", None)  # its sentence says the same
    if "number" in shown:
        shown.pop("project_id", None)  # people name a project by its number
    if "restricted_at" in shown:
        code = "restricted"
    details = list(dict.fromkeys(_Details(language, labels, options).flat(shown)))
    title = say(language, "not possible") if code == "usage" else name_of(language, "code", code)
    return _panel(_sentence(code, str(error["message"]), language), details, title, "red")


def _sentence(code: str, message: str, language: str) -> str:
    """Return the sentence of a refusal for somebody who typed a line."""
    for known, which, words in _REWORDED:
        if code == known and message == phrase(which, language):
            return say(language, words)
    return message


def _panel(message: str, details: list[tuple[str, str]], title: str, style: str) -> Panel:
    body, rows = Table.grid(), Table.grid(padding=(0, 2))
    body.add_row(Text(message, style="bold"))
    above = ""
    for name, value in details:
        rows.add_row(Text("" if name == above else name, style="dim"), Text(value))
        above = name
    if details:
        body.add_row("")
        body.add_row(rows)
    return Panel(body, title=Text(title), title_align="left", border_style=style, expand=False)


def field_place(name: str, language: str, labels: Mapping[str, str] = _NO_LABELS) -> str:
    """Return the name for people of a field, which may be nested: the organisation's own one, if it is known."""
    if field := _DATA_FIELD.fullmatch(name):
        return on_one_line(labels.get(field[1], "")) or say(language, "field {name}", name=field[1])
    if category := _CATEGORY.fullmatch(name):
        label = labels.get(f"category_{category[1]}", "")
        return on_one_line(label) or f"{say(language, 'Category')} {category[1]}"
    return ".".join(_field_word(part, language) for part in name.split("."))


def _field_word(name: str, language: str) -> str:
    word = name_of(language, "field", name)
    return _ENGLISH.get(name, name) if word == name else word


def _clock(name: str, value: str, language: str) -> str:
    if name not in _TIMES and not name.endswith(_TIME_ENDINGS):
        return value
    try:
        return local(datetime.fromisoformat(value), language)
    except ValueError:
        return value


class _Details:
    """The details of a refusal for people."""

    def __init__(self, language: str, labels: Mapping[str, str], options: Collection[str] | None) -> None:
        self._language = language
        self._labels = labels
        self._options = options

    def flat(self, value: Any, name: str = "") -> Iterator[tuple[str, str]]:
        """Yield the details, leaf by leaf; a refused field is one line, and so is a missed change."""
        language = self._language
        match value:
            case {"field": str(refused), "reason": str(reason), **more}:
                yield self._refused(refused, reason, more)
            case {"revision": int(revision), "by": str(by), "at": str(at), "fields": list(fields)}:
                changed = ", ".join(field_place(str(field), language, self._labels) for field in fields)
                yield self._label(name), f"{revision}  {_clock('at', at, language)}  {by}  {changed}"
            case dict():
                for key, inner in value.items():
                    if inner != [] and (name or key not in _FOR_PROGRAMS):
                        yield from self.flat(inner, f"{name}.{key}".removeprefix("."))
            case list() if value and all(isinstance(inner, dict) for inner in value):
                for inner in value:
                    yield from self.flat(inner, name)
            case list():
                yield self._label(name), ", ".join(value_of(language, name, str(inner)) for inner in value)
            case bool():
                yield self._label(name), say(language, "yes" if value else "no")
            case _:
                yield self._label(name), self._leaf(name, str(value))

    def _refused(self, field: str, reason: str, more: dict[Any, Any]) -> tuple[str, str]:
        field = _NAMED_BY_KIND.get((field, str(more.get("kind"))), field) if self._options is not None else field
        named = field if self._options is None else self._place(field, self._options)
        value = None if more.get("kind") == "not_enabled" else more.get("value")
        label = named if value is None else f"{named} {value}"
        allowed = allowed_words(self._language, str(more.get("allowed", "")))
        text = say(self._language, "{label}: {value}", label=reason, value=allowed) if allowed else reason
        return label or say(self._language, "the message"), text

    def _place(self, field: str, options: Collection[str]) -> str:
        return option_of(field, options) or field_place(field, self._language, self._labels)

    def _leaf(self, name: str, text: str) -> str:
        if name == "reason":
            text = name_of(self._language, "licence", text)
            return say(self._language, next((words for begin, words in _DENIALS if begin in text), text))
        return _clock(name, value_of(self._language, name, text), self._language)

    def _label(self, name: str) -> str:
        if name in _TOLD_DETAILS:
            return say(self._language, _TOLD_DETAILS[name])
        label = field_place(name, self._language, self._labels)
        return label if label == name and name[-1:].isdecimal() else label.replace("_", " ")
