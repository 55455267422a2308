"""Commands of the command line, against somebody who stands where the workers do."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.client.command_line import CommandResult, incidents
from tests.client.conftest import Bus, Peer

PROJECT = "0190a000-0000-7000-8000-000000000001"
REPORT = "0190a000-0000-7000-8000-000000000009"
NOW = "2025-01-31T12:00:00Z"
ROW = {
    "project_id": PROJECT,
    "number": 12,
    "reference": None,
    "revision": 3,
    "type_id": 1,
    "status_id": 22,
    "description": "Fell from the [bold]ladder",
    "start_time": NOW,
    "end_time": None,
    "created_by": "alice",
    "created_at": NOW,
    "updated_at": NOW,
    "imported": False,
}
VALUES = [{"id": 11, "name": "Trapped", "description": ""}]
PROPERTIES = {
    "types": [{"id": 1, "name": "Injury", "description": ""}, {"id": 2, "name": "Theft", "description": ""}],
    "statuses": [{"id": 22, "name": "In progress", "description": ""}],
    "categories": [{"id": 6, "slot": 1, "enabled": True, "name": "Reason", "description": "", "values": VALUES}],
    "data_fields": [{"id": 26, "kind": "checkbox", "slot": 1, "enabled": True, "name": "Damaged?", "description": ""}],
}

RunLine = Callable[..., Awaitable[CommandResult]]


@pytest.fixture
def run_line(bus: Bus, peer: Peer, tmp_path: Path) -> RunLine:
    """Type a command line as alice, who is connected to the peer."""
    peer.answers["projects.list"] = json.dumps({"items": [ROW], "next": None, "total": None}).encode()
    peer.answers["projects.find"] = json.dumps({"project_id": PROJECT, "number": 12}).encode()
    peer.answers["administration.properties"] = json.dumps(PROPERTIES).encode()
    environment = {"INCIDENTS_NATS_URL": bus.url, "INCIDENTS_NATS_CREDS": bus.credentials("alice")}

    async def run(*line: object, standard_input: str = "") -> CommandResult:
        return await incidents(*line, standard_input=standard_input, folder=tmp_path, environment=environment)

    return run


def sent_body(peer: Peer) -> dict[str, Any]:
    """Return the body of the one command that was sent."""
    (message,) = peer.commands
    body: dict[str, Any] = json.loads(message.data)
    return body


async def test_a_list_shows_names_instead_of_ids(peer: Peer, run_line: RunLine) -> None:
    """People read what types and statuses are called, and text as it was written."""
    ended = await run_line("projects", "list")
    assert ended.status == 0
    words = ("12", "Injury", "In progress", "[bold]ladder", "alice")
    assert [word for word in words if word not in ended.out] == []


async def test_a_list_is_asked_with_what_was_typed(peer: Peer, run_line: RunLine) -> None:
    """Options become the filter of the query."""
    await run_line("projects", "list", "--type", 1, "--type", 2, "--since", "2025-01-31T00:00Z", "--limit", 5)
    body = next(json.loads(query.data) for query in peer.queries if query.subject.endswith("projects.list"))
    assert (body["filter"]["type_ids"], body["limit"]) == ([1, 2], 5)
    assert body["filter"]["created"]["from"] == "2025-01-31T00:00:00Z"


async def test_a_list_for_machines_is_one_document(peer: Peer, run_line: RunLine) -> None:
    """Machines get what the wire says."""
    ended = await run_line("projects", "list", "--all", "--json")
    assert ended.json["items"] == [ROW]


async def test_a_list_is_shown_without_names_to_whom_may_not_see_them(peer: Peer, run_line: RunLine) -> None:
    """A principal who may not see properties sees their ids."""
    peer.refusals["administration.properties"] = {"code": "not-available", "message": "No."}
    assert " 22 " in (await run_line("projects", "list")).out


async def test_a_project_is_shown_by_its_number(peer: Peer, run_line: RunLine) -> None:
    """A number is looked up in the list."""
    details = {
        **ROW,
        "updated_by": "bob",
        "retention_exempt": True,
        "categories": {"1": 11, "2": None},
        "data": {"checkbox_1": True, "decimal_1": "12.5", "integer_1": None},
        "comments": [{"comment_id": REPORT, "text": "First aid given", "created_by": "bob", "created_at": NOW}],
        "withheld": ["calls"],
    }
    peer.answers["projects.get"] = json.dumps(details).encode()
    ended = await run_line("projects", "show", 12, "--lang", "fr")
    assert json.loads(peer.queries[1].data) == {"project_id": PROJECT}
    words = ("Projet 12", "Reason", "Trapped", "Damaged?", "oui", "12,5", "First aid given", "Masqué", "appels")
    assert [word for word in words if word not in ended.out] == []
    peer.answers["projects.get"] = json.dumps({**details, "categories": {"1": None}, "data": {"text_1": None}}).encode()
    emptied = (await run_line("projects", "show", 12)).out
    assert [heading for heading in ("Categories", "Incident data") if heading in emptied] == []


async def test_a_project_is_created(peer: Peer, run_line: RunLine) -> None:
    """Only what was typed is sent, with an id made here."""
    peer.result = {"project_id": PROJECT, "number": 12}
    ended = await run_line("projects", "create", "--type", 1, "--description", "Fell")
    body = sent_body(peer)
    assert body.pop("project_id")
    assert body == {"type_id": 1, "description": "Fell"}
    assert "Project 12 created" in ended.out


async def test_a_project_is_updated_with_what_was_typed(peer: Peer, run_line: RunLine) -> None:
    """Values are sent as the kinds that their fields have; clearing is null."""
    peer.result = {"project_id": PROJECT, "changed": {"type_id": {"new": 2}, "integer_1": {"new": 3}}}
    fields = ("integer_1=3", "decimal_1=2.50", "checkbox_1=yes", "text_1=3")
    line = [option for field in fields for option in ("--field", field)]
    cleared = ("--clear", "end", "--clear", "category_2", "--clear", "text_2")
    ended = await run_line(
        "projects",
        "update",
        PROJECT,
        "--type",
        2,
        "--category",
        "1=11",
        *line,
        *cleared,
        "--expected-revision",
        3,
    )
    assert sent_body(peer) == {
        "project_id": PROJECT,
        "expected_revision": 3,
        "type_id": 2,
        "end_time": None,
        "categories": {"1": 11, "2": None},
        "data": {"integer_1": 3, "decimal_1": "2.5", "checkbox_1": True, "text_1": "3", "text_2": None},
    }
    assert ended.out.strip() == "Project updated: Type, integer_1"


async def test_a_field_that_does_not_exist_is_told(peer: Peer, run_line: RunLine) -> None:
    """A slip in a field's name is refused before anything is sent."""
    ended = await run_line("projects", "update", PROJECT, "--field", "integr_1=3")
    assert (ended.status, peer.commands) == (2, [])
    assert "integr_1 does not exist. Choose one of: Damaged?" in ended.err.replace("\n│ ", " ").replace(" │", "")


