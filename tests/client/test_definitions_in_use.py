"""Definitions that projects have, and words of lists, as people read and type them."""

import json
from typing import Any

import pytest

from tests.client.conftest import Peer
from tests.client.test_commands import PROPERTIES, RunLine, run_line, sent_body

__all__ = ["run_line"]
TYPES = [{"id": 2, "name": "Vol", "description": ""}]


@pytest.fixture(autouse=True)
def defined(peer: Peer, run_line: RunLine) -> None:
    """Define a type beside the other properties."""
    peer.answers["administration.properties"] = json.dumps({**PROPERTIES, "types": TYPES}).encode()


@pytest.mark.parametrize(
    "line, projects, texts",
    [
        (("types", "delete", "Vol", "--yes"), 1, ("« Vol » est attribué à 1 projet et", "--type Vol")),
        (("types", "rename", "Vol", "Larcin"), 2, ("« Vol » est attribué à 2 projets et", "--type Vol")),
        (("types", "delete", "Vol", "--yes"), 1001, ("à plus de 1 000 projets et", "--type Vol")),
        (("categories", "delete", "Reason", "Trapped", "--yes"), 3, ("à 3 projets et", "--category Reason=Trapped")),
    ],
)
async def test_a_definition_in_use_is_named_with_its_projects(
    peer: Peer, run_line: RunLine, line: tuple[str, ...], projects: int, texts: tuple[str, ...]
) -> None:
    """The refusal names the definition and shows the line that lists its projects; programs keep the number."""
    peer.error = {"code": "in-use", "message": "Assigned.", "details": {"projects": projects}}
    shown = " ".join((await run_line(*line, "--lang", "fr")).err.replace("│", " ").split())
    assert texts[0] in shown
    assert f"incidents projects list {texts[1]}" in shown
    assert f"projets {projects}" not in shown
    error = (await run_line(*line, "--json")).json["error"]
    assert error["details"]["projects"] == projects


@pytest.mark.parametrize(
    "typed, sort",
    [("-créé", "-created_at"), ("-modifié", "-updated_at"), ("créé par", "created_by"), ("-Updated", "-updated_at")],
)
async def test_a_list_is_sorted_by_the_title_of_a_column(peer: Peer, run_line: RunLine, typed: str, sort: str) -> None:
    """Titles of columns order a list as the names of fields do."""
    peer.answers["projects.list"] = json.dumps({"items": [], "next": None}).encode()
    await run_line("projects", "list", f"--sort={typed}", "--lang", "fr")
    assert [json.loads(query.data)["sort"] for query in peer.queries if query.subject.endswith("list")] == [sort]


@pytest.mark.parametrize("typed", ["Damaged?", "checkbox_1"])
async def test_a_disabled_field_is_named_as_it_was_typed(peer: Peer, run_line: RunLine, typed: str) -> None:
    """The answer repeats what was typed."""
    result: dict[str, Any] = {**PROPERTIES["data_fields"][0], "enabled": False}
    peer.result = result
    assert f"{typed} is disabled" in (await run_line("fields", "disable", typed)).out
    assert sent_body(peer)["enabled"] is False
