"""The slots of categories and data fields, by the names that organisations give them."""

import unicodedata
from collections.abc import Collection, Iterable
from typing import Final, TypeVar

from contracts.administration_queries import Category, DataField
from contracts.printable import is_invisible

DATA_KINDS: Final = frozenset({"integer", "decimal", "text", "checkbox", "datetime"})
"""The kinds of data fields; there are three of each."""

_KEYBOARD: Final = str.maketrans("\u2010\u2011\u2013\u2014\u2019", "----'")
"""Hyphens, dashes and an apostrophe that keyboards lack, and what people type for them."""

Slotted = TypeVar("Slotted", Category, DataField)


def fold(text: str) -> str:
    """Return a text as people type it: without case, accents, double spaces and characters that nobody sees."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_KEYBOARD)
    seen = (letter for letter in plain if not (unicodedata.combining(letter) or is_invisible(letter)))
    return " ".join("".join(seen).split())


def meant(items: Iterable[Slotted], text: str) -> list[Slotted]:
    """Return the enabled categories or data fields, or else the disabled ones with this very name."""
    all_ = list(items)
    disabled = [item for item in all_ if not item.enabled and fold(item.name) == fold(text)]
    enabled = [item for item in all_ if item.enabled]
    return disabled if disabled and all(fold(item.name) != fold(text) for item in enabled) else enabled


def slot_of(field: DataField) -> str:
    """Return the wire's name of a data field, such as `text_1`."""
    return f"{field.kind}_{field.slot}"


def is_slot(text: str, kinds: Collection[str] = DATA_KINDS) -> bool:
    """Tell whether a text is the wire's name of a data field of one of these kinds."""
    kind, _, number = text.strip().rpartition("_")
    return kind in kinds and number in {"1", "2", "3"}
