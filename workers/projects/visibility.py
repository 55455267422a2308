"""The sections that a project's document omits: those the reader may not see, and those too large for a message."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple, get_args

from contracts.permissions import Grants, Level, Node
from contracts.projects.commands import MAIN_DETAILS
from contracts.projects.redaction import visible_redactions
from contracts.properties import FieldKind

_FIELDS = [f"{kind}_{slot}" for kind in get_args(FieldKind) for slot in range(1, 4)]
CHARACTERISTICS = (*(f"category_{slot}" for slot in range(1, 6)), *_FIELDS)


class Details(NamedTuple):
    """Fields of a project that need the same permission, in its document and in its history."""

    node: Node
    keys: tuple[str, ...]
    fields: tuple[str, ...]


DETAILS = {
    "main-details": Details(Node.MAIN_DETAILS, MAIN_DETAILS, MAIN_DETAILS),
    "categories": Details(Node.CATEGORIES, ("categories", "data"), CHARACTERISTICS),
}
"""The fields of a project by the names under which they are withheld."""


def withheld_details(grants: Grants) -> list[str]:
    """Name the details of projects that a caller may not see."""
    return [name for name, details in DETAILS.items() if not grants.allow(details.node, Level.VIEW)]


def without_sections(document: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return a project's document without these details and sections, and without what it says of their fields."""
    dropped = {*names, *(key for name, details in DETAILS.items() if name in names for key in details.keys)}
    unnamed = {field for name, details in DETAILS.items() if name in names for field in details.fields}
    labels = {field: label for field, label in document.get("labels", {}).items() if field not in unnamed}
    shown = {name: value for name, value in document.items() if name not in dropped}
    return {**shown, "labels": labels, "redactions": visible_redactions(document["redactions"], names)}


def largest_sections(sizes: Mapping[str, int], room: int) -> list[str]:
    """Name the sections to omit so that the others fit, the largest first."""
    left, named = dict(sizes), list[str]()
    while sum(left.values()) > room:
        named.append(max(left, key=lambda name: left[name]))
        del left[named[-1]]
    return named
