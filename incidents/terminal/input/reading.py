"""Parsing of typed input: projects, times, values."""

import codecs
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from json import JSONDecodeError
from math import inf
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError
from pydantic_core import to_json

from contracts.errors import Code, Refusal, refused_fields
from contracts.message import Message
from contracts.projects.queries import FindProject, ListProjects, ProjectRow
from incidents.client import Client
from incidents.errors import Refused
from incidents.strict import AmbiguousError, read_json
from incidents.terminal.printing import read_line
from incidents.terminal.session import Session, UsageError
from incidents.terminal.text import times
from incidents.terminal.text.words import name_of

Read = TypeVar("Read", bound=Message)

_GROUPED = re.compile(r"[-+]?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?")
"""Thousands separated by a space, as in French."""

_SEPARATED = re.compile(
    r"[-+]?\d{1,3}(?:(?:,\d{3})+\.\d+|(?:,\d{3}){2,}|(?:\.\d{3})+,\d+|(?:\.\d{3}){2,})",
)
"""Thousands separated by a comma or a point that cannot be a decimal mark, so that there is one reading."""

_WITH_COMMA = re.compile(r"[-+]?\d+,\d+")
"""In English, a comma for the point or between thousands."""

_THOUSANDS = re.compile(r"[-+]?\d{1,3},\d{3}")

_REFERENCE = re.compile(r"^(?:ref|reference|réf|référence)\s*:\s*", flags=re.IGNORECASE)
"""The beginning of a typed reference that might otherwise be read as a number."""

_NUMBER_DIGITS_MAX = 19
"""The most digits of a project's number."""


def read_time(session: Session, text: str | None, option: str, *, until: bool = False) -> datetime | None:
    """Parse the time of an option in the session's language; with `until`, a day in words means its end."""
    if text is None:
        return None
    try:
        return times.read(text, session.now, session.language, until=until)
    except times.NotATimeError as error:
        why = session.say(error.words, **error.values)
        raise UsageError(session.say("{label}: {value}", label=option, value=why)) from error
    except (ValueError, OverflowError) as error:
        wrong = "{option}: {text} is not a time: write 2026-01-31, 2026-01-31 14:30, 7d, yesterday or last tuesday"
        raise UsageError(session.say(wrong, option=option, text=text)) from error


