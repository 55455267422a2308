"""All faults of a row are reported at once, each with its limit, and a mistake of an option by its option."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.client.conftest import Peer
from tests.client.test_commands import RunLine, run_line

__all__ = ["run_line"]
HEADER = "number,created_by,created_at,description,end\n"
FAULTS = [("created_by", "missing"), ("created_at", "not_a_time"), ("description", "string_too_long")]


@pytest.fixture(autouse=True)
def rows(tmp_path: Path) -> None:
    """Write a file with one row that has three faults, and one that has too many cells."""
    long = "x" * 10_001
    (tmp_path / "rows.csv").write_text(f"{HEADER}1,,2026-13-01,{long},\n2,ann,2026-01-02,short,,more\n")


async def test_all_faults_of_a_row_are_reported(run_line: RunLine, tmp_path: Path) -> None:
    """A row is refused once, with all that is wrong in it: printed, in the file of errors and in the journal."""
    document = (await run_line("import", "rows.csv", "--errors", "e.csv", "--json")).json
    assert document["refused"] == 2
    assert [(row["field"], row["kind"]) for row in document["errors"] if row["line"] == 2] == FAULTS
    with (tmp_path / "e.csv").open(newline="", encoding="utf-8-sig") as file:
        reasons = [row["Reason"] for row in csv.DictReader(file) if row["Line"] == "2"]
    assert reasons == [row["reason"] for row in document["errors"] if row["line"] == 2]
    shown = (await run_line("import", "status", "rows.csv", "--json")).json["runs"][-1]
    assert [(fault["field"], fault["kind"]) for fault in shown["rows"][0]["faults"]] == FAULTS
    table = (await run_line("import", "status", "rows.csv")).out
    assert [words for words in ("author", "creation time", "description") if words not in table] == []


@pytest.mark.parametrize(
    "lang, words",
    [
        ("en", ("it has 10,001 characters, and at most 10,000 are allowed", "has 6 cells, but the header has 5")),
        ("fr", ("compte 10\u202f001 caractères, alors que 10\u202f000 au plus", "6 cellules, alors que l'en-tête en")),
    ],
)
async def test_a_limit_is_named(run_line: RunLine, lang: str, words: tuple[str, ...]) -> None:
    """How long a text is, and how long it may be, is said."""
    err = (await run_line("import", "rows.csv", "--lang", lang)).err
    assert [word for word in words if word not in err] == []


@pytest.mark.parametrize(
    "option, sentence",
    [
        ("--dates=xyz", "--dates: xyz is not one of the allowed values: dmy or mdy"),
        ("--clock-changes=never", "--clock-changes: never is not one of the allowed values: earlier or later"),
        ("--timezone=Mars", "--timezone: Mars is not a time zone"),
        ("--column=X", "--column: write COLUMN=FIELD instead of X"),
        ("--column=Opened=when", "--column: when is not a field of an import; write one of these: created_at"),
        ("--default=when=2026-01-01", "--default: when is not a field of an import"),
    ],
)
async def test_an_option_at_fault_is_named(run_line: RunLine, option: str, sentence: str) -> None:
    """A mistake in an option is reported by the option as it is typed, not by the part of a mapping."""
    ended = await run_line("import", "rows.csv", option, "--json")
    assert ended.status == 2
    assert ended.json["error"]["message"].startswith(sentence)


async def test_every_fault_that_the_site_finds_is_reported(run_line: RunLine, peer: Peer, tmp_path: Path) -> None:
    """A row that the site refuses for two reasons is one refused row with both."""
    (tmp_path / "rows.csv").write_text(f"{HEADER}1,ann,2026-01-01T00:00:00Z,,\n")
    refused: list[Any] = [{"index": 0, "code": "unknown-reference", "field": f} for f in ("type_id", "status_id")]
    peer.result = {"project_ids": [], "numbers": [], "already_there": [], "refused": refused}
    document = json.loads((await run_line("import", "rows.csv", "--json")).out)
    assert document["refused"] == 1
    assert [row["field"] for row in document["errors"]] == ["type_id", "status_id"]


async def test_a_default_is_yes_or_no(run_line: RunLine) -> None:
    """A value that is neither yes nor no is refused in words that people type."""
    assert "must be yes or no" in (await run_line("import", "rows.csv", "--default", "retention_exempt=maybe")).err


@pytest.mark.parametrize("lang, pair", [("en", "'Case no=reference'"), ("fr", "'Case no=référence'")])
async def test_a_number_that_is_a_text_has_a_way_out(run_line: RunLine, tmp_path: Path, lang: str, pair: str) -> None:
    """A number without digits is refused with the option that keeps it as a reference, with the file's heading."""
    (tmp_path / "n.csv").write_text("Case no,created_by,created_at\nabc,ann,2026-01-02\n")
    ended = await run_line("import", "n.csv", "--column", "Case no=number", "--lang", lang, "--json")
    assert ended.json["errors"][0]["reason"].endswith(f"--column {pair}")
