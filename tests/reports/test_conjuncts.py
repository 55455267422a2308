"""Letters that a font draws below the one before, in parts, are read once and in their order."""

from itertools import pairwise, product

import pytest

from tests.reports.readers import READERS, pixels
from tests.reports.rendering_samples import Renderer, described
from tests.reports.script_samples import SYLLABLES
from tests.reports.test_scripts import normal

ABOVE = "কগঙচজঞটণতদধনপফবমযরলশষসহ"
BELOW = "কখগঘচছজঝটঠডঢণতথদধনপফবভমযরলশষসহ"
JOINER = "\u09cd"
"""The sign that joins two letters of Bengali into a conjunct."""


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    """Keep one renderer for all tests of this file, as a worker does."""
    return Renderer()


@pytest.mark.parametrize("letter", ["", "র", "below"])
def test_every_conjunct_of_bengali_is_read_as_it_was_written(renderer: Renderer, letter: str) -> None:
    """Both readers find each of its letters once, also before a letter that it contains (REP-07)."""
    conjuncts = [
        f"|{above}{JOINER}{below}{below if letter == 'below' else letter}|" for above, below in product(ABOVE, BELOW)
    ]
    for start in range(0, len(conjuncts), 350):
        part = conjuncts[start : start + 350]
        pdf = renderer.render(described("\n\n".join(part))).pdf
        for read in READERS:
            text = normal(read(pdf))
            assert [word for word in part if normal(word) not in text] == []


@pytest.mark.parametrize("script", ["bengali", "malayalam", "telugu"])
def test_a_syllable_is_read_among_hundreds(renderer: Renderer, script: str) -> None:
    """A font of more than 127 glyphs on a page loses no text: many of them have several (REP-07)."""
    letters, joiner, vowels = SYLLABLES[script]
    conjuncts = [f"{letter}{joiner}{below}{vowel}" for letter, below in pairwise(letters) for vowel in vowels]
    syllables = [f"{letter}{vowel}" for letter in letters for vowel in vowels]
    words = [f"|{syllable}|" for syllable in [*conjuncts, *syllables]]
    pdf = renderer.render(described(" ".join(words))).pdf
    for read in READERS:
        text = normal(read(pdf))
        assert [word for word in words if normal(word) not in text] == []


@pytest.mark.parametrize("word", ["লন্ডন", "জন্ম", "শান্ত", "সম্ভব", "ক্কক", "ব্লল", "মোমো"])
def test_a_word_stands_between_its_neighbours(renderer: Renderer, word: str) -> None:
    """No letter of a conjunct is found before it or again after it (REP-07)."""
    pdf = renderer.render(described(f"মে {word} মে")).pdf
    assert [normal(f"মে{word}মে") in normal(read(pdf)) for read in READERS] == [True, True]


def test_conjuncts_look_as_the_typesetter_drew_them(renderer: Renderer) -> None:
    """Their own places for some letters move no ink."""
    words = described("লন্ডন ব্লল ন্মম ক্তত গ্ধগ ব্রর শান্ত")
    plain, better = Renderer(lambda pdf: pdf).render(words), renderer.render(words)
    assert plain.pdf != better.pdf
    assert pixels(plain.pdf) == pixels(better.pdf)
