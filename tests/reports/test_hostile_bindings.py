"""Texts of people in a bound file: none breaks it, leads elsewhere or hides another."""

import re
import unicodedata
from typing import Any

import pytest

from tests.reports.binding_samples import Binder, Bound, entry, left_out
from tests.reports.readers import outside, text_of
from tests.reports.rendering_samples import squeezed

TEXTS = {
    "brackets": ("((((( ) \\", "((((()\\"),
    "an object": ("12 0 R>>endobj\n13 0 obj<</Type/Annot/StructParent 1>>", "120R>>endobj130obj"),
    "a link of the template": ("report:1 /A<</S/URI/URI(report:0)>>", "report:1/A<</S/URI"),
    "markup": ("#panic() $x$ @a <b> *c* _d_ `e`", "#panic()$x$@a<b>*c*_d_`e`"),
    "controls": ("a\x00b\x1ec\x1fd", "a[U+0000]bcd"),
    "an override": ("\u202egpj.exe", "[U+202E]gpj.exe"),
    "isolates": ("\u2069\u2068a", "[U+2069][U+2068]a"),
    "half a character": ("a\ud800b", "a[U+D800]b"),
    "no glyph": ("a\ue000b", "a[U+E000]b"),  # of private use, so that no font has it
    "an emoji": ("a\U0001fae0b", "a\U0001fae0b"),
    "a panic": ("\u05e9\u20e3\u200d", "\u05e9"),
    "many marks": ("e\u0301\u0323" * 50, "\u1eb9\u0301" * 2),
    "Hebrew": ("שלום עולם", "שלוםעולם"),
    "Arabic": ("حقيبة متروكة", "حقيبة"),
    "lines": ("a\u2028b\r\nc\x85d", "abcd"),
    "spaces": (" \t\n ", "–"),
}


@pytest.fixture(scope="module")
def binder() -> Binder:
    """Keep one binder for all tests of this file, as a worker does."""
    return Binder()


def titles_of(bound: Bound) -> list[str]:
    """Return the titles of the reports in the outline."""
    marks: list[Any] = [mark for mark in bound.reader().outline if not isinstance(mark, list)]
    return [mark.title for mark in marks if mark.title.startswith("no.")]


@pytest.mark.parametrize("text, printed", TEXTS.values(), ids=TEXTS)
def test_a_description_of_any_characters_is_bound(binder: Binder, text: str, printed: str) -> None:
    """A description of any characters is in the contents; the file leads to the same pages and keeps its level."""
    bound = binder.bind(entry(1, text), entry(2, "Sac"), left_out("too-large", 3, text, key=3))
    assert bound.conformance == "PDF/A-3a"
    assert printed in unicodedata.normalize("NFC", squeezed(text_of(bound.pdf)))
    assert not outside(bound.pdf)
    links: Any = bound.reader().pages[1]["/Annots"]
    assert len(links) == 4
    assert titles_of(bound)[1] == "no.\u00a02 – Sac"


@pytest.mark.parametrize("text", [text for text, _ in TEXTS.values()], ids=TEXTS)
def test_a_bookmark_has_no_control(binder: Binder, text: str) -> None:
    """A bookmark has one line and no character that would reorder or hide it."""
    [title] = titles_of(binder.bind(entry(1, text)))
    assert re.match(r"no.\u00a01( – |$)", title)
    assert not [character for character in title if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}]
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", title)


@pytest.mark.parametrize("text", [text for text, _ in TEXTS.values()], ids=TEXTS)
def test_a_title_and_a_name_of_any_characters_are_bound(binder: Binder, text: str) -> None:
    """The title of the organisation and the name of a user break nothing, neither on paper nor in the description."""
    bound = binder.bind(entry(1), title=text, author=text)
    assert bound.conformance == "PDF/A-3a"
    assert not outside(bound.pdf)


def test_a_plain_file_is_made_without_other_letters(binder: Binder) -> None:
    """After a crash of the typesetter, the caller can ask for pages in Latin letters alone."""
    bound = binder.bind(entry(1, "שלום"), plain=True)
    assert "[U+05E9][U+05DC][U+05D5][U+05DD]" in squeezed(text_of(bound.pdf))
    assert bound.conformance == "PDF/A-3a"
