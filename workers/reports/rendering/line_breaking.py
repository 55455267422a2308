"""Line breaks: every text stays in its column, even where the rules of line breaking forbid a break."""

import re
import unicodedata
from collections.abc import Callable, Iterator

from workers.reports.rendering.text_units import JOINERS, belongs, continues, units

BREAK = "\x1f"
"""A break opportunity; no user can write it, because control characters are spelled out."""

PIECE = "\x1e"
"""The start or end of a word from right to left, so that only its letters are reversed."""

# Spaces at which UAX #14 permits a break: not after an opening bracket, nor before a closing one or a slash. A
# no-break space and a run of dashes or dots permit none either.
_CERTAIN = re.compile(
    r"((?<=[\w,;.:!?)%'\"”’»…/–-]) +(?=[^\W_])|(?<=[\w,;.:!?)%»…]) +(?=–)|(?<=[\w,;.)]) +(?=[(\[«“])|[\n\x1f]+)"
)
# Digits run from left to right in every script, but not every reader knows: each is a piece of its own.
_LEFTWARD = (
    "\u0590-\u065f\u066a-\u06ef\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufefe"
    "\U00010800-\U00010d2f\U00010d40-\U00010fff\U0001e800-\U0001efff"
)
_PIECES = re.compile(
    rf"[{_LEFTWARD}{JOINERS}]+|[^\W{_LEFTWARD}\u0660-\u0669\u06f0-\u06f9]+|[\U0001f1e6-\U0001f1ff]{{2}}|[^\x1f\n]"
)
_COLUMN_EMS = 13.0  # the narrowest column has 14
# Signs of the first font that fit into a column: seventeen of 0.75 ems (a time), thirteen of one, or ten of 1.2.
_FITTING = re.compile(r"[0-9:+./ \u00a0-]{1,17}|[ -~]{1,13}|[ -~À-ÖØ-öø-ÿ]{1,10}")
_SHORT_CHARACTERS = 8  # so many characters fit into a column, whichever they are
_SHORT_EMS = _COLUMN_EMS / _SHORT_CHARACTERS
_STRIDE_CHARACTERS = 4
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_BOLD = 1.35
"""The width of a bold letter, or of one with vowels around it, beside that of the regular parts, at most."""

# The widths of the first font, in ems, rounded up.
_WIDE = frozenset("mwMW@%&–—…æœÆŒΜΨΩψωϖϠЉЊЖМШЩЫЮжмфшщыюљњ")
_NARROW = frozenset("«»\u00a0\u202f")
_KNOWN = re.compile(r"[\u00aa-\u024f\u0370-\u058f\u05d0-\u06ff\u10a0-\u10ff]")

# Places for a line to end between a letter and its mark, which would hang into the margin at the start of a line.
_BEFORE_MARKS = re.compile("[\u00ad\u200b]+(?=[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f])")

# Most texts: words of at most twelve letters, none wider than an em.
_USUAL = re.compile(r"(?:[0-9A-Za-zÀ-ÿ][0-9A-Za-zÀ-ÿ,;.:!?'’/-]{0,11}+(?: +|\n|$))*+")

# Signs between which a line may end: ideographs, syllables and emoji, but no small kana.
_IDEOGRAPHS = (
    "\u2e80-\u2fdf\u3042\u3044\u3046\u3048\u304a-\u3062\u3064-\u3082\u3084\u3086\u3088-\u308d\u308f-\u3094"
    "\u30a2\u30a4\u30a6\u30a8\u30aa-\u30c2\u30c4-\u30e2\u30e4\u30e6\u30e8-\u30ed\u30ef-\u30f4\u3400-\u4dbf\u4e00-\u9fff"
    "\ua000-\ua014\ua016-\ua48c\uac00-\ud7a3\uf900-\ufaff\U0001f300-\U0001f3fa\U0001f400-\U0001faff\U00020000-\U0003ffff"
)
_BETWEEN_IDEOGRAPHS = re.compile(rf"(?<=[{_IDEOGRAPHS}])(?=[{_IDEOGRAPHS}])")
# Scripts without spaces, in which the typesetter finds words, though not in every text.
_PHRASES = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\ua9e0-\ua9ff\uaa60-\uaadf][\u0e00-\u0eff"
    "\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\ua9e0-\ua9ff\uaa60-\uaadf\u200b-\u200d]*)"
)
_SYLLABLE = re.compile("[\u0e40-\u0e44\u0ec0-\u0ec4]")
"""Vowels that are written first."""

