"""Markers: words that are nowhere else, one for each text field of the wire and each occasion of writing it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, Final, NamedTuple

from contracts import catalogue

PREFIX: Final = "qx"
LENGTH: Final = 12
_LETTERS: Final = "bcdfghjkmnprstvwz2345679"
_ANY_TEXT: Final = r"^[^\x00]*$"

NOT_PEOPLES_WORDS: Final[Mapping[str, str]] = {
    "administration.": "definitions, roles and settings belong to the site, and stay when a project is erased",
    "reports.set-logo": "the logo belongs to the site",
    "reports.set-template": "the template belongs to the site",
    "reports.generate-record timezone": "the name of a time zone",
    "reports.generate-register timezone": "the name of a time zone",
    "reports.generate-summary timezone": "the name of a time zone",
    "projects.check-import": "the same body as `projects.import`, which is not stored",
}
"""Text fields that are deliberately not marked, by the beginning of their names, each with the reason."""

_CURSORS: Final = ("after", "since")
"""Fields of queries in which a caller returns what the product made."""


class TextField(NamedTuple):
    """A field of a command or query in which a person can write anything."""

    subject: str
    path: str

    @property
    def name(self) -> str:
        """Its subject and its path in the body."""
        return f"{self.subject} {self.path}"

    @property
    def is_marked(self) -> bool:
        """Whether the canary writes into it."""
        return not self.name.startswith(tuple(NOT_PEOPLES_WORDS)) and self.path not in _CURSORS


def text_fields() -> list[TextField]:
    """Return every text field of every command and query, read from the contracts."""
    messages = {**catalogue.commands(), **catalogue.queries()}
    fields = []
    for subject, message in messages.items():
        schema = message.model_json_schema()
        fields += [TextField(subject, path) for path in _texts(schema, "", schema.get("$defs", {}))]
    return list(dict.fromkeys(fields))


def _texts(node: Mapping[str, Any], path: str, definitions: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in node:
        yield from _texts(definitions[node["$ref"].rpartition("/")[2]], path, definitions)
    for choice in node.get("anyOf", ()):
        yield from _texts(choice, path, definitions)
    if _is_text(node):
        yield path
    if node.get("type") == "array":
        yield from _texts(node.get("items", {}), f"{path}[]", definitions)
    for name, inner in node.get("properties", {}).items():
        yield from _texts(inner, f"{path}.{name}" if path else name, definitions)


def _is_text(node: Mapping[str, Any]) -> bool:
    if node.get("type") != "string" or {"enum", "const"} & node.keys():
        return False
    return node.get("format") in {None, "password"} and node.get("pattern") in {None, _ANY_TEXT}


class Markers:
    """The markers that were written, and where."""

    def __init__(self) -> None:
        """Begin without any."""
        self.places: dict[str, str] = {}
        self.fields: set[TextField] = set()

    def new(self, occasion: str, place: str) -> str:
        """Return the marker of a place: a lower-case word that no compression shortens."""
        digest = hashlib.sha256(f"{occasion} {place}".encode()).digest()
        marker = PREFIX + "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[: LENGTH - len(PREFIX)])
        self.places[marker] = f"{occasion}: {place}"
        return marker

    def fill(
        self, occasion: str, subject: str, body: Mapping[str, Any], *, without: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Return a body with a marker in every text field; lists that the body does not have are left out."""
        filled = deepcopy(dict(body))
        for field in text_fields():
            if field.subject == subject and field.is_marked and field.path.split(".")[0] not in without:
                self._write(filled, field, occasion)
        return filled

    def _write(self, body: dict[str, Any], field: TextField, occasion: str) -> None:
        *outer, last = field.path.split(".")
        places = [body]
        for name in outer:
            if name.endswith("[]"):
                places = [element for place in places for element in place.get(name[:-2], ())]
            else:
                places = [place.setdefault(name, {}) for place in places]
        for place in places:
            marker = self.new(occasion, field.name)
            place[last.removesuffix("[]")] = [marker] if last.endswith("[]") else marker
            self.fields.add(field)
