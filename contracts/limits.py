"""The limits that a refusal names: what is allowed, and how long or how many it was."""

from collections.abc import Mapping
from typing import Any, Final, TypedDict

LIMITS: Final[dict[str, tuple[str, str]]] = {
    "string_too_long": (
        "is too long: it has {length} characters, and at most {limit} are allowed",
        "compte {length} caractères, alors que {limit} au plus sont permis",
    ),
    "too_long": (
        "has too many elements: {length}, and at most {limit} are allowed",
        "contient trop d'éléments\u00a0: {length}, alors que {limit} au plus sont permis",
    ),
    "greater_than_equal": ("must be at least {limit}", "doit valoir au moins {limit}"),
    "less_than_equal": ("must be at most {limit}", "doit valoir au plus {limit}"),
    "csv_columns": (
        "has {length} cells, but the header has {limit}",
        "compte {length} cellules, alors que l'en-tête en compte {limit}",
    ),
    "decimal_max_digits": ("has more than {limit} digits", "a plus de {limit} chiffres"),
}
"""The reasons of fields beyond a limit, in English and French."""

_LIMITS: Final = ("max_length", "ge", "le", "max_digits")
"""The validator's names of limits."""


class Limit(TypedDict, total=False):
    """The limit of a refused field, and its own length, as far as both are known."""

    limit: int
    length: int


def limit_of(kind: str, context: Mapping[str, Any], value: object) -> Limit:
    """Return the limit that a value exceeds, by the validator's context; empty if there is none."""
    limit = next((context[name] for name in _LIMITS if name in context), None)
    if kind not in LIMITS or limit is None:
        return {}
    length = context.get("actual_length") or (len(value) if isinstance(value, str) else None)
    return {"limit": int(limit), **({"length": length} if length is not None else {})}


def has_words(kind: str, field: Mapping[str, Any]) -> bool:
    """Return whether a field's reason can name its limit."""
    return kind in LIMITS and "limit" in field and ("length" in field or "{length}" not in LIMITS[kind][0])
