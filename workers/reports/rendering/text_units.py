"""The smallest parts of a text: letters with their marks, conjuncts and emoji, which no line end may divide."""

import re
import unicodedata
from collections.abc import Iterator

JOINERS = "\u200c\u200d"

_ATTACHED = re.compile("[\u0e33\u0eb3\u1160-\u11ff\ud7b0-\ud7ff\uff9e\uff9f\U0001f3fb-\U0001f3ff]")
"""Thai and Lao vowels, Korean vowels and finals, sound marks, skin tones: no marks, but drawn with what is before."""
_VIRAMA = 9
"""The class of marks that join two consonants."""
_PARTS = re.compile("[\U0001f1e6-\U0001f1ff]{2}|.", re.DOTALL)  # a flag is two letters
_CONJUNCT_CHARACTERS_MAX = 8


def continues(character: str) -> bool:
    """Tell whether a character belongs to the one before it."""
    return unicodedata.category(character).startswith("M") or character in JOINERS


def units(text: str) -> Iterator[str]:
    """Divide a text into its smallest parts; a conjunct longer than any language has is divided as well."""
    unit = ""
    for part in _PARTS.findall(text):
        if unit and belongs(unit, part):
            unit += part
            continue
        if unit:
            yield unit
        unit = part
    if unit:
        yield unit


def belongs(unit: str, part: str) -> bool:
    """Tell whether a character belongs to the part of a text before it."""
    if continues(part[0]):
        return True
    if len(unit) >= _CONJUNCT_CHARACTERS_MAX:
        return False
    if _ATTACHED.match(part):
        return True
    last = unit[-1]
    return last == JOINERS[1] or (unicodedata.combining(last) == _VIRAMA and part.isalpha())
