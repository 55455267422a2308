"""`incidents projects export` of projects with recordings."""

import json
from itertools import repeat
from pathlib import Path

import pytest

from tests.client.conftest import Bus, Peer
from tests.client.interactive import run_on_terminal
from tests.client.test_commands import RunLine, run_line
from tests.client.test_export import ZIP, package_description
from tests.client.test_export_many import EXPORT, FIRST, command_body, project
from tests.client.test_report_batches import of_alice

__all__ = ["run_line"]


@pytest.fixture
def exporting(peer: Peer) -> Peer:
    """A worker that has made a package with recordings."""
    peer.answers["projects.download"] = ZIP
    media = {"media_files": 2, "media_bytes": 412_000_000, "media_incomplete": 1}
    package = package_description(ZIP, projects=[project(31)], withheld=[], **media)
    peer.result = {"project_id": FIRST, "package": package}
    return peer


@pytest.mark.parametrize(
    "language, words",
    [
        ("en", ("2 recordings in it, 412 MB", "1 sequence without all of its recordings")),
        ("fr", ("2 enregistrements inclus, 412\u00a0Mo", "1 séquence sans tous ses enregistrements")),
    ],
)
async def test_recordings_are_counted(
    exporting: Peer, run_line: RunLine, tmp_path: Path, language: str, words: tuple[str, ...]
) -> None:
    """The command says how many recordings the package has, and of how many sequences it lacks some."""
    ended = await run_line("projects", "export", FIRST, "-o", "bag.zip", "--include", "media", "--lang", language)
    assert ended.status == 0
    assert command_body(exporting)["include"] == ["media"]
    assert (tmp_path / "bag.zip").read_bytes() == ZIP
    assert [word for word in words if word not in ended.out] == []


async def test_a_terminal_shows_how_much_was_read(exporting: Peer, bus: Bus, tmp_path: Path) -> None:
    """While recordings are read, the bar says how many bytes of how many; each is read twice."""
    exporting.progress = repeat((0, 1))
    reading = {**EXPORT, "state": "pending", "media_bytes": 400_000_000, "media_read_bytes": 200_000_000}
    exporting.answers["projects.exports"] = json.dumps({"items": [reading], "next": None}).encode()
    line = ("projects", "export", FIRST, "-o", str(tmp_path / "bag.zip"))
    async with run_on_terminal({**of_alice(bus), "COLUMNS": "200"}, *line) as terminal:
        await terminal.shows("reading recordings: 100 MB of 400 MB")
        exporting.progress = iter(())
        await terminal.shows("SHA-256")
