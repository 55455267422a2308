"""The signs that the fonts can draw, as the typesetter itself reports them: PDF/A forbids missing glyphs."""

import re
from collections.abc import Callable, Iterable

from workers.reports.rendering.unprintable_characters import Glyphs

# Both are in the typst package, so that a report looks the same on every machine. The first has Latin, Greek,
# Cyrillic and Hebrew; the second adds Arabic, Armenian, Georgian, Lao and many symbols.
FONTS = ("Libertinus Serif", "DejaVu Sans Mono")

_REFUSED = re.compile(r'error: [^\n]*?`"(.+?)"`')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
_REMEMBERED_SIGNS_MAX = 50_000
_CLUSTERS_MAX = 1_000  # of one report; no language needs more, and each test takes a millisecond

Refusal = Callable[[str, list[str]], str | None]
"""Draws signs with one font, each on a line, and returns the typesetter's error; an empty text is a panic."""


class Fonts:
    """Remembers which font draws each sign, tested separately, so that no report depends on another."""

    def __init__(self, refusal: Refusal) -> None:
        self._refusal = refusal
        self._homes: dict[str, str | None] = {}

    def learn(self, glyphs: Glyphs) -> None:
        """Test the unknown signs of a report."""
        if len(self._homes) > _REMEMBERED_SIGNS_MAX:
            self._homes.clear()
        self._learn(glyphs.singles, FONTS, self._drawn_characters)
        if len(glyphs.clusters) <= _CLUSTERS_MAX:
            # A mark can move its letter to a font that lacks the letter, which then vanishes without an error.
            # Each cluster therefore stays in the font of its letter; both fonts have ASCII.
            self._learn((cluster for cluster in glyphs.clusters if cluster[0].isascii()), FONTS, self._drawn_clusters)
            for font in FONTS:
                at_home = (cluster for cluster in glyphs.clusters if self._homes.get(cluster[0]) == font)
                self._learn(at_home, (font,), self._drawn_clusters)

    def drawable(self, glyphs: Glyphs) -> Callable[[str], bool]:
        """Return a function that tells whether a sign of this report can be drawn."""
        are_few = len(glyphs.clusters) <= _CLUSTERS_MAX
        return lambda sign: (len(sign) == 1 or are_few) and self._homes.get(sign) is not None

    def others(self, glyphs: Glyphs) -> str:
        """Return the characters that need the second font."""
        return "".join(sorted(sign for sign in glyphs.singles if self._homes[sign] not in {None, FONTS[0]}))

    def _learn(self, signs: Iterable[str], fonts: Iterable[str], draw: Callable[[str, list[str]], set[str]]) -> None:
        pending = {sign for sign in signs if sign not in self._homes}
        for font in fonts:
            drawn = draw(font, sorted(pending))
            self._homes |= dict.fromkeys(drawn, font)
            pending -= drawn
        self._homes |= dict.fromkeys(pending)

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


def _unescape(quoted: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), quoted)
