"""`incidents reports summary`: what is typed becomes a period, a command and a file."""

import hashlib
import json
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from contracts.report_summaries import ListSummaries
from tests.client.command_line import CommandResult, incidents
from tests.client.conftest import Bus, Peer
from tests.client.interactive import environment, run_command
from tests.client.test_commands import RunLine, run_line
from tests.client.test_report_batches import of_alice
from tests.support import Site, eventually

__all__ = ["run_line"]

FILE = b"%PDF-1.7 " + bytes(90_000)
SUMMARY = "0190a000-0000-7000-8000-00000000000c"
STATISTICS = {"timezone": "America/New_York", "total": 0, "items": [], "truncated": False}


def generated(**changed: Any) -> dict[str, Any]:
    """Return the event of a summary."""
    event = {"report_id": SUMMARY, "since": "2026-10-01T04:00:00Z", "until": "2026-11-01T04:00:00Z", "created": 123}
    event |= {"complete": True, "missing": [], "pages": 4}
    return {**event, "bytes": len(FILE), "sha256": hashlib.sha256(FILE).hexdigest(), **changed}


def sent_last(peer: Peer) -> dict[str, Any]:
    """Return the body of the last command."""
    body: dict[str, Any] = json.loads(peer.commands[-1].data)
    return body


@pytest.fixture
def making(peer: Peer, run_line: RunLine) -> Peer:
    """A worker in New York that has made a summary."""
    peer.answers["projects.statistics"] = json.dumps(STATISTICS).encode()
    peer.answers["reports.download-summary"] = FILE
    peer.results = {"generate-summary": generated(), "delete-summary": {"report_id": SUMMARY}}
    return peer


