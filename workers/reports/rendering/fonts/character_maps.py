"""The characters of a font file, by the table `cmap` of its format, OpenType."""

import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

_COLLECTION = b"ttcf"
_PREFERRED = {12: 2, 4: 1}
"""The forms of a table: the one for all planes before the one for the first plane."""
_PRIVATE = ((0xE000, 0xF8FF), (0xF0000, 0x10FFFF))  # no two fonts agree on their signs

_Range = tuple[int, int]


class CharacterSet:
    """A set of characters, as ranges."""

    def __init__(self, ranges: Iterable[_Range]) -> None:
        ordered = sorted(ranges)
        self._firsts = array("I", [first for first, _ in ordered])
        self._lasts = array("I", [last for _, last in ordered])

    def __contains__(self, character: str) -> bool:
        """Tell whether a character is in the set."""
        code = ord(character)
        at = bisect_right(self._firsts, code) - 1
        return at >= 0 and code <= self._lasts[at]


def read_characters(path: Path, index: int = 0) -> CharacterSet:
    """Read the characters that a font has a glyph for; `index` is its place in a collection."""
    with path.open("rb") as file:
        table = _table(file, b"cmap", index)
    return CharacterSet(_without_private(_ranges(table)))


def _table(file: BinaryIO, name: bytes, index: int) -> bytes:
    start = 0
    if file.read(4) == _COLLECTION:
        file.seek(12 + 4 * index)
        [start] = struct.unpack(">I", file.read(4))
    file.seek(start + 4)
    [count] = struct.unpack(">H6x", file.read(8))
    entries = struct.iter_unpack(">4sIII", file.read(16 * count))
    offset, length = next((offset, length) for tag, _, offset, length in entries if tag == name)
    file.seek(offset)
    return file.read(length)


def _ranges(table: bytes) -> Iterator[_Range]:
    [count] = struct.unpack_from(">2xH", table)
    offsets = {offset for _, _, offset in struct.iter_unpack(">HHI", table[4 : 4 + 8 * count])}
    forms = {struct.unpack_from(">H", table, offset)[0]: offset for offset in sorted(offsets)}
    form = max(forms, key=lambda number: _PREFERRED.get(number, 0))
    return _all_planes(table, forms[form]) if form == max(_PREFERRED) else _first_plane(table, forms[form])


def _all_planes(table: bytes, at: int) -> Iterator[_Range]:
    [count] = struct.unpack_from(">12xI", table, at)
    groups = struct.iter_unpack(">III", table[at + 16 : at + 16 + 12 * count])
    return ((first, last) for first, last, _ in groups)


def _first_plane(table: bytes, at: int) -> Iterator[_Range]:
    [twice] = struct.unpack_from(">6xH", table, at)
    lasts, firsts, deltas, distances = (
        struct.unpack_from(f">{twice // 2}H", table, at + start)
        for start in (14, 16 + twice, 16 + 2 * twice, 16 + 3 * twice)
    )
    for number, (first, last, delta, distance) in enumerate(zip(firsts, lasts, deltas, distances, strict=True)):
        if not distance:
            if first + delta & 0xFFFF or last > first:
                yield first, min(last, 0xFFFE)
            continue
        glyphs = at + 16 + 3 * twice + 2 * number + distance
        for code in range(first, min(last, 0xFFFE) + 1):
            if struct.unpack_from(">H", table, glyphs + 2 * (code - first))[0]:
                yield code, code


def _without_private(ranges: Iterable[_Range]) -> Iterator[_Range]:
    for first, last in ranges:
        if not any(start <= first and last <= end for start, end in _PRIVATE):
            yield first, last
