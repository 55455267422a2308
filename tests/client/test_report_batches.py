"""`incidents reports batch`, against somebody who stands where the workers do."""

import hashlib
import json
from itertools import repeat
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.client.conftest import Bus, Peer
from tests.client.interactive import run_command, run_on_terminal
from tests.client.test_commands import PROJECT, REPORT, ROW, RunLine, run_line, sent_body

__all__ = ["run_line"]

FILE = b"%PDF-1.7 " + bytes(700_000)
SECOND = "0190a000-0000-7000-8000-000000000002"
BATCH = "0190a000-0000-7000-8000-00000000000b"


def generated(form: str = "pdf", **changed: Any) -> dict[str, Any]:
    """Return the event of a batch of two projects."""
    event = {"report_id": BATCH, "form": form, "total": 2, "included": 2, "left_out": [], "pages": 64}
    event |= {"bytes": len(FILE), "sha256": hashlib.sha256(FILE).hexdigest()}
    return {**event, "conformance": "PDF/A-3a" if form == "pdf" else None, **changed}


def listed(**changed: Any) -> bytes:
    """Return a list with one batch."""
    batch = {
        **generated(),
        "command_id": BATCH,
        "created_at": "2026-11-01T12:00:00Z",
        "state": "made",
        "language": "en",
    }
    return json.dumps({"items": [{**batch, "show_user_names": False, "done": 2, **changed}], "next": None}).encode()


@pytest.fixture
def making(peer: Peer, run_line: RunLine) -> Peer:
    """A worker with two projects that has made a batch of them."""
    rows = [ROW, {**ROW, "project_id": SECOND, "number": 13}]
    peer.answers["projects.list"] = json.dumps({"items": rows, "next": None, "total": 2}).encode()
    peer.answers["reports.download-batch"] = FILE
    peer.results = {"generate-batch": generated(), "delete-batch": {"report_id": BATCH}}
    return peer


def of_alice(bus: Bus) -> dict[str, str]:
    """Return what names the bus, and alice."""
    return {"INCIDENTS_NATS_URL": bus.url, "INCIDENTS_NATS_CREDS": str(bus.credentials("alice")), "COLUMNS": "120"}


