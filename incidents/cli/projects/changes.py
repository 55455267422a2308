"""The categories and data fields that `projects update` sets or clears."""

import shlex
from collections.abc import Iterable
from typing import Any, Final

from contracts.projects.commands import IncidentData
from incidents.terminal.input.naming import Naming
from incidents.terminal.input.reading import read_number, read_time
from incidents.terminal.session import Session, UsageError
from incidents.terminal.text.words import name_of, yes_or_no

_SHORT: Final = {"type": "type_id", "status": "status_id", "start": "start_time", "end": "end_time"}
_PLAIN: Final = (*_SHORT, *_SHORT.values(), "reference", "description")


async def changes_of(
    session: Session,
    naming: Naming,
    category: Iterable[str] | None,
    field: Iterable[str] | None,
    clear: Iterable[str] | None,
) -> dict[str, Any]:
    """Return the categories and data fields of an update, and the fields that it clears."""
    changes: dict[str, Any] = {}
    for text in category or ():
        require_filled(session, "--category", text.rpartition("=")[2], text.rpartition("=")[0])
        slot, value = await naming.value(text)
        changes.setdefault("categories", {})[slot] = value
    for text in field or ():
        name, value_text = await naming.field(text)
        changes.setdefault("data", {})[name] = _data_value(session, name, value_text)
    for text in clear or ():
        _clear(changes, await naming.any_field(text, _PLAIN, "--clear"))
    return changes


def require_filled(session: Session, option: str, text: str | None, field: str) -> None:
    """Refuse an option with an empty value, and say how to clear its field.

    Raises:
        UsageError: The value is empty.
    """
    if text is not None and not text.strip():
        name = shlex.quote(name_of(session.language, "field", field))
        raise UsageError(
            session.say("{option} has no value; to clear the field: --clear {name}", option=option, name=name)
        )


def _clear(changes: dict[str, Any], name: str) -> None:
    kind, _, slot = name.partition("_")
    if kind == "category" and slot:
        changes.setdefault("categories", {})[slot] = None
    elif name in IncidentData.model_fields:
        changes.setdefault("data", {})[name] = None
    else:
        changes[_SHORT.get(name, name)] = None


def _data_value(session: Session, name: str, text: str) -> object:
    """Parse a typed value by the kind of its field; the wire refuses the rest."""
    kind = name.partition("_")[0]
    if kind == "integer" and (figures := read_number(session, text)).removeprefix("-").isdecimal():
        return int(figures)
    if kind == "decimal":
        return read_number(session, text)
    if kind == "checkbox":
        if (answer := yes_or_no(text)) is None:
            raise UsageError(session.say("write yes or no instead of {text}", text=text))
        return answer
    return read_time(session, text, session.labels.get(name, name)) if kind == "datetime" else text
