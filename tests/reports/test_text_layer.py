"""What a reader or a clipboard gets from a report is what was written, letter for letter and in its order."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reports.readers import READERS, by_pypdf, pixels
from tests.reports.rendering_samples import Renderer, described, squeezed
from tests.reports.test_columns import everywhere

ReadText = Callable[[bytes], str]

# Letters with marks and without a character of their own: those of DIN 91379, and of Yoruba and Guaraní.
SEQUENCES = unicodedata.normalize(
    "NFC",
    "A̋ C̀ C̄ C̆ C̈ C̕ C̣ C̦ C̨̆ D̂ F̀ F̄ G̀ H̄ H̦ H̱ J́ J̌ K̀ K̂ K̄ K̇ K̕ K̛ K̦ K͟H K͟h L̂ L̥ L̥̄ L̦ M̀ M̂ M̆ M̐ N̂ N̄ N̆ N̦ "
    "P̀ P̄ P̕ P̣ R̆ R̥ R̥̄ S̀ S̄ S̛̄ S̱ T̀ T̄ T̈ T̕ T̛ U̇ Z̀ Z̄ Z̆ Z̈ Z̧ a̋ c̀ c̄ c̆ c̈ c̕ c̣ c̦ c̨̆ d̂ f̀ f̄ g̀ h̄ h̦ j́ k̀ k̂ "
    "k̄ k̇ k̕ k̛ k̦ k͟h l̂ l̥ l̥̄ l̦ m̀ m̂ m̆ m̐ n̂ n̄ n̆ n̦ p̀ p̄ p̕ p̣ r̆ r̥ r̥̄ s̀ s̄ s̛̄ s̱ t̀ t̄ t̕ t̛ u̇ z̀ z̄ z̆ z̈ z̧ "
    "Ç̆ ç̆ Û̄ û̄ ß̂ g̃ m̃",
).split()
NAMES = ["Adébáyọ̀", "Ọlọ́runtóbi", "ẹ̀kọ́", "Mbarete g̃uarã", "e\u0301te\u0301 été", "F F̀ F m m̃ m a\u0301 a á"]
LEFTWARD = ["البوابة عند حقيبة", "שלום 044 123 45 67 עולם", "שלום 0441234567", "حقيبة ٠٤٤ ١٢٣ عند"]
MIXED = ["Gate שלום עולם 5 end", "שלום (Gate 4) עולם", "الان لا أحد", "Tor 3: مُحَمَّد عند الباب"]


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    """Keep one renderer for all tests of this file, as a worker does."""
    return Renderer()


@pytest.mark.parametrize("read", READERS)
def test_letters_with_marks_are_read_once(renderer: Renderer, read: ReadText) -> None:
    """A letter and its marks are read as they were written, whatever is beside them."""
    text = squeezed(read(renderer.render(described("\n".join(f"|{sequence}|" for sequence in SEQUENCES))).pdf))
    assert [sequence for sequence in SEQUENCES if f"|{sequence}|" not in text] == []


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_read_as_it_was_written(renderer: Renderer, read: ReadText, name: str) -> None:
    """A name stays itself in every place, and so do plain letters that carry marks elsewhere."""
    text = squeezed(read(renderer.render(everywhere(f"|{name}|")).pdf))
    assert text.count(squeezed(f"|{name}|")) >= 15
    assert "Duration" in text


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("text", LEFTWARD)
def test_text_from_right_to_left_keeps_its_order(renderer: Renderer, read: ReadText, text: str) -> None:
    """Words and telephone numbers come back in the order in which they were written."""
    assert squeezed(text) in squeezed(read(renderer.render(described(f"{text}\n{text}")).pdf))


@pytest.mark.parametrize("text", MIXED)
def test_mixed_directions_keep_their_order_in_the_file(renderer: Renderer, text: str) -> None:
    """A reader that goes by the order of the file has the order of the text; others guess it from the places."""
    assert squeezed(text) in squeezed(by_pypdf(renderer.render(described(text)).pdf))


@given(
    letters=st.lists(
        st.tuples(
            st.sampled_from("aegmnoxGMNOQ"), st.lists(st.sampled_from("\u0300\u0303\u0323\u0331\u0302"), max_size=2)
        ),
        min_size=1,
        max_size=30,
    )
)
@settings(max_examples=15, deadline=None)
def test_any_marks_are_read_as_they_were_written(renderer: Renderer, letters: list[tuple[str, list[str]]]) -> None:
    """Any letters with any marks are the same text for both readers, up to their normal form."""
    text = " ".join(letter + "".join(marks) for letter, marks in letters)
    pdf = renderer.render(described(text)).pdf
    expected = unicodedata.normalize("NFC", squeezed(text))
    assert [expected in unicodedata.normalize("NFC", squeezed(read(pdf))) for read in READERS] == [True, True]


def test_the_picture_stays_the_same(renderer: Renderer) -> None:
    """What the text layer gains, the picture does not lose: every pixel is where the typesetter put it."""
    document = everywhere(" ".join([*NAMES, *LEFTWARD, *MIXED])[:400])
    better = renderer.render(document)
    plain = Renderer(lambda pdf: pdf).render(document)
    assert plain.pdf != better.pdf
    assert pixels(plain.pdf) == pixels(better.pdf)
