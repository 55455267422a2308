"""Names as people type them, in place of ids."""

import json
from typing import Any

import pytest

from contracts.permissions import Node
from incidents.terminal.input.naming import Named, choose
from incidents.terminal.session import Session, UsageError
from tests.client.conftest import Peer
from tests.client.test_commands import PROJECT, PROPERTIES, RunLine, run_line

__all__ = ["run_line"]
DEFINED: dict[str, Any] = {
    "types": [{"id": 1, "name": "Vélo volé", "description": ""}, {"id": 2, "name": "Injury", "description": ""}],
    "statuses": [
        {"id": 22, "name": "Closed", "description": ""},
        {"id": 23, "name": "Éteint", "description": ""},
        {"id": 24, "name": "eteint", "description": ""},
    ],
    "categories": PROPERTIES["categories"],
    "data_fields": [
        {"id": 26, "kind": "integer", "slot": 1, "enabled": True, "name": "Injured = hurt", "description": ""}
    ],
}


@pytest.fixture(autouse=True)
def defined(peer: Peer, run_line: RunLine) -> None:
    """Define things whose names are not easy."""
    peer.answers["administration.properties"] = json.dumps(DEFINED).encode()
    peer.result = {"project_id": PROJECT, "changed": {}}


def sent_body(peer: Peer) -> dict[str, Any]:
    """Return what was sent last."""
    body: dict[str, Any] = json.loads(peer.commands[-1].data)
    return body


async def test_names_stand_for_ids(peer: Peer, run_line: RunLine) -> None:
    """Types, statuses, values and fields are found by their names, case and accents aside."""
    line = ("--type", "velo  VOLE", "--status", "closed", "--category", "reason=trapped", "--field", "injured = hurt=2")
    ended = await run_line("projects", "update", PROJECT, *line, "--clear", "end")
    assert ended.status == 0, ended.err
    body = sent_body(peer)
    assert body["type_id"] == 1
    assert body["status_id"] == 22
    assert body["end_time"] is None
    assert body["categories"] == {"1": 11}
    assert body["data"] == {"integer_1": 2}


async def test_a_name_of_several_is_refused_with_their_ids(peer: Peer, run_line: RunLine) -> None:
    """Nobody guesses which one was meant; a name that is written exactly means that one."""
    ended = await run_line("projects", "update", PROJECT, "--status", "ETEINT", "--json")
    assert ended.status == 2
    assert peer.commands == []
    assert "23, 24" in ended.json["error"]["message"]
    await run_line("projects", "update", PROJECT, "--status", "Éteint")
    assert sent_body(peer)["status_id"] == 23


@pytest.mark.parametrize(
    "option, text, offered",
    [("--type", "injry", "Injury"), ("--status", "open", "Closed"), ("--category", "Reason=x", "Trapped")],
)
async def test_a_name_that_nobody_has_is_told_with_others(
    peer: Peer, run_line: RunLine, option: str, text: str, offered: str
) -> None:
    """The sentence names what is near, or what there is, and nothing is sent."""
    ended = await run_line("projects", "update", PROJECT, option, text, "--json")
    assert ended.status == 2
    assert peer.commands == []
    assert offered in ended.json["error"]["message"]


async def test_lists_and_figures_take_names(peer: Peer, run_line: RunLine) -> None:
    """A filter takes names, and `none` for those without; figures are grouped by a category's name."""
    await run_line("projects", "list", "--type", "injury", "--type", "none", "--category", "Reason=none")
    body = next(json.loads(query.data) for query in peer.queries if query.subject.endswith("projects.list"))
    assert body["filter"]["type_ids"] == [2, None]
    assert body["filter"]["categories"] == {"1": [None]}
    await run_line("stats", "--by", "reason")
    grouped = next(json.loads(query.data) for query in peer.queries if query.subject.endswith("projects.statistics"))
    assert grouped["group_by"] == "category_1"