def read_zone(session: Session, name: str) -> ZoneInfo:
    """Find the time zone that `--timezone` names.

    Raises:
        UsageError: There is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        words = "--timezone: {text} is not a time zone: write one such as Europe/Paris"
        raise UsageError(session.say(words, text=name)) from error


def read_span(
    session: Session, since: str | None, until: str | None, options: tuple[str, str] = ("--since", "--until")
) -> dict[str, datetime | None]:
    """Parse the start and the end of a span of time, given by two options."""
    first, last = options
    require_order(session, {first: since, last: until})
    return {"from": read_time(session, since, first), "to": read_time(session, until, last, until=True)}


def require_order(session: Session, typed: Mapping[str, str | None], *, in_words: bool = False) -> None:
    """Refuse a span whose end was typed as a time before its start, even if that day ends when the start is.

    With `in_words` only an end that is a day in words, because the wire refuses the others.

    Raises:
        UsageError: With both as they were typed; `typed` has the option of the start, then that of the end.
    """
    (first, since), (last, until) = typed.items()
    start, end = read_time(session, since, first), read_time(session, until, last)
    if start is None or end is None or end >= start:
        return
    whole = read_time(session, until, last, until=True) or end
    if whole <= start and not (in_words and whole == end):
        words = "{last}: {until} is before {since}, the start in {first}: exchange the two, or correct one of them"
        raise UsageError(session.say(words, last=last, until=until, since=since, first=first))


def read_number(session: Session, text: str, option: str, *, whole: bool = False) -> str:
    """Parse the number of an option or a field in the session's language, and return it in the wire's form.

    A `whole` number has no point, so that an English comma in it can only be between thousands. What is no number
    stays as it is: the wire refuses it.

    Raises:
        UsageError: The number is ambiguous.
    """
    plain = text.strip()
    if _GROUPED.fullmatch(plain):
        plain = "".join(plain.split())
    if _SEPARATED.fullmatch(plain):
        separator = next(mark for mark in plain if mark in ",.")
        plain = plain.replace(separator, "").replace(",", ".")
    if not _WITH_COMMA.fullmatch(plain):
        return plain
    if session.language != "fr":
        point, figures = plain.replace(",", "."), plain.replace(",", "")
        if whole:
            return figures if _THOUSANDS.fullmatch(plain) else plain
        why = session.say("{text} is ambiguous: write {point} or {whole}", text=text, point=point, whole=figures)
        raise UsageError(session.say("{label}: {value}", label=option, value=why))
    return plain.replace(",", ".")


def read_decimal(session: Session, text: str | None, least: float, option: str) -> float | None:
    """Parse the number of an option, which must be at least `least`.

    Raises:
        UsageError: It is not such a number.
    """
    if text is None:
        return None
    with suppress(ValueError):
        value = float(read_number(session, text, option))
        if least <= value < inf:
            return value
    words = "{option}: {text} is not a number of at least {least}"
    raise UsageError(session.say(words, option=option, text=text, least=least))


def read_object(session: Session, text: str) -> dict[str, Any]:
    """Parse a JSON object; `-` means stdin."""
    document = _piped(session) if text == "-" else text
    try:
        value = read_json(document)
    except AmbiguousError as error:
        why = error.sentence(session.language)
        raise UsageError(session.say("this JSON cannot be sent: {reason}", reason=why)) from error
    except JSONDecodeError as error:
        words = "this is not JSON from line {line}, column {column} on: write one object, such as {example}"
        wrong = {"line": error.lineno, "column": error.colno, "example": _example(session)}
        raise UsageError(session.say(words, **wrong)) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(session.say("this is not JSON: write one object, such as {example}", example="{}")) from error
    if not isinstance(value, dict):
        words = "this is not a JSON object: write its fields in braces, such as {example}"
        raise UsageError(session.say(words, example=_example(session)))
    return value


def _example(session: Session) -> str:
    return f'{{"name": "{name_of(session.language, "example", "Theft")}"}}'


def _piped(session: Session) -> str:
    """Read stdin, as bytes if possible, because its text may contain undecodable characters."""
    raw = getattr(sys.stdin, "buffer", None)
    return decode(session, raw.read(), "stdin") if raw else sys.stdin.read()


def decode(session: Session, content: bytes, where: object) -> str:
    """Decode a document: as UTF-8, or by its byte order mark.

    Raises:
        UsageError: The bytes are not text.
    """
    marks = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
    encoding = next((name for mark, name in marks.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UsageError(session.say("{path} is not UTF-8: save it as UTF-8", path=where)) from error


async def read_project(session: Session, client: Client, text: str, *, gone_too: bool = False) -> UUID:
    """Return the id of a project, typed as an id, as its number, or as its number in another system.

    A number of this system goes first; `ref:` before a reference says what is meant. A deleted or
    restricted project is refused with the facts, unless `gone_too` allows it.
    """
    typed = session.project = text.strip()
    with suppress(ValueError):
        return UUID(typed)
    reference = _REFERENCE.sub("", typed)
    by = "number" if typed.isdecimal() else "reference"
    refusal = Refusal(Code.GONE, fields=[{"field": by, "kind": "not_here", "value": reference}])
    unknown = Refused(refusal.as_error(session.language))
    if reference == typed and typed.isascii() and typed.isdecimal() and len(typed) <= _NUMBER_DIGITS_MAX:
        try:
            return (await client.ask(make_message(session, FindProject, {"number": int(typed)}))).project_id
        except Refused as error:
            if error.code is Code.GONE and gone_too and "project_id" in error.details:
                return UUID(error.details["project_id"])
            if not _is_unknown(error):
                raise
            unknown = unknown if error.code is Code.INVALID else error
    rows = await _referred(session, client, list(dict.fromkeys([typed, reference])))
    if len(rows) > 1:
        words = "{text} is the reference of several projects: {numbers}. Write the number of one of them."
        raise UsageError(session.say(words, text=reference, numbers=", ".join(str(row.number) for row in rows)))
    if not rows:
        raise no_project(session, unknown, text)
    return rows[0].project_id


def _is_unknown(error: Refused) -> bool:
    """Return whether no project ever had this number, which may then be a reference."""
    never_given = error.code is Code.GONE and error.details.keys().isdisjoint({"deleted_at", "restricted_at"})
    return never_given or error.code in {Code.UNKNOWN_REFERENCE, Code.INVALID}


def no_project(session: Session, unknown: Refused, text: str) -> Refused:
    """Return the refusal of a project that does not exist, with what lists those that do."""
    message = session.say("Project {project} does not exist.", project=text)
    details = {**unknown.details, "type": f"incidents projects list{session.place}"}
    return Refused(unknown.error.model_copy(update={"message": message, "details": details}))


async def _referred(session: Session, client: Client, references: list[str]) -> list[ProjectRow]:
    """Return the projects with this number in another system; none if the caller may not see main details."""
    try:
        asked = make_message(session, ListProjects, {"filter": {"references": references}, "limit": 5})
        return (await client.ask(asked)).items
    except Refused as refused:
        if refused.code in {Code.NOT_AVAILABLE, Code.INVALID}:
            return []
        raise


def file_error(session: Session, path: object, error: Exception) -> UsageError:
    """Return the error that a file does not exist, or cannot be read."""
    if isinstance(error, FileNotFoundError):
        return UsageError(session.say("there is no file {path}", path=path))
    if isinstance(error, OSError) and error.strerror:
        why = session.say(error.strerror)
        return UsageError(session.say("{path} cannot be read: {reason}", path=path, reason=why))
    return UsageError(session.say("{path} cannot be read", path=path))


def make_message(session: Session, form: type[Read], values: Mapping[str, Any]) -> Read:
    """Make a message by the rules of the wire, so that errors are reported before anything is sent."""
    try:
        return form.model_validate_json(to_json(values))
    except ValidationError as error:
        allowed = [each.get("ctx", {}).get("expected") for each in error.errors(include_url=False, include_input=False)]
        refused = zip(refused_fields(error), allowed, strict=True)
    fields = [_field_error(session, field, words) for field, words in refused]
    raise Refused(Refusal(Code.INVALID, fields=fields).as_error(session.language))


def _field_error(session: Session, field: dict[str, Any], allowed: str | None) -> dict[str, Any]:
    """Return the error of a field, with the allowed values if they are listed; a number is shown as it can be typed."""
    named = {**field, "field": field["field"].replace(".[key]", "")}
    if field["kind"] == "decimal_parsing" and session.options is not None:
        named["reason"] = session.say("must be a number such as {number}", number=12.5)
    return {**named, "allowed": allowed} if field["kind"] in {"literal_error", "enum"} else named


def read_password(session: Session, prompt: Callable[[str, str], str], *, ask: bool) -> str:
    """Return a password that somebody types, or the first line of stdin; `prompt` takes a question and its language.

    Raises:
        UsageError: Stdin is not a terminal, so nobody can be asked, or it is empty or not UTF-8.
    """
    if not ask:
        try:
            typed = read_line()
        except UnicodeDecodeError as error:
            raise UsageError(session.say("{path} is not UTF-8: save it as UTF-8", path="stdin")) from error
        if not typed:
            raise UsageError(session.say("--password-stdin: stdin is empty; write the password on its first line"))
        return typed
    if not sys.stdin.isatty():
        raise UsageError(session.say("a password can be typed only at a terminal; use --password-stdin"))
    return session.ask(lambda: prompt(session.say("Password"), session.language), "--password-stdin")
