"""Figures for people, in English and French: thousands apart, sizes and other quantities with their units."""

from typing import Final

_FRENCH: Final = "fr"
_NO_BREAK: Final = "\u00a0"
_NARROW_NO_BREAK: Final = "\u202f"
_PREFIXES: Final = ("", "k", "M", "G", "T")
_LAST_OF_UNIT: Final = 999.5
"""From here on a size is rounded to 1 of the next unit."""

_TENTHS_BELOW: Final = 9.95


def grouped(number: int, language: str) -> str:
    """Return a whole number with its thousands apart."""
    return f"{number:,}".replace(",", _NARROW_NO_BREAK if language == _FRENCH else ",")


def quantity(figures: object, unit: str, language: str) -> str:
    """Return a quantity with its unit, which French keeps on the same line."""
    return f"{figures}{_NO_BREAK if language == _FRENCH else ' '}{unit}"


def size(number_of_bytes: int, language: str) -> str:
    """Return a size with its unit: two figures of the largest one that fits, and bytes as they are."""
    value, power = float(number_of_bytes), 0
    while value >= _LAST_OF_UNIT and power < len(_PREFIXES) - 1:
        value, power = value / 1000, power + 1
    figures = f"{value:.1f}" if power and value < _TENTHS_BELOW else f"{value:.0f}"
    is_french = language == _FRENCH
    written = figures.replace(".", ",") if is_french else figures
    return quantity(written, f"{_PREFIXES[power]}{'o' if is_french else 'B'}", language)
