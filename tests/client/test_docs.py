"""What the page on the command line says can be typed."""

import re
import shlex
from pathlib import Path

import pytest

from incidents.terminal.session import Status
from tests.checks.tree import ROOT
from tests.checks.typed_lines import blocks, unknown
from tests.client.command_line import incidents
from tests.client.interactive import environment
from tests.support import Site

PAGE = (ROOT / "docs/cli.md").read_text()
LINES = [line for block in blocks(PAGE) for line in block.splitlines()]


@pytest.mark.parametrize("line", LINES)
def test_every_line_can_be_typed(line: str) -> None:
    """The commands and options of the page exist."""
    assert unknown(line) == []


def test_no_line_replaces_the_file_of_another() -> None:
    """Whoever types a block in its order meets no file that is there already."""
    for block in blocks(PAGE):
        saved = [file for line in block.splitlines() if (file := _new_file(line))]
        assert sorted(set(saved)) == sorted(saved)


def _new_file(line: str) -> str:
    """Return the file that a line saves if there is none yet; empty if it replaces it, resumes, or saves none."""
    saving = re.match(r"incidents (projects export|reports batch|reports summary) (\d*)", line)
    if not saving or "--force" in line or "--resume" in line:
        return ""
    named = re.search(r"-o (\S+)", line)
    return named[1] if named else f"incident-{saving[2]}.zip"


def _lines_of(section: str) -> list[str]:
    """Return the lines of a section that end by themselves and ask nothing."""
    text = PAGE.partition(f"## {section}\n")[2].partition("\n## ")[0]
    lines = [line for block in blocks(text) for line in block.splitlines()]
    return [line for line in lines if not re.search(r"--follow|--password |olivia|0190…", line)]


@pytest.mark.timeout(600)
async def test_a_section_can_be_typed_on_a_new_system(site: Site, tmp_path: Path) -> None:
    """From its first line on every line of the page does what it says; what it names is there, since lines made it."""
    await site.workers()
    for line in [*_lines_of("Projects"), *_lines_of("Definitions, settings and roles")]:
        words = shlex.split(re.sub(r"(?<= )12(?= |$)", "1", line.partition(" < ")[0]))[1:]
        standard_input = "a long password\n" if " < " in line else ""
        ended = await incidents(
            *words, standard_input=standard_input, folder=tmp_path, environment=environment(site, "admin")
        )
        assert ended.status == 0, (line, ended.out, ended.err)


def test_every_exit_status_is_on_the_page() -> None:
    """The table has all of them and no other."""
    table = PAGE.partition("| exit status |")[2].partition("\n\n")[0]
    assert [int(status) for status in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)] == [0, *sorted(Status)]
