"""The terms of a search: words, phrases in quotes, and codes in any spacing."""

import re
from dataclasses import dataclass, field
from functools import partial
from itertools import product

from workers.projects.search.ngrams import LOOKUPS_MAX, Rarity, all_grams, commonness, guesses_of, numbers_of, pairs_of
from workers.projects.search.text_folding import RUNS, code_of, fold, is_unspaced, line_part, pieces_of, without_trunk

_QUOTES = '"“”„«»\uff02'
_PHRASE = re.compile(f"[{_QUOTES}]([^{_QUOTES}]*)[{_QUOTES}]")

# An international telephone number equals its national form. No country code begins with another one.
_COUNTRY = "1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[0-9]{3}"
_ABROAD = re.compile(rf"(?:\+|(?<![^ !+()])00[ !]?(?=[1-9])) ?(?:{_COUNTRY})(?=(?:[ !()]*[0-9]){{6}})")
LOOKUPS_PER_WORD_MAX = 2
"""N-grams of each word that are looked up in a search for several words."""

_DIALLED_DIGITS_MIN = 6
"""The fewest digits of a telephone number."""


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
        before, after = ("" if is_unspaced(alternatives) else " " for alternatives in (words[0], words[-1]))
        parts = frozenset(number for word in words if is_unspaced(word) for number in numbers_of(word))
        whole = words[is_unspaced(words[0]) : len(words) - is_unspaced(words[-1])]
        numbers = parts | pairs_of(whole) or frozenset(numbers_of(words[0]) or all_grams(words))
        return cls(f"{before}{' '.join(words)}{after}", numbers)


Ways = tuple[tuple[Term, ...], ...]
"""Alternatives of a search term: a project must have all terms of one of them."""


def ways_of(search: str, rarity: Rarity = commonness) -> list[Ways]:
    """Return the parts of a search, all of which a project must have; `rarity` chooses the n-grams to look up."""
    phrases = [words for quoted in _PHRASE.findall(search) if (words := pieces_of(without_trunk(fold(quoted))))]
    parts: list[Ways] = [((Term.phrase(words),),) for words in phrases]
    folded = _ABROAD.sub(" 0", without_trunk(fold(_PHRASE.sub(" ", search))))
    most = LOOKUPS_MAX if len(pieces_of(folded)) == 1 else LOOKUPS_PER_WORD_MAX
    part = partial(Term.part, most=most, rarity=rarity)
    done = 0
    for start, end in RUNS.spans(folded):
        pieces = pieces_of(folded[start:end])
        ways = _spellings(pieces)
        if start >= done and len(ways) > 1:
            parts += [((part(word),),) for word in pieces_of(folded[done:start])]
            parts.append(ways)
            done = end
    parts += [((part(word),),) for word in pieces_of(folded[done:])]
    return sorted(set(parts))


def _spellings(pieces: list[str]) -> Ways:
    """Return the spellings of pieces: separate, or as one word with or without the short pieces around it."""
    short = [not any(character.isdigit() for character in piece) for piece in pieces]
    first, last = short.index(False), len(short) - short[::-1].index(False)
    ways = [tuple(sorted({*map(Term.part, pieces)}))]
    for start, end in product(range(first + 1), {last, len(pieces)}):
        code = _national_number(code_of(pieces[start:end]) if end - start > 1 else pieces[start])
        if code not in {"", pieces[start]}:
            ways.append(tuple(sorted({*map(Term.part, (*pieces[:start], *pieces[end:], code))})))
    return tuple(dict.fromkeys(ways))


def _national_number(code: str) -> str:
    """Return the part of a telephone number that all its spellings share: without leading zeros."""
    number = code.lstrip("0")
    return number if code.isdigit() and len(number) >= _DIALLED_DIGITS_MIN else code
