"""`incidents disclosures`: the register of copies that left the system."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from contracts import catalogue
from contracts.audit import Entry
from contracts.ids import uuid7
from incidents.cli.operations.disclosures import sheet_of
from incidents.terminal.activity_names import DISCLOSURES
from tests.client.command_line import CommandResult, incidents
from tests.client.conftest import Bus, Peer
from tests.client.interactive import environment, run_command
from tests.client.test_commands import RunLine, run_line
from tests.client.test_csv import rows
from tests.client.test_report_batches import of_alice
from tests.support import Site, eventually

__all__ = ["run_line"]

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PACKAGE, REPORT, FIRST, SECOND = (str(uuid7()) for _ in range(4))
EXPORTED = {
    "package": {"package_id": PACKAGE, "sha256": "ab" * 32, "recipients": ["age1first", "age1second"]},
    "recipient": "Police",
    "reference": "PV 4/2026",
    "legal_basis": "Art. 265 CPP",
}


def entry(activity: str, number: int | None, minute: int, **details: Any) -> Entry:
    """Return an entry of the audit log."""
    return Entry(
        event_id=uuid7(),
        at=NOON + timedelta(minutes=minute),
        actor="olivia",
        activity=activity,
        project_id=uuid7(),
        command_id=None,
        revision=None,
        details=details,
        project_number=number,
    )


def test_every_activity_of_the_register_is_one() -> None:
    """The register looks for events that there are."""
    assert set(DISCLOSURES) <= set(catalogue.events())


def test_the_register_is_by_project() -> None:
    """Each line says to whom and why, with the digest of what was made, downloaded or printed, by project and time."""
    entries = [
        entry("reports.printed", 14, 5, report_id=REPORT),
        entry("reports.generated", 14, 4, report_id=REPORT, sha256="cd" * 32),
        entry("projects.downloaded", 12, 3, package_id=PACKAGE),
        entry("projects.exported", 12, 2, **EXPORTED),
        entry("reports.batch-downloaded", None, 1, report_id=str(uuid7())),
    ]
    rows = [(row[0], row[3], row[4], row[7]) for row in sheet_of(entries, "en").rows]
    assert rows == [
        (12, "project exported", "Police", "ab" * 32),
        (12, "package downloaded", None, "ab" * 32),
        (14, "report generated", None, "cd" * 32),
        (14, "report printed", None, "cd" * 32),
        (None, "batch of reports downloaded", None, None),
    ]


def test_the_register_names_the_keys_of_packages() -> None:
    """A package that was encrypted to keys has them in its export and its downloads; other files have none."""
    entries = [
        entry("projects.exported", 12, 2, **EXPORTED),
        entry("projects.downloaded", 12, 3, package_id=PACKAGE),
        entry("reports.generated", 14, 4, report_id=REPORT, sha256="cd" * 32),
    ]
    sheet = sheet_of(entries, "fr")
    assert [row[-1] for row in sheet.rows] == ["age1first, age1second", "age1first, age1second", ""]


async def test_the_register_is_a_spreadsheet(peer: Peer, run_line: RunLine) -> None:
    """All pages are asked for, and written as CSV with every column."""
    line_of_log = json.loads(entry("projects.exported", 12, 0, **EXPORTED).model_dump_json())
    peer.answers["audit.log"] = json.dumps({"items": [line_of_log], "next": None, "withheld": []}).encode()
    ended = await run_line("disclosures", "--since", "2026-01-01", "--csv")
    heading, line = ended.out.removeprefix("\ufeff").splitlines()
    assert heading.startswith("Project,Time,By,Activity,For,Reference of the recipient,Legal basis,SHA-256,")
    assert [
        word for word in ("12", "Police", "PV 4/2026", "Art. 265 CPP", "ab" * 32, PACKAGE) if word not in line
    ] == []
    assert heading.endswith(",Keys of age")
    assert line.endswith(',"age1first, age1second"')
    body = json.loads(next(query.data for query in peer.queries if query.subject.endswith("audit.log")))
    assert body["activities"] == [*DISCLOSURES]
    assert body["with_activity"] is True


FILE = b"%PDF-1.7 a register"


@pytest.fixture
def making(peer: Peer) -> Peer:
    """A worker that has made a register."""
    peer.answers["reports.download-summary"] = FILE
    facts = {"entries": 3, "complete": False, "missing": ["activity-logs"], "pages": 2}
    digest = hashlib.sha256(FILE).hexdigest()
    file_facts = {
        "report_id": REPORT,
        "until": "2026-03-01T12:00:00Z",
        "since": None,
        "bytes": len(FILE),
        "sha256": digest,
    }
    peer.results = {"generate-register": {**file_facts, **facts}, "delete-summary": {"report_id": REPORT}}
    return peer


async def test_the_register_is_a_pdf(making: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """What is typed becomes a command; what the file lacks is said, in the language of the reader."""
    line = ("--project", FIRST, "--project", SECOND, "--since", "2026-01-01T00:00Z", "--timezone", "Europe/Paris")
    ended = await run_line("disclosures", *line, "-o", "register.pdf", "--lang", "fr")
    assert ended.status == 0, ended.err
    assert (tmp_path / "register.pdf").read_bytes() == FILE
    body = {**json.loads(making.commands[-1].data), "report_id": REPORT}
    assert body == {
        "report_id": REPORT,
        "since": "2026-01-01T00:00:00Z",
        "project_ids": [FIRST, SECOND],
        "timezone": "Europe/Paris",
        "language": "fr",
    }
    assert "3 entrées, 2 pages" in ended.out
    assert "Masqué faute de permission" in ended.out


@pytest.mark.parametrize(
    "line, words",
    [
        (("-o", "register.csv"), "name a file that ends with .pdf"),
        (("--timezone", "Europe/Paris"), "--timezone belongs to a file"),
        (("--resume", REPORT), "--resume belongs to a file"),
        (("--resume", REPORT, "--project", "12", "-o", "a.pdf"), "leave the rest out"),
    ],
)
async def test_a_register_that_cannot_be_meant_is_explained(
    making: Peer, run_line: RunLine, line: tuple[str, ...], words: str
) -> None:
    """Nothing is sent, and the words say what to type."""
    ended = await run_line("disclosures", *line)
    assert ended.status == 2
    assert making.commands == []
    assert words in " ".join(ended.err.split())


async def test_ctrl_c_cancels_the_register(making: Peer, bus: Bus, tmp_path: Path) -> None:
    """The register is cancelled, and nothing is saved."""
    making.progress = repeat((0, 1))
    async with run_command(of_alice(bus), "disclosures", "-o", "a.pdf", folder=tmp_path) as running:
        assert "making the register" in await running.line("stderr")

        async def is_sent() -> bool:
            return bool(making.commands)

        await eventually(is_sent)
        status, err = await running.interrupt()
    assert status == 130
    assert "The register was cancelled; nothing was saved." in err
    begun, cancelled = making.commands
    assert cancelled.subject.endswith(".delete-summary")
    assert json.loads(cancelled.data)["report_id"] == json.loads(begun.data)["report_id"]


async def test_a_register_is_made_and_resumed(site: Site, tmp_path: Path) -> None:
    """On a real site the file is made, listed with the summaries, and fetched again; `summary` does not take its id."""
    await site.workers("projects", "reports", "administration", "audit")

    async def type_line(*line: object) -> CommandResult:
        return await incidents(*line, folder=tmp_path, environment=environment(site, "admin"))

    ended = await type_line("disclosures", "-o", "register.pdf", "--json")
    assert ended.status == 0, ended.err
    report_id = ended.json["report_id"]
    ended = await type_line("disclosures", "--resume", report_id, "-o", "again.pdf")
    assert ended.status == 0, ended.err
    assert (tmp_path / "again.pdf").read_bytes() == (tmp_path / "register.pdf").read_bytes()
    ended = await type_line("reports", "summary", "--resume", report_id, "-o", "summary.pdf")
    assert ended.status == 2
    assert "incidents disclosures --resume" in ended.err
    (row,) = rows(await type_line("reports", "summaries", "--csv"))
    assert row["Content"] == "disclosures"
    assert row["Entries"] == "0"
    assert row["Since"] == ""
