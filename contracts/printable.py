"""Texts made safe to display: characters that control a terminal or deceive a reader become their code points.

Names, comments and all other texts that people write may hold any character but U+0000. Clean them before you print
them on a terminal or in a log: an escape sequence in a comment would act on the terminal of its reader.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any, Final

NEW_LINE: Final = "↵"
"""Replaces a line break in texts on one line."""

# Visible marks of the Arabic script, which is read from right to left.
_VISIBLE_FORMATS: Final = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")
_INVISIBLE_LETTERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
_JOINERS: Final = frozenset("\u200c\u200d")
_HARMLESS: Final = frozenset("\n\t")
_SUSPECTS: Final = re.compile(r"[^\n\t -~\u00a0-\u00ac\u00ae-\u02ff]")
"""Only these characters are examined further."""


@cache
def is_invisible(letter: str) -> bool:
    """Tell whether a character controls a terminal, reorders text, or is invisible."""
    if letter in _HARMLESS or letter in _VISIBLE_FORMATS:
        return False
    return unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"} or letter in _INVISIBLE_LETTERS


def printable(text: str) -> str:
    """Return a text with its invisible characters shown as [U+202E]; line breaks stay, CRLF becomes LF."""
    return _SUSPECTS.sub(_show, text.replace("\r\n", "\n"))


def on_one_line(text: str) -> str:
    """Return the same on one line, with a sign for every line break."""
    return printable(text).replace("\n", NEW_LINE).replace("\t", " ")


def utc_offsets(times: Iterable[datetime]) -> list[str]:
    """Return the offsets that local times have then, as people write them: UTC+01:00."""
    local = {at.utcoffset(): at.strftime("%z") for at in (time.astimezone() for time in times)}
    written = (text for _, text in sorted(local.items()))
    return [f"UTC{text[:3]}:{text[3:5]}" if int(text) else "UTC" for text in written]


def printable_json(document: Any, indent: int | None = None) -> str:
    """Return equal JSON with every invisible character escaped, so that a terminal can show it."""
    separators = (",", ":") if indent is None else None
    return _SUSPECTS.sub(_escape, json.dumps(document, ensure_ascii=False, indent=indent, separators=separators))


def _show(match: re.Match[str]) -> str:
    letter = match.group()
    if not is_invisible(letter) or (letter in _JOINERS and _joins(match)):
        return letter
    return f"[U+{ord(letter):04X}]"


def _joins(match: re.Match[str]) -> bool:
    """Tell whether a joiner is needed by a script or an emoji, and not hidden in a word of plain letters."""
    neighbours = match.string[match.start() - 1 : match.start()], match.string[match.end() : match.end() + 1]
    return all(letter > "\u02ff" and not is_invisible(letter) for letter in neighbours)


def _escape(match: re.Match[str]) -> str:
    return json.dumps(match.group())[1:-1] if is_invisible(match.group()) else match.group()