async def test_a_comment_is_added(peer: Peer, run_line: RunLine) -> None:
    """What was written arrives as it was written."""
    peer.result = {"project_id": PROJECT, "comment_id": REPORT}
    ended = await run_line("projects", "comment", 12, "Éclats de verre [sic]")
    assert sent_body(peer)["text"] == "Éclats de verre [sic]"
    assert REPORT in ended.out


async def test_a_project_is_deleted_after_asking_back(peer: Peer, run_line: RunLine) -> None:
    """Without --yes somebody has to agree."""
    peer.result = {"project_id": PROJECT, "number": 12}
    assert (await run_line("projects", "delete", PROJECT, standard_input="n\n")).status == 0
    assert peer.commands == []
    assert (await run_line("projects", "delete", PROJECT, standard_input="y\n")).status == 0
    assert sent_body(peer) == {"project_id": PROJECT}


async def test_a_refusal_shows_all_its_details(peer: Peer, run_line: RunLine) -> None:
    """People see the code, the sentence and every detail."""
    details = {"deleted_by": "bob", "deleted_at": NOW, "fields": ["a", "b"]}
    peer.error = {"code": "gone", "message": "Refresh the list.", "details": details}
    ended = await run_line("projects", "delete", PROJECT, "--yes")
    assert (ended.status, ended.out) == (1, "")
    words = ("gone", "Refresh the list.", "deleted by", "bob", "2025-01-31 ", "a, b")
    assert [word for word in words if word not in ended.err] == []


async def test_a_refusal_for_machines_is_the_error_of_the_wire(peer: Peer, run_line: RunLine) -> None:
    """Machines get the refusal as it travelled."""
    peer.error = {"code": "gone", "message": "Refresh.", "retryable": False, "details": {"by": "bob"}}
    ended = await run_line("projects", "delete", PROJECT, "--yes", "--json")
    assert (ended.status, ended.json) == (1, {"error": peer.error})


async def test_any_command_can_be_sent(peer: Peer, run_line: RunLine) -> None:
    """The id of what a command creates is made, shown, and told in the outcome."""
    peer.result = {"project_id": PROJECT, "number": 12}
    ended = await run_line("send", "projects.create", '{"description": "Fell"}', "--id", REPORT)
    assert sent_body(peer)["project_id"] in ended.err
    assert (peer.commands[0].headers or {})["Nats-Msg-Id"] == REPORT
    assert ended.json == {"command_id": REPORT, "status": "applied", "result": peer.result}


