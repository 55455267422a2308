"""What is accepted and has no outcome yet: no failure, and safe to send again."""

import json
import re
from uuid import UUID

import pytest

from tests.client.conftest import Peer
from tests.client.test_commands import PROJECT, RunLine, run_line

__all__ = ["run_line"]
LINE = ("projects", "create", "--description", "Fell", "--start", "2h", "--wait", "1")


def late(peer: Peer) -> None:
    """Let nobody carry anything out for the moment."""
    peer.refusals["projects.outcome"] = {"code": "gone", "message": "Unknown."}
    peer.silent = True


async def test_what_is_accepted_is_told_with_its_id(peer: Peer, run_line: RunLine) -> None:
    """The sentence says that it will be carried out; the id leads to its outcome; the status is one of its own."""
    late(peer)
    ended = await run_line(*LINE)
    [sent] = peer.commands
    command_id = (sent.headers or {})["Nats-Msg-Id"]
    output = re.sub(r"[│\s]+", " ", ended.out)
    assert ended.status == 4
    assert ended.err == ""
    assert [
        word for word in ("was accepted", f"incidents outcome {command_id}", f"--id {command_id}") if word not in output
    ] == []
    assert [word for word in ("Unable", "later") if word in output] == []


async def test_machines_are_told_that_it_is_accepted(peer: Peer, run_line: RunLine) -> None:
    """JSON names the id and says that the command is accepted."""
    late(peer)
    ended = await run_line(*LINE, "--json")
    assert ended.status == 4
    assert ended.json["status"] == "accepted"
    assert UUID(ended.json["command_id"]).version == 7


async def test_the_same_line_with_its_id_is_the_same_command(peer: Peer, run_line: RunLine) -> None:
    """Repeated with `--id`, a line sends the same bytes, whatever it makes and whenever it is typed."""
    late(peer)
    first = await run_line(*LINE, "--json")
    await run_line(*LINE, "--id", first.json["command_id"])
    sent = {((command.headers or {})["Nats-Msg-Id"], command.subject, command.data) for command in peer.commands}
    assert len(sent) == 1


async def test_an_outcome_is_asked_for(peer: Peer, run_line: RunLine) -> None:
    """Applied ends with 0, refused with 1 and its reason, unknown with 4."""
    peer.outcomes[PROJECT] = json.dumps({"command_id": PROJECT, "status": "applied", "revision": 3}).encode()
    assert (await run_line("outcome", PROJECT, "--json")).json["revision"] == 3
    error = {"code": "in-use", "message": "Assigned.", "details": {}}
    peer.outcomes[PROJECT] = json.dumps({"command_id": PROJECT, "status": "rejected", "error": error}).encode()
    ended = await run_line("outcome", PROJECT)
    assert ended.status == 1
    assert "Assigned." in ended.err
    late(peer)
    ended = await run_line("outcome", PROJECT, "--lang", "fr")
    assert ended.status == 4
    assert "Aucun résultat" in ended.out


@pytest.mark.parametrize(
    "line, words",
    [
        ("report 12 -o x.pdf", "generating the report"),
        ("projects export 12 -o x.zip", "creating the package"),
        ("reports batch 12 -o x.pdf", "making the report of 1 project"),
        ("reports summary --last month -o x.pdf", "making the summary"),
        ("disclosures -o x.pdf", "making the register"),
        ("privacy record --pdf x.pdf", "making the record"),
    ],
)
@pytest.mark.parametrize("is_refused", [True, False])
async def test_work_that_is_refused_at_once_is_not_announced(
    peer: Peer, run_line: RunLine, line: str, words: str, is_refused: bool
) -> None:
    """A line about what is being done appears once this lasts, and not for what is refused at once."""
    statistics = {"timezone": "Europe/Zurich", "total": 0, "items": [], "truncated": False}
    peer.answers["projects.statistics"] = json.dumps(statistics).encode()
    if is_refused:
        peer.error = {"code": "not-available", "message": "No.", "details": {}}
    else:
        late(peer)
    ended = await run_line(*line.split(), "--wait", "2")
    assert (ended.status, words in ended.err) == ((1, False) if is_refused else (4, True))
