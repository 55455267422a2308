"""Closed is what an administrator says of a status, and since when the past knows."""

from typing import Any

import pytest

from contracts.permissions import Node
from contracts.projects.commands import CreateProject, UpdateProject
from contracts.projects.imports import ImportedProject, ImportProjects
from contracts.projects.statistics import Figures, ProjectStatistics
from contracts.properties import AddStatus, DeleteStatus, MarkStatus
from incidents import Client, uuid7
from tests.projects.helpers import NOON, Operator
from tests.support import Site


@pytest.fixture
async def operator(site: Site) -> Operator:
    """A project that is in progress."""
    await site.workers("administration", "projects")
    return await Operator.start(site, await site.client())


async def status(client: Client, name: str, *, closing: bool = False) -> int:
    """Define a status."""
    return (await client.send(AddStatus(name=name, closing=closing))).id


async def figures(operator: Operator) -> Figures:
    """Return the figures of all projects."""
    (all_,) = (await operator.client.ask(ProjectStatistics())).items
    return all_


async def give(operator: Operator, **fields: Any) -> None:
    """Change the project in hand."""
    await operator.send(UpdateProject(project_id=operator.project_id, **fields))


async def closing_seconds(operator: Operator, revision: int) -> float:
    """Return how long after its creation a project was changed to this revision."""
    rows = await operator.site.sql(
        "SELECT extract(epoch FROM h.at - p.created_at) FROM projects.project p JOIN projects.history h "
        "ON h.project_id = p.id WHERE h.revision = :revision AND h.field = 'status_id'",
        revision=revision,
    )
    return float(rows[0][0])


async def test_an_end_does_not_close(operator: Operator) -> None:
    """A project with an end time has ended and is not closed, whatever its status is called."""
    await give(operator, start_time=NOON, end_time=NOON, status_id=await status(operator.client, "Closed"))
    await operator.send(CreateProject(project_id=uuid7(), end_time=NOON))
    samples = await figures(operator)
    assert samples.count == 2
    assert samples.closed == 0
    assert samples.ended == 2
    assert samples.median_duration_seconds == 0
    assert samples.median_closing_seconds is None


async def test_a_closing_status_closes_from_when_it_was_given(operator: Operator) -> None:
    """A project is closed since it went to a closing status; another closing one, and later changes, move nothing."""
    done, filed = [await status(operator.client, name, closing=True) for name in ("Done", "Filed")]
    await give(operator, status_id=await status(operator.client, "New"))
    await give(operator, status_id=done)
    await give(operator, status_id=filed)
    await give(operator, description="A box.")
    samples = await figures(operator)
    assert samples.closed == 1
    assert samples.ended == 0
    assert samples.median_closing_seconds == pytest.approx(await closing_seconds(operator, 3))


async def test_what_is_opened_again_is_closed_by_its_last_closing(operator: Operator) -> None:
    """A project that was opened again is not closed; closed once more, it counts from then, in whatever status."""
    done, filed = [await status(operator.client, name, closing=True) for name in ("Done", "Filed")]
    new = await status(operator.client, "New")
    for status_id in (done, new):
        await give(operator, status_id=status_id)
    assert (await figures(operator)).closed == 0
    assert (await figures(operator)).median_closing_seconds is None
    for status_id in (done, filed):
        await give(operator, status_id=status_id)
        assert (await figures(operator)).median_closing_seconds == pytest.approx(await closing_seconds(operator, 4))


async def test_a_status_in_use_can_be_marked(operator: Operator) -> None:
    """A mark counts for projects that have the status already, since they got it, and can be taken back."""
    done = await status(operator.client, "Closed")
    await give(operator, status_id=done)
    for closing, closed in ((True, 1), (False, 0)):
        marked = await operator.send(MarkStatus(id=done, closing=closing))
        assert marked.name == "Closed"
        assert marked.changed["closing"].new == closing
        assert (await figures(operator)).closed == closed
    outcome = await (await operator.client.submit(MarkStatus(id=done, closing=False))).outcome()
    assert outcome.status == "applied"
    assert outcome.events == []


async def test_a_deleted_status_closed_while_it_was_there(operator: Operator) -> None:
    """A closing status that was deleted meanwhile counts in the past of those that went on to another closing one."""
    done, filed = [await status(operator.client, name, closing=True) for name in ("Done", "Filed")]
    for status_id in (done, filed):
        await give(operator, status_id=status_id)
    await operator.send(DeleteStatus(id=done))
    assert (await figures(operator)).median_closing_seconds == pytest.approx(await closing_seconds(operator, 2))


async def test_what_was_closed_elsewhere_has_no_time(operator: Operator) -> None:
    """A project that was imported as closed is closed, and nobody knows since when."""
    done = await status(operator.client, "Done", closing=True)
    imported = ImportedProject(project_id=uuid7(), number=9, created_by="old", created_at=NOON, status_id=done)
    await operator.send(ImportProjects(projects=[imported]))
    samples = await figures(operator)
    assert samples.count == 2
    assert samples.closed == 1
    assert samples.median_closing_seconds is None


async def test_who_may_not_see_main_details_is_told_none_of_it(operator: Operator) -> None:
    """Closed and ended are made of main details, and are null without view on them; nor are closing statuses named."""
    done = await status(operator.client, "Done", closing=True)
    assert (await operator.client.ask(ProjectStatistics())).closing_status_ids == [done]
    await operator.send(CreateProject(project_id=uuid7(), start_time=NOON, end_time=NOON))
    await operator.site.grant("visitor", {Node.PROJECTS: "view"})
    operator.client = await operator.site.client("visitor")
    assert await figures(operator) == Figures(count=2, closed=None, ended=None)
    statistics = await operator.client.ask(ProjectStatistics())
    assert statistics.closing_status_ids == []
    assert statistics.withheld == ["main-details"]
