"""No text field of the wire escapes the canary: each is marked, or listed with its reason."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from contracts import catalogue
from tests.privacy.markers import NOT_PEOPLES_WORDS, Markers, TextField, text_fields

NESTED: Final = (
    "projects.add-comment text",
    "projects.add-sequences sequences[].camera_name",
    "projects.create description",
    "projects.export password",
    "projects.import projects[].created_by",
    "projects.list search",
    "projects.update data.text_3",
    "projects.watch filter.references[]",
    "reports.generate-batch filter.camera_ids[]",
    "retention.release reason",
)
"""Fields at every depth, and of every type that holds texts."""

KNOWN_PATTERNS: Final = {
    r"^[A-Za-z0-9+/]+={0,2}$": "a picture",
    r"^[A-Za-z0-9-]{1,100}$": "the id of a dead letter",
    r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$": "a licence",
    r"^[+-]?[0-9]{1,28}([.][0-9]{1,28})?([Ee][+-]?[0-9]{1,2})?$": "a number",
    r"^[0-9a-f]{1,8}-[0-9]{1,20}$": "a place in a feed",
    r"^[a-z.-]+$": "an activity",
    r"^[a-z0-9-]{1,32}$": "a site",
    r"^[a-z0-9-]{1,64}$": "a role",
    r"^[a-z0-9_-]{1,64}$": "a principal",
    r"^[a-z0-9_]{1,40}$": "the name of a field",
    r"^age1[02-9ac-hj-np-z]{58}$": "a public key",
}
"""Strings that are no texts, by their patterns."""


def strings(schema: Any) -> Iterator[Mapping[str, Any]]:
    """Return every string in a schema, wherever it is."""
    if isinstance(schema, Mapping):
        if schema.get("type") == "string":
            yield schema
        for inner in schema.values():
            yield from strings(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from strings(inner)


@pytest.mark.parametrize("name", NESTED)
def test_texts_at_every_depth_are_marked(name: str) -> None:
    """A text in a list, in an object or in a filter is marked like any other."""
    assert name in {field.name for field in text_fields() if field.is_marked}


def test_every_string_is_a_text_or_known() -> None:
    """A new kind of string is marked unless somebody says here why it is no text."""
    messages = [*catalogue.commands().values(), *catalogue.queries().values()]
    patterns = {
        string.get("pattern")
        for message in messages
        for string in strings(message.model_json_schema())
        if not {"enum", "const"} & string.keys() and string.get("format") in {None, "password"}
    }
    assert patterns - {None, r"^[^\x00]*$"} == set(KNOWN_PATTERNS)


def test_every_exception_names_a_field() -> None:
    """A reason for an exception goes with the field that it is about."""
    names = " ".join(f"|{field.name}" for field in text_fields())
    assert [beginning for beginning in NOT_PEOPLES_WORDS if f"|{beginning}" not in names] == []


def test_markers_are_different_words() -> None:
    """Each field and each occasion has a marker of its own, which its first characters identify."""
    markers = Markers()
    for occasion in ("by hand", "by expiry"):
        markers.fill(occasion, "projects.add-call", {})
    assert len({marker[:9] for marker in markers.places}) == 8
    assert markers.fields == {
        TextField("projects.add-call", path) for path in ("party", "number", "reference", "notes")
    }
