"""The categories and data fields that `projects update` sets or clears."""

import shlex
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

from contracts.projects.commands import IncidentData, ProjectUpdated
from contracts.retention import ListDue
from incidents.client import Client
from incidents.errors import Refused
from incidents.terminal.input.naming import Naming
from incidents.terminal.input.reading import read_number, read_time
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables import show
from incidents.terminal.text.words import name_of, yes_or_no

_SHORT: Final = {"type": "type_id", "status": "status_id", "start": "start_time", "end": "end_time"}
_DECIDING: Final = frozenset({"type_id", "status_id"})
_PLAIN: Final = (*_SHORT, *_SHORT.values(), "reference", "description")


async def changes_of(
    session: Session,
    naming: Naming,
    main: Mapping[str, Any],
    category: Iterable[str] | None,
    field: Iterable[str] | None,
    clear: Iterable[str] | None,
) -> dict[str, Any]:
    """Return the categories and data fields of an update, and the fields that it clears; `main` is what it sets.

    Raises:
        UsageError: A name or a value is not understood, or a field is changed twice.
    """
    changes: dict[str, Any] = {}
    for text in category or ():
        require_filled(session, "--category", text.rpartition("=")[2], text.rpartition("=")[0])
        slot, value = await naming.value(text)
        _put(session, changes.setdefault("categories", {}), slot, value, f"--category {text}")
    for text in field or ():
        name, value_text = await naming.field(text)
        data_value = _data_value(session, name, value_text)
        _put(session, changes.setdefault("data", {}), name, data_value, f"--field {text}")
    for text in clear or ():
        typed = await naming.any_field(text, _PLAIN, "--clear")
        part, name = _place(_SHORT.get(typed, typed))
        fields = changes.setdefault(part, {}) if part else changes
        set_fields = fields if part else main
        if set_fields.get(name) is not None:
            raise _changed_twice(session, f"--clear {text}")
        fields[name] = None
    return changes


async def tell_expiry(session: Session, client: Client, event: ProjectUpdated) -> None:
    """Tell those who may see it if a project expires within a day after a change of what policies look at."""
    if not any(name in _DECIDING or name.startswith("category_") for name in event.changed):
        return
    with suppress(Refused):
        page = await client.ask(ListDue(project_id=event.project_id, within_days=1))
        for project in page.items:
            time = show.local(project.expires_at, session.language)
            session.tell("Its retention ends at {time}, and the next sweep then deletes it.", time=time)


def _put(session: Session, fields: dict[str, Any], name: str, value: object, text: str) -> None:
    if name in fields:
        raise _changed_twice(session, text)
    fields[name] = value


def _changed_twice(session: Session, text: str) -> UsageError:
    return UsageError(session.say("{text}: the line changes this field twice; leave one of the two out", text=text))


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


def _place(name: str) -> tuple[str, str]:
    """Return the part of the message with a field, empty for the message itself, and its name there."""
    kind, _, slot = name.partition("_")
    if kind == "category" and slot:
        return "categories", slot
    return ("data" if name in IncidentData.model_fields else "", name)


def _data_value(session: Session, name: str, text: str) -> object:
    """Parse a typed value by the kind of its field; the wire refuses the rest."""
    kind, label = name.partition("_")[0], session.labels.get(name, name)
    if kind == "integer" and (figures := read_number(session, text, label, whole=True)).removeprefix("-").isdecimal():
        return int(figures)
    if kind == "decimal":
        return read_number(session, text, label)
    if kind == "checkbox":
        if (answer := yes_or_no(text)) is None:
            why = session.say("write yes or no instead of {text}", text=text)
            raise UsageError(session.say("{label}: {value}", label=label, value=why))
        return answer
    return read_time(session, text, label) if kind == "datetime" else text
