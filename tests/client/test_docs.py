"""What the page on the command line says can be typed."""

import asyncio
import os
import re
import shlex
import signal
import sys
from pathlib import Path

import pytest

from incidents.terminal.session import Status
from tests.checks.tree import ROOT
from tests.checks.typed_lines import blocks, unknown
from tests.client.command_line import incidents
from tests.client.interactive import environment
from tests.reports.picture_samples import png
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


def _blocks_of(section: str) -> list[list[str]]:
    text = PAGE.partition(f"## {section}\n")[2].partition("\n## ")[0]
    return [block.splitlines() for block in blocks(text)]


NEW_SYSTEM = _blocks_of("Projects")[0]
"""What the page says to type on a system that has no definitions."""

ELSEWHERE = re.compile(
    r"0190…|--follow|incidents (watch|top|demo|dead replay|.*--password )|--(install|show)-completion|import -$"
)
"""What other tests type: lines that name an id shown before, go on until Ctrl-C, ask something, or read a file."""

NEEDED = {
    "password.txt": "a long password\n",
    "incidents.csv": "Opened,Reference,Description\n2026-11-24 10:00:00,MP-8,A door was open\n",
    "projects.csv": "created_at,created_by,reference,description\n2026-11-24 10:00:00,ann,MP-9,A gate was open\n",
    "mapping.json": "{}",
    "report.typ": (ROOT / "docs/report-template.md").read_text().partition("```typst\n")[2].partition("```")[0],
    "projects.ndjson": '{"reference": "MP-7", "description": "Fell", "created_by": "ann",'
    ' "created_at": "2026-11-24T10:00:00Z"}\n',
}
"""Files of the person who types the lines."""


@pytest.mark.timeout(300)
async def test_definitions_can_be_typed_on_a_new_system(site: Site, tmp_path: Path) -> None:
    """A system without definitions gets those that the page uses, each with what it needs before it."""
    await site.workers()
    for line in [*NEW_SYSTEM, *_blocks_of("Projects")[1], *_blocks_of("Definitions, settings and roles")[0]]:
        ended = await incidents(*shlex.split(line)[1:], folder=tmp_path, environment=environment(site, "admin"))
        assert ended.status == 0, (line, ended.out, ended.err)


@pytest.mark.timeout(900)
async def test_the_page_can_be_typed_from_top_to_bottom_after_the_demonstration(tmp_path: Path) -> None:
    """Every line of the page does what it says on the site of `make demo`, after all lines before it."""
    for name, content in NEEDED.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "harbour.png").write_bytes(png())
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "incidents", "demo", "--data", "d", "--lang", "en"),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stderr
        while "keeps running" not in (await process.stderr.readline()).decode():
            assert process.returncode is None
        lines = [line for line in LINES if line not in NEW_SYSTEM and not ELSEWHERE.search(line)]
        wrong = {line: answer for line in lines if (answer := await _unexpected_answer(line, tmp_path))}
        assert wrong == {}
    finally:
        process.send_signal(signal.SIGINT)
        await process.wait()


async def _unexpected_answer(line: str, folder: Path) -> str:
    """Type a line, and return what it said if it does not do what it says."""
    typed, _, read = line.partition(" < ")
    typed, _, written = typed.partition(" > ")
    ended = await incidents(
        *shlex.split(typed)[1:],
        standard_input=(folder / read).read_text() if read else "",
        folder=folder,
        environment={"INCIDENTS_DATA": folder / "d"},
    )
    if written:
        (folder / written).write_text(ended.out)
    expected = Status.PENDING if "--raw" in line else 0
    return "" if ended.status == expected else f"{ended.status} {ended.err or ended.out}"


def test_every_exit_status_is_on_the_page() -> None:
    """The table has all of them and no other."""
    table = PAGE.partition("| exit status |")[2].partition("\n\n")[0]
    assert [int(status) for status in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)] == [0, *sorted(Status)]
