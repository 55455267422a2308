"""Batches of reports whose projects a filter selects."""

import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Grants, Level, Node
from contracts.projects.commands import CreateProject
from contracts.projects.queries import ListProjects, ProjectFilter
from contracts.report_batches import (
    SELECTED_PROJECTS_MAX,
    BatchForm,
    BatchState,
    DeleteBatch,
    GenerateBatch,
    ListBatches,
)
from incidents import Client, Refused
from tests.projects.test_export_many import create
from tests.reports.test_batch_work import EVERYTHING, result_of
from tests.reports.test_batches import fetch, projects
from tests.support import Site, eventually, outcome_of
from tests.support.system import worker_process
from workers.projects.background_work.selections import select_ids
from workers.projects.queries.search_conditions import SearchRequest
from workers.reports import domain
from workers.runtime.storage.database import open_engine

REQUESTED = "published.requested_selections"
AN_HOUR_AGO = datetime.now(UTC) - timedelta(hours=1)
REPORTERS = {Node.PROJECTS: "view", Node.REPORTS: "manage"}


def selecting(filter_: dict[str, Any] | None = None, **changed: Any) -> GenerateBatch:
    """Return a command for a ZIP of the projects that a filter selects."""
    criteria = ProjectFilter.model_validate(filter_ or {})
    return GenerateBatch(report_id=uuid7(), filter=criteria, **{"form": BatchForm.ZIP, **changed})


async def refused_kind(client: Client, command: GenerateBatch) -> dict[str, Any]:
    """Return the refused field of a batch that must be refused."""
    with pytest.raises(Refused) as refusal:
        await client.send(command)
    [field] = refusal.value.details["fields"]
    assert "reason" in field
    return {name: field[name] for name in ("field", "kind")}


async def test_a_filter_selects_the_projects(site: Site) -> None:
    """The file has the projects that match, in the order that was asked for, and the batch is like any other."""
    await site.workers("projects", "reports", "audit")
    client = await site.client()
    await projects(client, 4)
    batch = await client.send(selecting({"numbers": [4, 2, 3]}, sort="-number"))
    archive = zipfile.ZipFile(io.BytesIO(await fetch(client, batch)))
    assert archive.namelist() == ["report-4.pdf", "report-3.pdf", "report-2.pdf", "reports.csv"]
    [listed] = (await client.ask(ListBatches())).items
    assert listed.state == BatchState.MADE
    assert listed.total == 3
    assert listed.done == 3
    assert batch.total == 3
    newest = await client.send(selecting())
    archive = zipfile.ZipFile(io.BytesIO(await fetch(client, newest)))
    assert archive.namelist()[:2] == ["report-4.pdf", "report-3.pdf"]


async def test_a_batch_has_one_selection(site: Site) -> None:
    """Both projects and a filter, neither, and an order without a filter are refused, each with the way out."""
    await site.workers("projects", "reports")
    client, ids = await site.client(), [uuid7()]
    both = selecting({}, project_ids=ids)
    assert await refused_kind(client, both) == {"field": "filter", "kind": "two_selections"}
    neither = GenerateBatch(report_id=uuid7())
    assert await refused_kind(client, neither) == {"field": "project_ids", "kind": "no_selection"}
    ordered = GenerateBatch(report_id=uuid7(), project_ids=ids, sort="number")
    assert await refused_kind(client, ordered) == {"field": "sort", "kind": "sort_without_filter"}