async def test_a_filter_is_sent_as_it_is(making: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """The system selects the projects: no list is read, however many match, and the order is that of the numbers."""
    line = ("--type", "Injury", "--status", "none", "--since", "2025-01-01T00:00Z")
    ended = await run_line("reports", "batch", *line, "-o", "october.pdf")
    assert ended.status == 0
    assert (tmp_path / "october.pdf").read_bytes() == FILE
    sent = sent_body(making)
    created = {"from": "2025-01-01T00:00:00Z", "to": None}
    assert {name: sent["filter"][name] for name in ("type_ids", "status_ids", "created")} == {
        "type_ids": [1],
        "status_ids": [None],
        "created": created,
    }
    assert sent["sort"] == "number"
    assert "project_ids" not in sent
    assert [message for message in making.queries if message.subject.endswith("projects.list")] == []
    await run_line("reports", "batch", "--sort=-Created", "-o", "newest.pdf")
    assert json.loads(making.commands[-1].data)["sort"] == "-created_at"


async def test_what_is_found_becomes_one_file(making: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """The filter and the search are those of a list, the system selects by them, and the file is verified."""
    line = ("--type", "Injury", "--since", "2025-01-01T00:00Z", "--search", "ladder", "--show-user-names")
    ended = await run_line("reports", "batch", *line, "-o", "october.pdf")
    assert ended.status == 0
    assert ended.out.splitlines() == [
        "october.pdf: 2 reports, 64 pages, 700 kB, SHA-256 verified",
        "It conforms to PDF/A-3a.",
    ]
    assert (tmp_path / "october.pdf").read_bytes() == FILE
    sent = sent_body(making)
    assert sent.pop("report_id") == (making.commands[0].headers or {})["Nats-Msg-Id"]
    chosen = sent.pop("filter")
    assert chosen["type_ids"] == [1]
    assert chosen["created"]["from"] == "2025-01-01T00:00:00Z"
    shown = {"form": "pdf", "show_user_names": True, "language": "en"}
    assert sent == {"search": "ladder", "sort": "number", **shown}


async def test_the_form_follows_the_name_of_the_file(making: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """A ZIP is what ends with .zip, whatever its case; machines get the event and the file."""
    making.results["generate-batch"] = generated("zip")
    ended = await run_line("reports", "batch", "-o", "All.ZIP", "--lang", "fr", "--json")
    assert sent_body(making)["form"] == "zip"
    assert sent_body(making)["language"] == "fr"
    without = dict.fromkeys(("recipient", "reference", "legal_basis")) | {
        "template_numbers": [],
        "template_failures": 0,
        "is_stamped": None,
    }
    assert ended.json == {**generated("zip"), **without, "file": "All.ZIP"}
    assert ended.err == ""
    assert [path.name for path in tmp_path.iterdir()] == ["All.ZIP"]


async def test_volumes_are_a_zip(making: Peer, run_line: RunLine) -> None:
    """An option makes volumes of the reports, and the standard of every volume is told."""
    making.results["generate-batch"] = generated("volumes") | {"conformance": "PDF/A-3a"}
    ended = await run_line("reports", "batch", "--volumes", "-o", "year.zip", "--lang", "fr")
    assert sent_body(making)["form"] == "volumes"
    assert ended.out.splitlines()[1:] == ["Chaque volume est conforme à PDF/A-3a."]


async def test_projects_are_named_by_numbers_and_ranges(making: Peer, run_line: RunLine) -> None:
    """Ranges take what exists; a number that is typed alone must exist, or have existed."""
    deleted = {"project_id": REPORT, "number": 9, "deleted_at": "2025-01-31T12:00:00Z", "deleted_by": "bob"}
    making.refusals["projects.find"] = {"code": "gone", "message": "Gone.", "details": deleted}
    await run_line("reports", "batch", "10-20", 9, 12, "-o", "a.pdf")
    queries = [json.loads(message.data) for message in making.queries if message.subject.endswith("projects.list")]
    assert queries[0]["filter"]["numbers"] == list(range(9, 21))
    assert sent_body(making)["project_ids"] == [REPORT, PROJECT, SECOND]
    making.refusals["projects.find"] = {"code": "gone", "message": "Gone.", "details": {}}
    ended = await run_line("reports", "batch", 7, "-o", "b.pdf")
    assert ended.status == 1
    assert len(making.commands) == 1
    assert "Project 7 does not exist." in ended.err


@pytest.mark.parametrize(
    "line, words",
    [
        (("-o", "a.txt"), "ends with .pdf or .zip"),
        (("-o", "old.pdf"), "--force"),
        (("-o", "a.pdf", "twelve"), "neither a project's number nor a range"),
        (("-o", "a.pdf", "20-12"), "neither a project's number nor a range"),
        (("-o", "a.pdf", "12", "--type", "Injury"), "not by both"),
        (("-o", "a.pdf", "--resume", BATCH, "--since", "30d"), "leave the rest out"),
        (("-o", "a.pdf", "12", "--sort", "number"), "not by both"),
        (("-o", "a.pdf", "--sort", "colour"), "--sort"),
        (("-o", "a.pdf", "--volumes"), "volumes come in a ZIP"),
        (("-o", "a.zip", "1-99999"), "99,999 projects are selected, and numbers select at most"),
    ],
)
async def test_a_mistake_is_told_before_anything_is_sent(
    making: Peer, run_line: RunLine, tmp_path: Path, line: tuple[str, ...], words: str
) -> None:
    """What cannot become a file is refused with what to type instead."""
    (tmp_path / "old.pdf").write_bytes(b"old")
    ended = await run_line("reports", "batch", *line)
    assert ended.status == 2
    assert words in " ".join(ended.err.replace("│", " ").split())
    assert making.commands == []


@pytest.mark.parametrize("total, name, words", [
    (0, "a.pdf", "no project is selected"),
    (5_001, "a.zip", "5,001 projects are selected, and numbers select at most 5,000"),
    (1_001, "a.pdf", "1,001 projects are selected, and a PDF has at most 1,000: name a file that ends with .zip"),
    (10_001, "a.pdf", "a PDF has at most 1,000: name fewer"),
])  # fmt: skip
async def test_a_number_that_fits_into_no_file_is_refused(
    making: Peer, run_line: RunLine, total: int, name: str, words: str
) -> None:
    """None, and more than a file can have, are refused with the way out."""
    rows = [{**ROW, "number": number, "project_id": str(UUID(int=number))} for number in range(1, total + 1)]
    making.answers["projects.list"] = json.dumps({"items": rows[:1_001], "next": None}).encode()
    ended = await run_line("reports", "batch", f"1-{total or 9}", "-o", name)
    assert ended.status == 2
    assert words in " ".join(ended.err.replace("│", " ").split())
    assert making.commands == []


async def test_projects_without_a_report_are_named(making: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """The others are saved; each that is left out has its number and its reason, and the status is 1."""
    left_out: list[dict[str, Any]] = [{"project_id": PROJECT, "reason": "deleted", "number": 12}]
    left_out.append({"project_id": SECOND, "reason": "too-large", "number": 13})
    making.results["generate-batch"] = generated(total=5, included=1, pages=1, left_out=left_out, conformance=None)
    ended = await run_line("reports", "batch", "-o", "octobre.pdf", "--lang", "fr")
    assert ended.status == 1
    assert ended.out.splitlines() == [
        "octobre.pdf\u00a0: 1 rapport, 1 page, 700\u00a0ko, SHA-256 vérifié",
        "Il n'est pas conforme à PDF/A.",
        "projet 12\u00a0: supprimé",
        "projet 13\u00a0: trop volumineux pour un rapport",
        "2 autres projets sont omis\u00a0; le fichier les indique tous",
    ]
    assert (tmp_path / "octobre.pdf").exists()
    ended = await run_line("reports", "batch", "-o", "b.pdf", "--json")
    assert ended.status == 1
    assert ended.json["left_out"][1] == {"project_id": SECOND, "reason": "too-large", "number": 13}


async def test_a_terminal_shows_how_far_it_is(making: Peer, bus: Bus, tmp_path: Path) -> None:
    """A bar has the number of projects that are done, and disappears when the file is saved."""
    making.progress = repeat((0, 0))
    line = ("reports", "batch", "-o", str(tmp_path / "a.pdf"))
    async with run_on_terminal({**of_alice(bus), "COLUMNS": "200"}, *line) as terminal:
        await terminal.shows("selecting the projects")
        making.progress = repeat((1, 2))
        await terminal.shows("making reports", "1/2")
        making.progress = repeat((2, 2))
        await terminal.shows("making the file", "2/2")
        making.progress = iter(())
        await terminal.shows("SHA-256 verified")
    assert (tmp_path / "a.pdf").read_bytes() == FILE


async def test_ctrl_c_cancels_the_batch(making: Peer, bus: Bus, tmp_path: Path) -> None:
    """Ctrl-C sends the command that cancels it, says so, and leaves no file behind."""
    making.progress = repeat((1, 2))
    async with run_command(of_alice(bus), "reports", "batch", "-o", "a.pdf", folder=tmp_path) as running:
        assert "reports of all projects" in await running.line("stderr")
        assert "projects done: 1 of 2" in await running.line("stderr")
        status, err = await running.interrupt()
    assert status == 130
    assert "The batch was cancelled; nothing was saved." in err
    begun, cancelled = making.commands
    assert cancelled.subject.endswith(".delete-batch")
    assert json.loads(cancelled.data)["report_id"] == json.loads(begun.data)["report_id"]
    assert list(tmp_path.iterdir()) == []


async def test_a_batch_that_nobody_speaks_of_is_resumed(making: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """Without answers the line ends with 4 and says how to go on; nothing is cancelled."""
    making.silent = True
    making.refusals["projects.outcome"] = {"code": "gone", "message": "Unknown."}
    ended = await run_line("reports", "batch", "-o", "my file.pdf", "--wait", 1, "--lang", "fr")
    assert ended.status == 4
    report_id = sent_body(making)["report_id"]
    resuming = f"pour reprendre ce lot\u00a0: incidents reports batch --resume {report_id} -o 'my file.pdf'"
    assert resuming in ended.err
    del making.refusals["projects.outcome"]
    making.answers["reports.batches"] = listed(report_id=report_id, command_id=report_id, state="pending", done=1)
    making.results["generate-batch"] = generated(report_id=report_id)
    ended = await run_line("reports", "batch", "--resume", report_id, "-o", "my file.pdf")
    assert ended.status == 0
    assert (tmp_path / "my file.pdf").read_bytes() == FILE
    assert len(making.commands) == 1


async def test_a_made_batch_is_fetched_again(making: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """What is made is downloaded at once, under a name of its form; a project that never existed has no number."""
    making.answers["reports.batches"] = listed(included=1, left_out=[{"project_id": SECOND, "reason": "unknown"}])
    ended = await run_line("reports", "batch", "--resume", BATCH, "-o", "a.zip")
    assert ended.status == 2
    assert "this batch is a PDF" in ended.err
    ended = await run_line("reports", "batch", "--resume", BATCH, "-o", "a.pdf")
    assert ended.status == 1
    assert f"project {SECOND}: does not exist" in ended.out
    assert (tmp_path / "a.pdf").read_bytes() == FILE
    assert making.commands == []


async def test_a_damaged_file_is_not_kept(making: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """What is not what was made leaves no file behind, and the line says how to fetch it again."""
    making.answers["reports.download-batch"] = b"something else"
    ended = await run_line("reports", "batch", "-o", "a.pdf")
    assert ended.status == 1
    assert f"--resume {BATCH} -o a.pdf" in ended.err
    assert list(tmp_path.iterdir()) == []
