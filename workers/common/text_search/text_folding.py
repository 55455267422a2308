"""Texts as searches and sorted lists compare them: folded, as the words that people type, and as codes without gaps."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from string import digits

PART_LETTERS_MIN = 3
"""Letters of the shortest part of a word that is found, and digits of an n-gram; shorter terms are whole words."""

SORT_CHARACTERS_MAX = 40
"""Characters of a text that order a list; a cursor holds them."""

_KEYBOARD_LETTERS = {"æ": "ae", "œ": "oe", "þ": "th"} | dict(
    zip("łøđħ\u0131ðŋŧɓƈɖɗǝəɛƒ\u0263ɠɨƙƚɲɔɵƭʉ\u028bƴƶĸ", "lodhidntbcddeeefggiklnootuvyzk", strict=True)
)
"""Letters that Unicode does not decompose, and what people type without such a key."""

# Arabic, Persian and Urdu keyboards have different codes for letters that look alike, and Ukrainian ones may lack ґ.
_KEYBOARD_LETTERS |= dict(
    zip("\u0649\u06cc\u06a9\u0629\u06be\u06c1\u06c3\u06d5\u0671\u0491", "ييكههههها\u0433", strict=True)
)

_APOSTROPHES = frozenset("\u02b9\u02ba\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\u02ee\ua78b\ua78c")
"""Letters of Unicode for which people type an apostrophe, which separates words."""

# Ukrainian, Serbian, Macedonian and Kazakh letters, which have their places in the alphabet and not after its end.
_PLACES = dict(zip("\u0452\u0454\u0455\u0456\u0458\u0459\u045a\u045b\u045f", "дезиилнтч", strict=True))
_PLACES |= dict(zip("\u04d9\u0493\u049b\u04a3\u04e9\u04b1\u04af\u04bb", "агкноуух", strict=True))
_SORTED_LETTERS = str.maketrans({letter: f"{before}\uffff" for letter, before in _PLACES.items()})
"""Letters that Unicode put behind their script: the letter before it in the alphabet, and what follows all letters."""

_NUMERO_SIGN = "\u2116"
_BEFORE_NUMBER = re.compile("[\u00aa\u00ba](?= ?[0-9])")
"""A raised letter before a number, as in nº12, which would become a letter of the number."""

_UNSEEN = {*"\u034f\u0640\u115f\u1160\u17b4\u17b5", *map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10)))}
_TAGS = "\U000e0000"
_PUNCTUATION = " +()"
_OTHER = "!"
_GAP = re.escape(_PUNCTUATION + _OTHER)
_LETTERS_MAX = 2_000
"""Letters whose folding is cached: more than people use, fewer than an attacker could send."""

# Chinese, Japanese, Thai, Lao, Khmer and Burmese put no spaces between words: any two letters may be a word.
_UNSPACED = "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3007\u3040-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
_UNSPACED += "\uf900-\ufaff\U00020000-\U0003ffff"
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_WORD = re.compile(f"[{_UNSPACED}]+|[^{_GAP}{_UNSPACED}]+")


class _Runs:
    """Finds runs that may be a telephone number, a plate or a reference, however spaced.

    A run has pieces with digits, and short pieces next to them. Too long a run does no harm, because parts are found.
    """

    def __init__(self, inside: str, gap: str, short: str) -> None:
        """Compile the patterns, which start at digits because those are rare."""
        numbered = f"{short}{{0,3}}[0-9]{inside}*"
        self._right = re.compile(f"[0-9]{inside}*(?:{gap}{{1,3}}(?:{numbered}|{short}{{1,3}}(?!{inside}))){{0,12}}")
        self._left = re.compile(f"{inside}*(?:{gap}{{1,3}}{short}{{1,3}}(?!{inside})){{0,2}}")

    def spans(self, folded: str) -> Iterator[tuple[int, int]]:
        """Yield the start and end of each run of a folded text."""
        for right in self._right.finditer(folded):
            before = folded[max(0, right.start() - _CONTEXT_CHARACTERS) : right.start()][::-1]
            left = self._left.match(before)
            yield right.start() - (left.end() if left else 0), right.end()


_CONTEXT_CHARACTERS = 30
RUNS = _Runs(f"[^{_GAP}{_UNSPACED}]", f"[{_GAP}]", f"[^0-9{_GAP}{_UNSPACED}]")

# The same for texts of plain letters, as most are: many times faster.
_PLAIN_WORD, _PLAIN_RUNS = re.compile("[0-9a-z]+"), _Runs("[0-9a-z]", "[^0-9a-z]", "[a-z]")
_HAS_DIGIT = re.compile("[0-9]")
_CODE_CHARACTERS_MIN, _CODE_DIGITS_MIN = 4, 2


class _Folding(dict[int, str]):
    """The folded form of each letter: digits of all scripts alike, nothing for invisible characters, and gaps."""

    def __missing__(self, code: int) -> str:
        folded = _fold_letter(chr(code))
        if len(self) < _LETTERS_MAX:
            self[code] = folded
        return folded


_FOLDING = _Folding()


def _fold_letter(letter: str) -> str:
    if letter in _KEYBOARD_LETTERS or letter in _PUNCTUATION:
        return _KEYBOARD_LETTERS.get(letter, letter)
    if letter in _APOSTROPHES:
        return _OTHER
    category = unicodedata.category(letter)
    if category in ("Cf", "Me") or letter in _UNSEEN or unicodedata.combining(letter) or letter >= _TAGS:
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(letter))
    if letter.isalnum() or category in ("Mn", "Mc"):
        return letter
    return " " if letter.isspace() else _OTHER


def fold(text: str) -> str:
    """Return a text without accents, case and invisible characters; a space or a mark separates words."""
    letters = text.lower() if text.isascii() else _decompose(text)
    return letters.translate(_FOLDING)


def _decompose(text: str) -> str:
    signed = _BEFORE_NUMBER.sub("°", text.replace(_NUMERO_SIGN, "no "))
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", signed).casefold())
    return folded.replace("l·l", "ll")  # the long l of Catalan


def read(text: str) -> tuple[list[str], list[str]]:
    """Return the words of a text in their order, and its codes without their gaps."""
    folded = text.lower() if text.isascii() else fold(text)
    word, runs = (_PLAIN_WORD, _PLAIN_RUNS) if folded.isascii() else (_WORD, RUNS)
    if not _HAS_DIGIT.search(folded):
        return word.findall(folded), []
    folded = without_trunk(folded)
    codes = (code_of(word.findall(folded[start:end])) for start, end in runs.spans(folded))
    return word.findall(folded), [code for code in codes if code]


def without_trunk(folded: str) -> str:
    """Return a folded text without the zeros in brackets of telephone numbers, which the index does not have."""
    return folded.replace("(0)", " ")


def pieces_of(folded: str) -> list[str]:
    """Return the words of a folded text."""
    return _WORD.findall(folded)


def code_of(pieces: Collection[str]) -> str:
    """Return pieces as one word, or an empty text if they cannot be a code."""
    code = "".join(pieces)
    enough = len(code) >= _CODE_CHARACTERS_MIN and sum(letter in digits for letter in code) >= _CODE_DIGITS_MIN
    return code if enough and len(pieces) > 1 else ""


def line_of(texts: Iterable[tuple[list[str], list[str]]]) -> str:
    """Return the words of texts in one line, with spaces around each word and a mark between texts."""
    parts = [part for words, codes in texts for part in (words, *([code] for code in codes))]
    return f" {' / '.join(' '.join(part) for part in parts)} "


def sort_key(text: str) -> str:
    """Return a key that orders texts as dictionaries do: by letters, then accents, then small before capital."""
    text = text[:SORT_CHARACTERS_MAX]
    base = fold(text).translate(_SORTED_LETTERS)[:SORT_CHARACTERS_MAX]
    small = text[1:].lower() == text[1:]
    capitals = "" if small else "".join("!" if letter.isupper() else " " for letter in text).rstrip()
    capitals = "!" if small and text[:1].isupper() else capitals
    marks = "" if text.isascii() else "".join(map(_mark, _decompose(text)))[: 2 * SORT_CHARACTERS_MAX].rstrip()
    return f"{base}\x01{marks}\x01{capitals}"


def _mark(letter: str) -> str:
    if letter in _KEYBOARD_LETTERS:
        return " \u0335"
    return letter if unicodedata.combining(letter) else " "


def is_unspaced(word: str) -> bool:
    """Tell whether a word is of a script that puts no spaces between words."""
    return bool(_IS_UNSPACED.match(word))


def line_part(term: str) -> str:
    """Return what lines with this part of a word contain, or those with this word if it is shorter than a part."""
    return term if len(term) >= PART_LETTERS_MIN or is_unspaced(term) else f" {term} "


def phrase_line(words: Sequence[str]) -> str:
    """Return what lines with consecutive whole words contain; in scripts without spaces, the outer words may go on."""
    before, after = ("" if is_unspaced(word) else " " for word in (words[0], words[-1]))
    return f"{before}{' '.join(words)}{after}"
