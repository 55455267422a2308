"""The n-grams of words, by which a search finds them: numbers of their parts, apart for each month."""

import re
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from heapq import nsmallest
from itertools import pairwise
from typing import Any
from zlib import crc32

from workers.common.text_search.text_folding import PART_LETTERS_MIN, is_unspaced

GRAM_LETTERS = 4
"""Letters of an n-gram: three are too common to tell projects apart, five would need three as well."""

Rarity = Callable[[str], Any]
"""Returns the sort key of an n-gram: the rarest first."""

LOOKUPS_MAX = 4
"""N-grams of a word that are looked up: more of them leave fewer false matches and cost a lookup each."""

APART = 0x9E3779B1
"""The distance between the numbers of one month and those of the next."""

_PLAIN = "0123456789abcdefghijklmnopqrstuvwxyz"
_DIGIT: dict[str, int] = {letter: place for place, letter in enumerate(_PLAIN, 1)}
"""The digits of n-grams of plain letters and digits; n-grams with other characters have negative hashes."""

_COMMON = "qjzkxwyvbfghmpcudlortnisea"
"""Letters by their frequency in English and French, the rarest first; other characters are rarer still."""

_DIGITS = re.compile("[0-9]{3,}")


@lru_cache(maxsize=20_000)
def grams_of(word: str) -> frozenset[int]:
    """Return the numbers of a word's n-grams: of four letters, or of the whole of a shorter word.

    Digits have n-grams of three, which tell numbers apart. A word with other than plain letters has n-grams of three
    as well, because their neighbours cannot be guessed. In scripts without spaces, n-grams have two letters and one.
    """
    if is_unspaced(word):
        return _windows(word, 2) | _windows(word, 1)
    if len(word) < GRAM_LETTERS:
        return frozenset((number_of(word),))
    if word.isalpha() and word.isascii():
        return _windows(word, GRAM_LETTERS)
    if not word.isascii():
        return _windows(word, GRAM_LETTERS) | _windows(word, PART_LETTERS_MIN)
    fours = (word[at : at + GRAM_LETTERS] for at in range(len(word) - GRAM_LETTERS + 1))
    digits = (_windows(run, PART_LETTERS_MIN) for run in _DIGITS.findall(word))
    return frozenset(number_of(four) for four in fours if not _is_numeric(four)).union(*digits)


def all_grams(words: Iterable[str]) -> frozenset[int]:
    """Return the numbers of several words."""
    return frozenset().union(*map(grams_of, words))


@lru_cache(maxsize=20_000)
def monthly_grams(word: str, month: int) -> frozenset[int]:
    """Return the numbers of a word's n-grams, as projects of one month have them."""
    return frozenset(monthly_numbers(grams_of(word), month))


def pairs_of(words: Iterable[str]) -> set[int]:
    """Return the numbers of neighbouring words, which find phrases of common words."""
    return {-1 - crc32(f"{word} {following}".encode()) // 2 for word, following in pairwise(words)}


def type_number(type_id: int | None) -> int:
    """Return the number that marks the projects of a type."""
    return number_of(f"\ntype {type_id}")


def month_of(at: datetime) -> int:
    """Return the number of the month in which a project was created."""
    at = at.astimezone(UTC)
    return at.year * 12 + at.month - 1


def beginning_of(month: int) -> datetime:
    """Return when a month begins."""
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


def monthly_numbers(numbers: Iterable[int], month: int) -> list[int]:
    """Return the numbers as projects of one month have them, far apart from those of other months.

    A page of the newest needs few months, and a new project is written next to recent ones.
    """
    apart = month * APART
    return [(number + apart) % 2**32 - 2**31 for number in numbers]


def commonness(four: str) -> int:
    """Estimate how common an n-gram is by its letters; `q` is as common as the `u` behind it."""
    return sum(_COMMON.find(letter) for letter in four.replace("qu", "uu"))


def numbers_of(term: str, most: int = LOOKUPS_MAX, rarity: Rarity = commonness) -> Collection[int]:
    """Return numbers that every word with this part has; none for a part of three that are not all digits.

    The few rarest n-grams select nearly as well as all of them, and each is looked up in every month.
    """
    if is_unspaced(term):
        return _windows(term, 2) or _windows(term, 1)
    if len(term) <= GRAM_LETTERS:
        return () if _is_guessed(term) else grams_of(term)
    if not _DIGITS.search(term):
        return set(map(number_of, nsmallest(most, sorted(_fours(term)), key=rarity)))
    last = len(term) - GRAM_LETTERS
    step = max(2, -(-last // (LOOKUPS_MAX - 1)))
    fours = {term[at : at + GRAM_LETTERS] for at in (*range(0, last, step), last)}
    numbers = {number_of(four[:PART_LETTERS_MIN] if _is_numeric(four) else four) for four in fours}
    return numbers | {number_of(term[-PART_LETTERS_MIN:])} if _is_numeric(term[-GRAM_LETTERS:]) else numbers


def guesses_of(term: str) -> Collection[int]:
    """Return numbers of which every word with this part has one; empty for a part that needs no guessed neighbours."""
    if not _is_guessed(term):
        return ()
    around = (guess for letter in _PLAIN for guess in (letter + term, term + letter))
    return {number_of(guess) for guess in (term, *around)} if term.isascii() else {number_of(term)}


def _fours(word: str) -> set[str]:
    return {word[at : at + GRAM_LETTERS] for at in range(len(word) - GRAM_LETTERS + 1)}


def _is_numeric(part: str) -> bool:
    return part.isdigit() and part.isascii()


def _is_guessed(term: str) -> bool:
    return len(term) == PART_LETTERS_MIN and not is_unspaced(term) and not _is_numeric(term)


def _windows(word: str, length: int) -> frozenset[int]:
    return frozenset(map(number_of, (word[at : at + length] for at in range(len(word) - length + 1))))


def number_of(gram: str) -> int:
    """Return the number of an n-gram: its digits if all letters are plain, otherwise a negative checksum."""
    number = 0
    for letter in gram:
        digit = _DIGIT.get(letter)
        if digit is None:
            return -1 - crc32(gram.encode()) // 2
        number = number * (len(_PLAIN) + 1) + digit
    return number
