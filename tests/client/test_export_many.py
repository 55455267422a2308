"""`incidents projects export` of several projects, and of one that somebody left."""

import json
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from incidents import Client
from tests.client.command_line import incidents
from tests.client.conftest import Bus, Peer
from tests.client.interactive import environment, run_command, run_on_terminal
from tests.client.test_commands import RunLine, run_line
from tests.client.test_export import ZIP, package_description
from tests.client.test_report_batches import of_alice
from tests.projects.packages import unzip
from tests.support import Site, eventually

__all__ = ["run_line"]

COMMAND = "0190a000-0000-7000-8000-0000000000aa"
FIRST, SECOND = str(uuid7()), str(uuid7())


def project(number: int, **changed: Any) -> dict[str, Any]:
    """Return what an outcome says of a project in a package."""
    facts = {"project_id": str(uuid7()), "number": number, "folder": f"data/{number}/", "revision": 4}
    return {**facts, "collected_at": "2026-03-01T12:00:00Z", "report_revision": 4, "no_report": None, **changed}


@pytest.fixture
def exporting(peer: Peer) -> Peer:
    """A worker that has made a package of two projects."""
    peer.answers["projects.download"] = ZIP
    projects = [project(31), project(32, report_revision=None, no_report="too-large"), project(40, report_revision=3)]
    left_out = [{"project_id": FIRST, "reason": "deleted", "number": 7}]
    package = package_description(ZIP, projects=projects, left_out=left_out, withheld=[])
    peer.result = {"project_id": None, "package": package}
    return peer


def command_body(peer: Peer) -> dict[str, Any]:
    """Return the body of the one command."""
    [message] = peer.commands
    body: dict[str, Any] = json.loads(message.data)
    return body


async def test_several_projects_go_into_one_package(exporting: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """The command names each project once; what the package lacks is named, and the status says that it lacks some."""
    ended = await run_line("projects", "export", FIRST, SECOND, FIRST, "-o", "bag.zip", "--to", "Police")
    assert (ended.status, command_body(exporting)["project_ids"]) == (1, [FIRST, SECOND])
    assert (tmp_path / "bag.zip").read_bytes() == ZIP
    assert ended.out.splitlines()[1:] == [
        "3 projects in it",
        "project 32 has no report: it is too large for one",
        "project 40: its report shows revision 3, the other files revision 4",
        "project 7: deleted",
    ]


async def test_a_terminal_shows_how_far_it_is(exporting: Peer, bus: Bus, tmp_path: Path) -> None:
    """A bar has the number of projects that are collected, and disappears when the package is saved."""
    exporting.progress = repeat((1, 2))
    line = ("projects", "export", FIRST, SECOND, "-o", str(tmp_path / "bag.zip"))
    async with run_on_terminal({**of_alice(bus), "COLUMNS": "200"}, *line) as terminal:
        await terminal.shows("collecting projects", "1/2")
        exporting.progress = repeat((2, 2))
        await terminal.shows("making the file", "2/2")
        exporting.progress = iter(())
        await terminal.shows("SHA-256")
    assert (tmp_path / "bag.zip").read_bytes() == ZIP


@pytest.mark.parametrize(
    "line, words",
    [
        ((), "name a project, or several"),
        ((FIRST, "--resume", COMMAND), "--resume goes on with an export that has its projects already"),
        (("--resume", COMMAND, "--to", "Police"), "--resume goes on with an export that has its projects already"),
        ((FIRST, SECOND, "--report"), "the reports of several projects are in the package"),
        (tuple(str(number) for number in range(1, 102)), "101 projects are named, and a package has at most 100"),
    ],
)
async def test_a_line_that_cannot_be_meant_is_explained(
    exporting: Peer, run_line: RunLine, line: tuple[str, ...], words: str
) -> None:
    """Nothing is sent, and the words say what to type."""
    ended = await run_line("projects", "export", *line)
    assert (ended.status, exporting.commands) == (2, [])
    assert words in " ".join(ended.err.split())


async def test_what_is_no_export_is_not_resumed(exporting: Peer, run_line: RunLine) -> None:
    """The id of another command is a mistake; one that nobody knows is refused."""
    exporting.outcomes[COMMAND] = json.dumps({"command_id": COMMAND, "status": "applied", "result": {}}).encode()
    ended = await run_line("projects", "export", "--resume", COMMAND)
    assert (ended.status, "is not the id of an export" in ended.err) == (2, True)


async def create(client: Client) -> None:
    """Create two projects."""
    for number in (1, 2):
        await client.send(CreateProject(project_id=uuid7(), description=f"Bag {number}"))


async def test_whoever_leaves_comes_back(site: Site, tmp_path: Path) -> None:
    """Ctrl-C says how to go on; the system makes the package meanwhile, and the line that was said saves it."""
    await site.workers("projects", "administration")
    await create(await site.client())
    ours = environment(site, "admin")
    line = ("projects", "export", "1", "2", "-o", "bag.zip")
    async with run_command(ours, *line, folder=tmp_path) as command:
        assert await command.line("stderr") == "creating the package of 2 projects\n"
        await eventually(lambda: site.count("projects.export"))
        status, err = await command.interrupt()
    assert (status, (tmp_path / "bag.zip").exists()) == (130, False)
    words = next(line for line in err.splitlines() if line.startswith("to go on with it: incidents "))
    await site.worker("reports")
    resumed = words.removeprefix("to go on with it: incidents ").split()
    ended = await incidents(*resumed, folder=tmp_path, environment=ours)
    assert ended.status == 0, ended.err
    files = unzip((tmp_path / "bag.zip").read_bytes())
    assert {"data/1/report.pdf", "data/2/report.pdf"} <= files.keys()
