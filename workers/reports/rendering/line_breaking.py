"""Where lines may end: every text stays in its column, whatever the rules of line breaking forbid."""

import re
import unicodedata
from collections.abc import Iterator

BREAK = "\x1f"
"""Where a line may end in any case; no user can write it, because control characters are spelled out."""

PIECE = "\x1e"
"""Where a word from right to left begins or ends: its letters are turned around, and nothing else with them."""

JOINERS = "\u200c\u200d"

# A space where UAX #14 lets every line end. It forbids that after an opening bracket, and before a closing one or a
# slash, however many spaces there are; a no-break space and a run of dashes or dots are no better.
_CERTAIN = re.compile(r"((?<=[\w,;.:!?)%'\"”’»…/-]) +(?=[^\W_])|[\n\x1f]+)")
# Digits go from left to right in every script, but not every reader knows it: each stands for itself.
_LEFTWARD = "\u0590-\u065f\u066a-\u06ef\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufefe"
_PIECES = re.compile(rf"[{_LEFTWARD}{JOINERS}]+|[^\W{_LEFTWARD}\u0660-\u0669\u06f0-\u06f9]+|[^\x1f\n]")
_COLUMN = 13.0  # ems; the narrowest column has 14
_SHORT = 8  # as many characters are narrower than that, whichever they are
_STRIDE = 4
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# The widths of the fonts, in ems, rounded up.
_WIDE = frozenset("mwMW@%&–—…æœÆŒΜΨΩψωϖϠЉЊЖМШЩЫЮжмфшщыюљњ")
_KNOWN = re.compile(r"[\u00aa-\u024f\u0370-\u058f\u05d0-\u06ff\u10a0-\u10ff]")


def continues(character: str) -> bool:
    """Tell whether a character belongs to the one before it."""
    return unicodedata.category(character).startswith("M") or character in JOINERS


# What most people write most of the time: words of twelve letters at most, none of which is wider than an em.
_USUAL = re.compile(r"(?:[0-9A-Za-zÀ-ÿ][0-9A-Za-zÀ-ÿ,;.:!?'’/-]{0,11}+(?: +|\n|$))*+")


def breakable(text: str) -> str:
    """Let lines end inside what could be wider than a column."""
    if len(text) <= _SHORT or _USUAL.fullmatch(text):
        return text
    return "".join([part if len(part) <= _SHORT else _cut(part) for part in _CERTAIN.split(text)])


def in_pieces(text: str) -> str:
    """Mark where words from right to left begin and end, so that they come in the order in which they were written."""
    return _PIECES.sub(rf"\g<0>{PIECE}", text)


def _cut(part: str) -> str:
    if sum(map(_width, part)) <= _COLUMN:
        return part
    # An id reads better in its own five parts.
    return part.replace("-", f"-{BREAK}") if _UUID.fullmatch(part) else "".join(_strides(part))


def _width(character: str) -> float:
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
        if since >= _STRIDE and not continues(character):
            yield BREAK
            since = 0
        since += 1
        yield character
