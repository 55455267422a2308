"""Names of files to write: a name shows the form of the file, so that whoever receives it can open it."""

from pathlib import Path

import pytest

from tests.client.conftest import Peer
from tests.client.test_commands import RunLine, run_line

__all__ = ["run_line"]

LINES = [
    (("report", 12, "-o", "r.txt"), "a report is a PDF", "un rapport est un PDF"),
    (("reports", "get", 12, "last", "-o", "r"), "a report is a PDF", "un rapport est un PDF"),
    (("reports", "batch", 12, "-o", "r.txt"), "ends with .pdf or .zip", "se termine par .pdf ou .zip"),
    (("reports", "summary", "--last", "month", "-o", "s.zip"), "a summary is a PDF", "une synthèse est un PDF"),
    (("projects", "export", 12, "-o", "x.pdf"), "a package is a ZIP", "un paquet est un ZIP"),
    (("import", "rows.csv", "--errors", "e.xlsx"), "rows is CSV", "lignes refusées est au format CSV"),
]


@pytest.mark.parametrize(
    "line, english, french", LINES, ids=lambda each: each if isinstance(each, str) else " ".join(map(str, each))
)
async def test_a_name_of_another_form_is_refused(
    peer: Peer, run_line: RunLine, tmp_path: Path, line: tuple[object, ...], english: str, french: str
) -> None:
    """A file of one form does not get a name of another form; the refusal comes before anything is sent."""
    (tmp_path / "rows.csv").write_text("number,created_by,created_at\n1,ann,2025-01-01T00:00:00Z\n")
    path = tmp_path / str(line[-1])
    for language, words in (("en", english), ("fr", french)):
        for before in (None, b"old"):
            if before:
                path.write_bytes(before)
            ended = await run_line(*line, "--lang", language)
            assert ended.status == 2
            assert peer.commands == []
            assert peer.queries == []
            assert words in " ".join(ended.err.split())
            assert "--force" not in ended.err
        path.unlink()


async def test_a_list_of_refused_rows_may_go_to_a_device(run_line: RunLine, tmp_path: Path) -> None:
    """What is no file has no form: a list can be thrown away."""
    (tmp_path / "rows.csv").write_text("number,created_by,created_at\n1,,2025-01-01T00:00:00Z\n")
    ended = await run_line("import", "rows.csv", "--errors", "/dev/null", "--dry-run")
    assert ended.status == 1
    assert "1 would be refused" in ended.out
