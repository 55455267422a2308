"""The limits that a refusal names: what is allowed, and how long or how many it was."""

import re
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
    "greater_than_equal": ("must be at least {limit}", "doit être un nombre supérieur ou égal à {limit}"),
    "less_than_equal": ("must be at most {limit}", "ne doit pas dépasser {limit}"),
    "csv_columns": (
        "has {length} cells, but the header has {limit}",
        "compte {length} cellules, alors que l'en-tête en compte {limit}",
    ),
    "string_pattern_mismatch": (
        "must be 1 to {limit} characters of {characters}",
        "doit compter de 1 à {limit} caractères parmi {characters}",
    ),
    "too_many_for_pdf": (
        "has {size} projects, and a PDF at most {limit}: choose the form zip, or name fewer",
        "compte {size} projets, pour {limit} au plus dans un PDF\u00a0: choisissez la forme zip, ou citez-en moins",
    ),
    "too_many_selected": (
        "matches {size} projects, and one file has at most {limit}: narrow it, for example to a shorter time",
        "correspond à {size} projets, pour {limit} au plus dans un fichier\u00a0: restreignez-le, comme à une période",
    ),
    "too_many_entries": (
        "has more than the {limit} entries of one register: give a shorter period, or name projects",
        "compte plus que les {limit} entrées d'un registre\u00a0: indiquez une période plus courte, ou des projets",
    ),
    "not_confirmed": (
        "must be {size}, the number of projects that the next sweep would delete: preview them, and repeat it",
        "doit être {size}, nombre de projets que la prochaine purge supprimerait\u00a0: vérifiez, puis répétez-le",
    ),
    "too_many_policies": (
        "would exceed the limit of {limit} policies: delete one that is no longer needed",
        "est une règle de trop, car un site en a {limit} au plus\u00a0: supprimez-en une devenue inutile",
    ),
    "too_many_batches": (
        "would exceed your limit of {limit} batches at a time: wait until one is made, or delete one",
        "est de trop, car {limit} de vos lots sont en préparation\u00a0: attendez la fin de l'un, ou supprimez-en un",
    ),
    "too_many_exports": (
        "would exceed your limit of {limit} exports at a time: wait until one is made",
        "est de trop, car {limit} de vos exports sont en préparation\u00a0: attendez la fin de l'un",
    ),
    "logo_too_large": (
        "has {size} bytes, and a logo at most {limit}: make its file smaller",
        "compte {size} octets, pour {limit} au plus dans un logo\u00a0: réduisez la taille du fichier",
    ),
    "template_wrong": (
        "cannot be typeset: {detail}; correct the template, and set it again",
        "ne peut pas être composé ({detail})\u00a0: corrigez le modèle, puis définissez-le à nouveau",
    ),
    "json_invalid": (
        "is not JSON from column {position} on: correct it there, so that the line is one JSON object",
        "n'est plus du JSON à partir de la colonne {position}\u00a0: corrigez-la pour que la ligne soit un objet JSON",
    ),
    "twice_in_file": (
        "occurs in line {earlier} already: leave out one of the two rows",
        "figure déjà à la ligne {earlier}\u00a0: omettez l'une des deux lignes",
    ),
    "unknown_name": (
        "has a name that neither the mapping nor this site knows: did you mean {near}?",
        "porte un nom inconnu de la correspondance et du site\u00a0: vouliez-vous dire «\u00a0{near}\u00a0»\u00a0?",
    ),
    "decimal_max_digits": ("has more than {limit} digits", "a plus de {limit} chiffres"),
}
"""The reasons of fields beyond a limit, or with something else that a reason names, in English and French."""

ORDINALS: Final = frozenset({"earlier", "position"})
"""Figures that are places and not amounts: their thousands are not apart."""

_LIMITS: Final = ("max_length", "ge", "le", "max_digits")
"""The validator's names of limits."""


PLACEHOLDER: Final = re.compile(r"\{([a-z]+)\}")
_NAME: Final = re.compile(r"\^\[(?P<characters>[^\^\]]+)\]\{1,(?P<most>[0-9]+)\}\$")
"""The patterns of short names: some characters, and how many of them."""

_CHARACTERS: Final = re.compile(r"[a-zA-Z0-9]-[a-zA-Z0-9]|.")


class Limit(TypedDict, total=False):
    """The limit of a refused field, its own length, and the allowed characters, as far as they are known.

    `position` is where a text ends to be what it should be, `earlier` the line of a file that has the same already, and
    `near` a known name that is similar.
    """

    limit: int
    length: int
    characters: str
    position: int
    earlier: int
    near: str


def limit_of(kind: str, context: Mapping[str, Any], value: object) -> Limit:
    """Return the limit that a value exceeds, by the validator's context; empty if there is none."""
    if name := _NAME.fullmatch(str(context.get("pattern"))):
        return {"limit": int(name["most"]), "characters": " ".join(_CHARACTERS.findall(name["characters"]))}
    limit = next((context[name] for name in _LIMITS if name in context), None)
    if kind not in LIMITS or limit is None:
        return {}
    length = context.get("actual_length") or (len(value) if isinstance(value, str) else None)
    return {"limit": int(limit), **({"length": length} if length is not None else {})}


def has_words(kind: str, field: Mapping[str, Any]) -> bool:
    """Return whether a field's reason can name its limit."""
    return kind in LIMITS and all(name in field for name in PLACEHOLDER.findall(LIMITS[kind][0]))