async def test_a_refused_outcome_is_told_as_a_refusal(peer: Peer, run_line: RunLine) -> None:
    """A rejected command ends with 1; machines get its whole outcome."""
    peer.error = {"code": "in-use", "message": "Assigned.", "details": {"projects": 4}}
    for line in (("--json",), ()):
        peer.commands.clear()
        ended = await run_line("send", "administration.delete-type", '{"id": 1}', *line)
        assert ended.status == 1
        assert ("in-use" if line else "in use") in (ended.out if line else ended.err)


async def test_anything_can_be_sent_raw(peer: Peer, run_line: RunLine) -> None:
    """What the contracts do not know travels unchanged."""
    await run_line("send", "projects.explode", "{not json", "--raw", "--key", "k1")
    (message,) = peer.commands
    assert message.subject == "im.main.cmd.alice.projects.k1.explode"
    assert message.data == b"{not json"


async def test_any_query_can_be_asked(peer: Peer, run_line: RunLine) -> None:
    """The answer is printed as the wire writes it."""
    ended = await run_line("ask", "projects.list", '{"limit": 1}')
    assert ended.json["items"][0]["number"] == 12
    assert json.loads(peer.queries[0].data) == {"limit": 1}


async def test_a_report_is_generated_fetched_and_verified(peer: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """The file is there when it is complete and is what was generated."""
    pdf = b"%PDF-1.7 " + bytes(700_000)
    peer.answers["reports.download"] = pdf
    peer.result = _generated(hashlib.sha256(pdf).hexdigest(), len(pdf))
    ended = await run_line("report", 12, "-o", "fall.pdf", "--lang", "fr", "--show-user-names")
    assert ended.status == 0
    assert (tmp_path / "fall.pdf").read_bytes() == pdf
    assert (sent_body(peer)["language"], sent_body(peer)["show_user_names"]) == ("fr", True)
    assert "il n'inclut pas toutes les informations" in ended.out.replace("\n", " ")


async def test_a_damaged_report_is_not_kept(peer: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """What is not what was generated leaves no file behind."""
    peer.answers["reports.download"] = b"something else"
    peer.result = _generated("0" * 64, 14)
    ended = await run_line("report", 12, "-o", "fall.pdf")
    assert ended.status == 1
    assert list(tmp_path.glob("fall.pdf*")) == []


def _generated(sha256: str, size: int) -> dict[str, Any]:
    return {
        "report_id": REPORT,
        "project_id": PROJECT,
        "complete": False,
        "missing": ["calls"],
        "bytes": size,
        "sha256": sha256,
        "pages": 2,
    }


async def test_activity_and_log_are_shown(peer: Peer, run_line: RunLine) -> None:
    """Both records show when, who, what, and the fields that changed, by their names of then or of today."""
    entry = {
        "event_id": REPORT,
        "at": NOW,
        "actor": "alice",
        "activity": "projects.updated",
        "project_id": PROJECT,
        "command_id": None,
        "revision": 2,
        "details": {"changed": {"status_id": {"old": 21, "new": 22}, "category_1": {"old": None, "new": 11}}},
        "project_number": 12,
        "names": {"21": "Open then"},
    }
    page = json.dumps({"items": [entry], "next": None}).encode()
    peer.answers |= {"audit.activity": page, "audit.log": page}
    for line in (("activity", PROJECT), ("log", "--actor", "alice", "--since", "1h")):
        ended = await run_line("audit", *line)
        assert "project updated" in ended.out
        assert "Status: Open then → In progress" in " ".join(ended.out.split())
        assert "Reason: – → Trapped" in " ".join(ended.out.split())
    body = json.loads(next(query.data for query in peer.queries if query.subject.endswith("audit.log")))
    assert (body["actor"], body["with_activity"]) == ("alice", True)


async def test_me_and_properties_are_shown(peer: Peer, run_line: RunLine) -> None:
    """Permissions and properties are readable."""
    permissions = {"incident-projects": "manage"}
    me = {"principal": "alice", "roles": ["operators"], "permissions": permissions, "may": ["projects.create"]}
    peer.answers["administration.me"] = json.dumps(me).encode()
    assert "incident-projects" in (await run_line("me")).out
    assert "Trapped" in (await run_line("properties")).out
    assert (await run_line("me", "--json")).json == {**me, "role_names": {}}


async def test_overhearing_without_the_right_is_refused(run_line: RunLine) -> None:
    """A caller who may not hear everything is refused at once."""
    ended = await run_line("watch", "--ops", "--json")
    assert (ended.status, ended.json["error"]["code"]) == (1, "not-available")
