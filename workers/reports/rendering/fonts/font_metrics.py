"""The characters of a font file and their widths, as HarfBuzz reads them."""

from pathlib import Path

import uharfbuzz

_PRIVATE = ((0xE000, 0xF8FF), (0xF0000, 0x10FFFF))  # no two fonts agree on their signs


class FontMetrics:
    """The characters that a font draws, with the width of each."""

    def __init__(self, path: Path, index: int = 0) -> None:
        """Map a font file into memory; `index` is the font's place in a collection."""
        face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path)), index)
        self._font = uharfbuzz.Font(face)
        self._unit = face.upem

    def __contains__(self, character: str) -> bool:
        """Tell whether the font draws a character."""
        code = ord(character)
        return not _is_private(code) and self._font.get_nominal_glyph(code) is not None

    def width_ems(self, character: str) -> float:
        """Return the width of a character.

        Raises:
            ValueError: The font does not draw the character.
        """
        if character not in self:
            raise ValueError(character)
        advance = self._font.get_glyph_h_advance(self._font.get_nominal_glyph(ord(character)))
        return float(advance / self._unit)


def _is_private(code: int) -> bool:
    return any(first <= code <= last for first, last in _PRIVATE)
