"""The layout of refused commands, and of commands that are not carried out yet."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from incidents.terminal.tables.sheet import local
from incidents.terminal.text.words import name_of, names_of, say, value_of

_FOR_PROGRAMS: Final = frozenset({"known", "status", "accepted"})
"""Details that add nothing for people."""

_TYPED_DETAILS: Final = {"type": "type", "send_again": "send again"}
"""Details with names in the reader's language, because they show what to type."""


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


def refusal_panel(error: Mapping[str, Any], language: str = "en") -> Panel:
    """Return the panel of a refusal: its code, its sentence, and the details that people need, in local time."""
    details = list(_flat(error.get("details") or {}, language))
    code = str(error["code"])
    title = say(language, "not possible") if code == "usage" else name_of(language, "code", code)
    return _panel(str(error["message"]), details, title, "red")


def _panel(message: str, details: list[tuple[str, str]], title: str, style: str) -> Panel:
    body, rows = Table.grid(), Table.grid(padding=(0, 2))
    body.add_row(Text(message, style="bold"))
    for name, value in details:
        rows.add_row(Text(name, style="dim"), Text(value))
    if details:
        body.add_row("")
        body.add_row(rows)
    return Panel(body, title=Text(title), title_align="left", border_style=style, expand=False)


def _place(name: str, language: str) -> str:
    """Return the name for people of a field, which may be nested."""
    return ".".join(name_of(language, "field", part) for part in name.split("."))


def _clock(name: str, value: str, language: str) -> str:
    if name != "at" and not name.endswith("_at"):
        return value
    try:
        return local(datetime.fromisoformat(value), language)
    except ValueError:
        return value


def _flat(value: Any, language: str, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the details for people, leaf by leaf; a refused field is one line, and so is a missed change."""
    match value:
        case {"field": str(refused), "reason": str(reason), **more}:
            named = _place(refused, language)
            label = named if more.get("value") is None else f"{named} {more['value']}"
            allowed = str(more.get("allowed", "")).replace(" or ", say(language, " or "))
            yield (
                label or say(language, "the message"),
                say(language, "{label}: {value}", label=reason, value=allowed) if allowed else reason,
            )
        case {"revision": int(revision), "by": str(by), "at": str(at), "fields": list(fields)}:
            changed = names_of(language, "field", map(str, fields))
            yield _label(name, language), f"{revision}  {_clock('at', at, language)}  {by}  {changed}"
        case dict():
            for key, inner in value.items():
                if inner != [] and (name or key not in _FOR_PROGRAMS):
                    yield from _flat(inner, language, f"{name}.{key}".removeprefix("."))
        case list() if value and all(isinstance(inner, dict) for inner in value):
            for inner in value:
                yield from _flat(inner, language, name)
        case list():
            yield _label(name, language), ", ".join(value_of(language, name, str(inner)) for inner in value)
        case bool():
            yield _label(name, language), say(language, "yes" if value else "no")
        case _:
            yield _label(name, language), _clock(name, value_of(language, name, str(value)), language)


def _label(name: str, language: str) -> str:
    return say(language, _TYPED_DETAILS[name]) if name in _TYPED_DETAILS else _place(name, language)
