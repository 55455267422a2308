"""The terms of a search, and the numbers by which the index finds projects that may have them."""

from dataclasses import dataclass, field

from workers.common.text_search.search_words import ways_in
from workers.common.text_search.text_folding import is_unspaced, line_part, phrase_line
from workers.projects.search.ngrams import LOOKUPS_MAX, Rarity, all_grams, commonness, guesses_of, numbers_of, pairs_of

LOOKUPS_PER_WORD_MAX = 2
"""N-grams of each word that are looked up in a search for several words."""


@dataclass(frozen=True, order=True)
class Term:
    """A text that must be found: what its line contains, and the numbers that find it by index."""

    line_part: str
    every: frozenset[int] = field(compare=False)
    alternatives: frozenset[int] = field(compare=False, default=frozenset())
    """Numbers of which a project must have one, if there are any."""

    @classmethod
    def part(cls, word: str, most: int = LOOKUPS_MAX, rarity: Rarity = commonness) -> "Term":
        """Return the term of a word, or of a long enough part of one, with at most this many numbers."""
        return cls(line_part(word), frozenset(numbers_of(word, most, rarity)), frozenset(guesses_of(word)))

    @classmethod
    def phrase(cls, words: list[str]) -> "Term":
        """Return the term of consecutive whole words; in scripts without spaces, the outer words may go on."""
        parts = frozenset(number for word in words if is_unspaced(word) for number in numbers_of(word))
        whole = words[is_unspaced(words[0]) : len(words) - is_unspaced(words[-1])]
        numbers = parts | pairs_of(whole) or frozenset(numbers_of(words[0]) or all_grams(words))
        return cls(phrase_line(words), numbers)


Ways = tuple[tuple[Term, ...], ...]
"""Alternatives of a search term: a project must have all terms of one of them."""


def ways_of(search: str, rarity: Rarity = commonness) -> list[Ways]:
    """Return the parts of a search, all of which a project must have; `rarity` chooses the n-grams to look up."""

    def word(text: str, is_alone: bool) -> Term:  # noqa: FBT001 - given by position
        return Term.part(text, LOOKUPS_MAX if is_alone else LOOKUPS_PER_WORD_MAX, rarity)

    return ways_in(search, word, Term.phrase, Term.part)
