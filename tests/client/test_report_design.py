"""The design of reports on the command line."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.client.conftest import Peer
from tests.client.test_commands import RunLine, run_line, sent_body
from tests.reports.picture_samples import png

__all__ = ["run_line"]

LOGO: dict[str, Any] = {
    "number": 1,
    "sha256": "0" * 64,
    "bytes": 2_048,
    "format": "png",
    "width": 300,
    "height": 100,
    "alt": "Coat of arms",
}
SET = {"set_by": "admin", "set_at": "2026-03-01T12:00:00Z"}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """The file of a logo."""
    path = tmp_path / "logo.png"
    path.write_bytes(png(300, 100))
    return path


async def test_a_logo_is_sent_with_its_words(peer: Peer, run_line: RunLine, picture: Path) -> None:
    """The file travels in Base64, with what it shows; the answer says what reports have now."""
    peer.result = LOGO
    ended = await run_line("settings", "report-logo", str(picture), "--alt", "Coat of arms")
    assert ended.out.strip() == "Later reports have the logo: PNG, 300 × 100 pixels"
    assert sent_body(peer) == {"image": base64.b64encode(picture.read_bytes()).decode(), "alt": "Coat of arms"}


async def test_a_logo_is_removed(peer: Peer, run_line: RunLine) -> None:
    """`--remove` takes the logo away, and says so in French, too."""
    peer.result = {}
    ended = await run_line("settings", "report-logo", "--remove", "--lang", "fr")
    assert ended.out.strip() == "Les rapports suivants n'ont pas de logo."
    assert sent_body(peer) == {}


@pytest.mark.parametrize(
    "line, words",
    [
        ([], "name the file of the logo, or write --remove"),
        (["FILE", "--remove"], "name the file of the logo, or write --remove"),
        (["FILE"], "--alt: say what the logo shows"),
        (["nowhere.png", "--alt", "Arms"], "there is no file nowhere.png"),
        (["LARGE", "--alt", "Arms"], "has 101 kB, and a logo at most 100 kB: make it smaller"),
    ],
)
async def test_a_line_without_a_logo_is_refused(
    peer: Peer, run_line: RunLine, picture: Path, line: list[str], words: str
) -> None:
    """What is missing or too large is said before anything is sent."""
    large = picture.with_name("large.png")
    large.write_bytes(bytes(101_000))
    files = {"FILE": str(picture), "LARGE": str(large)}
    ended = await run_line("settings", "report-logo", *(files.get(word, word) for word in line))
    assert ended.status == 2
    assert peer.commands == []
    assert words in " ".join(ended.err.replace("│", " ").split())


async def test_a_refused_logo_is_explained(peer: Peer, run_line: RunLine, picture: Path) -> None:
    """The refusal of a picture names it and what to do."""
    field = {"field": "image", "kind": "logo_not_drawn", "reason": "cannot be drawn"}
    peer.error = {"code": "invalid", "message": "Wrong.", "retryable": False, "details": {"fields": [field]}}
    ended = await run_line("settings", "report-logo", str(picture), "--alt", "Coat of arms")
    assert ended.status == 1
    assert "image  cannot be drawn" in ended.err


@pytest.mark.parametrize("design", [{"logo": None}, {"logo": {**LOGO, **SET}}], ids=["none", "logo"])
async def test_the_design_is_shown(peer: Peer, run_line: RunLine, design: dict[str, Any]) -> None:
    """`settings report-design` shows what reports have, for people and for programs."""
    peer.answers["reports.design"] = json.dumps(design).encode()
    shown = (await run_line("settings", "report-design", "--csv")).out
    assert ("PNG, 300 × 100, 2.0 kB,Coat of arms" in shown.replace('"', "")) == (design["logo"] is not None)
    assert (await run_line("settings", "report-design", "--json")).json["logo"] == design["logo"]
