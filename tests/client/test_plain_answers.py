"""Answers and refusals name the thing that they are about, as somebody types it."""

import json
from pathlib import Path
from typing import Any

import pytest

from incidents.cli import build
from incidents.terminal.tables.show import Names, field_value
from tests.client.command_line import incidents
from tests.client.conftest import Bus, Peer
from tests.client.test_commands import NOW, PROJECT, PROPERTIES, REPORT, RunLine, run_line

__all__ = ["run_line"]

LATEST = "0190a000-0000-7000-8000-00000000000a"


def report(report_id: str) -> dict[str, Any]:
    """Return a report as it is listed."""
    times = {"requested_at": NOW, "created_at": NOW}
    facts = {"show_user_names": False, "complete": True, "missing": [], "bytes": 1, "sha256": "0", "pages": 1}
    named = {"report_id": report_id, "project_id": PROJECT, "project_number": 12, "created_by": "ann"}
    return {**named, **times, **facts, "language": "en"}


async def test_the_last_report_is_the_newest(peer: Peer, run_line: RunLine) -> None:
    """Reports are listed with the newest first, and `last` is that one, as it is of comments."""
    page = {"items": [report(LATEST), report(REPORT)], "next": None}
    peer.answers["reports.list"] = json.dumps(page).encode()
    peer.result = {"report_id": LATEST, "project_id": PROJECT}
    await run_line("reports", "delete", PROJECT, "last", "--yes")
    assert json.loads(peer.commands[0].data)["report_id"] == LATEST


@pytest.mark.parametrize(
    "typed, words",
    [
        ("decimal_1=12,5", "decimal_1: 12,5 is ambiguous: write 12.5 or 125"),
        ("Damaged?=maybe", "Damaged?: write yes or no instead of maybe"),
    ],
)
async def test_a_value_is_refused_with_its_field(run_line: RunLine, typed: str, words: str) -> None:
    """Of several fields on a line the one with the wrong value is named."""
    ended = await run_line("projects", "update", PROJECT, "--field", "text_1=x", "--field", typed, "--json")
    assert ended.json["error"]["message"] == words


async def test_a_field_is_proposed_once(run_line: RunLine) -> None:
    """A field with two names is proposed by the short one alone."""
    for line in (("update", PROJECT, "--clear", "foo"), ("history", PROJECT, "--field", "foo")):
        message = (await run_line("projects", *line, "--json")).json["error"]["message"]
        assert "type, status" in message
        assert "_id" not in message
        assert "_time" not in message


async def test_an_empty_list_is_said_once(peer: Peer, run_line: RunLine) -> None:
    """A count of nothing adds nothing to an empty list."""
    peer.answers["projects.list"] = json.dumps({"items": [], "next": None, "total": 0}).encode()
    assert (await run_line("projects", "list", "--count")).out.split("\n") == ["nothing here", ""]


async def test_a_role_is_refused_as_it_is_typed(peer: Peer, run_line: RunLine) -> None:
    """A role is called by its argument, and proposed by the ids that the list has under this heading."""
    role = {"role_id": "administrators", "name": "Everything", "permissions": {}, "members": []}
    peer.answers["administration.roles"] = json.dumps({"roles": [role]}).encode()
    refused = (await run_line("roles", "define", "Bad_Name")).err
    assert "role " in refused
    assert "role_id" not in refused
    ended = await run_line("roles", "grant", "olivia", "gards", "--json")
    assert ended.json["error"]["message"].endswith("Choose one of: administrators")


async def test_a_part_has_the_names_of_its_project() -> None:
    """The history of a creation names type and times as every other table does."""
    text = field_value("project", {"type_id": 1, "start_time": NOW}, Names(None), "en")
    assert text.startswith("Type: 1\nStart: 2025-01-31")


async def test_a_disabled_definition_is_listed(peer: Peer, run_line: RunLine) -> None:
    """Lists name what is disabled, with the line that enables it again."""
    known = json.loads(json.dumps(PROPERTIES))
    for each in (*known["categories"], *known["data_fields"]):
        each["enabled"] = False
    peer.answers["administration.properties"] = json.dumps(known).encode()
    category, field = "incidents categories define 1 Reason", "incidents fields define checkbox_1 'Damaged?'"
    assert category in (await run_line("categories", "list")).out
    assert field in (await run_line("fields", "list")).out
    whole = (await run_line("properties")).out
    assert category in whole
    assert field in whole


