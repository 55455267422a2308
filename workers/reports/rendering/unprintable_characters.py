"""Texts for paper: no character is lost, none has an effect, and no word leaves its column."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workers.reports.rendering.accessibility.passage_languages import (
    LANGUAGE,
    has_passages,
    mark_passages,
    without_passages,
)
from workers.reports.rendering.line_breaking import BREAK, Widths, allow_breaks, mark_pieces
from workers.reports.rendering.text_units import continues

# Controls, direction marks, invisible tags and surrogates: on paper they would hide or reorder text.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
_LAYOUT = {ord("\t"): "    ", **dict.fromkeys(map(ord, "\n\r\v\f\x85\u2028\u2029"), "\n")}
_ANY_SCRIPT = ("COMBINING", "VARIATION", "ZERO")  # how the names of marks for every letter start
_IDEOGRAPHIC_SELECTORS = frozenset(map(chr, range(0xE0100, 0xE01F0)))
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]")
_UNUSUAL = re.compile(rf"{_UNSEEN.pattern}|{_RIGHT_TO_LEFT.pattern}|[\t\r\v\f\x85\u2028\u2029]")
_LINE_CHARACTERS_MAX = 200
_BROAD = re.compile("[\ufd40-\ufdff\U00012000-\U0001254f]")
"""Arabic phrases that are one character, and cuneiform signs."""
_BROAD_EMS = 8
_PASSAGES_MAX = 5_000  # of one report; each takes the typesetter a tenth of a millisecond and 10 kB
_UNCHANGED = {"footer"}  # an id and a time, on every page
_LINE = "\u2068{}\u2069"
_LEFTWARD_LINE = "\u2067{}\u2069"
"""A line whose first letter is of a script from right to left."""
_LETTERS = {"L", "R", "AL"}


def strings(content: Any) -> Iterator[str]:
    """Yield every text in the content of a report."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, Mapping):
        for part in content.values():
            yield from strings(part)
    elif isinstance(content, Iterable):
        for part in content:
            yield from strings(part)


def _belongs_on(letter: str, mark: str) -> bool:
    """Tell whether a mark belongs on a letter: the typesetter may silently lose a mark of another script."""
    if mark in _IDEOGRAPHIC_SELECTORS:
        return unicodedata.name(letter, "").startswith("CJK")
    script = unicodedata.name(mark, "").partition(" ")[0]
    return not continues(letter) and script in {*_ANY_SCRIPT, unicodedata.name(letter, "-").partition(" ")[0]}


def _spell_out(characters: str) -> str:
    return "".join(f"{BREAK}[U+{ord(character):04X}]" for character in characters)


def make_visible(text: str) -> str:
    """Spell out the characters that would hide or reorder text."""
    laid_out = text.replace("\r\n", "\n").translate(_LAYOUT)
    return _UNSEEN.sub(lambda match: _spell_out(match[0]), laid_out)


def _isolate(line: str) -> str:
    if not _RIGHT_TO_LEFT.search(line):
        return line
    directions = (unicodedata.bidirectional(character) for character in line)
    first = next((direction for direction in directions if direction in _LETTERS), "L")
    return (_LINE if first == "L" else _LEFTWARD_LINE).format(mark_pieces(line))


def shorten(line: str) -> str:
    """Cut the end of a line that became too long when characters were spelled out."""
    line = without_passages(line)  # no voice reads a header
    limit = _LINE_CHARACTERS_MAX // (_BROAD_EMS if _BROAD.search(line) else 1)
    if len(line) <= limit:
        return line
    start = line[:limit]
    return f"{start[: max(start.rfind(BREAK), limit // 2)]}…"


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The signs of a report: characters, and letters with their marks."""

    singles: frozenset[str]
    clusters: frozenset[str]
    pattern: re.Pattern[str] | None
    ordinary: bool

    @classmethod
    def of(cls, contents: Iterable[str]) -> "Glyphs":
        """Find every sign beyond ASCII."""
        texts = tuple(contents)
        characters: set[str] = set().union(*texts)
        signs = {character for character in characters if not character.isascii() and not _UNSEEN.match(character)}
        marks = {character for character in signs if continues(character)}
        if not marks:
            unusual = any(map(_UNUSUAL.match, characters))
            return cls(frozenset(signs), frozenset(), None, ordinary=not unusual)
        mark_letters = "".join(sorted(marks))
        pattern = re.compile(f"[^{mark_letters}\\x00-\\x1f]?[{mark_letters}]+")
        candidates = {cluster for text in texts for cluster in pattern.findall(make_visible(text))}
        clusters = {cluster for cluster in candidates if all(_belongs_on(cluster[0], mark) for mark in cluster[1:])}
        return cls(frozenset(signs - marks), frozenset(clusters), pattern, ordinary=False)


class TextSubstitution:
    """Prepares the texts of one report, and remembers whether it spelled out any character."""

    def __init__(self, glyphs: Glyphs, drawable: Callable[[str], bool], width_of: Widths) -> None:
        self._pattern = glyphs.pattern
        self._drawable = drawable
        self._width_of = width_of
        missing = (sign for sign in sorted(glyphs.singles) if not drawable(sign))
        self._table: dict[int, str] = {ord(sign): _spell_out(sign) for sign in missing}
        self.substituted = bool(self._table)
        self._ordinary = glyphs.ordinary and not self._table
        self._passages_left = _PASSAGES_MAX
        self._has_passages = any(map(has_passages, glyphs.singles))

    def apply(self, content: Any) -> Any:
        """Return the content with every text prepared for the template; figures stay as they are."""
        if isinstance(content, str):
            return self._prepare_text(content)
        if content is None or isinstance(content, int | float):
            return content
        if isinstance(content, Mapping):
            return {name: part if name in _UNCHANGED else self.apply(part) for name, part in content.items()}
        return [self.apply(part) for part in content]

    def _prepare_text(self, text: str) -> str:
        prepared = self._prepare_lines(text)
        if not self._has_passages:
            return prepared
        marked = mark_passages(prepared)
        count = marked.count(LANGUAGE)
        if count > self._passages_left:
            return prepared
        self._passages_left -= count
        return marked

    def _prepare_lines(self, text: str) -> str:
        if not self._ordinary:
            self.substituted = self.substituted or bool(_UNSEEN.search(text))
            text = make_visible(text)
            if self._pattern:
                text = self._pattern.sub(self._spell_cluster, text)
            text = text.translate(self._table)
            if _RIGHT_TO_LEFT.search(text):
                return "\n".join(map(_isolate, allow_breaks(text, self._width_of).split("\n")))
        return allow_breaks(text, self._width_of)

    def _spell_cluster(self, match: re.Match[str]) -> str:
        cluster = match[0]
        if self._drawable(cluster):
            return cluster
        self.substituted = True
        base = "" if continues(cluster[0]) else cluster[0]
        return base + _spell_out(cluster[len(base) :])
