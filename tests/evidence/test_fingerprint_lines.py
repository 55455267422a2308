"""Fingerprints are printed to be compared by eye: a line ends between two groups of digits."""

import re
from pathlib import Path

import pytest

from tests.client.command_line import incidents
from tests.client.interactive import output_on_terminal
from tests.evidence.pdf_sample import signed
from tests.support.pdf_identity import shared
from workers.local.data_directory import Home


def read_by_eye(text: str, width: int) -> str:
    """Return a text whose lines fit the terminal, without the ends of lines that follow a whole group."""
    assert all(len(line) <= width for line in text.splitlines())
    return re.sub(r"(?<=[0-9A-F]{2}:)\s+", "", text)


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize("language", ["en", "fr"])
async def test_a_line_ends_between_groups(tmp_path: Path, width: int, language: str) -> None:
    """However wide the terminal is, the fingerprint of a certificate is shown in whole groups, and whole if it fits."""
    (tmp_path / "a.pdf").write_bytes(await signed(tmp_path))
    ours = {"COLUMNS": width}
    shown = (await incidents("verify", "a.pdf", "--lang", language, folder=tmp_path, environment=ours)).out
    assert shared().fingerprint in read_by_eye(shown, width)
    key = shared().fingerprint.replace(":0", ":1")
    other = await incidents("verify", "a.pdf", "--key", key, folder=tmp_path, environment=ours)
    assert shared().fingerprint in read_by_eye(other.out, width)


async def test_what_was_copied_from_two_lines_is_a_fingerprint(tmp_path: Path) -> None:
    """The end of a line in a copied fingerprint does no harm."""
    (tmp_path / "a.pdf").write_bytes(await signed(tmp_path))
    copied = shared().fingerprint.replace(":", ":\n", 20)
    ended = await incidents("verify", "a.pdf", "--key", copied.replace("SHA256:\n", "SHA256:"), folder=tmp_path)
    assert ended.status == 0
    assert "This is the expected key" in ended.out


async def test_the_site_prints_its_fingerprint_in_groups(tmp_path: Path) -> None:
    """The command of the site that people compare with breaks it in the same way, on a terminal only."""
    home = Home(tmp_path)
    home.keys.mkdir()
    home.make_pdf_identity("main")
    line = ("access", "certificate", "--data", str(tmp_path))
    whole = (await incidents(*line)).err.strip()
    assert re.fullmatch(r"SHA256:(?:[0-9A-F]{2}:){31}[0-9A-F]{2}", whole)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", await output_on_terminal({"COLUMNS": "80"}, *line))
    assert whole in read_by_eye(shown, 80)
