"""Reading what people type: projects, times, values."""

import re
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from pydantic import ValidationError
from pydantic_core import to_json

from client.client import Client
from client.errors import Refused
from client.strict import AmbiguousError, read_json
from client.terminal.session import Session, UsageError
from contracts.errors import Code, Refusal
from contracts.message import Message
from contracts.project_queries import FindProject

Read = TypeVar("Read", bound=Message)

_AGO = re.compile(r"(\d{1,6})([smhdw])")
_DIGITS = 19
"""No project has a longer number."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_time(session: Session, text: str | None) -> datetime | None:
    """Read a time: RFC 3339, a date or a time of here, or how long ago (`7d`, `12h`)."""
    if text is None:
        return None
    try:
        if ago := _AGO.fullmatch(text):
            return session.now.astimezone() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError) as error:
        wrong = "not a time: {text}; write 2025-01-31T14:30+01:00, 2025-01-31 or 7d"
        raise UsageError(session.say(wrong, text=text)) from error


def read_object(session: Session, text: str) -> dict[str, Any]:
    """Read a JSON object; `-` stands for what comes on stdin."""
    try:
        value = read_json(sys.stdin.read() if text == "-" else text)
    except AmbiguousError as error:
        why = error.told(session.language)
        raise UsageError(session.say("this JSON cannot be sent: {reason}", reason=why)) from error
    except ValueError as error:
        raise UsageError(session.say("this is not JSON: {reason}", reason=error)) from error
    if not isinstance(value, dict):
        raise UsageError(session.say("this is not a JSON object"))
    return value


async def read_project(session: Session, client: Client, text: str, *, deleted_too: bool = False) -> UUID:
    """Read a project's id, or ask for the project that has this number; a deleted one is refused with by whom.

    `deleted_too` is for what can be asked about a project that is gone.
    """
    try:
        return UUID(text)
    except ValueError as error:
        if not text.isdecimal() or len(text) > _DIGITS:
            wrong = "not a project: {text}; give its id or its number"
            raise UsageError(session.say(wrong, text=text)) from error
    try:
        return (await client.ask(fitting(session, FindProject, {"number": int(text)}))).project_id
    except Refused as refused:
        gone = refused.details.get("project_id")
        if gone is None or not deleted_too:
            raise
        return UUID(gone)


def fitting(session: Session, form: type[Read], values: Mapping[str, Any]) -> Read:
    """Read a message as the wire does, so that what does not fit is told before anything is sent."""
    try:
        return form.model_validate_json(to_json(values))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
    fields = [_misfit(one["loc"], one["type"], one.get("ctx", {})) for one in found]
    raise Refused(Refusal(Code.INVALID, fields=fields).as_error(session.language))


def _misfit(place: tuple[int | str, ...], kind: str, context: Mapping[str, Any]) -> dict[str, Any]:
    """Name a field that does not fit; where only some values do, with them."""
    named = {"field": ".".join(str(each) for each in place if each != "[key]"), "kind": kind}
    return {**named, "allowed": context["expected"]} if kind in {"literal_error", "enum"} else named