@pytest.mark.parametrize("option, number, offered", [("--type", "99", "Injury"), ("--status", "1", "Closed")])
async def test_a_filter_by_an_undefined_id_is_refused(
    peer: Peer, run_line: RunLine, option: str, number: str, offered: str
) -> None:
    """An id that is not defined finds nothing, so it is a slip; who may not see the definitions can still filter."""
    ended = await run_line("projects", "list", option, number, "--json")
    assert ended.status == 2
    assert offered in ended.json["error"]["message"]
    assert not [query for query in peer.queries if query.subject.endswith("projects.list")]
    peer.refusals["administration.properties"] = {"code": "not-available", "message": "No."}
    await run_line("projects", "list", option, number, "--json")
    assert [query for query in peer.queries if query.subject.endswith("projects.list")]


async def test_ids_need_no_right_to_see_names(peer: Peer, run_line: RunLine) -> None:
    """A principal who may not see what is defined can still write ids."""
    peer.refusals["administration.properties"] = {"code": "not-available", "message": "No."}
    ended = await run_line("projects", "update", PROJECT, "--type", 2, "--category", "1=11")
    assert ended.status == 0
    assert sent_body(peer)["type_id"] == 2
    assert (await run_line("projects", "update", PROJECT, "--type", "Injury")).status == 1


def test_a_long_list_says_how_to_see_the_rest() -> None:
    """Of many names the most similar come first, and the sentence says that there are more and what shows them."""
    known = [
        Named(number, name)
        for number, name in enumerate(["abcd", *(f"{letter * 9}" for letter in "efghijklmnop"), "xyz"])
    ]
    with pytest.raises(UsageError) as caught:
        choose(Session("", language="en"), "Type", "xq", known)
    sentence = str(caught.value)
    assert "There are 14, such as xyz, " in sentence
    assert sentence.endswith("…; all of them: incidents types list")
    with pytest.raises(UsageError, match=r"abcd, eeeeeeeee, .*, xyz$"):
        choose(Session("", language="en"), "Order", "xq", known)


async def test_all_permissions_can_be_seen(run_line: RunLine, peer: Peer) -> None:
    """After a slip in the name of a permission the similar ones are named, and else all of them."""
    peer.answers["administration.roles"] = json.dumps({"roles": []}).encode()
    ended = await run_line("roles", "define", "x", "--view", "incident-projects/coments", "--json")
    assert "incident-projects/comments" in ended.json["error"]["message"]
    ended = await run_line("roles", "define", "x", "--view", "qqq", "--json")
    assert [node for node in Node if node not in ended.json["error"]["message"]] == []


UNDEFINED = [
    ("--type", "x", "incidents types add {name}"),
    ("--status", "x", "incidents statuses add {name}"),
    ("--category", "x=y", "incidents categories define 1 {name}"),
    ("--category", "Why not=y", "incidents categories add 'Why not' {name}"),
    ("--field", "x=y", "incidents fields define text_1 {name}"),
]
"""What names nothing on a site without definitions, and the line that defines it."""


def without_definitions(text: str) -> bytes:
    """Return the properties of a site without definitions, but for a category without values that the text may name."""
    empty: dict[str, Any] = {"types": [], "statuses": [], "categories": [], "data_fields": []}
    if "Why not" in text:
        empty["categories"] = [{**PROPERTIES["categories"][0], "name": "Why not", "values": []}]
    return json.dumps(empty).encode()


@pytest.mark.parametrize("option, text, defining", UNDEFINED)
async def test_what_is_not_defined_yet_can_be(
    peer: Peer, run_line: RunLine, option: str, text: str, defining: str
) -> None:
    """Where nothing is defined, the sentence says so and names the command that defines one."""
    peer.answers["administration.properties"] = without_definitions(text)
    ended = await run_line("projects", "update", PROJECT, option, text, "--json")
    assert ended.status == 2
    assert ended.json["error"]["message"].endswith("None is defined yet: " + defining.format(name="NAME"))


async def test_an_empty_list_is_called_empty(peer: Peer, run_line: RunLine) -> None:
    """A number of a list without entries is answered with that."""
    peer.answers["projects.draft"] = json.dumps({"sequences": []}).encode()
    ended = await run_line("projects", "draft", "remove", "1", "--json")
    assert "the draft list is empty" in ended.json["error"]["message"]
