"""What was changed, found and not found is answered truly, and in French as a native writes it."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.client.conftest import Peer
from tests.client.test_commands import NOW, PROJECT, REPORT, ROW, RunLine, run_line
from tests.client.test_pending import late

__all__ = ["run_line"]

COMMENT = {"comment_id": REPORT, "text": "First aid given", "created_by": "bob", "created_at": NOW}
CALL = {
    "call_id": REPORT,
    "direction": "made",
    "at": NOW,
    "party": "Police",
    "notes": "On their way.",
    "number": "117",
    "duration_seconds": 270,
    "reference": "",
    "created_by": "bob",
    "created_at": NOW,
}
RECORDING = {
    "sequence_id": REPORT,
    "camera_id": "cam-7",
    "camera_name": "Gate 7",
    "site": None,
    "start": NOW,
    "end": NOW,
    "media_expires_at": None,
    "added_by": "bob",
    "added_at": NOW,
}
DENIED = {"code": "not-available", "message": "No."}


@pytest.fixture
def parts(peer: Peer) -> None:
    """Let the project have a comment and a call."""
    details = {
        **ROW,
        "updated_by": "bob",
        "retention_exempt": False,
        "comments": [COMMENT],
        "calls": [CALL],
        "sequences": [RECORDING],
        "withheld": [],
    }
    peer.answers["projects.get"] = json.dumps(details).encode()
    event = {"project_id": PROJECT, "comment_id": REPORT, "call_id": REPORT, "direction": "made", "at": NOW}
    peer.result = {**event, "revision": 4}


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(
    "line, answer",
    [
        (("edit-comment", 12, 1, COMMENT["text"]), "Nothing was changed: the comment had this text already."),
        (("edit-comment", 12, 1, "None given"), "Comment changed; its text was: First aid given"),
        (("edit-call", 12, 1, "--minutes", "4.5"), "Nothing was changed: the call had these values already."),
        (("edit-call", 12, 1, "--minutes", "5"), f"Call corrected: {REPORT}"),
        (("delete-call", 12, 1, "--yes"), "Call deleted: Police – On their way."),
    ],
)
async def test_an_edit_of_a_part_says_what_it_changed(run_line: RunLine, line: tuple[Any, ...], answer: str) -> None:
    """Saving the same text or values is not reported as a change, and a deleted call shows its parts apart."""
    ended = await run_line("projects", *line)
    assert ended.out.strip() == answer, ended.err


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize("line", [("delete-sequence", 12, 1), ("delete-comment", 12, 1), ("delete-call", 12, 1)])
async def test_parts_are_not_deleted_without_a_question(peer: Peer, run_line: RunLine, line: tuple[Any, ...]) -> None:
    """Numbers shift after a deletion, so the same line typed twice would delete others; --yes skips the question."""
    ended = await run_line("projects", *line)
    assert ended.status == 2
    assert peer.commands == []
    assert "--yes skips the question" in ended.err


async def test_csv_in_french_has_plain_figures(peer: Peer, run_line: RunLine) -> None:
    """A spreadsheet reads numbers, times with their offset and spans in seconds in every language."""
    entry = {"part_id": None, "revision": 1, "at": NOW, "by": "ann", "old": None}
    news: dict[str, Any] = {"decimal_1": "1234567.5", "integer_1": 1234567, "start_time": NOW, "call": CALL}
    items = [{**entry, "field": field, "new": value} for field, value in news.items()]
    peer.answers["projects.history"] = json.dumps({"items": items, "next": None}).encode()
    shown = (await run_line("projects", "history", 12, "--csv", "--lang", "fr")).out
    decimal, integer, start, call = (row["Après"] for row in csv.DictReader(io.StringIO(shown, newline="")))
    assert decimal == "1234567.5"
    assert integer == "1234567"
    assert start[:19] == NOW[:-1]
    assert start[-6:] == "+00:00"
    assert "Durée (s)\u00a0: 270" in call
    assert NOW[:-1] in call


@pytest.mark.parametrize("by", ["Damaged?", "checkbox_1", "category_9"])
async def test_statistics_propose_what_groups(peer: Peer, run_line: RunLine, by: str) -> None:
    """A data field groups nothing: it is neither proposed nor sent."""
    ended = await run_line("stats", "--by", by)
    assert ended.status == 2
    assert "Reason" in ended.err
    assert "group_by" not in ended.err


async def test_a_category_that_is_not_defined_is_no_filter(peer: Peer, run_line: RunLine) -> None:
    """The id of a category, taken for its number, does not give an empty list; who sees no definitions may go on."""
    ended = await run_line("projects", "list", "--category", "6=11")
    assert ended.status == 2
    assert "Category: 6 does not exist" in ended.err
    peer.refusals["administration.properties"] = DENIED
    await run_line("projects", "list", "--category", "5=11")
    assert json.loads(peer.queries[-2].data)["filter"] == {"categories": {"5": [11]}}


async def test_the_next_command_is_for_the_same_principal(peer: Peer, run_line: RunLine) -> None:
    """What is proposed after an unknown project can be typed as it is."""
    peer.refusals["projects.find"] = {"code": "gone", "message": "No."}
    peer.answers["projects.list"] = json.dumps({"items": [], "next": None}).encode()
    assert "incidents projects list --as olivia" in (await run_line("projects", "show", "99", "--as", "olivia")).err


async def test_a_message_that_nobody_understands_is_not_promised(peer: Peer, run_line: RunLine) -> None:
    """An unchecked message is accepted; that it will be carried out, nobody can know."""
    late(peer)
    ended = await run_line("send", "projects.explode", "{}", "--raw", "--key", "1", "--wait", "1")
    shown = " ".join(f"{ended.out} {ended.err}".replace("│", " ").split())
    assert ended.status == 4
    assert "carried out" not in shown
    assert "dead list" in shown


@pytest.mark.parametrize("may, why", [([], "permission-denied"), (["projects.import"], "--timezone")])
async def test_an_import_says_what_it_lacks(
    peer: Peer, run_line: RunLine, tmp_path: Path, may: list[str], why: str
) -> None:
    """Who may not import learns that first; who may not see the site's zone, how to name it."""
    peer.refusals |= {f"administration.{query}": DENIED for query in ("properties", "settings")}
    me = {"principal": "alice", "roles": [], "permissions": {}, "may": may}
    peer.answers["administration.me"] = json.dumps(me).encode()
    (tmp_path / "rows.csv").write_text("number,created_by,created_at\n1,ann,2009-05-17 08:30\n")
    ended = await run_line("import", "rows.csv", *(["--json"] if not may else []))
    assert ended.status == 1
    assert why in ended.out + ended.err
    assert peer.commands == []


