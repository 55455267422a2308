"""The work on exports: progress, turns, reports that are late, and what changes meanwhile."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import DeleteProject, UpdateProject
from contracts.projects.exports import ExportProject, ProjectExported
from contracts.projects.parts import AddComment
from incidents import Client
from tests.projects.packages import fetch, read_json, unzip
from tests.projects.test_export_many import create, text_of
from tests.support import Site, eventually, outcome_of
from workers.projects.rules.export_rules import UNFINISHED_MAX
from workers.runtime.storage.database import open_engine

UNFINISHED = "projects.export WHERE finished_at IS NULL"
WAIT_SECONDS = 30.0
EXPORTER = {Node.PROJECTS: "view", Node.EXPORT: "manage", Node.REPORTS: "manage", Node.MAIN_DETAILS: "view"}


async def result_of(client: Client, command_id: UUID, within: float = WAIT_SECONDS) -> ProjectExported:
    """Return the result of an export that is made."""
    outcome = await outcome_of(client, command_id, within)
    assert outcome.error is None
    return ProjectExported.model_validate(outcome.result, strict=False)


async def error_of(client: Client, command_id: UUID) -> dict[str, Any]:
    """Return the error of an export that cannot be made."""
    error = (await outcome_of(client, command_id)).error
    assert error is not None
    return error


async def until_taken(site: Site, count: int = 1) -> None:
    """Wait until so many exports are being made."""

    async def are_taken() -> bool:
        return await site.count(UNFINISHED) == count

    await eventually(are_taken)


async def test_an_export_waits_for_the_reports_and_its_lane_goes_on(site: Site) -> None:
    """Without a worker of reports an export is pending, commands of its project go on, and later it is made."""
    await site.worker("projects")
    client, caller = await site.client(), await site.caller()
    ids = await create(client, 2)
    command = ExportProject(project_id=ids[0])
    command_id = await caller.publish("projects.export", ids[0], command.model_dump(mode="json", exclude_none=True))
    await until_taken(site)
    await client.send(AddComment(project_id=ids[0], comment_id=uuid7(), text="Later."))
    pending = await client.outcome(command_id)
    assert pending.is_pending
    assert pending.done == 0
    assert pending.total == 1
    await site.worker("reports")
    exported = await result_of(client, command_id)
    files = unzip(await fetch(client, exported.package))
    assert [comment["text"] for comment in read_json(files, "project.json")["comments"]] == ["Later."]
    assert len(caller.outcomes[command_id]) == 1


async def test_the_report_shows_the_revision_of_the_data(site: Site) -> None:
    """If a project changes after its report was made, another one is made: both are of the same revision."""
    await site.worker("projects")
    client = await site.client()
    [project_id] = await create(client, 1)
    submitted = await client.submit(ExportProject(project_id=project_id))
    await until_taken(site)
    await site.sql(
        "INSERT INTO reports.package_report (report_id, project_id, state, revision, nodes, pdf)"
        " SELECT report_id, project_id, 'made', 7, '[]', 'of another revision' FROM published.requested_package_reports"
    )
    await site.worker("reports")
    exported = await result_of(client, submitted.command_id)
    files = unzip(await fetch(client, exported.package))
    assert "Bag 1 at gate 1" in text_of(files["data/report.pdf"])
    [project] = exported.package.projects
    assert project.revision == 1
    assert project.report_revision == 1


async def test_a_revision_that_is_expected_is_the_one_that_is_read(site: Site) -> None:
    """An export of an expected revision is refused if the project changed before it was read; it names who did it."""
    await site.worker("projects")
    client = await site.client()
    [project_id] = await create(client, 1)
    submitted = await client.submit(ExportProject(project_id=project_id, expected_revision=1))
    await until_taken(site)
    await client.send(UpdateProject(project_id=project_id, description="Changed."))
    await site.worker("reports")
    error = await error_of(client, submitted.command_id)
    assert error["code"] == Code.CONFLICT
    assert error["details"]["changed_by"] == "admin"
    assert await site.count(UNFINISHED) == 0


@pytest.mark.parametrize("many", [False, True])
async def test_a_project_that_is_deleted_meanwhile_is_named(site: Site, many: bool) -> None:
    """An export of one project is then refused as gone; one of several leaves it out. Nothing of it is left."""
    await site.worker("projects")
    client = await site.client()
    first, second = await create(client, 2)
    command = ExportProject(project_ids=[first, second]) if many else ExportProject(project_id=first)
    submitted = await client.submit(command)
    await until_taken(site)
    await client.send(DeleteProject(project_id=first))
    await site.worker("reports")
    if many:
        package = (await result_of(client, submitted.command_id)).package
        assert [(each.project_id, each.reason) for each in package.left_out] == [(first, "deleted")]
    else:
        error = await error_of(client, submitted.command_id)
        assert error["code"] == Code.GONE
        assert error["details"]["deleted_by"] == "admin"
    assert await site.count(UNFINISHED) == 0
    assert await site.count("projects.export_file") == 0


@pytest.mark.parametrize("lost", [Node.MAIN_DETAILS, Node.REPORTS])
async def test_who_may_not_see_it_any_more_gets_nothing(site: Site, lost: Node) -> None:
    """If its author loses a permission before the package is made, the export is refused with what is missing."""
    await site.worker("projects")
    client = await site.client()
    ids = await create(client, 1)
    await site.grant("olivia", EXPORTER)
    olivia = await site.client("olivia")
    submitted = await olivia.submit(ExportProject(project_ids=ids))
    await until_taken(site)
    await site.grant("olivia", {**EXPORTER, lost: "none"})
    await site.worker("reports")
    error = await error_of(olivia, submitted.command_id)
    assert error["code"] == Code.NOT_AVAILABLE
    assert error["details"]["nodes"] == [lost]


async def test_a_small_export_does_not_wait_for_a_large_one(site: Site) -> None:
    """Principals take turns, and one's own small export comes first: neither waits for an export of thirty projects."""
    await site.workers("projects", "reports")
    client = await site.client()
    ids = await create(client, 30)
    await site.grant("olivia", EXPORTER)
    olivia = await site.client("olivia")
    large = await client.submit(ExportProject(project_ids=ids))
    await until_taken(site)
    for author in (olivia, client):
        exported = await author.send(ExportProject(project_id=ids[0]))
        assert exported.package.bytes > 0
        assert (await client.outcome(large.command_id)).is_pending
    assert len((await result_of(client, large.command_id)).package.projects) == len(ids)


