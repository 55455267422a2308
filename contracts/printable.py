"""Texts as people may be shown them: what would command a terminal or deceive a reader is shown by its number.

Names, comments and everything else that people write may hold any character but U+0000. Whoever prints them, on a
terminal or in a log, cleans them first: an escape sequence in a comment would act on the terminal of its reader.
"""

import json
import re
import unicodedata
from functools import cache
from typing import Any, Final

NEW_LINE: Final = "↵"
"""Stands for the end of a line where there is only one line."""

# Read from right to left: marks of the Arabic script that are seen, and none of those that are not.
_SEEN_ALTHOUGH_FORMAT: Final = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")
_UNSEEN_ALTHOUGH_LETTER: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
_JOINERS: Final = frozenset("\u200c\u200d")
_HARMLESS: Final = frozenset("\n\t")
_SUSPECT: Final = re.compile(r"[^\n\t -~\u00a0-\u00ac\u00ae-\u02ff]")
"""Nothing outside this is looked at twice."""


@cache
def is_unseen(letter: str) -> bool:
    """Tell a character that commands, reorders, or is not seen at all."""
    if letter in _HARMLESS or letter in _SEEN_ALTHOUGH_FORMAT:
        return False
    return unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"} or letter in _UNSEEN_ALTHOUGH_LETTER


def printable(text: str) -> str:
    """Return a text whose unseen characters are shown as [U+202E]; ends of lines stay, with CR before them or not."""
    return _SUSPECT.sub(_shown, text.replace("\r\n", "\n"))


def on_one_line(text: str) -> str:
    """Return the same on one line: what ended one is seen."""
    return printable(text).replace("\n", NEW_LINE).replace("\t", " ")


def printable_json(document: Any, indent: int | None = None) -> str:
    """Return JSON that says the same with every unseen character escaped, so that a terminal may show it, too."""
    separators = (",", ":") if indent is None else None
    return _SUSPECT.sub(_escaped, json.dumps(document, ensure_ascii=False, indent=indent, separators=separators))


def _shown(found: re.Match[str]) -> str:
    letter = found.group()
    if not is_unseen(letter) or (letter in _JOINERS and _joins(found)):
        return letter
    return f"[U+{ord(letter):04X}]"


def _joins(found: re.Match[str]) -> bool:
    """Tell a joiner that a script or an emoji needs from one that hides in a word of plain letters."""
    around = found.string[found.start() - 1 : found.start()], found.string[found.end() : found.end() + 1]
    return all(one > "\u02ff" and not is_unseen(one) for one in around)


def _escaped(found: re.Match[str]) -> str:
    return json.dumps(found.group())[1:-1] if is_unseen(found.group()) else found.group()