async def test_a_reason_of_a_dead_letter_is_translated(peer: Peer, run_line: RunLine) -> None:
    """Why a message is dead is in the language of the reader; what is not known stays as it is."""
    letter = {"letter": 9, "at": NOW, "worker": "projects", "principal": "ann", "what": None, "command_id": None}
    reasons = ("projects has no command foo.", "It failed 5 times: boom.", "Something else.")
    items = [{**letter, "reason": reason, "replayable": False} for reason in reasons]
    peer.answers["administration.list-dead-letters"] = json.dumps({"items": items, "next": None}).encode()
    shown = (await run_line("dead", "list", "--csv", "--lang", "fr")).out
    words = ("projects ne connaît pas la commande foo.", "Elle a échoué 5 fois\u00a0: boom.", "Something else.")
    assert [text for text in words if text not in shown] == []
    unknown = {"fields": [{"field": "letter", "kind": "not_here", "reason": "unknown"}]}
    peer.refusals["administration.get-dead-letter"] = {"code": "gone", "message": "No.", "details": unknown}
    assert "La lettre 9 n'existe pas." in (await run_line("dead", "show", "9", "--lang", "fr")).err


async def test_the_first_role_has_one_name(peer: Peer, run_line: RunLine) -> None:
    """The changes of roles call the administrators as the list of roles does."""
    change = {"kind": "role", "key": "administrators", "at": NOW, "by": "ann", "old": None}
    items = [{**change, "new": {"name": "Administrators"}}]
    peer.answers["administration.role-history"] = json.dumps({"items": items}).encode()
    assert "Administrateurs" in (await run_line("audit", "definitions", "role", "--lang", "fr")).out
