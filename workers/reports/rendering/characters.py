"""Texts as paper can show them: no character is lost, none does anything, no word leaves its column."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workers.reports.rendering.line_breaking import BREAK, breakable, continues, in_pieces

# Controls, marks that turn the direction of what follows, invisible tags and halves of characters:
# on paper they would hide or reorder what was written.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_LAYOUT = {ord("\t"): "    ", **dict.fromkeys(map(ord, "\n\r\v\f\x85\u2028\u2029"), "\n")}
_ANY_SCRIPT = ("COMBINING", "VARIATION", "ZERO")  # how the names of marks for every letter start
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]")
_UNUSUAL = re.compile(rf"{_UNSEEN.pattern}|{_RIGHT_TO_LEFT.pattern}|[\t\r\v\f\x85\u2028\u2029]")
_LINE = 200
_OWN = {"footer"}  # an id and a time, on every page
_ISOLATED_LINE = "\u2068{}\u2069"


def strings(content: Any) -> Iterator[str]:
    """Every text in the content of a report."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, Mapping):
        for part in content.values():
            yield from strings(part)
    elif isinstance(content, Iterable):
        for part in content:
            yield from strings(part)


def _carries(letter: str, mark: str) -> bool:
    """Tell whether a mark belongs on a letter: the typesetter may lose one of another script unsaid."""
    script = unicodedata.name(mark, "").partition(" ")[0]
    return not continues(letter) and script in {*_ANY_SCRIPT, unicodedata.name(letter, "-").partition(" ")[0]}


def _spelled(characters: str) -> str:
    return "".join(f"{BREAK}[U+{ord(character):04X}]" for character in characters)


def _seen(text: str) -> str:
    laid_out = text.replace("\r\n", "\n").translate(_LAYOUT)
    return _UNSEEN.sub(lambda found: _spelled(found[0]), laid_out)


def shortened(line: str) -> str:
    """Leave out the end of a line that became too long for its place when characters were spelled out."""
    if len(line) <= _LINE:
        return line
    start = line[:_LINE]
    return f"{start[: max(start.rfind(BREAK), _LINE // 2)]}…"


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The signs that a report is made of: characters, and letters together with the marks they carry."""

    singles: frozenset[str]
    clusters: frozenset[str]
    pattern: re.Pattern[str] | None
    ordinary: bool

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Glyphs":
        """Find every sign beyond ASCII."""
        kept = tuple(texts)
        every: set[str] = set().union(*kept)
        characters = {one for one in every if not one.isascii() and not _UNSEEN.match(one)}
        marks = {one for one in characters if continues(one)}
        if not marks:
            unusual = any(map(_UNUSUAL.match, every))
            return cls(frozenset(characters), frozenset(), None, ordinary=not unusual)
        several = "".join(sorted(marks))
        pattern = re.compile(f"[^{several}\\x00-\\x1f]?[{several}]+")
        found = {cluster for text in kept for cluster in pattern.findall(_seen(text))}
        clusters = {cluster for cluster in found if all(_carries(cluster[0], mark) for mark in cluster[1:])}
        return cls(frozenset(characters - marks), frozenset(clusters), pattern, ordinary=False)


class Press:
    """Sets the texts of one report and remembers whether it had to spell any character out."""

    def __init__(self, glyphs: Glyphs, drawable: Callable[[str], bool]) -> None:
        self._pattern = glyphs.pattern
        self._drawable = drawable
        self._table: dict[int, str] = {ord(one): _spelled(one) for one in sorted(glyphs.singles) if not drawable(one)}
        self.substituted = bool(self._table)
        self._ordinary = glyphs.ordinary and not self._table

    def set(self, content: Any) -> Any:
        """Return the content with every text as the template may show it."""
        if isinstance(content, str):
            return self._text(content)
        if isinstance(content, Mapping):
            return {name: part if name in _OWN else self.set(part) for name, part in content.items()}
        return [self.set(part) for part in content]

    def _text(self, text: str) -> str:
        if not self._ordinary:
            self.substituted = self.substituted or bool(_UNSEEN.search(text))
            text = _seen(text)
            if self._pattern:
                text = self._pattern.sub(self._cluster, text)
            text = text.translate(self._table)
            if _RIGHT_TO_LEFT.search(text):
                lines = breakable(text).split("\n")
                return "\n".join(_ISOLATED_LINE.format(in_pieces(line)) for line in lines)
        return breakable(text)

    def _cluster(self, found: re.Match[str]) -> str:
        cluster = found[0]
        if self._drawable(cluster):
            return cluster
        self.substituted = True
        base = "" if continues(cluster[0]) else cluster[0]
        return base + _spelled(cluster[len(base) :])