async def test_principals_take_turns(site: Site) -> None:
    """Whoever sent one export does not wait until all those are made that somebody else sent before."""
    await site.worker("projects")
    client = await site.client()
    [project_id] = await create(client, 1)
    await site.grant("olivia", {**EXPORTER, Node.COMMENTS: "view"})
    olivia = await site.client("olivia")
    command = ExportProject(project_id=project_id, include=["comments"])
    engine = open_engine(site.database_url, connections=1)
    async with engine.begin() as holder:
        await holder.execute(text("LOCK TABLE projects.package IN EXCLUSIVE MODE"))
        before = [await client.submit(command) for _ in range(8)]
        last = await olivia.submit(command)
        await until_taken(site, len(before) + 1)
    await engine.dispose()
    await result_of(olivia, last.command_id)
    for each in before:
        await result_of(client, each.command_id)
    order = await site.sql("SELECT principal FROM projects.export ORDER BY finished_at")
    assert [principal for (principal,) in order].index("olivia") <= 4


async def test_a_small_export_comes_before_ones_own_large_one(site: Site) -> None:
    """Of two exports of one principal, that with fewer projects is made first, although it was sent later."""
    await site.worker("projects")
    client = await site.client()
    ids = await create(client, 8)
    engine = open_engine(site.database_url, connections=1)
    async with engine.begin() as holder:
        await holder.execute(text("LOCK TABLE projects.export_file IN EXCLUSIVE MODE"))
        large = await client.submit(ExportProject(project_ids=ids, include=["comments"]))
        await until_taken(site)
        small = await client.submit(ExportProject(project_id=ids[0], include=["comments"]))
        await until_taken(site, 2)
    await engine.dispose()
    for submitted in (small, large):
        await result_of(client, submitted.command_id)
    order = await site.sql("SELECT command_id FROM projects.export ORDER BY finished_at")
    assert [command_id for (command_id,) in order] == [small.command_id, large.command_id]


async def test_exports_of_one_principal_have_a_limit(site: Site) -> None:
    """Whoever has many exports that are being made is refused another one, and everybody else is not."""
    await site.worker("projects")
    client = await site.client()
    [project_id] = await create(client, 1)
    commands = [await client.submit(ExportProject(project_id=project_id)) for _ in range(UNFINISHED_MAX)]
    await until_taken(site, len(commands))
    error = await error_of(client, (await client.submit(ExportProject(project_id=project_id))).command_id)
    assert error["code"] == Code.CONFLICT
    assert error["details"]["fields"][0]["kind"] == "too_many_exports"
    await site.grant("olivia", EXPORTER)
    await (await site.client("olivia")).submit(ExportProject(project_id=project_id))
    await until_taken(site, len(commands) + 1)