@pytest.mark.parametrize("line", ["add Reason Fell", "rename Reason Trapped Caught"])
@pytest.mark.parametrize("is_enabled", [True, False])
async def test_a_value_of_a_disabled_category_is_answered_with_a_remark(
    peer: Peer, run_line: RunLine, line: str, is_enabled: bool
) -> None:
    """Who adds or renames a value that no list shows reads why, and how to enable its category."""
    known = json.loads(json.dumps(PROPERTIES))
    known["categories"][0]["enabled"] = is_enabled
    peer.answers["administration.properties"] = json.dumps(known).encode()
    peer.result = {"slot": 1, "id": 11, "name": "Fell", "description": ""}
    ended = await run_line("categories", *line.split())
    remark = "Disabled: category 1, Reason; to enable it: incidents categories define 1 Reason"
    assert ended.status == 0
    assert (remark in ended.err) == (not is_enabled)


async def test_missed_changes_have_the_names_of_fields(peer: Peer, run_line: RunLine) -> None:
    """Who was slower reads the organisation's names of fields after any command, under one label."""
    missed = [
        {"revision": n, "by": "bob", "at": NOW, "fields": [field]} for n, field in ((2, "category_1"), (3, "end"))
    ]
    peer.error = {"code": "conflict", "message": "No.", "details": {"changes": missed}}
    shown = (await run_line("projects", "delete", PROJECT, "--yes", "--expected-revision", "1")).err
    assert "bob  Reason" in shown
    assert shown.count("changes") == 1


async def test_an_unknown_letter_is_named(peer: Peer, run_line: RunLine) -> None:
    """Of several letters the unknown one is named, and those that were left as they are."""
    peer.answers["administration.list-dead-letters"] = b'{"items": [], "next": null}'
    field = {"field": "letter", "kind": "not_here", "reason": "is not known here"}
    peer.error = {"code": "gone", "message": "Gone.", "details": {"fields": [field]}}
    ended = await run_line("dead", "discard", "17", "18", "--yes", "--json")
    message = ended.json["error"]["message"]
    assert message == "Letter 17 does not exist; these were left as they are: 18."


async def test_a_raw_message_may_have_no_outcome(peer: Peer, run_line: RunLine) -> None:
    """Who sends what nobody checked is told where it is found if no outcome comes."""
    peer.silent = True
    peer.refusals["projects.outcome"] = {"code": "gone", "message": "Gone."}
    ended = await run_line("send", "projects.nonsense", "{}", "--raw", "--wait", "1")
    assert ended.status == 4
    assert "incidents dead list" in ended.out


async def test_a_directory_without_a_system_is_named_whole(tmp_path: Path) -> None:
    """Who is in another directory sees which one was looked at, and what names the right one."""
    message = (await incidents("me", "--json", folder=tmp_path)).json["error"]["message"]
    assert message.startswith(f"{tmp_path / '.incidents'}: no system runs here")
    assert "--data or INCIDENTS_DATA" in message


@pytest.mark.parametrize("url", ["http://localhost:1", "nats://127.0.0.1:99999", "nats://127.0.0.1:abc", "nats://"])
async def test_an_address_of_another_kind_is_a_mistake(bus: Bus, url: str) -> None:
    """An address that is not one of a message bus is refused before a machine of that name is looked for."""
    where: dict[str, Any] = {"INCIDENTS_NATS_URL": url, "INCIDENTS_NATS_CREDS": bus.credentials("me")}
    ended = await incidents("me", "--json", environment=where)
    assert ended.status == 2
    assert "write it as nats://HOST:PORT or tls://HOST:PORT" in ended.json["error"]["message"]


def test_a_paragraph_of_help_is_one_line() -> None:
    """The terminal alone decides where a line of help ends."""

    def texts(command: Any) -> list[str]:
        inner = [text for each in getattr(command, "commands", {}).values() for text in texts(each)]
        return [command.help or "", *inner]

    broken = [text for text in texts(build()) if "\n" in text.replace("\n\n", "")]
    assert broken == []
