"""Line breaks: every text stays in its column, even where the rules of line breaking forbid a break."""

import re
import unicodedata
from collections.abc import Iterator

BREAK = "\x1f"
"""A break opportunity; no user can write it, because control characters are spelled out."""

PIECE = "\x1e"
"""The start or end of a word from right to left, so that only its letters are reversed."""

JOINERS = "\u200c\u200d"

# Spaces at which UAX #14 permits a break: not after an opening bracket, nor before a closing one or a slash. A
# no-break space and a run of dashes or dots permit none either.
_CERTAIN = re.compile(r"((?<=[\w,;.:!?)%'\"”’»…/-]) +(?=[^\W_])|[\n\x1f]+)")
# Digits run from left to right in every script, but not every reader knows: each is a piece of its own.
_LEFTWARD = "\u0590-\u065f\u066a-\u06ef\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufefe"
_PIECES = re.compile(rf"[{_LEFTWARD}{JOINERS}]+|[^\W{_LEFTWARD}\u0660-\u0669\u06f0-\u06f9]+|[^\x1f\n]")
_COLUMN_EMS = 13.0  # the narrowest column has 14
_SHORT_CHARACTERS = 8  # so many characters fit into a column, whichever they are
_STRIDE_CHARACTERS = 4
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# The widths of the fonts, in ems, rounded up.
_WIDE = frozenset("mwMW@%&–—…æœÆŒΜΨΩψωϖϠЉЊЖМШЩЫЮжмфшщыюљњ")
_KNOWN = re.compile(r"[\u00aa-\u024f\u0370-\u058f\u05d0-\u06ff\u10a0-\u10ff]")


def continues(character: str) -> bool:
    """Tell whether a character belongs to the one before it."""
    return unicodedata.category(character).startswith("M") or character in JOINERS


# Most texts: words of at most twelve letters, none wider than an em.
_USUAL = re.compile(r"(?:[0-9A-Za-zÀ-ÿ][0-9A-Za-zÀ-ÿ,;.:!?'’/-]{0,11}+(?: +|\n|$))*+")


def allow_breaks(text: str) -> str:
    """Return a text with break opportunities in parts that could be wider than a column."""
    if len(text) <= _SHORT_CHARACTERS or _USUAL.fullmatch(text):
        return text
    return "".join([part if len(part) <= _SHORT_CHARACTERS else _cut(part) for part in _CERTAIN.split(text)])


def mark_pieces(text: str) -> str:
    """Mark the start and end of words from right to left, so that they keep their written order."""
    return _PIECES.sub(rf"\g<0>{PIECE}", text)


def _cut(part: str) -> str:
    if sum(map(_width_ems, part)) <= _COLUMN_EMS:
        return part
    # An id reads better in its own five parts.
    return part.replace("-", f"-{BREAK}") if _UUID.fullmatch(part) else "".join(_strides(part))


def _width_ems(character: str) -> float:
    if character.isascii():
        if character in _WIDE:
            return 1.0
        return 0.55 if character.islower() or character.isdigit() else 0.75
    if continues(character):
        return 0.0
    base = unicodedata.normalize("NFD", character)[0]
    if base in _WIDE:
        return 1.2
    if not (_KNOWN.match(character) and base.isalpha()):
        return 1.6
    return 0.62 if base.islower() else 0.8


def _strides(part: str) -> Iterator[str]:
    since = 0
    for character in part:
        if since >= _STRIDE_CHARACTERS and not continues(character):
            yield BREAK
            since = 0
        since += 1
        yield character
