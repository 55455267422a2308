"""Which signs the fonts have: asked of the typesetter itself, because PDF/A forbids what no font can draw."""

import re
from collections.abc import Callable, Iterable

from workers.reports.rendering.characters import Glyphs

# Both are inside the typst package, so that a report looks the same on every machine. The first has
# Latin, Greek, Cyrillic and Hebrew; the second adds Arabic, Armenian, Georgian, Lao and many symbols.
FONTS = ("Libertinus Serif", "DejaVu Sans Mono")

_REFUSED = re.compile(r'error: [^\n]*?`"(.+?)"`')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
_REMEMBERED = 50_000
_CLUSTERS = 1_000  # of one report; more is no language, and asking takes a millisecond each

Refusal = Callable[[str, list[str]], str | None]
"""Draws signs with one font, a line for each, and returns what the typesetter has against it; empty is a panic."""


class Fonts:
    """Remembers for each sign which font draws it, by itself, so that no report depends on another."""

    def __init__(self, refusal: Refusal) -> None:
        self._refusal = refusal
        self._homes: dict[str, str | None] = {}

    def learn(self, glyphs: Glyphs) -> None:
        """Find out about the signs of a report that have not been met before."""
        if len(self._homes) > _REMEMBERED:
            self._homes.clear()
        self._learn(glyphs.singles, FONTS, self._drawn_characters)
        if len(glyphs.clusters) <= _CLUSTERS:
            # A letter can vanish without an error when a mark sends it to a font that lacks the letter,
            # so each stays in the font of its letter; both fonts have ASCII.
            self._learn((one for one in glyphs.clusters if one[0].isascii()), FONTS, self._drawn_clusters)
            for font in FONTS:
                at_home = (one for one in glyphs.clusters if self._homes.get(one[0]) == font)
                self._learn(at_home, (font,), self._drawn_clusters)

    def drawable(self, glyphs: Glyphs) -> Callable[[str], bool]:
        """Return what tells whether a sign of this report can be drawn."""
        several = len(glyphs.clusters) <= _CLUSTERS
        return lambda sign: (len(sign) == 1 or several) and self._homes.get(sign) is not None

    def others(self, glyphs: Glyphs) -> str:
        """Name the characters that must not be tried with the first font."""
        return "".join(sorted(one for one in glyphs.singles if self._homes[one] not in {None, FONTS[0]}))

    def _learn(self, signs: Iterable[str], fonts: Iterable[str], drawn: Callable[[str, list[str]], set[str]]) -> None:
        pending = {sign for sign in signs if sign not in self._homes}
        for font in fonts:
            found = drawn(font, sorted(pending))
            self._homes |= dict.fromkeys(found, font)
            pending -= found
        self._homes |= dict.fromkeys(pending)

    def _drawn_characters(self, font: str, characters: list[str]) -> set[str]:
        left = set(characters)
        while left and (refusal := self._refusal(font, sorted(left))) is not None:
            refused = left.intersection(map(_unescaped, _REFUSED.findall(refusal)))
            # An error that names none of them says nothing: better to spell all of them out than to fail.
            left = left - refused if refused else set()
        return left

    def _drawn_clusters(self, font: str, clusters: list[str]) -> set[str]:
        """Halve what is refused: an error names a mark once, though many letters may carry it."""
        if not clusters or self._refusal(font, clusters) is None:
            return set(clusters)
        if len(clusters) == 1:
            return set()
        half = len(clusters) // 2
        return self._drawn_clusters(font, clusters[:half]) | self._drawn_clusters(font, clusters[half:])


def _unescaped(quoted: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), quoted)
