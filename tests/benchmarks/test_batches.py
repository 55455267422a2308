"""The benchmark of batches runs, and its figures are those of files that were made."""

import json

import pytest

from benchmarks import batches


@pytest.mark.timeout(400)
def test_small_batches_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """Both forms are made of every project, and a PDF keeps its standard."""
    batches.main(["--projects", "3", "--singles", "4", "--json"])
    figures = json.loads(capsys.readouterr().out)
    assert set(figures) == {"pdf", "zip", "typst and pypdf in a loop"}
    assert figures["pdf"]["conformance"] == "PDF/A-3a"
    assert figures["pdf"]["pages"] > figures["zip"]["pages"] >= 3