async def test_a_filter_that_selects_none_or_too_many_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal says how many match and how many fit, and names the form that holds more."""
    await site.workers("projects", "reports")
    client = await site.client()
    await projects(client, 3)
    assert await refused_kind(client, selecting({"numbers": [9]})) == {"field": "filter", "kind": "matches_none"}
    monkeypatch.setattr(domain, "PDF_PROJECTS_MAX", 1)
    monkeypatch.setattr(domain, "SELECTED_PROJECTS_MAX", 2)
    with pytest.raises(Refused) as refusal:
        await client.send(selecting())
    [field] = refusal.value.details["fields"]
    assert field["kind"] == "too_many_selected"
    assert "matches 3 projects, and one file has at most 2" in field["reason"]
    two: dict[str, Any] = {"filter_": {"numbers": [1, 2]}, "form": BatchForm.PDF}
    assert await refused_kind(client, selecting(**two)) == {"field": "filter", "kind": "too_many_for_pdf"}
    assert (await client.send(selecting({"numbers": [1, 2]}))).included == 2
    assert [batch.state for batch in (await client.ask(ListBatches())).items].count(BatchState.FAILED) == 3


async def test_nobody_filters_by_what_is_withheld(site: Site) -> None:
    """The command needs what the list needs, and it is looked at again when the projects are selected."""
    await site.workers("projects", "reports", "administration")
    await projects(await site.client(), 1)
    await site.grant("olivia", REPORTERS)
    olivia = await site.client("olivia")
    for command in (selecting({"status_ids": [None]}), selecting({}, sort="description")):
        with pytest.raises(Refused) as refusal:
            await olivia.send(command)
        assert refusal.value.code is Code.PERMISSION_DENIED
        assert refusal.value.details["nodes"] == [Node.MAIN_DETAILS]
    assert (await olivia.send(selecting())).included == 1


async def test_rights_that_are_lost_meanwhile_select_nothing(site: Site) -> None:
    """What the author may not filter by any more when the projects are selected is refused."""
    await site.worker("reports")
    await site.grant("olivia", EVERYTHING)
    olivia = await site.client("olivia")
    submitted = await olivia.submit(selecting({"status_ids": [None]}))
    await eventually(lambda: site.count(REQUESTED))
    await site.grant("olivia", REPORTERS)
    await site.worker("projects")
    outcome = await outcome_of(olivia, submitted.command_id)
    assert outcome.error is not None
    assert outcome.error["details"]["nodes"] == [Node.MAIN_DETAILS]


EVERYBODY = Grants(dict.fromkeys(Node, Level.MANAGE))
SEARCHES = ("gate", "bag 2", '"bag 3"', "gate nowhere", "é", "ag", "4")


@pytest.mark.parametrize("sort", ["-created_at", "number", "description", "-type_id"])
async def test_a_search_selects_what_a_list_finds(site: Site, sort: Any) -> None:
    """For every search, order and filter the projects are those of the list, in its order."""
    await site.workers("projects", "reports")
    client = await site.client()
    await create(client, 5)
    engine = open_engine(site.database_url, connections=1)
    async with engine.connect() as connection:
        for words in SEARCHES:
            for criteria in (ProjectFilter(), ProjectFilter(numbers=[2, 3, 4])):
                query = ListProjects(filter=criteria, search=words, sort=sort)
                listed = [row.project_id for row in (await client.ask(query)).items]
                search = SearchRequest.of(words, EVERYBODY)
                assert await select_ids(connection, query, 10, search) == listed, (words, criteria)
    await engine.dispose()


async def test_a_search_selects_the_projects(site: Site) -> None:
    """A search stands next to a filter or alone, and may find none; what cannot be searched for is refused."""
    await site.workers("projects", "reports")
    client = await site.client()
    await create(client, 3)
    assert (await client.send(selecting({}, search="bag 2"))).included == 1
    alone = GenerateBatch(report_id=uuid7(), search="gate", sort="number", form=BatchForm.ZIP)
    archive = zipfile.ZipFile(io.BytesIO(await fetch(client, await client.send(alone))))
    assert archive.namelist() == ["report-1.pdf", "report-2.pdf", "report-3.pdf", "reports.csv"]
    assert await refused_kind(client, selecting({}, search="nowhere")) == {"field": "filter", "kind": "matches_none"}
    assert await refused_kind(client, selecting({}, search="…")) == {"field": "search", "kind": "search"}
    named = GenerateBatch(report_id=uuid7(), project_ids=[uuid7()], search="gate")
    assert await refused_kind(client, named) == {"field": "search", "kind": "two_selections"}


async def test_a_search_looks_only_where_its_author_may(site: Site) -> None:
    """What the author may not see is not searched, as in a list."""
    await site.workers("projects", "reports")
    await create(await site.client(), 2)
    await site.grant("olivia", REPORTERS)
    olivia = await site.client("olivia")
    assert await refused_kind(olivia, selecting({}, search="gate")) == {"field": "filter", "kind": "matches_none"}
    await site.grant("olivia", {**REPORTERS, Node.MAIN_DETAILS: "view"})
    assert (await olivia.send(selecting({}, search="gate"))).included == 2


@asynccontextmanager
async def no_selecting(site: Site) -> AsyncIterator[None]:
    """Let nobody select projects for as long as the block lasts."""
    async with site.engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('projects.selection', 0))"))
        yield


async def test_what_was_selected_stays_selected(site: Site) -> None:
    """The projects are decided once: neither a killed process nor a new project changes them."""
    await site.workers("projects")
    client = await site.client()
    await projects(client, 3)
    async with worker_process(site, "reports") as worker:
        async with no_selecting(site):
            submitted = await client.submit(selecting({"created": {"from": AN_HOUR_AGO}}, sort="number"))
            await eventually(lambda: site.count(REQUESTED))
            await worker.kill()
        await eventually(lambda: site.count("projects.selection WHERE matches = 3"))
        await client.send(CreateProject(project_id=uuid7(), description="Too late"))
    await site.worker("reports")
    batch = result_of(await outcome_of(client, submitted.command_id))
    assert batch.total == 3
    assert batch.included == 3


async def test_a_killed_process_leaves_the_selection_to_the_next(site: Site) -> None:
    """What was being selected is selected by another process, and the batch has each project once."""
    await site.worker("reports")
    client = await site.client()
    async with worker_process(site, "projects") as worker:
        await projects(client, 3)
        async with site.engine.begin() as connection:
            await connection.execute(text("LOCK TABLE projects.selection IN EXCLUSIVE MODE"))
            submitted = await client.submit(selecting(sort="number"))
            waiting = "pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%projects.selection%'"
            await eventually(lambda: site.count(waiting))
            await worker.kill()
    await site.worker("projects")
    batch = result_of(await outcome_of(client, submitted.command_id))
    assert batch.total == 3
    assert batch.included == 3


async def test_a_filter_selects_ten_thousand_projects(site: Site) -> None:
    """One more is refused with the number of those that match; as many as that become the parts of a batch."""
    await site.workers("projects", "reports")
    client = await site.client()
    await site.sql(
        "INSERT INTO projects.project (id, number, description, created_by, created_at, updated_at, revision,"
        " updated_by, imported, retention_exempt) SELECT gen_random_uuid(), n, '', 'ann', now(), now(), 1, 'ann',"
        " false, false FROM generate_series(1, 10001) AS n"
    )
    with pytest.raises(Refused) as refusal:
        await client.send(selecting())
    assert "matches 10,001 projects, and one file has at most 10,000" in refusal.value.details["fields"][0]["reason"]
    await site.sql("DELETE FROM projects.project WHERE number = 1")
    command = selecting()
    submitted = await client.submit(command)
    await eventually(lambda: site.count("reports.batch WHERE total = 10000"))
    assert await site.count("reports.batch_part") == SELECTED_PROJECTS_MAX
    await client.send(DeleteBatch(report_id=command.report_id))
    assert (await outcome_of(client, submitted.command_id)).error is not None


async def test_a_batch_is_cancelled_before_its_projects_are_selected(site: Site) -> None:
    """It ends at once, its total is not known, and nothing is selected for it any more."""
    await site.worker("reports")
    await site.grant("olivia", EVERYTHING)
    olivia = await site.client("olivia")
    command = selecting()
    submitted = await olivia.submit(command)
    await eventually(lambda: site.count(REQUESTED))
    [listed] = (await olivia.ask(ListBatches())).items
    assert listed.state == BatchState.PENDING
    assert listed.total == 0
    assert listed.done == 0
    await olivia.send(DeleteBatch(report_id=command.report_id))
    assert await site.count(REQUESTED) == 0
    await site.worker("projects")
    outcome = await outcome_of(olivia, submitted.command_id)
    assert outcome.error is not None
    assert outcome.error["details"]["fields"][0]["kind"] == "cancelled"
