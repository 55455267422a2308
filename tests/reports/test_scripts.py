"""Every script is drawn, and what was written in it is what two readers give back."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.checks.tree import ROOT
from tests.reports.readers import READERS, RIGHT, by_pdfium, by_pypdf, inked_glyphs, outside, pixels
from tests.reports.rendering_samples import Renderer, described, squeezed
from tests.reports.script_samples import SENTENCES, SYLLABLES, words
from tests.reports.test_columns import everywhere
from workers.reports.rendering.fonts.font_library import TEXT_FONT, FontLibrary, han_font
from workers.reports.rendering.text_layer.pdf_objects import Objects

ReadText = Callable[[bytes], str]

UNICODE = Path(__file__).parent / "unicode_16.txt"
"""The letters, marks, numbers, signs and symbols of Unicode 16, without selectors and tags."""
PAGE = ROOT / "docs" / "report-fonts.md"
_ROW = re.compile(r"^\| [^|]+ \| U\+([0-9A-F]+)–U\+([0-9A-F]+) \| ([\d,]+) \| (new|large) \|$", re.MULTILINE)
_LEAN = 2.5
"""Points, a quarter of an em, by which marks of some scripts reach over the start of a line."""
_STRIDE = 211  # of the sample that is drawn


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    """Keep one renderer for all tests of this file, as a worker does."""
    return Renderer()


@pytest.fixture(scope="module")
def library() -> FontLibrary:
    """Find the fonts once."""
    return FontLibrary()


def assigned() -> Iterator[str]:
    """Every character of Unicode 16 that has a picture."""
    for line in UNICODE.read_text().split():
        first, _, last = line.partition("..")
        yield from map(chr, range(int(first, 16), int(last or first, 16) + 1))


def normal(text: str) -> str:
    """Leave out spaces, and put marks of one letter in the order that Unicode gives them."""
    return unicodedata.normalize("NFC", squeezed(text))


def test_every_character_is_drawn_but_those_of_the_page(library: FontLibrary) -> None:
    """The page names exactly the blocks of characters that no font has (REP-07)."""
    fonts = [metrics for _, metrics in library.families()]
    missing = [character for character in assigned() if not any(character in font for font in fonts)]
    rows = [(int(row[1], 16), int(row[2], 16), int(row[3].replace(",", ""))) for row in _ROW.finditer(PAGE.read_text())]
    counts = Counter((first, last) for code in map(ord, missing) for first, last, _ in rows if first <= code <= last)
    assert dict(counts) == {(first, last): count for first, last, count in rows}
    assert sum(counts.values()) == len(missing)


def test_a_sample_of_every_block_is_drawn(renderer: Renderer, library: FontLibrary) -> None:
    """What the files of the fonts say is what the typesetter draws (REP-07)."""
    fonts = [metrics for _, metrics in library.families()]
    letters = (sign for sign in assigned() if unicodedata.category(sign)[0] in "LNS")
    sample = [sign for number, sign in enumerate(letters) if number % _STRIDE == 0]
    drawn = [sign for sign in sample if any(sign in font for font in fonts)]
    pdf = renderer.render(described("\n".join(drawn))).pdf
    assert "[U+" not in by_pypdf(pdf)
    assert outside(pdf, _LEAN) == []


@pytest.mark.parametrize("script", SENTENCES)
def test_a_sentence_is_read_as_it_was_written(renderer: Renderer, script: str) -> None:
    """Both readers find each letter once and in its order (REP-07)."""
    text = SENTENCES[script]
    pdf = renderer.render(described(f"{text}\n{text}")).pdf
    assert [normal(text * 2) in normal(read(pdf)) for read in READERS] == [True, True]


@pytest.mark.parametrize("text", ["𞤀𞤣𞤤𞤢𞤥 𞤆𞤵𞤤𞤢𞥄𞤪", "𐤀𐤁𐤂 𐤃𐤄𐤅", "𐴀𐴁𐴃𐴝 𐴄𐴅"])
def test_words_beyond_the_first_plane_are_read_as_written(renderer: Renderer, text: str) -> None:
    """From right to left, both readers find the letters of Adlam in their order, and one of them the words, too.

    Chrome's reader does not know that these letters go from right to left, and returns the words of a line as it sees
    them, from left to right.
    """
    pdf = renderer.render(described(text)).pdf
    assert text in by_pypdf(pdf)
    assert " ".join(reversed(text.split())) in by_pdfium(pdf)


@given(data=st.data(), script=st.sampled_from(sorted(SYLLABLES)))
@settings(max_examples=32, deadline=None)
def test_any_words_are_read_as_they_were_written(renderer: Renderer, data: st.DataObject, script: str) -> None:
    """Words of any letters, conjuncts and vowels come back from both readers, with nothing before or behind them."""
    text = f"|{data.draw(words(script))}|"
    pdf = renderer.render(described(f"{text}\n")).pdf
    assert [read.__name__ for read in READERS if normal(text) not in normal(read(pdf))] == []
    assert outside(pdf, _LEAN) == []


@pytest.mark.parametrize("script", sorted(name for name, script in SYLLABLES.items() if script.vowels))
@pytest.mark.parametrize("beside", ["", "\nגדל"])
def test_vowels_are_seen(renderer: Renderer, script: str, beside: str) -> None:
    """A vowel leaves ink, also beside words from right to left: a lost one would still be in the text."""
    letters, _, vowels = SYLLABLES[script]
    pictures = {
        tuple(pixels(renderer.render(described(f"{letters[3]}{vowel}{beside}")).pdf)) for vowel in ("", *vowels[:3])
    }
    assert len(pictures) == 4


@pytest.mark.parametrize("script", ["chinese", "thai", "khmer", "hindi", "arabic", "tibetan", "emoji"])
def test_a_sentence_stays_in_every_column(renderer: Renderer, script: str) -> None:
    """A long text of any script stays in its column, in any place."""
    assert outside(renderer.render(everywhere(SENTENCES[script] * 8)).pdf) == []


def test_a_line_from_right_to_left_is_at_the_right_side(renderer: Renderer) -> None:
    """Such a line ends at the right margin; the lines beside it do not."""
    plain = max(glyph.right for glyph in inked_glyphs(renderer.render(described("Gate 3")).pdf) if glyph.bottom > 450)
    pdf = renderer.render(described("Gate 3\nגדל")).pdf
    rights = [glyph.right for glyph in inked_glyphs(pdf) if 440 < glyph.bottom < 500]
    assert plain < max(rights)
    assert RIGHT - max(rights) < 2


@pytest.mark.parametrize(
    "letters, font",
    [
        ("中", "Noto Sans CJK SC"),
        ("中の", "Noto Sans CJK JP"),
        ("中한", "Noto Sans CJK KR"),
        ("中한の", "Noto Sans CJK JP"),
    ],
)
def test_ideographs_have_the_forms_of_their_language(letters: str, font: str) -> None:
    """Kana and Hangul tell which language a report has."""
    assert han_font(frozenset(letters)) == font


def test_a_report_has_the_fonts_of_its_letters_alone(renderer: Renderer) -> None:
    """A Latin report needs no other font, whatever was printed before."""
    renderer.render(described("中文"))
    objects = Objects(renderer.render(described("Échelle")).pdf)
    names = {re.search(rb"/BaseFont/\w+\+(\w+)", objects[number]) for number in objects.numbers(b"/ToUnicode ")}
    assert {match[1].decode().partition("Serif")[0] for match in names if match} == {TEXT_FONT.partition(" ")[0]}
