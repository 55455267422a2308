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
from tests.client.test_csv import rows
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
    assert ended.status == 1
    assert command_body(exporting)["project_ids"] == [FIRST, SECOND]
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
    assert ended.status == 2
    assert exporting.commands == []
    assert words in " ".join(ended.err.split())


async def test_what_is_no_export_is_not_resumed(exporting: Peer, run_line: RunLine) -> None:
    """The refusal names the option, and the command that lists one's exports."""
    fields = [{"field": "export_id", "kind": "no_export", "reason": "is not one of your exports"}]
    exporting.refusals["projects.exports"] = {"code": "gone", "message": "Gone.", "details": {"fields": fields}}
    ended = await run_line("projects", "export", "--resume", COMMAND)
    assert ended.status == 1
    assert exporting.commands == []
    assert "--resume  is not one of your exports" in ended.err
    assert "incidents projects exports" in ended.err


async def create(client: Client) -> None:
    """Create two projects."""
    for number in (1, 2):
        await client.send(CreateProject(project_id=uuid7(), description=f"Bag {number}"))


async def test_whoever_was_cut_off_comes_back(site: Site, tmp_path: Path) -> None:
    """A line that is killed changes nothing: its export is listed, and the line with its id saves the package."""
    await site.workers("projects", "administration")
    await create(await site.client())
    ours = environment(site, "admin")
    line = ("projects", "export", "1", "2", "-o", "bag.zip")
    async with run_command(ours, *line, folder=tmp_path) as command:
        assert await command.line("stderr") == "creating the package of 2 projects\n"
        await eventually(lambda: site.count("projects.export"))
    listed = await incidents("projects", "exports", "--json", environment=ours)
    [export] = listed.json["items"]
    assert export["state"] == "pending"
    assert export["done"] == 0
    assert export["total"] == 2
    await site.worker("reports")
    line = ("projects", "export", "--resume", export["export_id"], "-o", "bag.zip")
    ended = await incidents(*line, folder=tmp_path, environment=ours)
    assert ended.status == 0, ended.err
    files = unzip((tmp_path / "bag.zip").read_bytes())
    assert {"data/1/report.pdf", "data/2/report.pdf"} <= files.keys()


async def test_ctrl_c_cancels_the_export(site: Site, tmp_path: Path) -> None:
    """The export of one project or of several is cancelled, and nothing is saved."""
    await site.workers("projects", "administration")
    await create(await site.client())
    ours = environment(site, "admin")
    for number, projects in enumerate((("1",), ("1", "2")), 1):
        line = ("projects", "export", *projects, "-o", "bag.zip")
        async with run_command(ours, *line, folder=tmp_path) as command:
            await command.line("stderr")
            await eventually(lambda: site.count("projects.export WHERE finished_at IS NULL"))
            status, err = await command.interrupt()
        assert status == 130
        assert "The export was cancelled; nothing was saved." in err

        async def is_cancelled(number: int = number) -> bool:
            return await site.count("projects.export WHERE state = 'cancelled' AND finished_at IS NOT NULL") == number

        await eventually(is_cancelled)
    assert not (tmp_path / "bag.zip").exists()


EXPORT = {
    "export_id": COMMAND,
    "package_id": str(uuid7()),
    "requested_at": "2026-03-01T12:00:00Z",
    "state": "made",
    "total": 3,
    "done": 3,
    "included": 2,
    "bytes": 700_000,
    "sha256": "0" * 64,
    "recipient": "Police",
}


@pytest.mark.parametrize(
    "language, words",
    [("en", ("Created", "made", "700 kB", COMMAND)), ("fr", ("Créé", "prêt", "700\u00a0ko", COMMAND))],
)
async def test_exports_are_listed(exporting: Peer, run_line: RunLine, language: str, words: tuple[str, ...]) -> None:
    """A table says in words how far each export is; a spreadsheet gets every figure."""
    exporting.answers["projects.exports"] = json.dumps({"items": [EXPORT], "next": None}).encode()
    shown = (await run_line("projects", "exports", "--lang", language)).out
    assert [word for word in words if word not in shown] == []
    (row,) = rows(await run_line("projects", "exports", FIRST, "--csv"))
    assert row["Projects"] == "3"
    assert row["Processed"] == "3"
    assert row["Left out"] == "1"
    assert row["Size (bytes)"] == "700000"
    assert row["For"] == "Police"
    assert row["SHA-256"] == "0" * 64
    assert json.loads(exporting.queries[-1].data)["project_id"] == FIRST


async def test_an_export_is_cancelled_by_its_id(exporting: Peer, run_line: RunLine) -> None:
    """The command names the one project of the export; without `--yes` nothing is sent where nobody can answer."""
    listed = {**EXPORT, "state": "pending", "project_id": FIRST}
    exporting.answers["projects.exports"] = json.dumps({"items": [listed], "next": None}).encode()
    exporting.result = {"export_id": COMMAND, "package_id": EXPORT["package_id"]}
    assert (await run_line("projects", "cancel-export", COMMAND)).status == 2
    assert exporting.commands == []
    ended = await run_line("projects", "cancel-export", COMMAND, "--yes", "--lang", "fr")
    assert ended.status == 0
    assert ended.out.strip() == f"Export annulé\u00a0: {COMMAND}"
    assert command_body(exporting) == {"export_id": COMMAND, "project_id": FIRST}
