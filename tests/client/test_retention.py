"""`incidents retention`: what is typed is what is asked, and what is answered is shown."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.client.command_line import CommandResult, incidents
from tests.client.conftest import Bus, Peer
from tests.client.test_commands import ROW

PROJECT = "0190a000-0000-7000-8000-000000000001"
HOLD = "0190a000-0000-7000-8000-000000000002"
NOW = "2025-01-31T12:00:00Z"
HELD: dict[str, Any] = {
    "hold_id": HOLD,
    "project_id": PROJECT,
    "number": 12,
    "reason": "The prosecutor asked for it.",
    "held_by": "alice",
    "held_at": NOW,
    "released_by": "bob",
    "released_at": NOW,
    "release_reason": "The case is closed.",
}
DUE = {"project_id": PROJECT, "number": 12, "created_at": NOW, "expires_at": "2025-02-07T12:00:00Z"}

RunLine = Callable[..., Awaitable[CommandResult]]


@pytest.fixture
def run_line(bus: Bus, peer: Peer, tmp_path: Path) -> RunLine:
    """Type `incidents retention …` as alice, who is connected to the peer."""
    environment = {"INCIDENTS_NATS_URL": bus.url, "INCIDENTS_NATS_CREDS": bus.credentials("alice")}

    async def run(*line: object) -> CommandResult:
        return await incidents("retention", *line, folder=tmp_path, environment=environment)

    return run


def last_query(peer: Peer) -> dict[str, Any]:
    """Return the body of the last query of retention."""
    body: dict[str, Any] = json.loads([query for query in peer.queries if ".retention." in query.subject][-1].data)
    return body


@pytest.mark.parametrize("verb, text", [("hold", "under hold"), ("release", "released")])
async def test_a_project_is_held_and_released(peer: Peer, run_line: RunLine, verb: str, text: str) -> None:
    """Holding and releasing take a project and a reason, and the project is the command's key."""
    peer.result = {"project_id": PROJECT, "hold_id": HOLD}
    ended = await run_line(verb, PROJECT, "The prosecutor asked for it.")
    (message,) = peer.commands
    assert json.loads(message.data) == {"project_id": PROJECT, "reason": "The prosecutor asked for it."}
    assert message.subject.endswith(f".{PROJECT}.{verb}")
    assert ended.status == 0
    assert text in ended.out


async def test_the_end_and_the_reference_of_a_hold_are_typed(peer: Peer, run_line: RunLine) -> None:
    """Both go with the hold; `change-hold` sends what is typed alone, and null for what is removed."""
    peer.result = {"project_id": PROJECT, "hold_id": HOLD, "changed": {"until": {"old": None, "new": NOW}}}
    end, reference = ("--until", "2100-01-31T12:00Z"), ("--reference", "No. 17")
    for line, sent in (
        (("hold", PROJECT, "A claim.", *end, *reference), {"until": "2100-01-31T12:00:00Z", "reference": "No. 17"}),
        (("change-hold", PROJECT, *end), {"until": "2100-01-31T12:00:00Z"}),
        (("change-hold", PROJECT, "--no-end", "--no-reference"), {"until": None, "reference": None}),
    ):
        assert (await run_line(*line)).status == 0
        body = json.loads(peer.commands[-1].data)
        assert {name: value for name, value in body.items() if name not in {"project_id", "reason"}} == sent
    ended = await run_line("change-hold", PROJECT, *end, "--no-end")
    assert ended.status == 2
    assert len(peer.commands) == 3
    assert "changes this field twice" in ended.err


async def test_what_was_preserved_is_shown(peer: Peer, run_line: RunLine) -> None:
    """What a hold has preserved is shown like the history: who changed it, when, and what it was."""
    entry = {"revision": 4, "at": NOW, "by": "mallory", "field": "comment", "part_id": HOLD, "hold_id": HOLD}
    page = {"items": [{**entry, "old": "Seen at gate 4.", "new": None, "label": None, "names": {}}], "next": None}
    peer.answers["projects.preserved"] = json.dumps({**page, "withheld": ["calls"]}).encode()
    peer.answers["administration.properties"] = b'{"types": [], "statuses": [], "categories": [], "data_fields": []}'
    ended = await run_line("preserved", PROJECT)
    assert ended.status == 0, ended.err
    for word in ("mallory", "Seen at gate 4.", "Not shown to you: calls"):
        assert word in ended.out
    assert (await run_line("preserved", PROJECT, "--json")).json["items"][0]["old"] == "Seen at gate 4."


async def test_a_reason_must_be_typed(peer: Peer, run_line: RunLine) -> None:
    """A blank reason is reported before anything is sent."""
    ended = await run_line("hold", PROJECT, "  ", "--json")
    assert ended.status == 1
    assert ended.json["error"]["details"]["fields"][0]["field"] == "reason"
    assert peer.commands == []


