"""`incidents disclosures`: the register of copies that left the system."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts import catalogue
from contracts.audit import Entry
from contracts.ids import uuid7
from incidents.cli.operations.disclosures import sheet_of
from incidents.terminal.activity_names import DISCLOSURES
from tests.client.conftest import Peer
from tests.client.test_commands import RunLine, run_line

__all__ = ["run_line"]

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PACKAGE, REPORT = str(uuid7()), str(uuid7())
EXPORTED = {
    "package": {"package_id": PACKAGE, "sha256": "ab" * 32},
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
    body = json.loads(next(query.data for query in peer.queries if query.subject.endswith("audit.log")))
    assert (body["activities"], body["with_activity"]) == ([*DISCLOSURES], True)
