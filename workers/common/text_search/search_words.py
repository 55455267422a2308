"""What people type to find texts: words, phrases in quotes, and codes in any spacing."""

import re
from collections.abc import Callable
from itertools import product
from typing import Any, Final, Protocol, TypeVar

from workers.common.text_search.text_folding import (
    RUNS,
    code_of,
    fold,
    line_of,
    line_part,
    phrase_line,
    pieces_of,
    read,
    without_trunk,
)

_QUOTES = '"“”„«»\uff02'
_PHRASE = re.compile(f"[{_QUOTES}]([^{_QUOTES}]*)[{_QUOTES}]")

# An international telephone number equals its national form. No country code begins with another one.
_COUNTRY = "1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[0-9]{3}"
_ABROAD = re.compile(rf"(?:\+|(?<![^ !+()])00[ !]?(?=[1-9])) ?(?:{_COUNTRY})(?=(?:[ !()]*[0-9]){{6}})")
_DIALLED_DIGITS_MIN = 6
"""The fewest digits of a telephone number."""

WORDS_MAX: Final = 20
EXCERPT_CHARACTERS: Final = 200
_DIGIT = re.compile("[0-9]")
_TOKEN = re.compile(r"\S+")


class Ordered(Protocol):
    """A term that can be sorted."""

    def __lt__(self, other: Any, /) -> bool:
        """Tell whether it comes before another one."""


T = TypeVar("T", bound=Ordered)


def ways_in(
    search: str,
    word: Callable[[str, bool], T],
    phrase: Callable[[list[str]], T],
    piece: Callable[[str], T],
) -> list[tuple[tuple[T, ...], ...]]:
    """Return the parts of a search, all of which must be found: each has alternatives, of which one must be whole.

    `word` makes the term of a word, told whether it is the only one, `phrase` that of consecutive words, and `piece`
    that of a part of a code.
    """
    phrases = [words for quoted in _PHRASE.findall(search) if (words := pieces_of(without_trunk(fold(quoted))))]
    parts: list[tuple[tuple[T, ...], ...]] = [((phrase(words),),) for words in phrases]
    folded = _ABROAD.sub(" 0", without_trunk(fold(_PHRASE.sub(" ", search))))
    is_alone = len(pieces_of(folded)) == 1
    done = 0
    for start, end in RUNS.spans(folded):
        ways = _spellings(pieces_of(folded[start:end]), piece)
        if start >= done and len(ways) > 1:
            parts += [((word(each, is_alone),),) for each in pieces_of(folded[done:start])]
            parts.append(ways)
            done = end
    parts += [((word(each, is_alone),),) for each in pieces_of(folded[done:])]
    return sorted(set(parts))


def _spellings(pieces: list[str], piece: Callable[[str], T]) -> tuple[tuple[T, ...], ...]:
    """Return the spellings of pieces: separate, or as one word with or without the short pieces around it."""
    short = [not any(character.isdigit() for character in each) for each in pieces]
    first, last = short.index(False), len(short) - short[::-1].index(False)
    ways = [tuple(sorted({*map(piece, pieces)}))]
    for start, end in product(range(first + 1), {last, len(pieces)}):
        code = _national_number(code_of(pieces[start:end]) if end - start > 1 else pieces[start])
        if code not in {"", pieces[start]}:
            ways.append(tuple(sorted({*map(piece, (*pieces[:start], *pieces[end:], code))})))
    return tuple(dict.fromkeys(ways))


def _national_number(code: str) -> str:
    """Return the part of a telephone number that all its spellings share: without leading zeros."""
    number = code.lstrip("0")
    return number if code.isdigit() and len(number) >= _DIALLED_DIGITS_MIN else code


class WordSearch:
    """Finds texts that have all the words of a search, however they are written."""

    def __init__(self, search: str) -> None:
        """Prepare the search.

        Raises:
            ValueError: It has no letter or digit, or too many words.
        """
        self._ways = ways_in(search, lambda word, _: line_part(word), phrase_line, line_part)
        if not 1 <= len(self._ways) <= WORDS_MAX:
            msg = "a search has 1 to twenty words"
            raise ValueError(msg)
        terms = {term.strip() for ways in self._ways for way in ways for term in way}
        self._terms = sorted(terms, key=len, reverse=True)
        self._has_code = any(len(ways) > 1 for ways in self._ways)
        self._plain = [only for ways in self._ways if len(ways) == 1 and (only := ways[0][0].strip()).isalpha()]

    def matches(self, text: str) -> bool:
        """Tell whether a text has all the words."""
        # Most texts have none of the words, and this is a fraction of what reading them costs.
        folded = text.lower() if text.isascii() else fold(text)
        if not all(word in folded for word in self._plain) or (self._has_code and not _DIGIT.search(folded)):
            return False
        line = line_of([read(text)])
        return all(any(all(term in line for term in way) for way in ways) for ways in self._ways)

    def excerpt(self, text: str) -> str:
        """Return the text, shortened to what is around the first of the words."""
        if len(text) <= EXCERPT_CHARACTERS:
            return text
        middle = next((token.start() for token in _TOKEN.finditer(text) if self._has_term(token[0])), 0)
        start = max(0, min(middle - EXCERPT_CHARACTERS // 2, len(text) - EXCERPT_CHARACTERS))
        end = start + EXCERPT_CHARACTERS
        return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"

    def _has_term(self, token: str) -> bool:
        folded = fold(token)
        return any(term in folded for term in self._terms)