async def test_days_are_those_of_the_reports_clock(making: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """A day that is typed begins when it begins at the site, or in the zone that is named."""
    ended = await run_line("reports", "summary", "--since", "2026-10-01", "--until", "2026-11-01", "-o", "october.pdf")
    assert ended.status == 0
    assert ended.out == "october.pdf: 123 incidents, 4 pages, 90 kB, SHA-256 verified\n"
    assert (tmp_path / "october.pdf").read_bytes() == FILE
    sent = sent_last(making)
    assert sent["since"] == "2026-10-01T04:00:00Z"
    assert sent["until"] == "2026-11-01T04:00:00Z"
    assert sent["compare"] == "previous-period"
    assert sent["timezone"] is None
    assert sent["place"] is None
    assert sent["language"] == "en"
    line = (
        "--since",
        "2026-10-01",
        "--until",
        "2026-11-01",
        "--timezone",
        "Europe/Paris",
        "--compare",
        "previous year",
    )
    await run_line("reports", "summary", *line, "-o", "paris.pdf")
    sent = sent_last(making)
    assert sent["since"] == "2026-09-30T22:00:00Z"
    assert sent["until"] == "2026-10-31T23:00:00Z"
    assert sent["timezone"] == "Europe/Paris"
    assert sent["compare"] == "previous-year"


@pytest.mark.parametrize("name, months", [("month", 1), ("quarter", 3), ("year", 12), ("trimestre", 3)])
async def test_the_last_period_is_the_one_that_is_over(making: Peer, run_line: RunLine, name: str, months: int) -> None:
    """A month, a quarter or a year of the calendar, and not one that has only begun."""
    language = "fr" if name == "trimestre" else "en"
    zone = ("--timezone", "UTC")
    ended = await run_line("reports", "summary", "--last", name, *zone, "-o", "last.pdf", "--lang", language)
    assert ended.status == 0, ended.err
    since, until = (datetime.fromisoformat(sent_last(making)[name]) for name in ("since", "until"))
    assert (until.year - since.year) * 12 + until.month - since.month == months
    assert (until.month - 1) % months == 0
    assert {(time.day, time.hour, time.minute) for time in (since, until)} == {(1, 0, 0)}
    now = datetime.now(UTC)
    assert 0 <= (now.year - until.year) * 12 + now.month - until.month < months


@pytest.mark.parametrize(
    "line, words",
    [
        (("--last", "month", "-o", "a.zip"), "a summary is a PDF"),
        (("-o", "a.pdf"), "name a period: --last month"),
        (("--last", "month", "--since", "30d", "-o", "a.pdf"), "--last excludes --since"),
        (("--since", "2099-01-01", "-o", "a.pdf"), "is still to come"),
        (("--last", "fortnight", "-o", "a.pdf"), "fortnight"),
        (("--last", "month", "--compare", "nothing", "-o", "a.pdf"), "nothing"),
        (("--last", "month", "--timezone", "Europe/Nowhere", "-o", "a.pdf"), "Europe/Nowhere is not a time zone"),
        (("--resume", SUMMARY, "--last", "month", "-o", "a.pdf"), "leave the rest out"),
        (("--last", "month", "-o", "old.pdf"), "--force"),
    ],
)
async def test_a_mistake_is_told_before_anything_is_sent(
    making: Peer, run_line: RunLine, tmp_path: Path, line: tuple[str, ...], words: str
) -> None:
    """What cannot be a summary is refused with the way out."""
    (tmp_path / "old.pdf").write_bytes(b"old")
    ended = await run_line("reports", "summary", *line)
    assert ended.status == 2
    assert words in ended.err
    assert making.commands == []


async def test_words_are_typed_as_french_help_shows_them(making: Peer, run_line: RunLine) -> None:
    """Each example of the French help is a line that can be typed."""
    line = ("--last", "mois", "--compare", "aucun", "--place", "aucun", "-o", "a.pdf", "--lang", "fr")
    await run_line("reports", "summary", *line)
    body = json.loads(making.commands[-1].data)
    assert body["compare"] == "none"
    assert body["place"] == "none"
    shown = (await run_line("reports", "summary", "--help", "--lang", "fr")).out
    assert [word for word in ("previous", "quarter", "The year", " none") if word in shown] == []


async def test_ctrl_c_cancels_the_summary(making: Peer, bus: Bus, tmp_path: Path) -> None:
    """The summary is cancelled, and nothing is saved."""
    making.progress = repeat((0, 1))
    line = ("reports", "summary", "--last", "month", "-o", "a.pdf")
    async with run_command(of_alice(bus), *line, folder=tmp_path) as running:
        assert "making the summary" in await running.line("stderr")

        async def is_sent() -> bool:
            return bool(making.commands)

        await eventually(is_sent)
        status, err = await running.interrupt()
    assert status == 130
    assert "The summary was cancelled; nothing was saved." in err
    begun, cancelled = making.commands
    assert cancelled.subject.endswith(".delete-summary")
    assert json.loads(cancelled.data)["report_id"] == json.loads(begun.data)["report_id"]
    assert list(tmp_path.iterdir()) == []


async def test_a_month_becomes_a_file_and_is_fetched_again(site: Site, tmp_path: Path) -> None:
    """On a real site the file is made, listed, fetched again, and deleted."""
    await site.workers("projects", "reports", "administration")
    client = await site.client("admin")
    await client.send(CreateProject(project_id=uuid7(), description="Bag"))

    async def type_line(*line: object) -> CommandResult:
        return await incidents("reports", *line, folder=tmp_path, environment=environment(site, "admin"))

    ended = await type_line("summary", "--since", "1d", "--title", "One day", "-o", "day.pdf")
    assert ended.status == 0, ended.err
    assert ended.out.startswith("day.pdf: 1 incident, ")
    [summary] = (await client.ask(ListSummaries())).items
    assert summary.title == "One day"
    assert summary.created == 1
    ended = await type_line("summary", "--resume", summary.report_id, "-o", "again.pdf", "--json")
    assert ended.json["sha256"] == summary.sha256
    assert (tmp_path / "again.pdf").read_bytes() == (tmp_path / "day.pdf").read_bytes()
    listed = await type_line("summaries")
    assert str(summary.report_id) in listed.out
    ended = await type_line("delete-summary", summary.report_id, "--yes")
    assert ended.out == f"Summary deleted: {summary.report_id}\n"
    assert (await client.ask(ListSummaries())).items == []
