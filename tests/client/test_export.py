"""`incidents projects export`, against somebody who stands where the workers do."""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from contracts.figures import size
from tests.client.conftest import Peer
from tests.client.test_commands import PROJECT, REPORT, RunLine, run_line, sent_body

__all__ = ["run_line"]

PACKAGE = "0190a000-0000-7000-8000-00000000000a"
ZIP = b"PK\x03\x04" + bytes(700_000)


@pytest.fixture
def exporting(peer: Peer) -> Peer:
    """A worker that has made a package."""
    peer.answers["projects.download"] = ZIP
    peer.result = {"project_id": PROJECT, "package": package_description(ZIP)}
    return peer


def package_description(data: bytes, **changed: Any) -> dict[str, Any]:
    """Return the description of a package."""
    digest = hashlib.sha256(data).hexdigest()
    package = {"package_id": PACKAGE, "bytes": len(data), "sha256": digest, "encrypted": False}
    return {**package, "entries": [], "includes": ["calls"], "withheld": ["comments"], **changed}


async def test_a_package_is_made_fetched_and_verified(exporting: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """The file is there when it is complete, and its SHA-256 and what was withheld are said (PRJ-06)."""
    ended = await run_line("projects", "export", 12, "--lang", "fr")
    assert ended.status == 0
    assert sent_body(exporting) == {"project_id": PROJECT, "include": []}
    assert (tmp_path / "incident-12.zip").read_bytes() == ZIP
    output = ended.out.replace("\n", "")
    words = (
        "non chiffré",
        size(len(ZIP), "fr"),
        hashlib.sha256(ZIP).hexdigest(),
        "Masqué faute de permission\u00a0: commentaires",
    )
    assert [word for word in words if word not in output] == []


async def test_what_was_typed_is_asked_for(exporting: Peer, run_line: RunLine) -> None:
    """Options become the command, the password the first line of stdin; it is said nowhere."""
    exporting.result["package"]["encrypted"] = True
    line = ("--include", "calls", "--include", "history", "--user-names", "--expected-revision", 3)
    ended = await run_line(
        "projects", "export", PROJECT, *line, "--password-stdin", standard_input="pass word \nmore\n"
    )
    included = ["calls", "history", "user-names"]
    body = {"project_id": PROJECT, "include": included, "password": "pass word ", "expected_revision": 3}
    assert sent_body(exporting) == body
    assert "pass word" not in ended.out + ended.err
    assert ": encrypted, " in ended.out.replace("\n", " ")


async def test_a_short_password_is_refused_before_it_is_sent(exporting: Peer, run_line: RunLine) -> None:
    """What the wire would refuse is reported at once, by the field and the reason."""
    ended = await run_line("projects", "export", PROJECT, "--password-stdin", standard_input="short\n")
    assert ended.status == 1
    assert exporting.commands == []
    assert "needs at least 8 characters" in ended.err


async def test_an_empty_stdin_is_no_password(exporting: Peer, run_line: RunLine) -> None:
    """The refusal names the option that was typed, and says where the password is expected."""
    ended = await run_line("projects", "export", PROJECT, "--password-stdin", standard_input="")
    assert ended.status == 2
    assert exporting.commands == []
    assert "--password-stdin: stdin is empty" in ended.err


async def test_a_file_that_is_there_is_replaced_only_by_force(
    exporting: Peer, run_line: RunLine, tmp_path: Path
) -> None:
    """Nothing is sent and nothing overwritten where a file is already, unless --force says so."""
    (tmp_path / "a.zip").write_bytes(b"old")
    ended = await run_line("projects", "export", 12, "-o", "a.zip")
    assert ended.status == 2
    assert exporting.commands == []
    assert (tmp_path / "a.zip").read_bytes() == b"old"
    assert "--force" in ended.err
    assert (await run_line("projects", "export", 12, "-o", "a.zip", "--force")).status == 0
    assert (tmp_path / "a.zip").read_bytes() == ZIP


async def test_a_damaged_package_is_not_kept(exporting: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """What is not what was made leaves no file behind."""
    exporting.result = {"project_id": PROJECT, "package": package_description(ZIP, sha256="0" * 64)}
    ended = await run_line("projects", "export", 12, "--json")
    assert ended.status == 1
    assert ended.json["error"]["code"] == "unavailable"
    assert list(tmp_path.glob("incident-12*")) == []


async def test_the_report_is_saved_beside_the_package(exporting: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """Report and export go together: --report saves both, and machines get what is known of both (PRJ-06, B5)."""
    exporting.answers["reports.download"] = b"%PDF-1.7"
    digest = hashlib.sha256(b"%PDF-1.7").hexdigest()
    report = {"report_id": REPORT, "complete": True, "missing": [], "bytes": 8, "sha256": digest, "pages": 1}
    exporting.results = {"generate": {**report, "project_id": PROJECT}}
    ended = await run_line("projects", "export", 12, "-o", "a.zip", "--report", "--user-names", "--json")
    bodies = {message.subject.rpartition(".")[2]: json.loads(message.data) for message in exporting.commands}
    assert bodies["export"]["include"] == ["user-names"]
    assert bodies["generate"]["show_user_names"] is True
    assert (tmp_path / "a-report.pdf").read_bytes() == b"%PDF-1.7"
    saved = (ended.json["file"], ended.json["package"]["package_id"], ended.json["report"]["file"])
    assert saved == ("a.zip", PACKAGE, "a-report.pdf")


async def test_a_restricted_project_has_no_report(exporting: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """A reason for access and --report are refused together, before a package is made."""
    ended = await run_line("projects", "export", 12, "-o", "a.zip", "--report", "--access-reason", "The court asks.")
    assert ended.status == 2
    assert "leave --report out" in ended.err
    assert list(tmp_path.glob("*.zip")) == []


async def test_two_exports_into_one_file_do_not_meet(exporting: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """A line that runs twice at once is saved twice, and leaves nothing else behind."""
    line = ("projects", "export", 12, "-o", "a.zip", "--force")
    ended = await asyncio.gather(run_line(*line), run_line(*line))
    assert [each.status for each in ended] == [0, 0], [each.err for each in ended]
    assert (tmp_path / "a.zip").read_bytes() == ZIP
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]
