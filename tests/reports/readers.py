"""Two independent readers of reports, and the places of what they find on the page."""

import ctypes
import io
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pypdfium2
from pypdf import PdfReader
from pypdfium2 import raw

LEFT, RIGHT, BOTTOM, TOP = 62.0, 533.3, 0.0, 842.0
"""The margins of an A4 page, with what a letter may lean over them."""


class GlyphRun(NamedTuple):
    """A run of glyphs: how grey it is, and its box."""

    grey: int
    left: float
    bottom: float
    right: float
    top: float


def by_pypdf(pdf: bytes) -> str:
    """Read a report as pypdf does."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def by_pdfium(pdf: bytes) -> str:
    """Read a report as Chrome does."""
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


READERS = (by_pypdf, by_pdfium)
_MIRRORED = str.maketrans(")]}>»", "([{<«")
"""In a line from right to left one reader returns what a bracket looks like, and the other one what it means."""


def pages_of(pdf: bytes) -> list[str]:
    """Read a report page by page, as pypdf does.

    Raises:
        AssertionError: A page holds other letters for Chrome; where lines end is the reader's own affair.
    """
    for_pypdf = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    for_chrome = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf)]
    assert [_letters(text) for text in for_pypdf] == [_letters(text) for text in for_chrome]
    return for_pypdf


def text_of(pdf: bytes) -> str:
    """Read all text of a report, with single spaces, as both readers do."""
    return " ".join(" ".join(pages_of(pdf)).split())


def inked_glyphs(pdf: bytes) -> Iterator[GlyphRun]:
    """Every run of glyphs that leaves ink."""
    for page in pypdfium2.PdfDocument(pdf):
        for run in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
            box = run.get_bounds()
            if box[3] > box[1]:
                yield GlyphRun(_grey(run), *box)


def outside(pdf: bytes, lean: float = 0.0) -> list[GlyphRun]:
    """What leaves the margins of its page by more than letters may lean over in some scripts."""
    return [
        glyph
        for glyph in inked_glyphs(pdf)
        if glyph.left < LEFT - lean or glyph.right > RIGHT + lean or glyph.bottom < BOTTOM or glyph.top > TOP
    ]


def pixels(pdf: bytes) -> list[int]:
    """How dark each spot of each page is, in three shades."""
    pages = (page.render(grayscale=True) for page in pypdfium2.PdfDocument(pdf))
    return [shade // 86 for page in pages for shade in bytes(page.buffer)]


def _letters(text: str) -> Counter[str]:
    return Counter(unicodedata.normalize("NFC", "".join(text.split()).translate(_MIRRORED)))


def _grey(run: pypdfium2.PdfObject) -> int:
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    raw.FPDFPageObj_GetFillColor(run, red, green, blue, alpha)
    return int(red.value)
