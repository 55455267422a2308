"""Projects that were deleted, named by their number as people do."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from contracts.ids import uuid7
from contracts.projects.commands import CreateProject, DeleteProject
from tests.client.command_line import CommandResult, incidents
from tests.support import Site, eventually

RunLine = Callable[..., Awaitable[CommandResult]]


@pytest.fixture
async def run_line(site: Site, tmp_path: Path) -> RunLine:
    """Type a command line as the administrator of a site whose one project was deleted."""
    await site.workers()
    client, project_id = await site.client(), uuid7()
    await client.send(CreateProject(project_id=project_id))
    await client.send(DeleteProject(project_id=project_id))
    environment = {"INCIDENTS_NATS_URL": site.url, "INCIDENTS_NATS_CREDS": site.credentials("admin")}

    async def run(*line: object) -> CommandResult:
        return await incidents(*line, folder=tmp_path, environment=environment)

    return run


async def test_a_deleted_project_says_by_whom(run_line: RunLine) -> None:
    """Whatever is asked of a deleted project by its number is answered with who deleted it and when (PRJ-21)."""
    for line in (
        ("projects", "show", 1),
        ("projects", "comment", 1, "Late."),
        ("report", 1, "-o", "1.pdf"),
        ("retention", "holds", "--project", 1),
    ):
        ended = await run_line(*line, "--json")
        details = ended.json["error"]["details"]
        assert ended.status == 1, line
        assert ended.json["error"]["code"] == "gone", line
        assert details["number"] == 1
        assert details["deleted_by"] == "admin"
        assert bool(details["deleted_at"])


async def test_a_number_that_nobody_has_is_not_known(run_line: RunLine) -> None:
    """A number that was never given is reported as not known, and which one it was."""
    ended = await run_line("projects", "show", 99, "--json")
    (field,) = ended.json["error"]["details"]["fields"]
    assert ended.status == 1
    assert field["field"] == "number"
    assert field["kind"] == "not_here"
    assert field["value"] == 99
    assert ended.json["error"]["message"] == "Project 99 does not exist."
    assert "Le projet 99 n'existe pas." in (await run_line("projects", "show", 99, "--lang", "fr")).err
    assert "Project none does not exist." in (await run_line("projects", "show", "none")).err


async def test_a_reference_may_look_like_a_number(run_line: RunLine) -> None:
    """A number of this system goes first; `ref:` names the project that has it elsewhere, and so does one not given."""
    for reference in ("2", "9812"):
        await run_line("projects", "create", "--reference", reference)
    shown = [
        (await run_line("projects", "show", text, "--json")).json for text in ("2", "ref:2", "Réf: 9812", "9812", "3")
    ]
    assert [project["number"] for project in shown] == [2, 2, 3, 3, 3]
    await run_line("projects", "create", "--reference", "3")
    assert (await run_line("projects", "show", "ref:3", "--json")).json["number"] == 4


async def test_the_activity_of_a_deleted_project_is_found_by_its_number(run_line: RunLine) -> None:
    """What was done to a project that is gone can be asked for by its number, too (PRJ-08)."""

    async def lists_both_activities() -> bool:
        ended = await run_line("audit", "activity", 1, "--json")
        activities = [entry["activity"] for entry in ended.json.get("items", [])]
        # An earlier look, before the deletion was recorded, is an activity, too.
        done = [activity for activity in activities if activity != "audit.page-viewed"]
        return done == ["projects.deleted", "projects.created"]

    await eventually(lists_both_activities, within=120)