Widths = Callable[[str], float | None]
"""The width in ems of a character of another font than the first."""


def allow_breaks(text: str, width_of: Widths = lambda _: None) -> str:
    """Return a text with break opportunities in parts that could be wider than a column."""
    if _USUAL.fullmatch(text):
        return text
    return _Line(width_of).allow_breaks(_BEFORE_MARKS.sub("", text))


def mark_pieces(text: str) -> str:
    """Mark the start and end of words from right to left, so that they keep their written order."""
    pieces = _PIECES.sub(rf"\g<0>{PIECE}", text).split(PIECE)
    whole: list[str] = []
    for piece in pieces:
        if whole and piece and belongs(whole[-1][-1], piece[0]):
            whole[-1] += piece
        else:
            whole.append(piece)
    return PIECE.join(whole)


class _Line:
    """Cuts the parts of a text by the widths of their characters."""

    def __init__(self, width_of: Widths) -> None:
        self._width_of = width_of

    def allow_breaks(self, text: str) -> str:
        """Return the text with break opportunities."""
        return "".join([part if self._is_short(part) else self._cut(part) for part in _CERTAIN.split(text)])

    def _is_short(self, part: str) -> bool:
        if _FITTING.fullmatch(part):
            return True
        return len(part) <= _SHORT_CHARACTERS and all(
            (self._width_of(character) or 0.0) <= _SHORT_EMS for character in part
        )

    def _cut(self, part: str) -> str:
        if self._width_ems(part) <= _COLUMN_EMS:
            return part
        if _UUID.fullmatch(part):
            # An id reads better in its own five parts.
            return part.replace("-", f"-{BREAK}")
        pieces = (piece for piece in _PHRASES.split(part) if piece)
        return BREAK.join(
            "".join(self._phrase(piece) if _PHRASES.match(piece) else self._run(piece)) for piece in pieces
        )

    def _run(self, part: str) -> Iterator[str]:
        for piece in _BETWEEN_IDEOGRAPHS.split(part):
            if self._is_short(piece):
                yield piece
            elif all(self._width_of(character) is None for character in piece):
                yield from _strides(piece)
            else:
                yield from self._phrase(piece)

    def _phrase(self, part: str) -> Iterator[str]:
        """Yield a phrase with breaks where it would be too wide, before the start of a syllable if there is one."""
        waiting: list[str] = []
        for unit in units(part):
            if waiting and self._width_ems("".join(waiting) + unit) > _COLUMN_EMS:
                starts = [place for place in range(len(waiting) // 2, len(waiting)) if _SYLLABLE.match(waiting[place])]
                end = starts[-1] if starts else len(waiting)
                yield f"{''.join(waiting[:end])}{BREAK}"
                del waiting[:end]
            waiting.append(unit)
        yield "".join(waiting)

    def _width_ems(self, text: str) -> float:
        return sum(map(self._character_ems, text))

    def _character_ems(self, character: str) -> float:
        known = self._width_of(character)
        return _width_ems(character) if known is None else known * _BOLD


def _width_ems(character: str) -> float:
    if character.isascii():
        if character in _WIDE:
            return 1.0
        return 0.55 if character.islower() or character.isdigit() else 0.75
    if continues(character):
        return 1.6 if unicodedata.category(character) == "Mc" else 0.0  # a vowel beside its letter has a width
    base = unicodedata.normalize("NFD", character)[0]
    if base in _WIDE:
        return 1.2
    if not (_KNOWN.match(character) and base.isalpha()):
        return 0.75 if character in _NARROW else 1.6
    return 0.62 if base.islower() else 0.8


def _strides(part: str) -> Iterator[str]:
    since = 0
    for unit in units(part):
        if since >= _STRIDE_CHARACTERS:
            yield BREAK
            since = 0
        since += 1
        yield unit
