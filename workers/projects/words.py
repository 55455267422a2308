"""What a search compares: words without accents and case, and numbers for the parts of words."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from zlib import crc32

GRAM, LONG_GRAM = 3, 5
_WORD = re.compile(r"[^\W_]+")
_PLAIN = "0123456789abcdefghijklmnopqrstuvwxyz"
_DIGIT: dict[str, int] = {letter: place for place, letter in enumerate(_PLAIN)}
_PLAIN_GRAMS: int = len(_PLAIN) ** LONG_GRAM
"""Letters and digits without accents have numbers of their own; all others share the negative ones."""


def fold(text: str) -> str:
    """Return a text without accents and case."""
    if text.isascii():
        return text.lower()
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


def words_of(text: str) -> set[str]:
    """Return the words of a text: what stands between anything but letters and digits, folded."""
    return set(_WORD.findall(fold(text)))


def joined(words: Iterable[str]) -> str:
    """Write words with a space on either side of each, so that a whole word can be told from a part."""
    return f" {' '.join(sorted(words))} "


@lru_cache(maxsize=20_000)
def grams_of(word: str) -> frozenset[int]:
    """Return the numbers of all three and all five letters in a row; a shorter word has one number as a whole."""
    if len(word) < GRAM:
        return frozenset((_other(word),))
    return _grams(word, GRAM) | _grams(word, LONG_GRAM)


def sought(term: str) -> frozenset[int]:
    """Return the numbers that every word has of which this is a part: of five letters, which are rare, if it can."""
    return _grams(term, LONG_GRAM) or _grams(term, GRAM) or grams_of(term)


def all_grams(words: Iterable[str]) -> list[int]:
    """Return the numbers of several words."""
    return sorted(frozenset().union(*map(grams_of, words)))


def pattern(word: str) -> str:
    """Return what `joined` words are LIKE when one has this part; fewer than three letters must be a whole word."""
    return f"%{word}%" if len(word) >= GRAM else f"% {word} %"


def _grams(word: str, length: int) -> frozenset[int]:
    return frozenset(map(_number, (word[at : at + length] for at in range(len(word) - length + 1))))


def _number(gram: str) -> int:
    number = 0
    for letter in gram:
        digit = _DIGIT.get(letter)
        if digit is None:
            return _other(gram)
        number = number * len(_PLAIN) + digit
    return number if len(gram) == LONG_GRAM else number + _PLAIN_GRAMS


def _other(text: str) -> int:
    return -1 - crc32(text.encode()) // 2
