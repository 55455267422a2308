"""The work on batches: progress, turns, cancelling, processes that are killed, and projects that are deleted."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from contracts.errors import Code, Refusal
from contracts.ids import uuid7
from contracts.message import PENDING, Outcome
from contracts.permissions import Node
from contracts.projects.commands import DeleteProject
from contracts.report_batches import (
    BatchForm,
    BatchGenerated,
    BatchState,
    DeleteBatch,
    DownloadBatch,
    GenerateBatch,
    ListBatches,
    Omission,
)
from contracts.reports import GenerateReport
from incidents import Refused
from tests.reports.test_batches import projects
from tests.support import Site, eventually, outcome_of
from workers.reports import domain
from workers.runtime.storage.database import open_engine

MADE = "reports.batch_part WHERE state = 'made'"
MANY = 30
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WAIT_SECONDS = 30.0
EVERYTHING = {Node.PROJECTS: "manage", Node.MAIN_DETAILS: "manage", Node.REPORTS: "manage"}


def batch_of(ids: Sequence[UUID]) -> GenerateBatch:
    """Return a command for a ZIP of these projects."""
    return GenerateBatch(report_id=uuid7(), project_ids=list(ids), form=BatchForm.ZIP)


def result_of(outcome: Outcome) -> BatchGenerated:
    """Return the result of a batch that was made."""
    assert outcome.error is None
    return BatchGenerated.model_validate(outcome.result, strict=False)


async def until_made(site: Site, parts: int, within: float = WAIT_SECONDS) -> None:
    """Wait until so many reports of batches are made."""

    async def are_made() -> bool:
        return await site.count(MADE) >= parts

    await eventually(are_made, within=within)


async def test_a_batch_is_pending_until_its_file_is_made(site: Site) -> None:
    """The command is taken at once; its outcome says how far it is, and comes exactly once."""
    await site.workers("projects", "reports")
    client, caller = await site.client(), await site.caller()
    command = batch_of(await projects(client, MANY))
    body = command.model_dump(mode="json")
    command_id = await caller.publish("reports.generate-batch", command.report_id, body)
    await until_made(site, 1)
    pending = await client.outcome(command_id)
    assert pending.status == PENDING
    assert pending.total == MANY
    assert await site.count("runtime.lane WHERE worker = 'reports' AND place > 0") == 1
    outcome = await outcome_of(client, command_id)
    assert result_of(outcome).included == MANY
    again = await caller.nats.request(
        f"im.{site.name}.cmd.admin.reports.{command.report_id}.generate-batch",
        command.model_dump_json().encode(),
        headers={"Nats-Msg-Id": str(command_id)},
    )
    assert again.data
    assert len(caller.outcomes[command_id]) == 1


async def test_a_cancelled_batch_ends_at_once(site: Site) -> None:
    """Its command is refused, nothing of it is left, and deleting it removes it from the list."""
    await site.workers("projects", "reports")
    client = await site.client()
    command = batch_of(await projects(client, MANY))
    submitted = await client.submit(command)
    await until_made(site, 1)
    await client.send(DeleteBatch(report_id=command.report_id))
    outcome = await outcome_of(client, submitted.command_id)
    assert outcome.error is not None
    assert outcome.error["details"]["fields"][0]["kind"] == "cancelled"
    assert await site.count("reports.batch_part") == 0
    [batch] = (await client.ask(ListBatches())).items
    assert batch.state is BatchState.CANCELLED
    await client.send(DeleteBatch(report_id=command.report_id))
    assert (await client.ask(ListBatches())).items == []


@pytest.mark.parametrize("state, finished_at, finished", [("pending", None, False), ("made", NOON, True)])
def test_what_is_finished_is_deleted_and_the_rest_cancelled(
    state: str, finished_at: datetime | None, finished: bool
) -> None:
    """A batch or a summary that was cancelled and has not ended yet is refused."""
    row: Any = {"state": state, "finished_at": finished_at}
    assert domain.is_finished(row) is finished
    row = {"state": "cancelled", "finished_at": None}
    with pytest.raises(Refusal) as refused:
        domain.is_finished(row)
    assert refused.value.code is Code.CONFLICT
    assert refused.value.details["fields"] == [{"field": "report_id", "kind": "cancelled"}]


async def test_a_small_batch_does_not_wait_for_a_large_one(site: Site) -> None:
    """Principals take turns: a batch of two is made long before another person's batch that came first."""
    await site.workers("projects", "reports")
    client = await site.client()
    ids = await projects(client, MANY)
    await site.grant("olivia", EVERYTHING)
    olivia = await site.client("olivia")
    large = await client.submit(batch_of(ids))
    await until_made(site, 1)
    small = await olivia.send(batch_of(ids[:2]))
    assert small.included == 2
    assert (await client.outcome(large.command_id)).is_pending
    await client.send(GenerateReport(report_id=uuid7(), project_id=ids[0]))
    assert (await client.outcome(large.command_id)).is_pending


