"""The characters of a font file and their widths, by the tables `cmap` and `hmtx` of OpenType."""

import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

_COLLECTION = b"ttcf"
_PREFERRED = {12: 2, 4: 1}
"""The forms of a table: the one for all planes before the one for the first plane."""
_PRIVATE = ((0xE000, 0xF8FF), (0xF0000, 0x10FFFF))  # no two fonts agree on their signs
_LAST_OF_PLANE = 0xFFFE


class _Range(NamedTuple):
    """Neighbouring characters whose glyphs are neighbours."""

    first: int
    last: int
    glyph: int


class FontMetrics:
    """The characters that a font draws, with the width of each."""

    def __init__(self, ranges: list[_Range], widths: "array[int]", unit: int) -> None:
        ranges.sort()
        self._firsts = array("I", [each.first for each in ranges])
        self._ranges = ranges
        self._widths = widths
        self._unit = unit

    @classmethod
    def read(cls, path: Path, index: int = 0) -> Self:
        """Read a font; `index` is its place in a collection."""
        tables = _tables(path, index, {b"cmap", b"head", b"hhea", b"hmtx"})
        [unit] = struct.unpack_from(">H", tables[b"head"], 18)
        [count] = struct.unpack_from(">H", tables[b"hhea"], 34)
        widths = array("H", [width for width, _ in struct.iter_unpack(">HH", tables[b"hmtx"][: 4 * count])])
        return cls([each for each in _ranges(tables[b"cmap"]) if not _is_private(each)], widths, unit)

    def __contains__(self, character: str) -> bool:
        """Tell whether the font draws a character."""
        return self._range(character) is not None

    def width_ems(self, character: str) -> float:
        """Return the width of a character that the font draws."""
        match = self._range(character)
        if match is None:
            raise ValueError(character)
        glyph = match.glyph + ord(character) - match.first
        return self._widths[min(glyph, len(self._widths) - 1)] / self._unit

    def _range(self, character: str) -> _Range | None:
        code = ord(character)
        at = bisect_right(self._firsts, code) - 1
        return self._ranges[at] if at >= 0 and code <= self._ranges[at].last else None


def _tables(path: Path, index: int, names: set[bytes]) -> dict[bytes, bytes]:
    tables = {}
    with path.open("rb") as file:
        start = 0
        if file.read(4) == _COLLECTION:
            file.seek(12 + 4 * index)
            [start] = struct.unpack(">I", file.read(4))
        file.seek(start + 4)
        [count] = struct.unpack(">H6x", file.read(8))
        for name, _, offset, length in struct.iter_unpack(">4sIII", file.read(16 * count)):
            if name in names:
                file.seek(offset)
                tables[name] = file.read(length)
    return tables


def _ranges(table: bytes) -> Iterator[_Range]:
    [count] = struct.unpack_from(">2xH", table)
    offsets = {offset for _, _, offset in struct.iter_unpack(">HHI", table[4 : 4 + 8 * count])}
    forms = {struct.unpack_from(">H", table, offset)[0]: offset for offset in sorted(offsets)}
    form = max(forms, key=lambda number: _PREFERRED.get(number, 0))
    return _all_planes(table, forms[form]) if form == max(_PREFERRED) else _first_plane(table, forms[form])


def _all_planes(table: bytes, at: int) -> Iterator[_Range]:
    [count] = struct.unpack_from(">12xI", table, at)
    return (_Range(*group) for group in struct.iter_unpack(">III", table[at + 16 : at + 16 + 12 * count]))


def _first_plane(table: bytes, at: int) -> Iterator[_Range]:
    [twice] = struct.unpack_from(">6xH", table, at)
    lasts, firsts, deltas, distances = (
        struct.unpack_from(f">{twice // 2}H", table, at + start)
        for start in (14, 16 + twice, 16 + 2 * twice, 16 + 3 * twice)
    )
    for number, (first, last, delta, distance) in enumerate(zip(firsts, lasts, deltas, distances, strict=True)):
        place = at + 16 + 3 * twice + 2 * number + distance
        for code in range(first, min(last, _LAST_OF_PLANE) + 1):
            [glyph] = struct.unpack_from(">H", table, place + 2 * (code - first)) if distance else [code]
            if glyph and glyph + delta & 0xFFFF:
                yield _Range(code, code, glyph + delta & 0xFFFF)


def _is_private(characters: _Range) -> bool:
    return any(start <= characters.first and characters.last <= end for start, end in _PRIVATE)
