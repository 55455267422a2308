"""Texts that nobody types by accident: letters of every script with marks, joiners and controls of every kind."""

import sys
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from random import Random

JOINERS = "\u200c\u200d\u034f\u2060\ufeff"
DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
ENCLOSING = "\u0488\u0489\u1abe\u20dd\u20de\u20df\u20e0\u20e2\u20e3\u20e4\ua670\ua671\ua672"


@cache
def scripts() -> dict[str, str]:
    """Return the letters of each script, by the first word of their names."""
    by_script: dict[str, list[str]] = defaultdict(list)
    for character in map(chr, range(sys.maxunicode + 1)):
        if unicodedata.category(character).startswith("L"):
            by_script[unicodedata.name(character, "NAMELESS").partition(" ")[0]].append(character)
    return {script: "".join(letters) for script, letters in sorted(by_script.items())}


@cache
def of_category(*categories: str) -> str:
    """Return all characters of some categories of Unicode."""
    return "".join(
        character for character in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(character) in categories
    )


def text(chance: Random, clusters_max: int = 12) -> str:
    """Make up a text of one script, or of several."""
    kinds: Sequence[str] = (of_category("Mn", "Mc"), ENCLOSING, of_category("Cf"), JOINERS, DIRECTIONS)
    letters = "".join(scripts()[choice] for choice in chance.choices(list(scripts()), k=chance.choice((1, 1, 1, 2))))
    text_so_far = ""
    for _ in range(chance.randint(1, clusters_max)):
        text_so_far += chance.choice(letters)
        for _ in range(chance.choice((0, 1, 1, 2, 3))):
            text_so_far += chance.choice(chance.choice(kinds))
        text_so_far += chance.choice(("", "", "", " ", "\n", "\u00a0", "a", "."))
    return text_so_far
