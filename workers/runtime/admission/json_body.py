"""Bodies: JSON objects that are read strictly, and for everything else a refusal that names the place and the reason.

What two readers could take for two different things is refused: keys that stand there twice, halves of surrogate
pairs, numbers that only some readers hold. PostgreSQL could not keep half of them either.
"""

import codecs
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from contracts.errors import Code, Refusal

LARGEST_BODY: Final = 64 * 1024
MOST_NAMED: Final = 100
"""Fields that one refusal names: of a body full of mistakes, all of them would not fit into a message."""

_DEEPEST: Final = 200
"""Levels that the parser of bodies reads."""

_LONGEST_NUMBER: Final = 4_300
_LONGEST_PATH: Final = 200
_MARKS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

ModelT = TypeVar("ModelT", bound=BaseModel)


def invalid(*fields: tuple[str, str]) -> Refusal:
    """Refuse fields, each with the validator's name for what is wrong."""
    return Refusal(Code.INVALID, fields=[{"field": name, "kind": kind} for name, kind in fields])


def refusal_of(error: ValidationError) -> Refusal:
    """Refuse a body that does not fit, naming a hundred fields at most and why; never what was written there."""
    found = error.errors(include_url=False, include_input=False, include_context=False)[:MOST_NAMED]
    return invalid(*((".".join(map(str, one["loc"])), one["type"]) for one in found))


def parse_body(kind: type[ModelT], body: bytes) -> ModelT:
    """Read a body as what it should be.

    Raises:
        Refusal: It is no JSON object that every reader takes for the same, or its fields do not fit.
    """
    if len(body) > LARGEST_BODY:
        raise invalid(("", "body_too_large"))
    try:
        found = kind.model_validate_json(body)
        _STRICT.decode(body.decode())
    except ValidationError as error:
        raise diagnosed(body) or refusal_of(error) from None
    except _AmbiguousError:
        raise diagnosed(body) or invalid(("", "json_invalid")) from None
    return found


def diagnosed(body: bytes) -> Refusal | None:
    """Say what keeps a body from being JSON that every reader takes for the same, and where."""
    if not body.strip():
        return invalid(("", "body_empty"))
    if body.startswith(_MARKS):
        return invalid(("", "byte_order_mark"))
    try:
        tree = _LENIENT.decode(body.decode())
    except UnicodeDecodeError:
        return invalid(("", "not_utf8"))
    except RecursionError:
        return invalid(("", "nested_too_deep"))
    except ValueError:
        return invalid(("", "json_invalid"))
    found = list(islice(_oddities(tree), MOST_NAMED))
    return invalid(*found) if found else None


class _AmbiguousError(Exception):
    """A body in which a key stands twice."""


class _Odd:
    """Stands in a tree for a value that not every reader takes for the same."""

    def __init__(self, kind: str) -> None:
        self.kind = kind


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _AmbiguousError
    return found


def _marked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        found[name] = _Odd("duplicate_key") if name in found else value
    return found


def _integer(digits: str) -> Any:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else _Odd("number_too_long")


_STRICT: Final = json.JSONDecoder(object_pairs_hook=_once)
_LENIENT: Final = json.JSONDecoder(
    object_pairs_hook=_marked, parse_int=_integer, parse_constant=lambda _: _Odd("not_a_number")
)


def _oddities(tree: Any) -> Iterator[tuple[str, str]]:
    waiting: list[tuple[tuple[Any, ...], Any]] = [((), tree)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, _Odd):
            yield _named(path), value.kind
        elif isinstance(value, str) and not _is_text(value):
            yield _named(path), "lone_surrogate"
        elif len(path) >= _DEEPEST:
            yield "", "nested_too_deep"
            return
        elif isinstance(value, dict | list):
            inner = list(value.items() if isinstance(value, dict) else enumerate(value))
            yield from ((_named((*path, name)), "lone_surrogate") for name, _ in inner if not _is_text(str(name)))
            waiting.extend(((*path, name), one) for name, one in reversed(inner))


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _named(path: tuple[Any, ...]) -> str:
    return ".".join(map(str, path)).encode(errors="replace").decode()[:_LONGEST_PATH]
