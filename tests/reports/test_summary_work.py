"""The work on summaries: processes that are killed, cancelling, turns, permissions, and what is refused."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from contracts.dead_letters import ReplayLetter
from contracts.errors import Code
from contracts.permissions import Node
from contracts.report_batches import DeleteBatch
from contracts.report_summaries import (
    DeleteSummary,
    DownloadSummary,
    GenerateSummary,
    ListSummaries,
    SummaryGenerated,
    SummaryState,
)
from incidents import Client, Refused
from tests.reports.readers import text_of
from tests.reports.summary_site import MARCH, data_of, define, fetch, fill, march, random_projects
from tests.reports.test_batch_work import batch_of, until_made
from tests.reports.test_batches import projects
from tests.reports.test_given_up_work import only_letter
from tests.support import Site, eventually, outcome_of
from tests.support.system import worker_process
from workers.runtime.storage.database import open_engine

AUTHOR = {Node.PROJECTS: "view", Node.REPORTS: "manage"}


async def test_a_summary_survives_the_death_of_its_process(site: Site) -> None:
    """A process that is killed within its step leaves nothing: the next one makes one file, and one outcome."""
    await site.workers("projects")
    await define(site)
    await fill(site, random_projects(1))
    caller, client, command = await site.caller(), await site.client(), march()
    engine = open_engine(site.database_url, connections=1)
    async with worker_process(site, "reports") as worker, engine.begin() as blocking:
        # The lock stops the step where it stores its file.
        await blocking.execute(text("LOCK TABLE reports.summary_chunk IN EXCLUSIVE MODE"))
        body = command.model_dump(mode="json")
        command_id = await caller.publish("reports.generate-summary", command.report_id, body)

        async def is_storing() -> bool:
            return await site.count("pg_stat_activity WHERE wait_event_type = 'Lock'") > 0

        await eventually(is_storing)
        await worker.kill()
    await engine.dispose()
    await site.worker("reports")
    outcome = await outcome_of(client, command_id)
    summary = SummaryGenerated.model_validate(outcome.result, strict=False)
    assert data_of(await fetch(client, summary)).report_id == command.report_id
    assert await site.count("reports.summary WHERE state = 'made'") == 1

    async def is_told() -> bool:
        return len(caller.outcomes.get(command_id, [])) == 1

    await eventually(is_told)


async def test_a_summary_is_cancelled_while_it_is_made(site: Site) -> None:
    """Its command is refused, it has no file, and its row can be deleted."""
    await site.workers("projects")
    client, command = await site.client(), march()
    engine = open_engine(site.database_url, connections=1)
    async with engine.begin() as blocking:
        await site.worker("reports")
        await blocking.execute(text("LOCK TABLE administration.property IN ACCESS EXCLUSIVE MODE"))
        submitted = await client.submit(command)

        async def is_reading() -> bool:
            return await site.count("pg_stat_activity WHERE wait_event_type = 'Lock'") > 0

        await eventually(is_reading)
        await client.send(DeleteSummary(report_id=command.report_id))
    await engine.dispose()
    outcome = await outcome_of(client, submitted.command_id)
    assert outcome.error is not None
    assert outcome.error["details"]["fields"][0]["kind"] == "cancelled"
    [listed] = (await client.ask(ListSummaries())).items
    assert listed.state == SummaryState.CANCELLED
    assert listed.bytes is None
    await client.send(DeleteSummary(report_id=command.report_id))
    assert (await client.ask(ListSummaries())).items == []


async def test_a_summary_goes_before_batches(site: Site) -> None:
    """It takes turns with single reports: it is made long before a batch that came first."""
    await site.workers("projects", "reports")
    client = await site.client()
    ids = await projects(client, 30)
    batch = batch_of(ids)
    large = await client.submit(batch)
    await until_made(site, 1)
    await client.send(march())
    assert (await client.outcome(large.command_id)).is_pending
    await client.send(DeleteBatch(report_id=batch.report_id))
    await outcome_of(client, large.command_id)


async def test_what_failed_is_replayed(site: Site) -> None:
    """The sender learns that it failed, an administrator finds the letter, and its replay makes the summary."""
    await site.workers("projects", "reports", "administration")
    client = await site.client()
    await site.sql("ALTER TABLE reports.summary_chunk ADD CONSTRAINT broken CHECK (false) NOT VALID")
    with pytest.raises(Refused) as refusal:
        await client.send(march())
    assert refusal.value.error.code is Code.UNAVAILABLE
    await site.sql("ALTER TABLE reports.summary_chunk DROP CONSTRAINT broken")
    await client.send(ReplayLetter(letter=await only_letter(client)))

    async def is_made() -> bool:
        return await site.count("reports.summary WHERE state = 'made'") == 1

    await eventually(is_made)


async def made_for(
    site: Site, principal: str, nodes: dict[Node, str], **changes: Any
) -> tuple[Client, SummaryGenerated]:
    """Let somebody with these permissions make a summary."""
    await site.grant(principal, nodes)
    client = await site.client(principal)
    return client, await client.send(march(**changes))


async def test_what_the_author_may_not_see_is_not_counted(site: Site) -> None:
    """Without main details, categories and sequences a summary has only numbers and hours, and says what it lacks."""
    await site.workers("projects", "reports")
    await define(site)
    await fill(site, random_projects(2))
    client, summary = await made_for(site, "olivia", AUTHOR)
    assert not summary.complete
    assert summary.missing == ["main-details", "categories", "sequences"]
    pdf = await fetch(client, summary)
    data, words = data_of(pdf), text_of(pdf)
    assert data.groupings == []
    assert data.recurrences == []
    assert data.figures.closed is None
    assert data.figures.open is None
    assert data.figures.median_closing_seconds is None
    assert {each.closed for each in data.intervals} == {None}
    assert data.hours
    for name in ("Theft", "Gate", "Entrance", "Closed"):
        assert name not in words
    assert "not available to the person who generated the report: types, statuses and closings" in words


async def test_a_file_is_for_its_author_alone(site: Site) -> None:
    """Nobody else sees, fetches or deletes it; and its author needs the permissions for what it shows."""
    await site.workers("projects", "reports")
    sections = dict.fromkeys((Node.MAIN_DETAILS, Node.CATEGORIES, Node.SEQUENCES), "view")
    client, summary = await made_for(site, "olivia", AUTHOR | sections)
    other, download = await site.client(), DownloadSummary(report_id=summary.report_id)
    assert (await other.ask(ListSummaries())).items == []
    for refused in (
        other.ask(download),
        other.ask(ListSummaries(report_id=summary.report_id)),
        other.send(DeleteSummary(report_id=summary.report_id)),
    ):
        with pytest.raises(Refused) as refusal:
            await refused
        assert refusal.value.details["fields"][0]["kind"] == "no_summary"
    await client.ask(download)
    await site.sql("DELETE FROM administration.member")
    await site.grant("olivia", AUTHOR)
    with pytest.raises(Refused) as refusal:
        await client.ask(download)
    assert refusal.value.details["nodes"] == sorted(sections)


async def test_names_are_shown_on_request(site: Site) -> None:
    """Who asked is in the file only if that was requested; without the permission it is refused."""
    await site.workers("projects", "reports")
    client = await site.client()
    hidden = await fetch(client, await client.send(march()))
    shown = await fetch(client, await client.send(march(show_user_names=True)))
    assert "Generated by admin" not in text_of(hidden)
    assert "Generated by admin" in text_of(shown)
    assert data_of(hidden).generated_by is None
    assert data_of(shown).generated_by == "admin"
    with pytest.raises(Refused) as refusal:
        await made_for(site, "olivia", AUTHOR, show_user_names=True)
    assert refusal.value.details["nodes"] == [Node.USER_NAMES]


async def test_what_is_no_period_is_refused(site: Site) -> None:
    """Each refusal names the field and the reason; an id that is in use is refused, too."""
    await site.workers("projects", "reports")
    client, taken = await site.client(), march()
    await client.send(taken)
    later = datetime.now(UTC) + timedelta(days=2)
    refused: dict[str, GenerateSummary] = {
        "period_empty": march(until=MARCH[0]),
        "period_to_come": march(since=later, until=later + timedelta(days=1)),
        "period_too_long": march(since=MARCH[0] - timedelta(days=3_700)),
        "unknown_timezone": march(timezone="Europe/Nowhere"),
        "id_taken": march(report_id=taken.report_id),
    }
    for kind, command in refused.items():
        with pytest.raises(Refused) as refusal:
            await client.send(command)
        assert refusal.value.details["fields"][0]["kind"] == kind
        assert refusal.value.details["fields"][0]["reason"]


async def test_unfinished_summaries_have_a_limit(site: Site) -> None:
    """Five may wait; the sixth is refused, and taken when one is made."""
    await site.workers("projects")
    client = await site.client()
    engine = open_engine(site.database_url, connections=1)
    async with engine.begin() as blocking:
        await site.worker("reports")
        await blocking.execute(text("LOCK TABLE administration.property IN ACCESS EXCLUSIVE MODE"))
        for _ in range(5):
            await client.submit(march())

        async def are_taken() -> bool:
            return await site.count("reports.summary") == 5

        await eventually(are_taken)
        with pytest.raises(Refused) as refusal:
            await client.send(march())
    await engine.dispose()
    assert refusal.value.details["fields"][0] == {
        **refusal.value.details["fields"][0],
        "kind": "too_many_summaries",
        "limit": 5,
    }
    await eventually(partial(is_less_waiting, site))
    await client.send(march())


async def is_less_waiting(site: Site) -> bool:
    """Tell whether one of five summaries is made."""
    return await site.count("reports.summary WHERE finished_at IS NULL") < 5


async def test_a_period_that_is_not_over_is_shown_so_far(site: Site) -> None:
    """The file says so, and compares as much of the period before as has gone of this one."""
    await site.workers("projects", "reports")
    client, now = await site.client(), datetime.now(UTC)
    since = now - timedelta(days=3)
    summary = await client.send(march(since=since, until=now + timedelta(days=4)))
    pdf = await fetch(client, summary)
    data = data_of(pdf)
    assert data.is_running
    assert "The period is not over" in text_of(pdf)
    assert data.compared is not None
    assert data.compared.since == since - timedelta(days=7)
    assert data.compared.until - data.compared.since == data.period.until - data.period.since
    assert isinstance(data.report_id, UUID)
