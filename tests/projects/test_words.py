"""What a search compares."""

from hypothesis import given
from hypothesis import strategies as st

from workers.projects.words import all_of, grams_of, joined, one_of, pattern, words_of

LETTERS = st.text(st.characters(categories=["Ll", "Lu", "Nd", "Mn"]), min_size=1, max_size=12)


def finds(term: str, word: str) -> bool:
    """Say whether the numbers of a term lead to a word."""
    numbers = grams_of(word)
    return numbers.issuperset(all_of(term)) and (not one_of(term) or not numbers.isdisjoint(one_of(term)))


@given(word=LETTERS, start=st.integers(0, 9), length=st.integers(3, 9))
def test_a_word_has_the_numbers_of_all_its_parts(word: str, start: int, length: int) -> None:
    """Whatever part of three letters or more is sought, its numbers lead to the word, and are in PostgreSQL's range."""
    for one in words_of(word):
        part = one[start : start + length]
        if len(part) > 2:
            assert finds(part, one)
            assert pattern(part).strip("%") in joined([one])
        assert all(-(2**31) <= number < 2**31 for number in grams_of(one))


@given(word=LETTERS)
def test_a_whole_word_is_sought_by_its_own_numbers(word: str) -> None:
    """A word finds itself, however short it is and whatever it is written in."""
    assert all(finds(one, one) for one in words_of(word))


@given(first=LETTERS, second=LETTERS)
def test_every_term_has_numbers(first: str, second: str) -> None:
    """No term is without numbers, and plain letters share no number with other words of four letters (no chaff)."""
    for one in words_of(f"{first} {second}"):
        assert bool(all_of(one)) != bool(one_of(one))
    plain = [one for one in words_of(f"{first} {second}") if one.isascii() and len(one) <= 4]
    assert len({number for one in plain for number in grams_of(one)}) == len(plain)


@given(text=st.text())
def test_folding_again_changes_nothing(text: str) -> None:
    """A folded word is a word, and folded: what was kept is found by what is typed."""
    assert all(words_of(one) == {one} for one in words_of(text))


def test_accents_and_case_are_folded() -> None:
    """Accents, case and what stands between words do not matter."""
    assert words_of("Élève BLESSÉ, ﬁn_Straße: İstanbul") == {"eleve", "blesse", "fin", "strasse", "istanbul"}
