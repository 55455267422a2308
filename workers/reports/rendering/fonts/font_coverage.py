"""The fonts that draw the signs of a report, as the typesetter itself confirms: PDF/A forbids missing glyphs."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from workers.reports.rendering.fonts.font_library import HAN_FONT, TEXT_FONT, FontLibrary, han_font
from workers.reports.rendering.text_units import continues
from workers.reports.rendering.unprintable_characters import Glyphs

_REFUSED = re.compile(r'error: [^\n]*?`"(.+?)"`')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
_REMEMBERED_SIGNS_MAX = 50_000
_CLUSTERS_MAX = 1_000  # of one font and one report; no language needs more, and each test takes a millisecond
_LEFTWARD = re.compile("[\u0600-\u08ff]")
_NO_BREAK_SPACE = "\u00a0"
_ASSUMED = re.compile("[\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Joiners and selectors, which need no glyph."""

Refusal = Callable[[str, list[str]], str | None]
"""Draws signs with one font, each on a line, and returns the typesetter's error; an empty text is a panic."""


@dataclass(frozen=True, slots=True)
class FontChoice:
    """The fonts of one report, in their order, with the letters that each draws."""

    families: dict[str, set[str]] = field(default_factory=dict)
    spaced: Collection[str] = ()
    """Fonts whose empty glyph the text layer needs."""

    @classmethod
    def plain(cls) -> Self:
        """Return the choice of a report whose every sign is in the font of the typesetter."""
        return cls()

    @property
    def is_single(self) -> bool:
        """Tell whether the report needs no font but that of the typesetter."""
        return not self.families

    def content(self) -> dict[str, Any]:
        """Return the fonts as the template takes them; a font without a pattern takes every letter."""
        taken = {
            letter
            for letters in self.families.values()
            for letter in letters
            if not (letter.isascii() or continues(letter))
        }
        first = f"[^{_class(taken)}]" if taken else ""
        others = ({"name": name, "covers": f"[{_class(letters)}]"} for name, letters in self.families.items())
        return {"fonts": [{"name": TEXT_FONT, "covers": first}, *others], "spaced": list(self.spaced)}


class Fonts:
    """Remembers which font draws each sign, tested separately, so that no report depends on another."""

    def __init__(self, refusal: Refusal, library: FontLibrary) -> None:
        self._refusal = refusal
        self._library = library
        self._homes: dict[str, str | None] = {}

    def learn(self, glyphs: Glyphs) -> None:
        """Test the unknown signs of a report."""
        if len(self._homes) > _REMEMBERED_SIGNS_MAX:
            self._homes.clear()
        self._learn_characters({sign for sign in glyphs.singles if sign not in self._homes}, glyphs)
        self._learn_clusters({sign for sign in glyphs.clusters if sign not in self._homes}, glyphs)

    def drawable(self, sign: str) -> bool:
        """Tell whether a sign of a known report can be drawn."""
        return self._homes.get(sign) is not None

    def width_ems(self, character: str) -> float | None:
        """Return the width of a character of a known report, unless it is in the font of the typesetter."""
        home = self._homes.get(character)
        if home is None or home == TEXT_FONT:
            return None
        return self._library.metrics(home).width_ems(character)

    def choice(self, glyphs: Glyphs) -> FontChoice:
        """Return the fonts of a report."""
        letters: defaultdict[str, set[str]] = defaultdict(set)
        for sign in (*glyphs.singles, *glyphs.clusters):
            home = self._homes.get(sign)
            if home is not None and home != TEXT_FONT:
                # The marks as well: a mark that the pattern of no font has vanishes without an error.
                letters[home].update(sign)
        if not letters:
            return FontChoice.plain()
        order = [(name, known) for name, known in self._library.families() if name in letters]
        spaced = [name for name, known in order if _NO_BREAK_SPACE in known and _needs_space(letters[name])]
        return FontChoice({_named(name, glyphs): letters[name] for name, _ in order}, spaced)

    def _learn_characters(self, pending: set[str], glyphs: Glyphs) -> None:
        pending = self._settle(self._drawn_characters(TEXT_FONT, sorted(pending)), TEXT_FONT, pending)
        if pending:
            for family, known in self._library.families():
                candidates = sorted(sign for sign in pending if sign in known)
                if candidates:
                    drawn = self._drawn_characters(_named(family, glyphs), candidates)
                    pending = self._settle(drawn, family, pending)
                if not pending:
                    break
        self._homes |= dict.fromkeys(pending)

    def _learn_clusters(self, pending: set[str], glyphs: Glyphs) -> None:
        """Test clusters: a mark can move its letter to a font that lacks the letter, which then vanishes silently.

        Each cluster therefore stays in the font of its letter; ASCII is in many fonts.
        """
        at_home = [sign for sign in pending if sign[0].isascii() or self._homes.get(sign[0]) == TEXT_FONT]
        if len(at_home) <= _CLUSTERS_MAX:
            pending = self._settle(self._drawn_clusters(TEXT_FONT, sorted(at_home)), TEXT_FONT, pending)
        if pending:
            for family, known in self._library.families():
                candidates = [
                    sign
                    for sign in pending
                    if (sign[0].isascii() or self._homes.get(sign[0]) == family)
                    and all(part in known or _ASSUMED.match(part) for part in sign)
                ]
                if candidates and len(candidates) <= _CLUSTERS_MAX:
                    drawn = self._drawn_clusters(_named(family, glyphs), sorted(candidates))
                    pending = self._settle(drawn, family, pending)
                if not pending:
                    break
        self._homes |= dict.fromkeys(pending)

    def _settle(self, drawn: Iterable[str], family: str, pending: set[str]) -> set[str]:
        settled = set(drawn)
        self._homes |= dict.fromkeys(settled, family)
        return pending - settled

    def _drawn_characters(self, font: str, characters: list[str]) -> set[str]:
        left = set(characters)
        while left and (refusal := self._refusal(font, sorted(left))) is not None:
            refused = left.intersection(map(_unescape, _REFUSED.findall(refusal)))
            # An error may name none of them: spelling out all of them is better than failing.
            left = left - refused if refused else set()
        return left

    def _drawn_clusters(self, font: str, clusters: list[str]) -> set[str]:
        """Bisect refused clusters: an error names a mark once, although many letters may carry it."""
        if not clusters or self._refusal(font, clusters) is None:
            return set(clusters)
        if len(clusters) == 1:
            return set()
        half = len(clusters) // 2
        return self._drawn_clusters(font, clusters[:half]) | self._drawn_clusters(font, clusters[half:])


def _named(family: str, glyphs: Glyphs) -> str:
    return han_font(glyphs.singles) if family.startswith(HAN_FONT.format("")) else family


def _needs_space(letters: Iterable[str]) -> bool:
    """Tell whether the text layer may need an empty glyph: for ligatures from right to left and for marks."""
    return any(_LEFTWARD.match(letter) or continues(letter) for letter in letters)


def _class(letters: Iterable[str]) -> str:
    """Return letters as the inside of a character class, neighbours as a range."""
    ranges: list[list[int]] = []
    for code in sorted(map(ord, letters)):
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\x{{{first:x}}}-\\x{{{last:x}}}" for first, last in ranges)


def _unescape(quoted: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), quoted)
