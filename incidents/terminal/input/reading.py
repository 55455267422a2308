"""Reading what people type: projects, times, values."""

import codecs
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from math import inf
from typing import Any, TypeVar
from uuid import UUID

from pydantic import ValidationError
from pydantic_core import to_json

from contracts.errors import Code, Refusal
from contracts.message import Message
from contracts.projects.queries import FindProject, ListProjects, ProjectRow
from incidents.client import Client
from incidents.errors import Refused
from incidents.strict import AmbiguousError, read_json
from incidents.terminal.session import Session, UsageError
from incidents.terminal.text import times

Read = TypeVar("Read", bound=Message)

_GROUPED = re.compile(r"[-+]?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?")
"""Thousands set apart by a space, as French sets them."""

_DIGITS = 19
"""No project has a longer number."""


def read_time(session: Session, text: str | None, *, until: bool = False) -> datetime | None:
    """Read a time as people of the session's language type it; a day in words is its end where it says `until` when."""
    if text is None:
        return None
    try:
        return times.read(text, session.now, session.language, until=until)
    except times.NotATimeError as error:
        raise UsageError(session.say(error.words, **error.values)) from error
    except (ValueError, OverflowError) as error:
        wrong = "not a time: {text}; write 2025-01-31, 2025-01-31 14:30, 7d, yesterday or last tuesday"
        raise UsageError(session.say(wrong, text=text)) from error


def read_span(session: Session, since: str | None, until: str | None) -> dict[str, datetime | None]:
    """Read from when and until when."""
    return {"from": read_time(session, since), "to": read_time(session, until, until=True)}


def read_number(session: Session, text: str) -> str:
    """Read a number as the session's language writes it, and return it as the wire does.

    Raises:
        UsageError: It can be read in two ways.
    """
    plain = text.strip()
    if _GROUPED.fullmatch(plain):
        plain = "".join(plain.split())
    if "," not in plain:
        return plain
    if session.language != "fr":
        point, whole = plain.replace(",", "."), plain.replace(",", "")
        words = "{text} can be read as {point} and as {whole}: write the one you mean"
        raise UsageError(session.say(words, text=text, point=point, whole=whole))
    return plain.replace(",", ".")


def read_decimal(session: Session, text: str | None, least: float, option: str) -> float | None:
    """Read what an option says in figures, at least so much.

    Raises:
        UsageError: It is no such number.
    """
    if text is None:
        return None
    with suppress(ValueError):
        value = float(read_number(session, text))
        if least <= value < inf:
            return value
    words = "{option}: {text} is not a number from {least} on"
    raise UsageError(session.say(words, option=option, text=text, least=least))


def read_object(session: Session, text: str) -> dict[str, Any]:
    """Read a JSON object; `-` stands for what comes on stdin."""
    given = _piped(session) if text == "-" else text
    try:
        value = read_json(given)
    except AmbiguousError as error:
        why = error.told(session.language)
        raise UsageError(session.say("this JSON cannot be sent: {reason}", reason=why)) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(session.say("this is not JSON: {reason}", reason=error)) from error
    if not isinstance(value, dict):
        raise UsageError(session.say("this is not a JSON object"))
    return value


def _piped(session: Session) -> str:
    """Read what comes on stdin, as bytes where it has some: a text may hold what could not be decoded."""
    raw = getattr(sys.stdin, "buffer", None)
    return decoded(session, raw.read(), "stdin") if raw else sys.stdin.read()


def decoded(session: Session, content: bytes, where: object) -> str:
    """Read the bytes of a document: UTF-8, or what a mark at their beginning says.

    Raises:
        UsageError: They are no text.
    """
    marks = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
    encoding = next((name for mark, name in marks.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UsageError(session.say("{path} is not UTF-8: save it as UTF-8", path=where)) from error


async def read_project(session: Session, client: Client, text: str, *, deleted_too: bool = False) -> UUID:
    """Read a project's id, or ask for the one that has this number, here or in another system.

    A deleted one is refused with by whom; `deleted_too` is for what can be asked about a project that is gone.
    """
    with suppress(ValueError):
        return UUID(text)
    unknown = Refusal(Code.UNKNOWN_REFERENCE, fields=[{"field": "number", "kind": "not_here", "value": text}])
    refused = Refused(unknown.as_error(session.language))
    if text.isascii() and text.isdecimal() and len(text) <= _DIGITS:
        try:
            return (await client.ask(fitting(session, FindProject, {"number": int(text)}))).project_id
        except Refused as error:
            if error.code is Code.GONE and deleted_too:
                return UUID(error.details["project_id"])
            if error.code not in {Code.UNKNOWN_REFERENCE, Code.INVALID}:
                raise
            refused = error
    found = await _referred(session, client, text)
    if len(found) > 1:
        words = "{text} is the reference of several projects: {numbers}"
        raise UsageError(session.say(words, text=text, numbers=", ".join(str(row.number) for row in found)))
    if not found:
        raise refused
    return found[0].project_id


async def _referred(session: Session, client: Client, text: str) -> list[ProjectRow]:
    """Return projects that have this number in another system, none to whom their main details are withheld."""
    try:
        asked = fitting(session, ListProjects, {"filter": {"references": [text]}, "limit": 5})
        return (await client.ask(asked)).items
    except Refused as refused:
        if refused.code in {Code.NOT_AVAILABLE, Code.INVALID}:
            return []
        raise


def unreadable(session: Session, path: object, error: Exception) -> UsageError:
    """Say that a file is not there, or that it is and cannot be read."""
    words = "there is no file {path}" if isinstance(error, FileNotFoundError) else "{path} cannot be read"
    return UsageError(session.say(words, path=path))


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
