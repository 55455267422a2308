"""Which property says where an incident was."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Final

from workers.reports.row_types import CategoryRow

CAMERA: Final = "camera"
NONE: Final = "none"

_WORDS: Final = frozenset(
    [
        "place",
        "location",
        "site",
        "zone",
        "area",
        "building",
        "floor",
        "room",
        "lieu",
        "lieux",
        "localisation",
        "emplacement",
        "endroit",
        "secteur",
        "batiment",
        "etage",
        "salle",
    ]
)
"""Words by which a category is recognised that says where an incident was."""


def place_of(asked_place: str | None, categories: Iterable[CategoryRow], missing: Collection[str]) -> str:
    """Return the property that is the place: the one that was chosen, a category by its name, or the cameras.

    A property that the author may not see is no place.
    """
    place = asked_place or _category(categories) or CAMERA
    section = "sequences" if place == CAMERA else "categories"
    return NONE if section in missing else place


def _category(categories: Iterable[CategoryRow]) -> str | None:
    fields = (f"category_{row['slot']}" for row in categories if row["enabled"] and _words(row["name"]) & _WORDS)
    return next(fields, None)


def _words(name: str) -> set[str]:
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name.casefold()) if letter.isascii())
    return set(re.findall("[a-z]+", plain))
