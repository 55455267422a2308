"""Strict parsing of bodies: a body is a JSON object, or it gets a refusal that names the field and the reason.

JSON that two parsers could read differently is refused: duplicate keys, lone surrogates, numbers that only some parsers
can represent. PostgreSQL could not store some of them either.
"""

import codecs
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from contracts.errors import Code, Refusal, refused_fields
from contracts.message import BODY_BYTES_MAX, Request

NAMED_FIELDS_MAX: Final = 100
"""Fields that one refusal names, so that it fits into a message however many mistakes a body has."""

_NESTING_LEVELS_MAX: Final = 200
"""Levels of nesting that the parser of bodies reads."""

_NUMBER_DIGITS_MAX: Final = 4_300
_PATH_CHARACTERS_MAX: Final = 200
_BYTE_ORDER_MARKS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

ModelT = TypeVar("ModelT", bound=BaseModel)


def invalid(*fields: tuple[str, str]) -> Refusal:
    """Return a refusal of fields, each with the validator's name of the mistake."""
    return Refusal(Code.INVALID, fields=[{"field": name, "kind": kind} for name, kind in fields])


def refusal_of(error: ValidationError) -> Refusal:
    """Return the refusal of an invalid body: at most a hundred fields with their mistakes, and none of their values."""
    return Refusal(Code.INVALID, fields=refused_fields(error)[:NAMED_FIELDS_MAX])


def parse_body(kind: type[ModelT], body: bytes) -> ModelT:
    """Parse a body as a model.

    Raises:
        Refusal: It is not an unambiguous JSON object, or its fields are invalid.
    """
    if len(body) > (kind.body_bytes_max if issubclass(kind, Request) else BODY_BYTES_MAX):
        raise invalid(("", "body_too_large"))
    try:
        model = kind.model_validate_json(body)
        _STRICT.decode(body.decode())
    except ValidationError as error:
        raise diagnose(body) or refusal_of(error) from None
    except _AmbiguousError:
        raise diagnose(body) or invalid(("", "json_invalid")) from None
    return model


def diagnose(body: bytes) -> Refusal | None:
    """Return the refusal of a body that is not unambiguous JSON, with the fields concerned; None if it is."""
    if not body.strip():
        return invalid(("", "body_empty"))
    if body.startswith(_BYTE_ORDER_MARKS):
        return invalid(("", "byte_order_mark"))
    try:
        tree = _LENIENT.decode(body.decode())
    except UnicodeDecodeError:
        return invalid(("", "not_utf8"))
    except RecursionError:
        return invalid(("", "nested_too_deep"))
    except ValueError:
        return invalid(("", "json_invalid"))
    oddities = list(islice(_oddities(tree), NAMED_FIELDS_MAX))
    return invalid(*oddities) if oddities else None


class _AmbiguousError(Exception):
    """A body has a duplicate key."""


class _Odd:
    """A placeholder in a tree for an ambiguous value."""

    def __init__(self, kind: str) -> None:
        self.kind = kind


def _reject_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _AmbiguousError
    return members


def _mark_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        members[name] = _Odd("duplicate_key") if name in members else value
    return members


def _integer(digits: str) -> Any:
    return int(digits) if len(digits) <= _NUMBER_DIGITS_MAX else _Odd("number_too_long")


_STRICT: Final = json.JSONDecoder(object_pairs_hook=_reject_duplicates)
_LENIENT: Final = json.JSONDecoder(
    object_pairs_hook=_mark_duplicates, parse_int=_integer, parse_constant=lambda _: _Odd("not_a_number")
)


def _oddities(tree: Any) -> Iterator[tuple[str, str]]:
    waiting: list[tuple[tuple[Any, ...], Any]] = [((), tree)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, _Odd):
            yield _path_text(path), value.kind
        elif isinstance(value, str) and not _is_text(value):
            yield _path_text(path), "lone_surrogate"
        elif len(path) >= _NESTING_LEVELS_MAX:
            yield "", "nested_too_deep"
            return
        elif isinstance(value, dict | list):
            inner = list(value.items() if isinstance(value, dict) else enumerate(value))
            yield from ((_path_text((*path, name)), "lone_surrogate") for name, _ in inner if not _is_text(str(name)))
            waiting.extend(((*path, name), child) for name, child in reversed(inner))


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _path_text(path: tuple[Any, ...]) -> str:
    return ".".join(map(str, path)).encode(errors="replace").decode()[:_PATH_CHARACTERS_MAX]
