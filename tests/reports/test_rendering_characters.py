import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reports.readers import pages_of
from tests.reports.rendering_samples import Renderer, comment, described, document, project, read, squeezed, words
from workers.reports.rendering.render_input import DataValue

LITERAL = [
    "#panic() *bold* _slanted_ `raw` $x^2$ <label> @reference \\ // ~ -- --- ... = - + /",
    '#set page(width: 1cm) #read("report.typ") #import "@preview/x:1.0.0"',
    "<script>alert(1)</script> &amp; {{ title }} %(name)s [U+1F600]",
]
# Letters that the first font has, whatever stands beside them.
LETTERS = "abcXYZ019àéèçœŒßñøåÀÉÇ\u0391\u03a9\u03c9Жяю.,;:!?()[]{}#$*_`@&<>\\/\"'«»“”’–—…€£§"


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    """Keep one renderer for all tests of this file, as a worker does."""
    return Renderer()


@pytest.mark.parametrize("text", LITERAL)
def test_markup_is_text(renderer: Renderer, text: str) -> None:
    """What people type is shown and never obeyed, wherever they typed it."""
    typed = document(
        title=text,
        project=project(description=text, comments=[comment(text)]),
        categories=((text, text),),
        data=(DataValue(label=text, kind="text", value=text),),
    )
    assert squeezed(words(renderer.render(typed))).count(squeezed(text)) >= 7


@pytest.mark.parametrize(
    "text, shown",
    [
        ("\U00030000\U00030001", "[U+30000][U+30001]"),  # rare ideographs, which no font has
        ("\U0001f3f4\U000e0067", "\U0001f3f4[U+E0067]"),  # an unseen tag
        ("a\x07b", "a[U+0007]b"),
        ("\u202efdp.exe", "[U+202E]fdp.exe"),  # would reverse what follows
        ("\ue000\uffff", "[U+E000][U+FFFF]"),
        ("\ud800", "[U+D800]"),  # half of a character
        ("\u0915\u064b", "\u0915[U+064B]"),
        ("a\U000e0100", "a[U+E0100]"),  # a selector of ideographs
        ("x\u064b", "x[U+064B]"),  # a letter and a mark of two scripts
        ("\U00030000\u20dd", "[U+30000][U+20DD]"),
    ],
)
def test_what_cannot_be_printed_is_spelled_out(renderer: Renderer, text: str, shown: str) -> None:
    """A character that paper cannot show is named, and a note on the report explains it."""
    extracted = words(renderer.render(described(text)))
    assert squeezed(shown) in squeezed(extracted)
    assert "shown by its Unicode number" in extracted


@pytest.mark.parametrize("text", ["Αθήνα", "Київ", "e\u0301te\u0301", "cœur – 5\u202f€", "Երևան", "თბილისი"])
def test_what_can_be_printed_is_printed(renderer: Renderer, text: str) -> None:
    """European scripts, and letters with the marks they carry, are shown as they were typed."""
    extracted = words(renderer.render(described(text)))
    assert unicodedata.normalize("NFC", squeezed(text)) in unicodedata.normalize("NFC", squeezed(extracted))
    assert "Unicode number" not in extracted


@pytest.mark.parametrize(
    "text",
    [
        "\u05e9\u05dc\u05d5\u05dd",
        "\u0645\u0631\u062d\u0628\u064b\u0627",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    ],
    ids=["hebrew", "arabic", "persian"],
)
def test_scripts_from_right_to_left_are_printed(renderer: Renderer, text: str) -> None:
    """Hebrew and Arabic are drawn with every letter, not spelled out."""
    extracted = words(renderer.render(described(text)))
    assert "[U+" not in extracted
    assert {letter for letter in text if letter.isalpha()} <= set(extracted)


def test_lines_stay_lines(renderer: Renderer) -> None:
    """Every kind of line break that was typed is a line break on paper."""
    text = pages_of(renderer.render(described("one\r\ntwo\rthree\u2028four\n\nfive")).pdf)[0]
    lines = [line.strip() for line in text.splitlines()]
    start = lines.index("one")
    assert [line for line in lines[start:] if line][:5] == ["one", "two", "three", "four", "five"]


@pytest.mark.parametrize("text", ["w" * 20_000, "W\u0301" * 9_000, "nous relevons " * 1_400, "-" * 3_000, "\n" * 3_000])
def test_long_texts_stay_on_their_pages(renderer: Renderer, text: str) -> None:
    """The longest text is told to its end, inside the margins, with words of any length."""
    rendered = renderer.render(described(text))
    printed, first = words(rendered), text.strip()[:1]
    assert not first or printed.count(first) >= text.count(first)
    for page in read(rendered).pages:
        page.extract_text(visitor_text=lambda _text, _cm, matrix, _font, _size: _inside(matrix[4]))


def _inside(position: float) -> None:
    assert position < 595


@given(text=st.text(max_size=60))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_makes_a_report(renderer: Renderer, text: str) -> None:
    """Whatever is typed into every field, the report is made and can be opened."""
    typed = document(
        title=text,
        project=project(description=text, comments=[comment(text)]),
        categories=((text, text),),
        data=(DataValue(label=text, kind="text", value=text),),
        missing=(text,),
    )
    rendered = renderer.render(typed)
    assert rendered.pages == len(read(rendered).pages) >= 1


@given(text=st.text(st.sampled_from(LETTERS), min_size=1, max_size=120))
@settings(max_examples=40, deadline=None)
def test_every_letter_arrives(renderer: Renderer, text: str) -> None:
    """A text of printable letters can be read back as it was typed."""
    assert squeezed(text) in squeezed(words(renderer.render(described(f"{text}\n"))))
