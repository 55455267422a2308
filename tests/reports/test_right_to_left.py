"""Words from right to left come back as they were written, for readers by the order of the file and by the places."""

import unicodedata
from collections.abc import Callable
from functools import partial

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reports.readers import READERS, by_pdfium, by_pypdf, pixels
from tests.reports.rendering_samples import Renderer, described, document, project, squeezed
from tests.reports.test_columns import everywhere
from workers.reports.rendering.render_input import DataValue
from workers.reports.rendering.text_layer.glyph_text_mapping import separate_texts

ReadText = Callable[[bytes], str]

LIGATURES = ["السلام", "لا", "إلا", "للإسلام الأول", "لا إله إلا الله", "هؤلاء بلاد ملاحظة"]
BRACKETS = [
    "كاميرا ٣ (باب)",
    "كاميرا (3) باب",
    "שלום (4) עולם",
    "[שלום] {עולם} «אב» “גד” <12>",
    "(שלום) (עולם)",
    "السلام (لا) [٣] «باب»",
]
POINTED = ["שָׁלוֹם", "שָׁלוֹם עוֹלָם", "בְּרֵאשִׁית בָּרָא אֱלֹהִים", "יְרוּשָׁלַיִם", "مُحَمَّد عند الباب"]
# As many runs from left to right as from right to left, or more: so readers take a line forwards.
FORWARDS = [
    "Gate שלום עולם 5 end",
    "Notiz: שלום (עולם) 3 km",
    "Camera الباب الرئيسي (north gate 2) end",
    "الباب Gate three north end",
    "a (שלום) b",
]
# More runs from right to left, and words beside each other that are not.
BACKWARDS = ["שלום (Gate 4) עולם", "Tor 3: السلام عند الباب"]
HEBREW = ["שלום", "עולם", "לא", "כהן", "גדול", "ירושלים"]
ARABIC = ["السلام", "لا", "إلا", "الباب", "كاميرا", "بلاد", "ملاحظة", "للإسلام"]


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    """Keep one renderer for all tests of this file, as a worker does."""
    return Renderer()


def normal(text: str) -> str:
    """Leave out spaces, and put marks of one letter in the order that Unicode gives them."""
    return unicodedata.normalize("NFC", squeezed(text))


def spaced(text: str) -> str:
    """Keep spaces, but not how many there are."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("text", [*LIGATURES, *BRACKETS, *POINTED[:2]])
def test_words_from_right_to_left_are_read_as_written(renderer: Renderer, read: ReadText, text: str) -> None:
    """Ligatures, brackets, digits and points are read in their order, and the spaces where they were."""
    assert f"{spaced(text)} {spaced(text)}" in spaced(read(renderer.render(described(f"{text}\n{text}")).pdf))


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("text", POINTED)
def test_points_follow_their_letters(renderer: Renderer, read: ReadText, text: str) -> None:
    """Each letter carries its own points, in words and alone."""
    alone = "\n".join(text.split())
    extracted = normal(read(renderer.render(described(f"{text}\n{alone}")).pdf))
    assert normal(text * 2) in extracted


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("text", FORWARDS)
def test_mixed_lines_that_go_forwards_keep_their_order(renderer: Renderer, read: ReadText, text: str) -> None:
    """Words of both directions are read in the order in which they were written."""
    assert normal(text * 2) in normal(read(renderer.render(described(f"{text}\n{text}")).pdf))


@pytest.mark.parametrize("text", BACKWARDS)
def test_mixed_lines_that_go_backwards_keep_their_order_in_the_file(renderer: Renderer, text: str) -> None:
    """A reader by the order of the file has the text; the other one has at least every word of it."""
    pdf = renderer.render(described(text)).pdf
    extracted = by_pdfium(pdf)
    assert normal(text) in normal(by_pypdf(pdf))
    assert [word for word in text.translate(str.maketrans("():", "   ")).split() if word not in extracted] == []


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("text", ["ab שלום (עולם) 12 cd", "السلام لا (٣) باب"])
def test_every_place_keeps_the_order(renderer: Renderer, read: ReadText, text: str) -> None:
    """Titles, names, labels and tables are no worse than descriptions."""
    assert normal(read(renderer.render(everywhere(f"|{text}|")).pdf)).count(normal(f"|{text}|")) >= 15


@pytest.mark.parametrize("read", READERS)
def test_neighbouring_columns_stay_apart(renderer: Renderer, read: ReadText) -> None:
    """A label and its value are two texts, though both go from right to left and stand in one line."""
    details = project(description="", comments=[], calls=[], sequences=[])
    fields = (
        DataValue(label="السلام", kind="text", value="لا (٣)"),
        DataValue(label="שם", kind="text", value="כהן (לוי)"),
    )
    text = spaced(read(renderer.render(document(project=details, categories=(), data=fields)).pdf))
    assert [word for word in ("السلام", "لا (٣)", "שם", "כהן") if word not in text] == []


def test_headers_keep_the_order(renderer: Renderer) -> None:
    """The header of a later page repeats the title as it was written."""
    pdf = renderer.render(document(title="שלום לא (עולם)", project=project(description="line\n" * 120))).pdf
    second = pypdfium2.PdfDocument(pdf)[1].get_textpage().get_text_range()
    assert "שלוםלא(עולם)" in squeezed(second)


def lines(words: list[str], digits: list[str]) -> st.SearchStrategy[str]:
    """Make lines of words with numbers and brackets between them."""
    word = st.sampled_from(words)
    inside = st.one_of(word, st.sampled_from(digits))
    bracketed = st.builds(
        lambda pair, text: f"{pair[0]}{text}{pair[1]}", st.sampled_from(["()", "[]", "{}", "«»"]), inside
    )
    middle = st.lists(st.one_of(word, st.sampled_from(digits), bracketed), max_size=6)
    return st.builds(lambda first, inner, last: " ".join([first, *inner, last]), word, middle, word)


@given(
    text=st.lists(
        st.one_of(lines(HEBREW, ["3", "044", "2026"]), lines(ARABIC, ["3", "044", "٣", "٠٤٤"])), min_size=1, max_size=8
    )
)
@settings(max_examples=15, deadline=None)
def test_any_lines_from_right_to_left_are_read_as_written(renderer: Renderer, text: list[str]) -> None:
    """Words, numbers and brackets of one script come back from both readers in their order."""
    pdf = renderer.render(described("\n".join(text))).pdf
    assert [normal("".join(text)) in normal(read(pdf)) for read in READERS] == [True, True]


def test_the_picture_of_words_stays_the_same(renderer: Renderer) -> None:
    """Empty glyphs, brackets and spaces set for readers are not seen, and nothing else is anywhere else."""
    description = described("\n".join([*LIGATURES, *BRACKETS, *POINTED, *FORWARDS, *BACKWARDS]))
    better = renderer.render(description)
    plain = Renderer(lambda pdf: pdf).render(description)
    assert plain.pdf != better.pdf
    assert pixels(plain.pdf) == pixels(better.pdf)


def test_a_long_report_keeps_the_order_of_the_file() -> None:
    """Where there is no time for each place, readers by the order of the file still have the order of the text."""
    renderer = Renderer(partial(separate_texts, exact_pages_max=0))
    text = "שלום עולם (3) לא\n"
    extracted = squeezed(by_pypdf(renderer.render(described(text * 100)).pdf))
    assert extracted.count(squeezed(text)) == 100
