"""The files of fonts: what they hold, and that each is there for something."""

from pathlib import Path

import pytest

from workers.reports.rendering.fonts import font_library
from workers.reports.rendering.fonts.font_library import FontLibrary, font_folders

SHIPPED = Path(font_library.__file__).parent / "shipped"


@pytest.fixture(scope="module")
def library() -> FontLibrary:
    """Find the fonts once."""
    return FontLibrary()


@pytest.mark.parametrize(
    "family, character, ems",
    [
        ("Noto Sans CJK SC", "中", 1.0),
        ("Noto Sans CJK SC", "\uac00", 0.92),
        ("Noto Sans Thai", "ก", 0.60),
        ("Noto Sans Cuneiform", "\U00012000", 0.73),
        ("Unifont Upper", "\U0001d800", 1.0),
    ],
)
def test_widths_are_those_of_the_file(library: FontLibrary, family: str, character: str, ems: float) -> None:
    """Widths are read from collections, from fonts of both kinds of outlines, and for every plane."""
    assert library.metrics(family).width_ems(character) == pytest.approx(ems, abs=0.02)


def test_what_a_font_lacks_is_not_in_it(library: FontLibrary) -> None:
    """A font has no letters of other scripts, and none of private use."""
    thai = library.metrics("Noto Sans Thai")
    assert [sign in thai for sign in ("ก", "中", "\ue000", "\U0001f600")] == [True, False, False, False]
    with pytest.raises(ValueError, match="中"):
        thai.width_ems("中")


def test_all_folders_are_installed() -> None:
    """The packages of fonts are there, and no folder is a folder of the machine."""
    folders = font_folders()
    assert len(folders) == 3
    assert all(any(folder.glob("*.tt[fc]")) for folder in folders)


def test_shipped_fonts_have_their_terms() -> None:
    """The licence lies beside the files, and names each kind of them."""
    terms = (SHIPPED / "OFL.txt").read_text()
    kinds = {name for name in ("Noto", "Unifont") for file in SHIPPED.glob("*.?tf") if file.name.startswith(name)}
    assert all(kind in terms for kind in kinds)
    assert "SIL OPEN FONT LICENSE" in terms