async def test_holds_are_shown(peer: Peer, run_line: RunLine) -> None:
    """Holds are shown with who, why and when; those of one project with their release."""
    peer.answers["retention.holds"] = json.dumps({"items": [HELD], "next": "more"}).encode()
    peer.answers["projects.list"] = json.dumps({"items": [ROW], "next": None, "total": None}).encode()
    ended = await run_line("holds", "--lang", "fr")
    assert "alice" in ended.out
    assert "Motif" in ended.out
    assert "closed" not in ended.out
    assert last_query(peer)["project_id"] is None
    assert " closed." in (await run_line("holds", "--project", PROJECT)).out
    assert last_query(peer)["project_id"] == PROJECT


async def test_what_is_due_is_shown(peer: Peer, run_line: RunLine) -> None:
    """What expires within some days is asked as typed and shown with its time."""
    peer.answers["retention.due"] = json.dumps({"retention_days": 7, "items": [DUE]}).encode()
    peer.answers["projects.list"] = json.dumps({"items": [ROW], "next": None, "total": None}).encode()
    ended = await run_line("due", "--within", 3, "--limit", 5)
    [query] = [json.loads(query.data) for query in peer.queries if query.subject.endswith("retention.due")]
    assert query["within_days"] == 3
    assert query["limit"] == 5
    assert "2025-02-0" in ended.out
    assert " 12 " in ended.out
    assert "ladder" in ended.out
    assert (await run_line("due", "--json")).json["items"] == [DUE]


@pytest.mark.parametrize("code, status", [("not-available", 0), ("unavailable", 1)])
async def test_descriptions_are_left_out_only_for_want_of_permission(
    peer: Peer, run_line: RunLine, code: str, status: int
) -> None:
    """A list that is shown is whole: when nobody answers for the descriptions, nothing is shown instead of a part."""
    peer.answers["retention.due"] = json.dumps({"retention_days": 7, "items": [DUE]}).encode()
    peer.refusals["projects.list"] = {"code": code, "message": "No."}
    assert (await run_line("due")).status == status


async def test_a_change_is_previewed_and_a_sweep_begun(peer: Peer, run_line: RunLine) -> None:
    """What a retention time would delete is reported, and a sweep says how much is due."""
    preview = {"retention_days": 30, "created_before": NOW, "due": 4}
    peer.answers["retention.preview"] = json.dumps(preview).encode()
    peer.result = {"sweep_id": HOLD, "created_before": NOW, "due": 4}
    assert (
        "If projects were kept for 30 days, the next sweep would delete 4 projects."
        in (await run_line("preview", "--days", 30)).out
    )
    assert last_query(peer) == {"retention_days": 30}
    assert "Sweep begun: 4 projects are due" in (await run_line("sweep")).out
    peer.answers["retention.preview"] = json.dumps({**preview, "retention_days": 1, "due": 1}).encode()
    sentence = "If projects were kept for 1 day, the next sweep would delete 1 project."
    assert sentence in (await run_line("preview", "--days", 1)).out
    peer.answers["retention.preview"] = json.dumps({**preview, "due": 0}).encode()
    assert "ne supprimerait aucun projet." in (await run_line("preview", "--lang", "fr")).out


async def test_held_projects_are_listed(bus: Bus, peer: Peer, tmp_path: Path) -> None:
    """A list of what is under hold, or of what is not, is asked for as typed."""
    peer.answers["projects.list"] = json.dumps({"items": [], "next": None, "total": 0}).encode()
    environment = {"INCIDENTS_NATS_URL": bus.url, "INCIDENTS_NATS_CREDS": bus.credentials("alice")}
    for option, has_hold in (("--held", True), ("--not-held", False)):
        peer.queries.clear()
        await incidents("projects", "list", option, folder=tmp_path, environment=environment)
        assert json.loads(peer.queries[0].data)["filter"]["has_hold"] is has_hold


async def test_a_deletion_says_why(bus: Bus, peer: Peer, tmp_path: Path) -> None:
    """What is typed as the reason goes with the deletion, and a blank one is reported before anything is sent."""
    peer.result = {"project_id": PROJECT, "number": 12}
    environment = {"INCIDENTS_NATS_URL": bus.url, "INCIDENTS_NATS_CREDS": bus.credentials("alice")}
    line = ("projects", "delete", PROJECT, "--yes", "--reason")
    blank = await incidents(*line, " ", folder=tmp_path, environment=environment)
    assert blank.status == 1
    assert "--reason" in blank.err
    assert peer.commands == []
    await incidents(*line, "Created twice.", folder=tmp_path, environment=environment)
    [message] = peer.commands
    assert json.loads(message.data) == {"project_id": PROJECT, "reason": "Created twice."}
