"""What readers make of a line whatever a file does: where one of these fails, a report can do more."""

from itertools import permutations

import pytest

from tests.reports.pdf_builder import Glyphs, handmade
from tests.reports.readers import by_pdfium

# In a line from right to left: two Hebrew words, two Latin ones, and another Hebrew one.
PLACES = [Glyphs(190, "טח"), Glyphs(160, "דגהו"), Glyphs(120, "Gate"), Glyphs(145, "Ab"), Glyphs(100, "אבז")]


def test_two_words_in_a_line_of_the_other_direction_change_places() -> None:
    """Chrome's reader turns around the words of a line with more words from right to left, in any order of the file."""
    text = {by_pdfium(handmade(order)) for order in permutations(PLACES)}
    assert text == {"חט והגד Ab Gate זבא"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_sign_beside_a_number_stays_where_it_is_seen(order: tuple[int, ...]) -> None:
    """Chrome's reader leaves numbers as they stand, with a per cent sign that Arabic has on their left."""
    places = [Glyphs(100, "%"), Glyphs(105, "50")]
    text = by_pdfium(handmade([Glyphs(120, "באד"), *(places[place] for place in order)]))
    assert "%50" in text


def test_a_bracket_is_returned_as_its_opposite() -> None:
    """Chrome's reader takes what a glyph says for what is seen, in words from right to left."""
    assert by_pdfium(handmade([Glyphs(100, "א(בד")])) == "דב)א"
