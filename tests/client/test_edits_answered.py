"""What administrators edit is answered with what has changed, by every name that is shown."""

import json
from typing import Any

import pytest

from tests.client.conftest import Peer
from tests.client.test_commands import PROJECT, PROPERTIES, ROW, RunLine, run_line, sent_body

__all__ = ["run_line"]

ID = "0190a000-0000-7000-8000-00000000000b"
NO_PARTS: dict[str, Any] = {
    **ROW,
    "updated_by": "bob",
    "retention_exempt": False,
    **dict.fromkeys(("comments", "calls", "sequences"), ()),
}
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
    """A new description is not reported as a rename, nor an unchanged name as a change."""
    peer.result = {"id": 1, "name": "Injury", "description": ""}
    assert (await run_line("types", "rename", *line)).out.strip() == answer


@pytest.mark.parametrize("verb, answer", [("grant", "olivia already has the role guards."), ("revoke", "")])
async def test_a_role_that_stays_is_said_to(peer: Peer, run_line: RunLine, verb: str, answer: str) -> None:
    """Who has a role is not granted it again, and who lacks it does not lose it."""
    roles = [{"role_id": "guards", "name": "Guards", "permissions": {}, "members": ["olivia"]}]
    peer.answers["administration.roles"] = json.dumps({"roles": roles}).encode()
    principal = "olivia" if verb == "grant" else "oliva"
    peer.result = {"principal": principal, "role_id": "guards"}
    words = answer or "oliva does not have the role guards."
    assert (await run_line("roles", verb, principal, "guards")).out.strip() == words


@pytest.mark.parametrize(
    "line, body",
    [
        (("categories", "disable", "place"), {"slot": 2, "enabled": False, "name": "Place"}),
        (("fields", "disable", "number plate"), {"kind": "text", "slot": 2, "enabled": False}),
        (("fields", "disable", "26"), {"kind": "checkbox", "slot": 1, "enabled": False, "name": "Damaged?"}),
        (("fields", "define", "31", "Plate"), {"kind": "text", "slot": 2, "enabled": True, "name": "Plate"}),
    ],
)
async def test_a_definition_is_found_as_it_is_listed(
    peer: Peer, run_line: RunLine, line: tuple[str, ...], body: dict[str, Any]
) -> None:
    """A list shows the names of disabled definitions and the ids of fields; both can be typed."""
    peer.answers["administration.properties"] = json.dumps(DISABLED).encode()
    peer.result = {"id": 1, "description": "", "name": "x", "kind": "text", "slot": 2, "enabled": False} | body
    await run_line(*line)
    assert sent_body(peer) | body == sent_body(peer)


@pytest.mark.parametrize(
    "option, setting", [("--report-signatory", "report_signatories"), ("--child-site", "child_sites")]
)
async def test_an_empty_name_empties_a_list(peer: Peer, run_line: RunLine, option: str, setting: str) -> None:
    """The last name of a list can be removed, and is a change by itself."""
    peer.result = {"changed": {setting: {"old": None, "new": None}}}
    assert (await run_line("settings", "set", option, "")).status == 0
    assert sent_body(peer) == {setting: []}


@pytest.mark.parametrize(
    "line, words",
    [
        (("ask", "projects.create"), "projects.create is a command: incidents send projects.create"),
        (("send", "projects.list"), "projects.list is a query: incidents ask projects.list"),
        (("projects", "call", "12", "--to", "Police", "--minutes", "200 h"), "--minutes: 200 h is too much"),
        (
            ("projects", "call", "12", "--to", "Police", "--minutes", "4:30"),
            '--minutes: 4:30 is not a duration: write 4.5, or "4 min 30 s"',
        ),
        (("projects", "call", "12", "--to", "Police", "--minutes=-4"), "--minutes: -4 is not a duration: write 4.5"),
        (("fields", "define", "text_4", "Plate"), "text_4 is not a data field"),
        (("retention", "set-policy", "p", "--type", "1"), "say how long: --years, --days or both, or --exempt alone"),
        (("retention", "set-policy", "p", "--type", "1", "--days", "2", "--exempt"), "or --exempt alone"),
        (("retention", "set-policy", "p", "--type", "1", "--days", "0"), "say how long"),
    ],
)
async def test_a_refusal_says_how_to_type_it(peer: Peer, run_line: RunLine, line: tuple[str, ...], words: str) -> None:
    """A word at the wrong place, and a value that is too large, are answered in the words of the line."""
    ended = await run_line(*line, "--json")
    assert ended.status == 2
    assert peer.commands == []
    assert words in ended.json["error"]["message"]


