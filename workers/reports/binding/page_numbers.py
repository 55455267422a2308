"""The number of each page in a bound file, drawn below what the page has."""

from functools import cache
from pathlib import Path

import typst

from workers.reports.binding.object_numbers import parts_of, references
from workers.reports.rendering.fonts.font_library import TEXT_FONT
from workers.reports.rendering.pdf_typesetting import compiler, typeset
from workers.reports.rendering.text_layer.glyph_text_mapping import read_font
from workers.reports.rendering.text_layer.pdf_objects import Objects

FONT_NAME = b"folio"

_SIGNS = "0123456789 /"
_TYPE0 = b"<</Type/Font/Subtype/Type0/"
_POINTS = 9.0
_HEIGHT_POINTS = 20.0
"""The height above the edge: below the line at the foot of a report, and where printers still print."""


class PageNumbers:
    """A font with figures, and what draws page numbers with it."""

    def __init__(self, pdf: bytes) -> None:
        """Take the font from a file that shows all signs of page numbers."""
        self.objects = Objects(pdf)
        [self.font] = self.objects.numbers(_TYPE0)
        font = read_font(self.objects, self.font)
        self._glyphs = {text: glyph for glyph, text in font.texts.items()}
        self._widths = font.widths

    def font_objects(self) -> list[int]:
        """Return the numbers of the font and of all that it refers to."""
        numbers, pending = [], [self.font]
        while pending:
            number = pending.pop()
            if number not in numbers:
                numbers.append(number)
                pending += references(parts_of(self.objects[number])[0])
        return numbers

    def operations(self, number: int, pages: int, page_width: float) -> bytes:
        """Return what draws the number of a page in the middle of its foot, outside the structure of the text."""
        glyphs = [self._glyphs[sign] for sign in f"{number} / {pages}"]
        width = sum(self._widths[glyph] for glyph in glyphs) * _POINTS / 1000
        codes = b"".join(b"%04X" % glyph for glyph in glyphs)
        return (
            b"/Artifact<</Type/Pagination/Subtype/Footer/Attached[/Bottom]>>BDC\nq 0.2 g\n"
            b"BT/%b %.1f Tf 1 0 0 1 %.3f %.1f Tm<%b>Tj\nET\nQ\nEMC\n"
            % (FONT_NAME, _POINTS, (page_width - width) / 2, _HEIGHT_POINTS, codes)
        )


@cache
def page_numbers() -> PageNumbers:
    """Typeset the font once in a process."""
    template = compiler(Path(__file__).parent / "page_numbers.typ", typst.Fonts(include_system_fonts=False))
    return PageNumbers(typeset(template, {"font": TEXT_FONT, "signs": _SIGNS}, 0))
