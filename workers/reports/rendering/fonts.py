"""Which signs the fonts have: asked of the typesetter itself, because PDF/A forbids what no font can draw."""

import re
from collections.abc import Callable, Iterable

import typst

from workers.reports.rendering.characters import Glyphs

# Both are inside the typst package, so that a report looks the same on every machine. The first has
# Latin, Greek, Cyrillic and Hebrew; the second adds Arabic, Armenian, Georgian, Lao and many symbols.
FONTS = ("Libertinus Serif", "DejaVu Sans Mono")

_REFUSED = re.compile(r'error: [^\n]*?`"(.+?)"`')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
_REMEMBERED = 50_000

END = "\uffff"

Draw = Callable[[str, str], object]
"""Draws signs with one font, a line for each."""


class Fonts:
    """Remembers for each sign which font draws it, by itself, so that no report depends on another."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._homes: dict[str, str | None] = {}

    def learn(self, glyphs: Glyphs) -> None:
        """Find out about the signs of a report that have not been met before."""
        if len(self._homes) > _REMEMBERED:
            self._homes.clear()
        self._learn(glyphs.singles, FONTS)
        self._learn((one for one in glyphs.clusters if one[0].isascii()), FONTS)
        # A letter that its font draws can vanish without an error when a mark sends it to another font.
        for font in FONTS:
            self._learn((one for one in glyphs.clusters if self._homes.get(one[0], FONTS[0]) == font), (font,))

    def draw(self, sign: str) -> bool:
        """Tell whether a font has this sign."""
        return sign.isascii() or self._homes.get(sign) is not None

    def others(self, glyphs: Glyphs) -> str:
        """Name the characters that must not be tried with the first font."""
        return "".join(sorted(one for one in glyphs.singles if self._homes[one] not in {None, FONTS[0]}))

    def _learn(self, signs: Iterable[str], fonts: Iterable[str]) -> None:
        pending = {sign for sign in signs if sign not in self._homes}
        for font in fonts:
            drawn = self._drawn(font, pending)
            self._homes |= dict.fromkeys(drawn, font)
            pending -= drawn
        self._homes |= dict.fromkeys(pending)

    def _drawn(self, font: str, signs: set[str]) -> set[str]:
        if not signs:
            return set()
        ordered = sorted(signs)
        try:
            self._draw(font, "".join(f"{sign}\n{END}\n" for sign in ordered))
        except typst.TypstError as error:
            # Every sign is followed by one that no font has, so that an error tells which sign it is about.
            refused = "".join(_unescaped(found) or "?" for found in _REFUSED.findall(error.diagnostic))
            verdicts = refused.split(END)[:-1]
            if len(verdicts) == len(ordered):
                return {sign for sign, verdict in zip(ordered, verdicts, strict=True) if not verdict}
        # Better to spell all of them out than to fail.
        return set()


def _unescaped(quoted: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), quoted)
