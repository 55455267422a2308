"""Sizes: with a unit for people, in bytes for programs."""

import json

import pytest

from contracts.figures import size
from tests.client.conftest import Peer
from tests.client.test_commands import PROJECT, REPORT, RunLine, run_line
from tests.client.test_csv import rows

__all__ = ["run_line"]


@pytest.mark.parametrize(
    "number, english, french",
    [
        (0, "0 B", "0 o"),
        (999, "999 B", "999 o"),
        (1_000, "1.0 kB", "1,0 ko"),
        (12_345, "12 kB", "12 ko"),
        (999_999, "1.0 MB", "1,0 Mo"),
        (3_400_000, "3.4 MB", "3,4 Mo"),
        (9_960_000, "10 MB", "10 Mo"),
        (5_000_000_000, "5.0 GB", "5,0 Go"),
    ],
)
def test_a_size_has_a_unit(number: int, english: str, french: str) -> None:
    """Two figures and a unit, as file managers show them; in French both stay on one line."""
    assert size(number, "en") == english
    assert size(number, "fr") == french.replace(" ", "\u00a0")


async def test_a_report_has_its_size_with_a_unit(peer: Peer, run_line: RunLine) -> None:
    """The list shows kilobytes; CSV and JSON have bytes, and the heading of CSV says so."""
    report = {
        "report_id": REPORT,
        "project_id": PROJECT,
        "complete": True,
        "missing": [],
        "bytes": 12_345,
        "sha256": "0" * 64,
    }
    report |= {
        "pages": 1,
        "project_number": 12,
        "requested_at": "2025-01-31T00:00:00Z",
        "created_at": "2025-01-31T00:00:00Z",
        "created_by": "ann",
        "language": "en",
        "show_user_names": False,
    }
    peer.answers["reports.list"] = json.dumps({"items": [report], "next": None}).encode()
    assert "12 kB" in (await run_line("reports", "list", PROJECT)).out
    (row,) = rows(await run_line("reports", "list", PROJECT, "--csv"))
    assert row["Size (bytes)"] == "12345"
    assert (await run_line("reports", "list", PROJECT, "--json")).json["items"][0]["bytes"] == 12_345
