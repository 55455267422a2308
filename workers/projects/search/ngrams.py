"""What a search compares: words as people type them, codes without their spaces, and numbers for parts of both."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from heapq import nsmallest
from itertools import pairwise
from typing import Any
from zlib import crc32

GRAM = 4
"""Letters in a row that have a number: three are too common to tell projects apart, five would need three as well."""

SHORTEST = 3
"""Letters of the shortest part that is found, and digits that have a number; what is shorter must be a whole word."""

Rarity = Callable[[str], Any]
"""What orders four letters in a row, the rarest first."""

LOOKED_UP = 4
"""Fours of a word that are looked up: with more of them, less is found that is none, and each costs a look more."""

SORTED = 40
"""How many characters of a text order a list: a cursor has to hold them."""

APART = 0x9E3779B1
"""How far the numbers of one month are from those of the next."""

_PLAIN = "0123456789abcdefghijklmnopqrstuvwxyz"
_DIGIT: dict[str, int] = {letter: place for place, letter in enumerate(_PLAIN, 1)}
"""Letters and digits without accents make numbers of their own; all others share the negative ones."""

_COMMON = "qjzkxwyvbfghmpcudlortnisea"
"""Letters as they are written, in English and French about: the rarest first, and before them all others."""

_TYPED = {"æ": "ae", "œ": "oe", "þ": "th"} | dict(
    zip("łøđħ\u0131ðŋŧɓƈɖɗǝəɛƒ\u0263ɠɨƙƚɲɔɵƭʉ\u028bƴƶĸ", "lodhidntbcddeeefggiklnootuvyzk", strict=True)
)
"""Letters that Unicode takes for whole ones and keyboards without them do not."""

_UNSEEN = {*"\u034f\u0640\u115f\u1160\u17b4\u17b5", *map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10)))}
_TAGS = "\U000e0000"
_KEPT = " +()"
_OTHER = "!"
_GAP = re.escape(_KEPT + _OTHER)
_LETTERS_MAX = 2_000
"""Letters whose folding is remembered: more than people write in, fewer than somebody could send."""

# Chinese, Japanese, Thai, Lao, Khmer and Burmese put no spaces between words: any two letters in a row may be one.
_UNSPACED = "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3007\u3040-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
_UNSPACED += "\uf900-\ufaff\U00020000-\U0003ffff"
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_WORD = re.compile(f"[{_UNSPACED}]+|[^{_GAP}{_UNSPACED}]+")


class _Runs:
    """Finds what may be a telephone number, a plate or a reference, however it is spaced.

    It is of pieces with digits, and of short ones beside them. Glueing too much does no harm where a part is sought.
    """

    def __init__(self, inside: str, gap: str, short: str) -> None:
        """Search for digits, which are few, and look at what is around them."""
        numbered = f"{short}{{0,3}}[0-9]{inside}*"
        self._right = re.compile(f"[0-9]{inside}*(?:{gap}{{1,3}}(?:{numbered}|{short}{{1,3}}(?!{inside}))){{0,12}}")
        self._left = re.compile(f"{inside}*(?:{gap}{{1,3}}{short}{{1,3}}(?!{inside})){{0,2}}")

    def spans(self, folded: str) -> Iterator[tuple[int, int]]:
        """Return where the runs of a folded text are."""
        for right in self._right.finditer(folded):
            before = folded[max(0, right.start() - _AROUND) : right.start()][::-1]
            left = self._left.match(before)
            yield right.start() - (left.end() if left else 0), right.end()


_AROUND = 30
RUNS = _Runs(f"[^{_GAP}{_UNSPACED}]", f"[{_GAP}]", f"[^0-9{_GAP}{_UNSPACED}]")

# The same for texts of plain letters, which most are, many times faster.
_PLAIN_WORD, _PLAIN_RUNS = re.compile("[0-9a-z]+"), _Runs("[0-9a-z]", "[^0-9a-z]", "[a-z]")
_HAS_DIGIT = re.compile("[0-9]")
_DIGITS = re.compile("[0-9]{3,}")
_TRUNK = "(0)"
_CODE_LETTERS, _CODE_DIGITS = 4, 2


class _Folding(dict[int, str]):
    """Each letter as it compares: digits of all scripts alike, nothing for what nobody sees, and gaps."""

    def __missing__(self, code: int) -> str:
        folded = _folded(chr(code))
        if len(self) < _LETTERS_MAX:
            self[code] = folded
        return folded


_FOLDING = _Folding()


def _folded(letter: str) -> str:
    if letter in _TYPED or letter in _KEPT:
        return _TYPED.get(letter, letter)
    category = unicodedata.category(letter)
    if category in ("Cf", "Me") or letter in _UNSEEN or unicodedata.combining(letter) or letter >= _TAGS:
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(letter))
    if letter.isalnum() or category in ("Mn", "Mc"):
        return letter
    return " " if letter.isspace() else _OTHER


def fold(text: str) -> str:
    """Return a text without accents, case and what nobody sees; what is between words is a space or a mark."""
    if text.isascii():
        return text.lower().translate(_FOLDING)
    return _spread(text).translate(_FOLDING)


def _spread(text: str) -> str:
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())


def read(text: str) -> tuple[list[str], list[str]]:
    """Return the words of a text in their order, and its codes: what is written with gaps, without them."""
    folded = text.lower() if text.isascii() else fold(text)
    word, runs = (_PLAIN_WORD, _PLAIN_RUNS) if folded.isascii() else (_WORD, RUNS)
    if not _HAS_DIGIT.search(folded):
        return word.findall(folded), []
    folded = folded.replace(_TRUNK, " ")
    codes = (code_of(word.findall(folded[start:end])) for start, end in runs.spans(folded))
    return word.findall(folded), [code for code in codes if code]


def pieces_of(folded: str) -> list[str]:
    """Return the words of a folded text."""
    return _WORD.findall(folded)


def code_of(pieces: Collection[str]) -> str:
    """Return what pieces say as one word, or nothing when they are no code."""
    code = "".join(pieces)
    enough = len(code) >= _CODE_LETTERS and sum(letter in _PLAIN[:10] for letter in code) >= _CODE_DIGITS
    return code if enough and len(pieces) > 1 else ""


def line_of(texts: Iterable[tuple[list[str], list[str]]]) -> str:
    """Write texts that were read in one line, a space on either side of each word and a mark between texts."""
    parts = [part for words, codes in texts for part in (words, *([code] for code in codes))]
    return f" {' / '.join(' '.join(part) for part in parts)} "


def sort_key(text: str) -> str:
    """Return what orders texts as dictionaries do: by letters, then by accents, then small ones before capitals."""
    text = text[:SORTED]
    base = fold(text)[:SORTED]
    small = text[1:].lower() == text[1:]
    capitals = "" if small else "".join("!" if letter.isupper() else " " for letter in text).rstrip()
    capitals = "!" if small and text[:1].isupper() else capitals
    marks = "" if text.isascii() else "".join(map(_mark, _spread(text)))[: 2 * SORTED].rstrip()
    return f"{base}\x01{marks}\x01{capitals}"


def _mark(letter: str) -> str:
    if letter in _TYPED:
        return " \u0335"
    return letter if unicodedata.combining(letter) else " "


@lru_cache(maxsize=20_000)
def grams_of(word: str) -> frozenset[int]:
    """Return the numbers of a word: of all four letters in a row, or of all that it has.

    Digits have those of three in a row instead, which tell numbers apart and are sought as they are. A word with other
    letters than the plain ones has those of three as well: their neighbours cannot be guessed. Where no spaces are
    written, two letters and one have them.
    """
    if is_unspaced(word):
        return _windows(word, 2) | _windows(word, 1)
    if len(word) < GRAM:
        return frozenset((number_of(word),))
    if word.isalpha() and word.isascii():
        return _windows(word, GRAM)
    if not word.isascii():
        return _windows(word, GRAM) | _windows(word, SHORTEST)
    fours = (word[at : at + GRAM] for at in range(len(word) - GRAM + 1))
    digits = (_windows(run, SHORTEST) for run in _DIGITS.findall(word))
    return frozenset(number_of(four) for four in fours if not _is_numeric(four)).union(*digits)


def all_grams(words: Iterable[str]) -> frozenset[int]:
    """Return the numbers of several words."""
    return frozenset().union(*map(grams_of, words))


def pairs_of(words: Iterable[str]) -> set[int]:
    """Return the numbers of neighbours: what phrases are found by, whose words may be in most projects."""
    return {-1 - crc32(f"{word} {following}".encode()) // 2 for word, following in pairwise(words)}


def type_number(type_id: int | None) -> int:
    """Return the number that projects of a type have beside those of their words."""
    return number_of(f"\ntype {type_id}")


def is_unspaced(word: str) -> bool:
    """Tell whether a word is of a script that puts no spaces between words."""
    return bool(_IS_UNSPACED.match(word))


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
    apart = month * APART
    return sorted([(number + apart) % 2**32 - 2**31 for number in numbers])


def commonness(four: str) -> int:
    """Judge how common four letters are by each of them; `q` is as common as the `u` behind it."""
    return sum(_COMMON.find(letter) for letter in four.replace("qu", "uu"))


def all_of(term: str, most: int = LOOKED_UP, rarity: Rarity = commonness) -> Collection[int]:
    """Return numbers that every word has of which this is a part; none for a part of three that are not all digits.

    The rarest few fours, at most so many, tell nearly as much as all of them, and each one is looked up in every month.
    """
    if is_unspaced(term):
        return _windows(term, 2) or _windows(term, 1)
    if len(term) <= GRAM:
        return () if _is_guessed(term) else grams_of(term)
    if not _DIGITS.search(term):
        return set(map(number_of, nsmallest(most, sorted(_fours(term)), key=rarity)))
    last = len(term) - GRAM
    step = max(2, -(-last // (LOOKED_UP - 1)))
    fours = {term[at : at + GRAM] for at in (*range(0, last, step), last)}
    numbers = {number_of(four[:SHORTEST] if _is_numeric(four) else four) for four in fours}
    return numbers | {number_of(term[-SHORTEST:])} if _is_numeric(term[-GRAM:]) else numbers


def one_of(term: str) -> Collection[int]:
    """Return numbers of which every word has one that has this part, if that takes a guess at its neighbours."""
    if not _is_guessed(term):
        return ()
    around = (guess for letter in _PLAIN for guess in (letter + term, term + letter))
    return {number_of(guess) for guess in (term, *around)} if term.isascii() else {number_of(term)}


def _fours(word: str) -> set[str]:
    return {word[at : at + GRAM] for at in range(len(word) - GRAM + 1)}


def pattern(term: str) -> str:
    """Return what a line is LIKE when a word of it has this part, or is it when it is shorter than a part."""
    return f"%{term}%" if len(term) >= SHORTEST or is_unspaced(term) else f"% {term} %"


def _is_numeric(part: str) -> bool:
    return part.isdigit() and part.isascii()


def _is_guessed(term: str) -> bool:
    return len(term) == SHORTEST and not is_unspaced(term) and not _is_numeric(term)


def _windows(word: str, length: int) -> frozenset[int]:
    return frozenset(map(number_of, (word[at : at + length] for at in range(len(word) - length + 1))))


def number_of(gram: str) -> int:
    """Return the number of letters in a row: made of plain letters themselves, else a negative checksum."""
    number = 0
    for letter in gram:
        digit = _DIGIT.get(letter)
        if digit is None:
            return -1 - crc32(gram.encode()) // 2
        number = number * (len(_PLAIN) + 1) + digit
    return number
