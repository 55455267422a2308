"""Figures for people, in English and French: thousands apart, sizes, durations and other quantities with units."""

import re
import unicodedata
from typing import Final

_FRENCH: Final = "fr"
_NO_BREAK: Final = "\u00a0"
_NARROW_NO_BREAK: Final = "\u202f"
_PREFIXES: Final = ("", "k", "M", "G", "T")
_LAST_OF_UNIT: Final = 999.5
"""From here on a size is rounded to 1 of the next unit."""

_TENTHS_BELOW: Final = 9.95

_MINUTE, _HOUR, _DAY, _WEEK = 60, 3_600, 86_400, 604_800
_UNITS: Final = {
    **dict.fromkeys(("s", "sec", "second", "seconds", "seconde", "secondes"), 1),
    **dict.fromkeys(("m", "mn", "min", "mins", "minute", "minutes"), _MINUTE),
    **dict.fromkeys(("h", "hr", "hour", "hours", "heure", "heures"), _HOUR),
    **dict.fromkeys(("d", "j", "day", "days", "jour", "jours"), _DAY),
    **dict.fromkeys(("w", "sem", "week", "weeks", "semaine", "semaines"), _WEEK),
}
"""The units of durations in both languages, in seconds."""

_PART: Final = re.compile(r"(\d{1,6}(?:[.,]\d{1,2})?) ?([a-z]+)", flags=re.ASCII)
_DURATION: Final = re.compile(rf"{_PART.pattern}(?: ?{_PART.pattern})*", flags=re.ASCII)
_SIZE: Final = re.compile(r"(\d{1,12}(?:[.,]\d{1,2})?) ?([kmgt]?)(?:o|b)", flags=re.ASCII)

_PLAIN_NUMBER: Final = re.compile(r"(?P<sign>-?)(?P<whole>0|[1-9]\d*)(?P<rest>\.\d+)?", flags=re.ASCII)


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


def duration(seconds: float, language: str) -> str:
    """Return a duration in its two largest units, or in one if nothing is left of the other."""
    whole, day = round(seconds), "j" if language == _FRENCH else "d"
    for least, unit, rest_least, rest_unit in (
        (_DAY, day, _HOUR, "h"),
        (_HOUR, "h", _MINUTE, "min"),
        (_MINUTE, "min", 1, "s"),
    ):
        if whole >= least:
            largest, rest = divmod(whole, least)
            parts = (largest, unit), (rest // rest_least, rest_unit)
            return " ".join(quantity(number, name, language) for number, name in parts if number)
    return quantity(whole, "s", language)


def exact_duration(seconds: int) -> str:
    """Return a duration in hours, minutes and seconds, which keeps to its line."""
    minutes, rest = divmod(seconds, _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{figures}{_NO_BREAK}{unit}" for figures, unit in parts if figures) or f"0{_NO_BREAK}s"


def decimal(value: object, language: str) -> str:
    """Return a number in the form of the wire as the language writes it.

    French has its thousands apart; English has not, because a comma could be read as a decimal mark.
    """
    plain = str(value)
    figures = _PLAIN_NUMBER.fullmatch(plain)
    if language != _FRENCH or not figures:
        return plain
    return f"{figures['sign']}{grouped(int(figures['whole']), language)}{(figures['rest'] or '').replace('.', ',')}"


def read_duration(text: str) -> float | None:
    """Parse a duration with units, such as `10 min` or `4 min 30 s`, and return its seconds; None for other texts."""
    plain = _plain(text)
    parts = _PART.findall(plain) if _DURATION.fullmatch(plain) else []
    if not parts or any(unit not in _UNITS for _, unit in parts):
        return None
    return sum(_decimal(figures) * _UNITS[unit] for figures, unit in parts)


def read_size(text: str) -> int | None:
    """Parse a size as it is shown, such as `10 MB` or `10 Mo`, and return its bytes; None for other texts."""
    match = _SIZE.fullmatch(_plain(text))
    return round(_decimal(match[1]) * 1000 ** "_kmgt".index(match[2] or "_")) if match else None


def _plain(text: str) -> str:
    """Return a text without case, accents and double or no-break spaces."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in spread if not unicodedata.combining(letter)).split())


def _decimal(figures: str) -> float:
    return float(figures.replace(",", "."))
