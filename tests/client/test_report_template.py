"""`incidents settings report-template` on a real site: what is typed is in force, or explained."""

from pathlib import Path

import pytest

from tests.client.command_line import CommandResult, incidents
from tests.client.conftest import Peer
from tests.client.interactive import environment
from tests.client.test_commands import RunLine, run_line
from tests.support import Site

__all__ = ["run_line"]

TEMPLATE = '#import "incident.typ": *\n#show: incident-report\n#title(report.subtitle)\nForm of the harbour\n'


@pytest.fixture
async def folder(site: Site, tmp_path: Path) -> Path:
    """The folder in which somebody types, with two templates, of which one is wrong."""
    await site.workers("projects", "reports", "administration")
    (tmp_path / "form.typ").write_text(TEMPLATE)
    (tmp_path / "wrong.typ").write_text("#let broken = (")
    return tmp_path


async def type_line(site: Site, folder: Path, *line: str) -> CommandResult:
    """Run a line of the settings in this folder."""
    return await incidents("settings", *line, folder=folder, environment=environment(site, "admin"))


async def test_a_template_is_set_shown_and_removed(site: Site, folder: Path) -> None:
    """The answer says which one is in force, the list shows it, and without it reports have the standard form."""
    ended = await type_line(site, folder, "report-template", "form.typ")
    assert ended.status == 0
    assert ended.out.strip() == "Later reports have the form of template no. 1"
    template = (await type_line(site, folder, "report-design", "--json")).json["template"]
    assert template["number"] == 1
    assert template["bytes"] == len(TEMPLATE)
    assert template["set_by"] == "admin"
    assert "Template" in (await type_line(site, folder, "report-design")).out
    ended = await type_line(site, folder, "report-template", "--remove", "--lang", "fr")
    assert ended.status == 0, ended.err
    assert (await type_line(site, folder, "report-design", "--json")).json["template"] is None


async def test_a_wrong_template_is_explained_and_the_former_stays(site: Site, folder: Path) -> None:
    """The refusal has what the typesetter says, in both languages; nothing changes."""
    assert (await type_line(site, folder, "report-template", "form.typ")).status == 0
    for language in ("en", "fr"):
        ended = await type_line(site, folder, "report-template", "wrong.typ", "--lang", language)
        assert (ended.status, "unclosed delimiter" in " ".join(ended.err.split())) == (1, True), ended.err
    assert (await type_line(site, folder, "report-design", "--json")).json["template"]["number"] == 1


@pytest.mark.parametrize(
    "line, words",
    [
        ([], "name the file of the template, or write --remove"),
        (["form.typ", "--remove"], "name the file of the template, or write --remove"),
        (["nowhere.typ"], "there is no file nowhere.typ"),
        (["latin.typ"], "latin.typ is not UTF-8"),
    ],
)
async def test_a_line_without_a_template_is_refused(
    peer: Peer, run_line: RunLine, tmp_path: Path, line: list[str], words: str
) -> None:
    """What is missing or cannot be read is said before anything is sent."""
    (tmp_path / "form.typ").write_text(TEMPLATE)
    (tmp_path / "latin.typ").write_bytes("Sicherheit für alle".encode("latin-1"))
    ended = await run_line("settings", "report-template", *line)
    assert ended.status == 2
    assert peer.commands == []
    assert words in " ".join(ended.err.replace("│", " ").split())
