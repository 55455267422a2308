"""The distinguished encoding of ASN.1 (X.690): values have one spelling each."""

from collections.abc import Iterable
from typing import Final, NamedTuple

INTEGER: Final = 0x02
OCTETS: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
SEQUENCE: Final = 0x30
SET: Final = 0x31

_SHORT: Final = 0x80
_LENGTH_BYTES_MAX: Final = 4


class FormError(ValueError):
    """Bytes are not such a value, or not in the one spelling that it has."""


class Value(NamedTuple):
    """A value: its tag, its content, and all of its bytes."""

    tag: int
    content: bytes
    whole: bytes


def encoded(tag: int, *parts: bytes) -> bytes:
    """Return a value of these parts."""
    content = b"".join(parts)
    size = len(content)
    if size < _SHORT:
        return bytes((tag, size)) + content
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _SHORT | len(digits))) + digits + content


def sequence(*parts: bytes) -> bytes:
    """Return a sequence."""
    return encoded(SEQUENCE, *parts)


def set_of(parts: Iterable[bytes], tag: int = SET) -> bytes:
    """Return a set, whose parts have one order."""
    return encoded(tag, *sorted(parts))


def integer(number: int) -> bytes:
    """Return a number that is not negative."""
    return encoded(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def identifier(*arcs: int) -> bytes:
    """Return an object identifier."""
    return encoded(OBJECT_IDENTIFIER, *map(_base_128, (40 * arcs[0] + arcs[1], *arcs[2:])))


def _base_128(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(_SHORT | (number & 0x7F))
    return bytes(reversed(digits))


def values(data: bytes) -> list[Value]:
    """Return the values that stand one after the other.

    Raises:
        FormError: There is something else.
    """
    found, place = list[Value](), 0
    while place < len(data):
        value = _value_at(data, place)
        found.append(value)
        place += len(value.whole)
    return found


def value(data: bytes, tag: int | None = None) -> Value:
    """Return the only value in these bytes.

    Raises:
        FormError: There is none, another one too, or one with another tag.
    """
    found = values(data)
    if len(found) != 1 or tag not in {None, found[0].tag}:
        raise FormError
    return found[0]


def first(data: bytes) -> Value:
    """Return the value that data begin with.

    Raises:
        FormError: They begin with none.
    """
    return _value_at(data, 0)


def parts(data: bytes, tag: int, *tags: int | None) -> list[Value]:
    """Return the parts of a value, which have these tags, None being any.

    Raises:
        FormError: It has other parts.
    """
    found = values(value(data, tag).content)
    if len(found) != len(tags) or any(tag not in {None, part.tag} for part, tag in zip(found, tags, strict=True)):
        raise FormError
    return found


def number(content: bytes) -> int:
    """Return the number that the content of an integer is."""
    return int.from_bytes(content, "big")


def _value_at(data: bytes, place: int) -> Value:
    head = data[place : place + 2]
    if len(head) < 2 or head[0] & 0x1F == 0x1F:  # noqa: PLR2004 - a tag of one byte, and a length
        raise FormError
    start, size = place + 2, head[1]
    if size >= _SHORT:
        count = size - _SHORT
        size = int.from_bytes(data[start : start + count], "big")
        start += count
        if not 0 < count <= _LENGTH_BYTES_MAX or size < _SHORT or size.bit_length() <= 8 * (count - 1):
            raise FormError
    if start + size > len(data):
        raise FormError
    return Value(head[0], data[start : start + size], data[place : start + size])