@pytest.mark.parametrize(
    "line, words",
    [
        (("projects", "delete-comment", PROJECT, "last", "--yes"), "this project has no comments"),
        (("projects", "edit-call", PROJECT, "1", "--notes", "x"), "this project has no calls"),
        (("projects", "delete-sequence", PROJECT, "1", "--yes"), "this project has no sequences"),
        (("reports", "delete", PROJECT, "1", "--yes"), "this project has no reports"),
        (("projects", "draft", "remove", "1"), "the draft list is empty"),
    ],
)
async def test_a_part_of_an_empty_list_is_answered_with_which_list(
    peer: Peer, run_line: RunLine, line: tuple[str, ...], words: str
) -> None:
    """A number that nothing can have is answered with what is missing, and nothing is sent."""
    peer.answers["projects.get"] = json.dumps(NO_PARTS).encode()
    peer.answers["projects.draft"] = json.dumps({"sequences": []}).encode()
    peer.answers["reports.list"] = json.dumps({"items": [], "next": None}).encode()
    ended = await run_line(*line, "--json")
    assert (ended.status, ended.json["error"]["message"], peer.commands) == (2, words, [])


async def test_a_refused_field_is_named_by_its_option(peer: Peer, run_line: RunLine) -> None:
    """An option that is called otherwise than its field on the wire is named as it is typed."""
    fields = [{"field": name, "kind": "missing", "reason": "is required"} for name in ("recipient", "legal_basis")]
    peer.error = {"code": "invalid", "message": "Not valid.", "details": {"fields": fields}}
    ended = await run_line("projects", "export", "12", "-o", "x.zip")
    assert "--to     is required" in ended.err
    assert "--basis  is required" in ended.err


async def test_the_history_of_every_main_detail_can_be_asked_for(peer: Peer, run_line: RunLine) -> None:
    """What the history shows, its option takes."""
    peer.answers["projects.history"] = json.dumps({"items": [], "next": None, "withheld": []}).encode()
    for field in ("reference", "type", "description"):
        assert (await run_line("projects", "history", "12", "--field", field)).status == 0


async def test_an_unknown_batch_leads_to_the_list_of_batches(peer: Peer, run_line: RunLine) -> None:
    """The id is that of a batch and not of a report."""
    fields = [{"field": "report_id", "kind": "no_batch", "reason": "is not one of your batches"}]
    peer.refusals["reports.batches"] = {"code": "gone", "message": "Gone.", "details": {"fields": fields}}
    ended = await run_line("reports", "delete-batch", ID, "--yes")
    assert "incidents reports batches" in ended.err
    assert "batch id  is not one of your batches" in ended.err
    assert "id du lot  is not" in (await run_line("reports", "delete-batch", ID, "--yes", "--lang", "fr")).err
    ended = await run_line("reports", "batch", "--resume", ID, "-o", "october.pdf")
    assert "--resume  is not one of your batches" in ended.err


async def test_a_setting_is_named_as_it_is_shown(peer: Peer, run_line: RunLine) -> None:
    """`settings show` has the words of the options, and the history of a setting takes them."""
    peer.answers["administration.setting-history"] = json.dumps({"items": [], "next": None}).encode()
    shown = (await run_line("settings", "show", "--csv")).out
    for name in ("report-title", "confidentiality", "report-signatory", "child-site", "require-purpose"):
        assert name in [line.partition(",")[0] for line in shown.splitlines()]
        assert (await run_line("audit", "definitions", "setting", "--key", name)).status == 0


async def test_the_state_of_a_system_needs_credentials_of_operations(run_line: RunLine) -> None:
    """Who may not see it reads what to do, and not what the server said."""
    ended = await run_line("status")
    assert ended.status == 1
    assert "incidents access create NAME --scope ops" in " ".join(ended.err.split())
    assert "violation" not in ended.err


async def test_an_empty_role_is_defined(peer: Peer, run_line: RunLine) -> None:
    """A table without rows does not say that nothing was made."""
    peer.answers["administration.roles"] = json.dumps({"roles": []}).encode()
    peer.result = {"role_id": "g3", "name": "g3", "permissions": {}}
    assert "The role g3 is defined and permits nothing" in (await run_line("roles", "define", "g3")).err


async def test_a_disabled_field_is_refused_by_its_name(peer: Peer, run_line: RunLine) -> None:
    """The name that was typed is in the refusal, and the command that enables the field again."""
    peer.answers["administration.properties"] = json.dumps(DISABLED).encode()
    [field] = [each for each in DISABLED["data_fields"] if not each["enabled"]]
    slot = f"{field['kind']}_{field['slot']}"
    fault = {"field": f"data.{slot}", "kind": "not_enabled", "reason": "is not enabled"}
    peer.error = {"code": "invalid", "message": "No.", "details": {"fields": [fault]}}
    shown = (await run_line("projects", "update", "12", "--field", f"{field['name']}=1")).err
    assert f"{field['name']}  is not enabled" in shown
    assert f"incidents fields define {slot}" in shown


async def test_an_unknown_summary_leads_to_the_list_of_summaries(peer: Peer, run_line: RunLine) -> None:
    """The id is that of a summary and not of a report."""
    fields = [{"field": "report_id", "kind": "no_summary", "reason": "is not one of your summaries"}]
    peer.refusals["reports.summaries"] = {"code": "gone", "message": "Gone.", "details": {"fields": fields}}
    ended = await run_line("reports", "delete-summary", ID, "--yes")
    assert "incidents reports summaries" in ended.err
    assert "summary id  is not one of your summaries" in ended.err
    ended = await run_line("reports", "summary", "--resume", ID, "-o", "october.pdf")
    assert "--resume  is not one of your summaries" in ended.err
