"""What a search compares: words without accents and case, and numbers for the parts of words."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from zlib import crc32

GRAM = 4
"""Letters in a row that have a number: three are too common to tell projects apart, five would need three as well."""

SHORTEST = 3
"""Letters of the shortest part that is found; what is shorter must be a whole word."""

_APART = 0x9E3779B1
_WORD = re.compile(r"[^\W_]+")
_PLAIN = "0123456789abcdefghijklmnopqrstuvwxyz"
_DIGIT: dict[str, int] = {letter: place for place, letter in enumerate(_PLAIN, 1)}
"""Letters and digits without accents make numbers of their own; all others share the negative ones."""


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
    """Return the numbers of a word: of all four letters in a row, or of all that it has.

    A word with other letters than the plain ones has those of three letters, too: their neighbours cannot be guessed.
    """
    numbers = _windows(word, GRAM) or frozenset((_number(word),))
    return numbers if word.isascii() else numbers | _windows(word, SHORTEST)


def all_grams(words: Iterable[str]) -> frozenset[int]:
    """Return the numbers of several words."""
    return frozenset().union(*map(grams_of, words))


def month_of(at: datetime) -> int:
    """Return the number of the month in which a project was created."""
    at = at.astimezone(UTC)
    return at.year * 12 + at.month - 1


def beginning_of(month: int) -> datetime:
    """Return when a month begins."""
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


def dated(numbers: Iterable[int], month: int) -> list[int]:
    """Return the numbers as they are in projects of one month, each month's far from those of any other.

    A page of the newest is found by looking at some months, and a new project is written beside its neighbours.
    """
    return sorted((number + month * _APART) % 2**32 - 2**31 for number in numbers)


def all_of(term: str) -> Collection[int]:
    """Return numbers that every word has of which this is a part; none for a part of three letters.

    Every second four tells nearly as much as all of them, and each one is looked up in every month.
    """
    if len(term) <= GRAM:
        return grams_of(term) if len(term) != SHORTEST else ()
    starts = {*range(0, len(term) - GRAM, 2), len(term) - GRAM}
    return {_number(term[at : at + GRAM]) for at in starts}


def one_of(term: str) -> Collection[int]:
    """Return numbers of which every word has one that has this part of three letters; none for another length."""
    if len(term) != SHORTEST:
        return ()
    around = (guess for letter in _PLAIN for guess in (letter + term, term + letter))
    return {_number(guess) for guess in (term, *around)} if term.isascii() else {_number(term)}


def pattern(term: str) -> str:
    """Return what `joined` words are LIKE when one of them has this part, or is it when it is shorter than a part."""
    return f"%{term}%" if len(term) >= SHORTEST else f"% {term} %"


def _windows(word: str, length: int) -> frozenset[int]:
    return frozenset(map(_number, (word[at : at + length] for at in range(len(word) - length + 1))))


def _number(gram: str) -> int:
    number = 0
    for letter in gram:
        digit = _DIGIT.get(letter)
        if digit is None:
            return -1 - crc32(gram.encode()) // 2
        number = number * (len(_PLAIN) + 1) + digit
    return number