async def test_a_deleted_project_takes_the_file_with_it(site: Site) -> None:
    """What a file says about a project is gone with the project, in the same transaction."""
    await site.workers("projects", "reports")
    client = await site.client()
    ids = await projects(client, 2)
    batch = await client.send(batch_of(ids))
    await client.send(DeleteProject(project_id=ids[0]))
    assert await site.count("reports.batch_chunk") == 0
    [listed] = (await client.ask(ListBatches(report_id=batch.report_id))).items
    assert listed.state is BatchState.ERASED
    with pytest.raises(Refused) as refusal:
        await client.ask(DownloadBatch(report_id=batch.report_id))
    assert refusal.value.error.code is Code.GONE


async def test_a_project_that_is_deleted_meanwhile_is_left_out(site: Site) -> None:
    """The file is made without it, and says so."""
    await site.workers("projects", "reports")
    client = await site.client()
    ids = await projects(client, MANY)
    submitted = await client.submit(batch_of(ids))
    await until_made(site, 3)
    await client.send(DeleteProject(project_id=ids[0]))
    await client.send(DeleteProject(project_id=ids[-1]))
    batch = result_of(await outcome_of(client, submitted.command_id))
    assert batch.included == MANY - 2
    assert {(each.project_id, each.reason) for each in batch.left_out} == {
        (ids[0], Omission.DELETED),
        (ids[-1], Omission.DELETED),
    }


async def test_a_project_that_is_deleted_while_the_file_is_made_is_not_in_it(site: Site) -> None:
    """The file is made again without the project, although its report had been read for it."""
    await site.workers("projects", "reports")
    client = await site.client()
    ids = await projects(client, 3)
    engine = open_engine(site.database_url, connections=1)
    command = GenerateBatch(report_id=uuid7(), project_ids=ids)
    submitted = await client.submit(command)
    await eventually(partial(site.count, "reports.batch"))
    async with engine.begin() as connection:  # whoever makes the file has its parts, and waits for this row to store it
        await connection.execute(text("SELECT FROM reports.batch FOR UPDATE"))

        async def waits_for_batch() -> bool:
            waiting = "pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%batch_chunk%'"
            return await site.count(MADE) == len(ids) and await site.count(waiting) > 0

        await eventually(waits_for_batch)
        await client.send(DeleteProject(project_id=ids[1]))
    await engine.dispose()
    batch = result_of(await outcome_of(client, submitted.command_id))
    assert batch.included == len(ids) - 1
    assert [each.project_id for each in batch.left_out] == [ids[1]]


async def test_a_batch_belongs_to_its_author(site: Site) -> None:
    """Nobody else sees, fetches or deletes it, whatever their permissions."""
    await site.workers("projects", "reports")
    client = await site.client()
    batch = await client.send(batch_of(await projects(client, 1)))
    await site.grant("olivia", EVERYTHING)
    olivia = await site.client("olivia")
    assert (await olivia.ask(ListBatches())).items == []
    for message in (DownloadBatch(report_id=batch.report_id), ListBatches(report_id=batch.report_id)):
        with pytest.raises(Refused) as refusal:
            await olivia.ask(message)
        assert refusal.value.error.code is Code.GONE
    with pytest.raises(Refused) as refusal:
        await olivia.send(DeleteBatch(report_id=batch.report_id))
    assert refusal.value.error.code is Code.GONE
