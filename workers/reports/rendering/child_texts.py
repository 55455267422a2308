"""Texts and times that a child process writes itself: plain Python, as it imports no contract."""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SUBSTITUTED: Mapping[str, str] = {
    "en": "A character that cannot be printed is shown by its Unicode number in square brackets, such as [U+FFFD].",
    "fr": (
        "Un caractère qui ne peut pas être imprimé est indiqué par son numéro Unicode entre crochets, "
        "par exemple [U+FFFD]."
    ),
}
"""The note about characters that are spelled out."""


def zone_of(name: str) -> tzinfo:
    """Return a time zone, and UTC for one that this machine does not know; the document says so."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
