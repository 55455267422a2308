"""What a search asks for: words, phrases in quotes, and codes that may be spaced otherwise."""

import re
from dataclasses import dataclass, field
from functools import partial
from itertools import product

from workers.projects.search.ngrams import (
    LOOKED_UP,
    RUNS,
    Rarity,
    all_grams,
    all_of,
    code_of,
    commonness,
    fold,
    is_unspaced,
    one_of,
    pairs_of,
    pattern,
    pieces_of,
)

_QUOTES = '"“”„«»\uff02'
_PHRASE = re.compile(f"[{_QUOTES}]([^{_QUOTES}]*)[{_QUOTES}]")

# A number from abroad says the same as one dialled within its country. No country's code begins with another's.
_COUNTRY = "1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[0-9]{3}"
_ABROAD = re.compile(rf"(?:\+|(?<![^ !+()])00[ !]?(?=[1-9])) ?(?:{_COUNTRY})(?=(?:[ !()]*[0-9]){{6}})")
LOOKED_UP_TOGETHER = 2
"""Fours of each word that are looked up where several words are sought."""

_TRUNK = "(0)"
_DIALLED = 6
"""Digits that a telephone number has at least."""


@dataclass(frozen=True, order=True)
class Term:
    """One thing that must be there: what a line is LIKE, and the numbers by which it is found."""

    like: str
    every: frozenset[int] = field(compare=False)
    one: frozenset[int] = field(compare=False, default=frozenset())
    """Numbers of which one must be there, if there are any."""

    @classmethod
    def part(cls, word: str, most: int = LOOKED_UP, rarity: Rarity = commonness) -> "Term":
        """Ask for a word, or for a part of one that is long enough, by so many numbers at most."""
        return cls(pattern(word), frozenset(all_of(word, most, rarity)), frozenset(one_of(word)))

    @classmethod
    def phrase(cls, words: list[str]) -> "Term":
        """Ask for whole words that follow each other; where no spaces are written, a word may go on."""
        before, after = ("" if is_unspaced(one) else " " for one in (words[0], words[-1]))
        parts = frozenset(number for word in words if is_unspaced(word) for number in all_of(word))
        whole = words[is_unspaced(words[0]) : len(words) - is_unspaced(words[-1])]
        numbers = parts | pairs_of(whole) or frozenset(all_of(words[0]) or all_grams(words))
        return cls(f"%{before}{' '.join(words)}{after}%", numbers)


Ways = tuple[tuple[Term, ...], ...]
"""In what ways something may be there: all terms of one of them must be."""


def ways_of(search: str, rarity: Rarity = commonness) -> list[Ways]:
    """Return what a search asks for, all of which must be there; `rarity` chooses what is looked up."""
    phrases = [words for said in _PHRASE.findall(search) if (words := pieces_of(fold(said)))]
    found: list[Ways] = [((Term.phrase(words),),) for words in phrases]
    folded = _ABROAD.sub(" 0", fold(_PHRASE.sub(" ", search)).replace(_TRUNK, " "))
    most = LOOKED_UP if len(pieces_of(folded)) == 1 else LOOKED_UP_TOGETHER
    part = partial(Term.part, most=most, rarity=rarity)
    done = 0
    for start, end in RUNS.spans(folded):
        pieces = pieces_of(folded[start:end])
        ways = _spelled(pieces)
        if start >= done and len(ways) > 1:
            found += [((part(word),),) for word in pieces_of(folded[done:start])]
            found.append(ways)
            done = end
    found += [((part(word),),) for word in pieces_of(folded[done:])]
    return sorted(set(found))


def _spelled(pieces: list[str]) -> Ways:
    """Return the ways in which pieces may be written: as they are, or as one word, with short ones apart or with it."""
    short = [not any(one.isdigit() for one in piece) for piece in pieces]
    first, last = short.index(False), len(short) - short[::-1].index(False)
    ways = [tuple(sorted({*map(Term.part, pieces)}))]
    for start, end in product(range(first + 1), {last, len(pieces)}):
        code = _dialled(code_of(pieces[start:end]) if end - start > 1 else pieces[start])
        if code not in {"", pieces[start]}:
            ways.append(tuple(sorted({*map(Term.part, (*pieces[:start], *pieces[end:], code))})))
    return tuple(dict.fromkeys(ways))


def _dialled(code: str) -> str:
    """Return a telephone number as every spelling of it has it: without the zeros that are dialled before it."""
    number = code.lstrip("0")
    return number if code.isdigit() and len(number) >= _DIALLED else code
