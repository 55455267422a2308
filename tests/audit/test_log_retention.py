"""Both logs forget what is older than the settings say, and can still be verified as a whole."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import ProgrammingError

from contracts.audit import SiteLog
from contracts.ids import uuid7
from contracts.message import Store
from contracts.projects.commands import ProjectDeleted
from tests.audit.publisher import Publisher
from tests.audit.test_tampering import change, verify
from tests.support import Site, eventually
from workers.audit.tamper_evidence.log_retention import drop_old
from workers.audit.tamper_evidence.tree_growth import signer_of
from workers.runtime.process.running_components import RunningComponents

OLD, RECENT = timedelta(days=400), timedelta(days=100)


async def recorded(site: Site, events: Publisher, *ages: timedelta) -> RunningComponents:
    """Record an entry of each age in both logs, and wait until they are signed and delivered."""
    running = await site.worker("audit", checkpoint_seconds=1, checkpoints=site.directory / "checkpoints")
    for age in ages:
        await events.publish(ProjectDeleted(project_id=uuid7(), number=1), at=datetime.now(UTC) - age)

    async def are_signed() -> bool:
        rows = await site.sql("SELECT store FROM audit.checkpoint WHERE size = :count", count=len(ages))
        return len(rows) == 2 and await site.count("audit.undelivered") == 0

    await eventually(are_signed)
    return running


async def drop(running: RunningComponents) -> None:
    """Drop now what is old."""
    await drop_to(running, None)


async def drop_to(running: RunningComponents, folder: Path | None) -> None:
    """Drop now what is old, and copy the statements into a folder."""
    signer = signer_of(running)
    assert signer
    await drop_old(running.engine, signer, folder)


async def test_what_is_old_is_dropped_and_the_rest_verifies(site: Site, events: Publisher) -> None:
    """Old entries leave both logs, their hashes stay, and a verification says how many were dropped and is content."""
    running = await recorded(site, events, OLD, OLD, RECENT, timedelta(0))
    await drop(running)
    assert await site.sql("SELECT log_index FROM audit.activity ORDER BY 1") == [(2,), (3,)]
    ended = await verify(site)
    assert ended.status == 0
    assert ended.err == ""
    assert ended.out.count("2 entries before ") == 2
    assert "were dropped under retention, statement ok" in ended.out
    assert "activity of projects: 4 entries, 4 of them proven" in ended.out
    document = (await verify(site, "--json")).json
    assert [(log["dropped"], log["intact"]) for log in document["logs"]] == [(2, True), (2, True)]
    page = await (await site.client()).ask(SiteLog(with_activity=True))
    assert len(page.items) == 2
    assert page.dropped_before
    assert RECENT < datetime.now(UTC) - page.dropped_before < OLD
    first = await (await site.client()).ask(SiteLog(with_activity=True, limit=1))
    assert first.next
    assert first.dropped_before is None


async def test_where_nothing_was_dropped_nothing_is_missing(site: Site, events: Publisher) -> None:
    """An answer that goes back to the beginning names no time, until something is dropped."""
    running = await recorded(site, events, RECENT, timedelta(0))
    await drop(running)
    client = await site.client()
    assert (await client.ask(SiteLog())).dropped_before is None
    await site.sql("UPDATE administration.settings SET activity_days = 60, log_days = 60")
    await drop(running)
    assert (await client.ask(SiteLog())).dropped_before


async def test_nothing_young_is_dropped_behind_it(site: Site, events: Publisher) -> None:
    """An old entry that was recorded after a young one waits for it: the dropped numbers are one range."""
    running = await recorded(site, events, OLD, RECENT, OLD)
    await drop(running)
    await drop(running)
    assert await site.sql("SELECT log_index FROM audit.activity ORDER BY 1") == [(1,), (2,)]
    await site.sql("UPDATE administration.settings SET activity_days = 60, log_days = 60")
    await drop(running)
    assert await site.count("audit.activity") == 0
    assert (await verify(site)).status == 0


@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET actor = 'x' WHERE log_index = 0", "DELETE FROM {} WHERE log_index = 0"]
)
async def test_what_was_changed_before_is_not_forgotten(site: Site, events: Publisher, statement: str) -> None:
    """Whoever changes or removes an entry that is dropped later is found all the same."""
    running = await recorded(site, events, OLD, OLD, timedelta(0))
    change(site, Store.INCIDENT_MANAGER, statement.format("audit.activity"))
    change(site, Store.LOG_SERVER, statement.format("entry"))
    await drop(running)
    ended = await verify(site, "--json")
    assert ended.status == 1
    kinds = [
        [(each["kind"], each["first"], each["last"]) for each in log["discrepancies"]] for log in ended.json["logs"]
    ]
    assert kinds == [[("dropped-changed", 0, 1)]] * 2


async def test_a_deletion_without_a_statement_is_found(site: Site, events: Publisher) -> None:
    """The owner of a database deletes old entries, with no statement or with one of somebody else: both are found."""
    await recorded(site, events, OLD, OLD, timedelta(0))
    change(site, Store.INCIDENT_MANAGER, "DELETE FROM audit.activity WHERE log_index < 2")
    assert "entries 0 to 1: removed" in (await verify(site)).out
    change(
        site,
        Store.INCIDENT_MANAGER,
        "INSERT INTO audit.dropped VALUES ('incident_manager', 0, 2, now() - interval '1 year', now(), 'note')",
    )
    ended = await verify(site)
    assert ended.status == 1
    assert "1 statements about dropped entries are not signed" in ended.out


@pytest.mark.parametrize("ending, days", [(1, 20), (3, 400), (1, 300)])
async def test_workers_drop_only_what_retention_drops(site: Site, events: Publisher, ending: int, days: int) -> None:
    """Whoever has the rights of workers drops nothing that is younger than the settings say, and nothing unproven."""
    running = await recorded(site, events, OLD, RECENT)
    async with running.engine.connect() as connection:
        with pytest.raises(ProgrammingError, match="only what retention drops"):
            await connection.exec_driver_sql(
                f"SELECT audit.drop_entries(0, {ending}, now() - interval '{days} days', 'note')"
            )
    async with running.engine.connect() as connection:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await connection.exec_driver_sql("DELETE FROM audit.activity")


def test_statements_are_never_changed(site: Site) -> None:
    """Not even the owner changes a statement by accident."""
    refused = pytest.raises(psycopg.errors.InsufficientPrivilege, match="is never changed")
    with psycopg.connect(site.database_url, autocommit=True) as owner, refused:
        owner.execute("DELETE FROM audit.dropped")
