"""What an import says of a refused row: the wrong value, its column, the row, and where all of it is written."""

import codecs
import csv
import json
from pathlib import Path

import pytest

from incidents.importing.mapping import Mapping
from incidents.importing.translating import Cell, Findings, Translator
from tests.client.command_line import incidents
from tests.client.conftest import Peer
from tests.client.test_commands import RunLine, run_line

__all__ = ["run_line"]
ROWS = """\
reference,Opened by,Opened,type_id
MP-8,ann,then,
MP-9,,2025-01-01T00:00:00Z,
MP-10,ann,2025-01-01T00:00:00Z,999
MP-11,ann
"""
LINE = ("import", "rows.csv", "--column", "Opened=created_at", "--column", "Opened by=created_by")


@pytest.fixture(autouse=True)
def rows(peer: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """Write a file of which the site refuses the one valid row."""
    (tmp_path / "rows.csv").write_text(ROWS)
    refused = {"index": 0, "code": "unknown-reference", "field": "type_id"}
    peer.result = {"project_ids": [], "numbers": [], "already_there": [], "refused": [refused]}


async def test_a_refused_row_shows_what_is_wrong_where(run_line: RunLine) -> None:
    """The wrong value stands with its field and column, and the reference names the row alone."""
    ended = await run_line(*LINE)
    assert ended.status == 1
    lines = [line.strip() for line in ended.err.splitlines() if line.startswith("line")]
    assert lines[0].startswith(
        'line 2 (MP-8): creation time "then" in the column "Opened" is not a time, or does not exist'
    )
    assert lines[1] == 'line 3 (MP-9): author in the column "Opened by" is required'
    assert lines[2].startswith('line 4 (MP-10): type "999" in the column "type_id" is not defined')
    assert lines[3].startswith("line 5: the row has 2 cells, but the header has 4")
    assert (
        "le champ «\u00a0création\u00a0» («\u00a0then\u00a0», colonne «\u00a0Opened\u00a0»)"
        in (await run_line(*LINE, "--lang", "fr")).err
    )


async def test_the_file_of_refused_rows_is_named(run_line: RunLine, tmp_path: Path) -> None:
    """With --errors the rows are shown as well, and the last line names the file, which has them all."""
    ended = await run_line(*LINE, "--errors", "refused.csv")
    assert 'line 2 (MP-8): creation time "then"' in ended.err
    assert ended.out.strip().endswith("refused.csv")
    with (tmp_path / "refused.csv").open(newline="", encoding="utf-8-sig") as file:
        written = [(row["Reference"], row["Column"], row["Value"]) for row in csv.DictReader(file)]
    named = [("MP-8", "Opened", "then"), ("MP-9", "Opened by", ""), ("MP-10", "type_id", "999"), ("", "", "")]
    assert written == named
    document = (await run_line(*LINE, "--errors", "refused.csv", "--json")).json
    assert document["errors_file"] == "refused.csv"
    assert [(row["column"], row["value"]) for row in document["errors"]] == [row[1:] for row in written]


async def test_the_file_of_refused_rows_is_in_the_language_of_its_reader(run_line: RunLine, tmp_path: Path) -> None:
    """Whoever corrects the rows reads headings, fields and reasons in one language, also in Excel."""
    await run_line(*LINE, "--errors", "refused.csv", "--lang", "fr")
    written = (tmp_path / "refused.csv").read_bytes()
    assert written.startswith(codecs.BOM_UTF8)
    heading, first = written.decode("utf-8-sig").splitlines()[:2]
    assert heading == "Ligne,Numéro,Référence,Champ,Colonne,Valeur,Motif"
    assert first.startswith("2,,MP-8,création,Opened,then,")


async def test_what_was_refused_can_be_looked_up(run_line: RunLine, tmp_path: Path) -> None:
    """The journal names the column, and contains no value."""
    await run_line(*LINE)
    run = (await run_line("import", "status", "rows.csv", "--json")).json["runs"][-1]
    assert [row["column"] for row in run["rows"]] == ["Opened", "Opened by", "type_id", ""]
    assert '"then"' not in json.dumps(run)
    assert "Opened by" in (await run_line("import", "status", "rows.csv")).out
    sheet = (await run_line("import", "status", "rows.csv", "--csv", "--lang", "fr")).out
    assert "auteur" in sheet
    assert "created_by" not in sheet


@pytest.mark.parametrize(
    "field, cell",
    [
        ("created_at", Cell("Date + Clock", "1.1.2026 10:00")),
        ("reference", Cell("number", "A-1")),
        ("project_id", Cell("number", "A-1")),
        ("retention_exempt", Cell("", "true")),
        ("description", Cell("description", "x" * 199 + "…")),
        ("start_time", Cell()),
    ],
)
def test_the_cell_of_a_field_is_found(field: str, cell: Cell) -> None:
    """Joined columns, numbers that are references, made ids, defaults and long texts are shown as they are written."""
    mapping = Mapping(joined={"created_at": ["Date", "Clock"]}, defaults={"retention_exempt": True})
    translator = Translator(mapping, "main", Findings(numbers_are_texts=True))
    values = {"number": "A-1", "Date": "1.1.2026", "Clock": "10:00", "description": "x" * 500}
    assert translator.cell(values, field) == cell


async def test_the_usage_of_an_import_is_what_is_typed() -> None:
    """Help and mistakes show how a file is imported, without the name of a command that nobody types."""
    for line in (("import", "--help"), ("import", "rows.csv", "--typo")):
        ended = await incidents(*line)
        assert "incidents import [OPTIONS] FILE" in ended.out + ended.err
        assert "import file" not in ended.out + ended.err
    bare = await incidents("import")
    assert "incidents import FILE [OPTIONS] | status FILE [OPTIONS]" in bare.out + bare.err
