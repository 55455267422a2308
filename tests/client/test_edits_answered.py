"""What administrators edit is answered with what has changed, by every name that is shown."""

import json
from typing import Any

import pytest

from tests.client.conftest import Peer
from tests.client.test_commands import PROPERTIES, RunLine, run_line, sent_body

__all__ = ["run_line"]

DISABLED: dict[str, Any] = {
    **PROPERTIES,
    "categories": [
        *PROPERTIES["categories"],
        {"id": 7, "slot": 2, "enabled": False, "name": "Place", "description": "", "values": []},
    ],
    "data_fields": [
        *PROPERTIES["data_fields"],
        {"id": 31, "kind": "text", "slot": 2, "enabled": False, "name": "Number plate", "description": ""},
    ],
}


@pytest.mark.parametrize(
    "line, answer",
    [
        (("Injury", "Harm"), "Injury is now Harm"),
        (("Injury", "--description", "To a person."), "Description changed: Injury"),
        (("Injury", "Injury"), "Nothing was changed: Injury had this name and description already."),
    ],
)
async def test_an_edit_says_what_it_changed(peer: Peer, run_line: RunLine, line: tuple[str, ...], answer: str) -> None:
    """A description is no new name, and the same name is no change."""
    peer.result = {"id": 1, "name": "Injury", "description": ""}
    assert (await run_line("types", "rename", *line)).out.strip() == answer


@pytest.mark.parametrize("verb, answer", [("grant", "olivia already has the role guards."), ("revoke", "")])
async def test_a_role_that_stays_is_said_to(peer: Peer, run_line: RunLine, verb: str, answer: str) -> None:
    """Who has a role is not granted it again, and who lacks it does not lose it."""
    roles = [{"role_id": "guards", "name": "Guards", "permissions": {}, "members": ["olivia"]}]
    peer.answers["administration.roles"] = json.dumps({"roles": roles}).encode()
    who = "olivia" if verb == "grant" else "oliva"
    peer.result = {"principal": who, "role_id": "guards"}
    words = answer or "oliva does not have the role guards."
    assert (await run_line("roles", verb, who, "guards")).out.strip() == words


@pytest.mark.parametrize(
    "line, sent",
    [
        (("categories", "disable", "place"), {"slot": 2, "enabled": False, "name": "Place"}),
        (("fields", "disable", "number plate"), {"kind": "text", "slot": 2, "enabled": False}),
        (("fields", "disable", "26"), {"kind": "checkbox", "slot": 1, "enabled": False, "name": "Damaged?"}),
        (("fields", "define", "31", "Plate"), {"kind": "text", "slot": 2, "enabled": True, "name": "Plate"}),
    ],
)
async def test_a_definition_is_found_as_it_is_listed(
    peer: Peer, run_line: RunLine, line: tuple[str, ...], sent: dict[str, Any]
) -> None:
    """A list shows the names of disabled definitions and the ids of fields; both can be typed."""
    peer.answers["administration.properties"] = json.dumps(DISABLED).encode()
    peer.result = {"id": 1, "description": "", "name": "x", "kind": "text", "slot": 2, "enabled": False} | sent
    await run_line(*line)
    assert sent_body(peer) | sent == sent_body(peer)


async def test_no_option_is_cut_in_help(run_line: RunLine) -> None:
    """At 80 columns the longest option of the settings can still be read."""
    shown = (await run_line("settings", "set", "--help")).out
    assert "--optional-purpose" in shown
    assert "…" not in shown
