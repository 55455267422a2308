"""The fonts of reports: one in the typesetter, the others in packages and in the folder `shipped`.

None is a font of the machine, so that a report looks the same on every machine.
"""

from collections.abc import Iterator
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import typst

from workers.reports.rendering.fonts.font_metrics import FontMetrics

TEXT_FONT = "Libertinus Serif"
"""The font in the typesetter: Latin, Greek, Cyrillic and Hebrew."""

HAN_FONT = "Noto Sans CJK {}"
_HAN_FORMS = ("SC", "JP", "KR")
"""China, Japan, Korea: one file has the forms of all, so a report takes those of its language."""

_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
_SHIPPED = Path(__file__).parent / "shipped"

# Fonts share punctuation and digits; the first one in this order draws them.
_FIRST = ("Noto Naskh Arabic", "Noto Sans Arabic", "Noto Sans Devanagari")
_GENERAL = (
    "Noto Sans",
    "Noto Emoji",
    "Noto Emoji Rest",
    "Noto Sans Symbols",
    "Noto Sans Symbols2",
    "Noto Sans Math",
    "Noto Music",
)
_HAN = HAN_FONT.format(_HAN_FORMS[0])
_LAST = ("Unifont Upper", "Unifont Rest")


def _rank(family: str, path: Path) -> tuple[int, int, str]:
    """Order fonts: large ones and those of rare scripts are read last."""
    for number, families in ((0, _FIRST), (2, _GENERAL), (3, (_HAN,)), (5, _LAST)):
        if family in families:
            return number, families.index(family), family
    return (4 if path.parent == _SHIPPED else 1), 0, family


def font_folders() -> list[Path]:
    """Return the folders with font files."""
    specs = [find_spec(name) for name in _PACKAGES]
    return [*(Path(spec.origin).parent for spec in specs if spec and spec.origin), _SHIPPED]


def han_font(characters: frozenset[str]) -> str:
    """Return the font of the ideographs, by the other letters of a report."""
    is_japanese = any("\u3041" <= character <= "\u30ff" for character in characters)
    is_korean = any("\uac00" <= character <= "\ud7a3" for character in characters)
    return HAN_FONT.format("JP" if is_japanese else "KR" if is_korean else "SC")


class FontLibrary:
    """All fonts; their files are found and read when a report first needs more than one font."""

    def __init__(self) -> None:
        self._metrics: dict[str, FontMetrics] = {}

    @cached_property
    def fonts(self) -> typst.Fonts:
        """Return the fonts for the typesetter."""
        return typst.Fonts(include_system_fonts=False, font_paths=font_folders())

    @cached_property
    def _files(self) -> dict[str, tuple[Path, int]]:
        upright_last = sorted(self.fonts.fonts(), key=lambda font: font.style == "normal")
        files = {
            font.family: (Path(font.path), font.index)
            for font in upright_last
            if font.path is not None and not _is_other_han(font.family)
        }
        return dict(sorted(files.items(), key=lambda entry: _rank(entry[0], entry[1][0])))

    def families(self) -> Iterator[tuple[str, FontMetrics]]:
        """Yield the fonts with their metrics, in the order in which they are asked for a character."""
        return ((family, self.metrics(family)) for family in self._files)

    def metrics(self, family: str) -> FontMetrics:
        """Return the characters of a font and their widths."""
        if family not in self._metrics:
            self._metrics[family] = FontMetrics(*self._files[family])
        return self._metrics[family]


def _is_other_han(family: str) -> bool:
    return family.startswith(HAN_FONT.format("")) and family != _HAN
