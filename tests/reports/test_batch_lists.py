"""The lists of batches, and of the projects of one."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.projects.commands import DeleteProject
from contracts.report_batch_projects import BatchedProject, ListBatchedProjects, PartState
from contracts.report_batches import BatchForm, GenerateBatch, ListBatches, Omission
from incidents import Client, Refused
from tests.reports.test_batch_work import EVERYTHING, batch_of
from tests.reports.test_batches import projects
from tests.support import Site


async def every_page(client: Client, report_id: UUID, limit: int) -> list[BatchedProject]:
    """Return the projects of a batch, read page by page."""
    results: list[BatchedProject] = []
    query = ListBatchedProjects(report_id=report_id, limit=limit)
    while True:
        page = await client.ask(query)
        results += page.items
        if page.next is None:
            return results
        query = query.model_copy(update={"after": page.next})


async def test_the_projects_of_a_batch_are_listed(site: Site) -> None:
    """They come in the order of the file, page by page, each with what became of it."""
    await site.workers("projects", "reports")
    client, unknown = await site.client(), uuid7()
    first, deleted, second = await projects(client, 3)
    await client.send(DeleteProject(project_id=deleted))
    batch = await client.send(batch_of([second, unknown, deleted, first]))
    listed = await every_page(client, batch.report_id, 3)
    assert [(each.place, each.project_id, each.number, each.state) for each in listed] == [
        (1, second, 3, PartState.MADE),
        (2, unknown, None, Omission.UNKNOWN),
        (3, deleted, 2, Omission.DELETED),
        (4, first, 1, PartState.MADE),
    ]
    assert await every_page(client, batch.report_id, 4) == listed
    assert {each.project_id: each.number for each in batch.left_out} == {unknown: None, deleted: 2}


async def test_a_batch_without_a_file_made_no_report(site: Site) -> None:
    """What exists and was not reported is not called unknown; while a batch waits, its projects do."""
    await site.workers("projects", "reports")
    client, failed = await site.client(), uuid7()
    [project_id] = await projects(client, 1)
    await site.sql(
        "INSERT INTO reports.batch (report_id, command_id, principal, created_at, form, language, refusal_language,"
        " show_user_names, project_ids, left_out, total, state, finished_at)"
        " VALUES (:id, :id, 'admin', now(), 'zip', 'en', 'en', false, ARRAY[:project]::uuid[], '[]', 1, 'failed',"
        " now())",
        id=failed,
        project=project_id,
    )
    assert [each.state for each in await every_page(client, failed, 1)] == [PartState.NOT_MADE]
    await site.sql("INSERT INTO reports.batch_part VALUES (:id, 1, :project, 'waiting')", id=failed, project=project_id)
    assert [each.state for each in await every_page(client, failed, 1)] == [PartState.WAITING]


async def test_nobody_else_sees_the_projects_of_a_batch(site: Site) -> None:
    """A batch of somebody else does not exist, and neither does a page of another list."""
    await site.workers("projects", "reports")
    client = await site.client()
    batch = await client.send(batch_of(await projects(client, 1)))
    await site.grant("olivia", EVERYTHING)
    olivia = await site.client("olivia")
    with pytest.raises(Refused) as refusal:
        await olivia.ask(ListBatchedProjects(report_id=batch.report_id))
    assert refusal.value.error.code is Code.GONE
    with pytest.raises(Refused) as refusal:
        await client.ask(ListBatchedProjects(report_id=batch.report_id, after="WyJhIl0="))
    assert refusal.value.details["fields"][0]["kind"] == "cursor"


async def test_batches_are_found_by_project_and_time(site: Site) -> None:
    """Each condition leaves the others out, and all hold together, page by page."""
    await site.workers("projects", "reports")
    client = await site.client()
    here, there = await projects(client, 2)
    batches = [(await client.send(batch_of(ids))).report_id for ids in ([here], [there], [here, there])]
    times = {batch.report_id: batch.created_at for batch in (await client.ask(ListBatches())).items}

    async def listed(**conditions: Any) -> list[UUID]:
        return [batch.report_id for batch in (await client.ask(ListBatches(**conditions))).items]

    assert await listed() == batches[::-1]
    assert await listed(project_id=here) == [batches[2], batches[0]]
    assert await listed(created={"from": times[batches[1]]}) == [batches[2], batches[1]]
    assert await listed(created={"to": times[batches[1]]}) == [batches[0]]
    assert await listed(created={"from": times[batches[1]]}, project_id=there, limit=1) == [batches[2]]
    assert await listed(project_id=uuid7()) == []


def test_a_batch_names_at_least_one_project() -> None:
    """An empty list of projects is refused before anything is sent."""
    with pytest.raises(ValidationError):
        GenerateBatch(report_id=uuid7(), project_ids=[], form=BatchForm.ZIP)
