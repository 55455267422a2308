"""What the inbox keeps of a refusal names no field that the product does not know."""

import json

import pytest

from workers.runtime.commands.refusal_messages import without_unknown_names


def stored(*names: str, code: str = "invalid") -> list[str]:
    """Return the names of fields in a stored refusal."""
    error = {"code": code, "details": {"fields": [{"field": name, "kind": "extra_forbidden"} for name in names]}}
    outcome = without_unknown_names(json.dumps({"error": error}, separators=(",", ":")).encode())
    return [field["field"] for field in json.loads(outcome)["error"]["details"]["fields"]]


@pytest.mark.parametrize(
    "name",
    ["description", "data.text_1", "sequences.0.camera_id", "projects.3.created_by", "Nats-Msg-Id", "subject", ""],
)
def test_known_names_stay(name: str) -> None:
    """A field of the wire is named as before, with its place in a list."""
    assert stored(name) == [name]


def test_other_names_have_their_length() -> None:
    """A name that somebody made up, at any depth, is replaced by its length."""
    assert stored("Zoë saw it", "data.okapi", "categories.9.zebra") == ["?10", "data.?5", "categories.9.?5"]


def test_a_refused_element_of_an_applied_command_is_no_refusal() -> None:
    """An import is applied with the rows that it refuses; their unknown names are replaced as well."""
    row = {"number": 3, "error": {"code": "invalid", "details": {"fields": [{"field": "okapi"}, {"kind": "blank"}]}}}
    outcome = {"status": "applied", "result": {"imported": 1, "refused": [row]}}
    document = json.loads(without_unknown_names(json.dumps(outcome, separators=(",", ":")).encode()))
    assert document["status"] == "applied"
    assert document["result"]["refused"][0]["error"]["details"]["fields"] == [{"field": "?5"}, {"kind": "blank"}]
