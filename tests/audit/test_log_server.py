"""The log server: what it gets, and what happens while it is not there."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from contracts.administration import RoleDeleted
from contracts.audit import Entry, ProjectActivity, SiteLog
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.message import Event
from contracts.projects.commands import ProjectDeleted, ProjectOpened, ProjectsExpired
from contracts.report_batches import BatchRecorded
from incidents import Client, Refused
from tests.audit.publisher import Publisher
from tests.support import Site, eventually
from workers.audit.background_work import BATCHES_AT_ONCE, Delivered
from workers.audit.rows import UNDELIVERED_ENTRIES_MAX
from workers.local.servers.postgres import APP_ROLE, EmbeddedPostgres
from workers.migrations.upgrade import prepare_log_server
from workers.runtime.storage.database import open_engine


async def log_entries(client: Client, count: int, **fields: Any) -> list[Entry]:
    """Wait until the log server has so many entries of this kind, and return them."""

    async def all_there() -> list[Entry]:
        try:
            entries = (await client.ask(SiteLog(**fields))).items
        except Refused as refused:
            raise AssertionError from refused
        assert len(entries) == count, [entry.activity for entry in entries]
        return entries

    return await eventually(all_there)


async def waiting(site: Site, count: int) -> None:
    """Wait until so many entries wait for the log server."""

    async def as_many() -> bool:
        return await site.count("audit.waiting") == count

    await eventually(as_many)


async def test_each_store_gets_its_own(site: Site, events: Publisher) -> None:
    """Administration goes to the log server, openings stay, deletions go to both (LOG-T1 to T3, PROP-13, ARC-02)."""
    await site.worker("audit")
    project_id = uuid7()
    await events.publish(RoleDeleted(role_id="night-shift"))
    await events.publish(ProjectOpened(project_id=project_id))
    await events.publish(ProjectDeleted(project_id=project_id, number=7))
    client = await site.client()
    logged = await log_entries(client, 2)
    entries = (await client.ask(ProjectActivity(project_id=project_id))).items
    assert {entry.activity for entry in logged} == {"administration.role-deleted", "projects.deleted"}
    assert {activity.activity for activity in entries} == {"projects.opened", "projects.deleted"}
    assert [entry for entry in logged if entry.project_id] == [activity for activity in entries if activity.details]
    await waiting(site, 0)


async def test_log_server_that_comes_later(site: Site, events: Publisher, postgres: EmbeddedPostgres) -> None:
    """Without a log server entries wait; when it comes they are delivered, without a restart (LOG-07)."""
    name = f"late_{uuid7().hex}"
    await site.worker("audit", log_database_url=postgres.url(name))
    deleted = ProjectDeleted(project_id=uuid7(), number=1)
    event_id = await events.publish(deleted)
    await waiting(site, 1)
    client = await site.client()
    with pytest.raises(Refused) as refusal:
        await client.ask(SiteLog())
    assert refusal.value.code is Code.UNAVAILABLE
    postgres.ensure_database(name)
    (entry,) = await log_entries(client, 1)
    assert entry.event_id == event_id
    await waiting(site, 0)


async def test_log_server_that_goes_away(site: Site, events: Publisher, postgres: EmbeddedPostgres) -> None:
    """When the log server goes and comes back empty, what happens meanwhile reaches it."""
    await site.worker("audit")
    client = await site.client()
    await events.publish(RoleDeleted(role_id="before"))
    await log_entries(client, 1)
    name = site.log_database_url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await events.publish(RoleDeleted(role_id="meanwhile"))
    await waiting(site, 1)
    postgres.ensure_database(name)
    owner = open_engine(site.log_database_url, connections=1)
    await prepare_log_server(owner, APP_ROLE)  # as `incidents migrate` does: the role of workers makes no tables
    await owner.dispose()
    (entry,) = await log_entries(client, 1)
    assert entry.details["role_id"] == "meanwhile"


async def test_no_log_server_at_all(site: Site, events: Publisher) -> None:
    """Where none is configured, its entries wait and the projects' own are kept as ever (LOG-06, ENV-07)."""
    await site.worker("audit", log_database_url=None)
    deleted = ProjectDeleted(project_id=uuid7(), number=1)
    await events.publish(deleted)
    await waiting(site, 1)
    client = await site.client()
    assert len((await client.ask(ProjectActivity(project_id=deleted.project_id))).items) == 1
    with pytest.raises(Refused) as refusal:
        await client.ask(SiteLog())
    assert refusal.value.code is Code.UNAVAILABLE


async def test_what_was_delivered_is_delivered_once(site: Site, events: Publisher) -> None:
    """An entry that reached the log server before its process died is not there twice."""
    await site.worker("audit")
    client, deleted = await site.client(), RoleDeleted(role_id="twice")
    await events.publish(deleted)
    (entry,) = await log_entries(client, 1)
    await site.sql(
        "INSERT INTO audit.undelivered (size, oldest_at, entries, first_index, hashes) "
        "VALUES (1, now(), '[' || :entry || ']', 0, sha256('leaf'))",
        entry=entry.model_dump_json(exclude={"project_number", "labels", "names"}),
    )
    await waiting(site, 0)
    assert await log_entries(client, 1) == [entry]


def expired(ids: list[UUID]) -> ProjectsExpired:
    """Return a step of a sweep that deleted these projects."""
    numbers = list(range(1, len(ids) + 1))
    return ProjectsExpired(sweep_id=uuid7(), chain=0, deleted=len(ids), more=False, project_ids=ids, numbers=numbers)


def recorded(ids: list[UUID]) -> BatchRecorded:
    """Return the record of a batch with a report of each of these projects."""
    return BatchRecorded(report_id=uuid7(), project_ids=ids)


@pytest.mark.parametrize("made_of, activity", [(expired, "projects.deleted"), (recorded, "reports.included")])
async def test_the_entries_of_one_large_event_are_all_delivered(
    site: Site, events: Publisher, made_of: Callable[[list[UUID]], Event], activity: str
) -> None:
    """An event of more projects than one row for the log server holds has an entry for each of them there."""
    ids = [uuid7() for _ in range(UNDELIVERED_ENTRIES_MAX + 1)]
    await site.worker("audit")
    await events.publish(made_of(ids))

    async def delivered() -> bool:
        with psycopg.connect(site.log_database_url) as connection:
            rows = connection.execute("SELECT project_id FROM entry WHERE activity = %s", [activity]).fetchall()
        return sorted(project_id for (project_id,) in rows) == sorted(ids)

    await eventually(delivered)


async def test_the_oldest_entry_that_waits_has_the_time_of_its_event(
    site: Site, events: Publisher, postgres: EmbeddedPostgres
) -> None:
    """Of events that arrive together the earliest says for how long entries have waited, in whatever order they are."""
    now = datetime.now(UTC)
    for hours in (2, 3, 1):
        await events.publish(RoleDeleted(role_id=f"hours-{hours}"), at=now - timedelta(hours=hours))
    await site.worker("audit", log_database_url=postgres.url(f"missing_{uuid7().hex}"))
    await waiting(site, 3)
    assert await site.sql("SELECT min(oldest_at) FROM audit.undelivered") == [(now - timedelta(hours=3),)]


async def test_more_than_one_delivery(site: Site) -> None:
    """Whatever has piled up is delivered, however much it is."""
    await site.sql(
        """
        WITH counted AS (UPDATE audit.log SET size = 2500 WHERE store = 'log_server')
        INSERT INTO audit.undelivered (size, oldest_at, first_index, hashes, entries)
        SELECT count(*), now(), batch * 100, string_agg(sha256('leaf'), ''), json_agg(json_build_object(
            'event_id', id, 'at', now(), 'actor', 'olivia', 'activity', 'projects.deleted',
            'project_id', id, 'command_id', NULL, 'revision', 1, 'details', '{}'::json))
        FROM (SELECT n % 25 AS batch, gen_random_uuid() AS id FROM generate_series(1, 2500) AS n) AS made GROUP BY batch
        """
    )
    await site.worker("audit")
    await waiting(site, 0)
    count, after = 0, None
    client = await site.client()
    while count < 2500:
        page = await client.ask(SiteLog(limit=500, after=after))
        count, after = count + len(page.items), page.next
    assert after is None


async def test_an_older_log_server_gets_the_columns_that_it_lacks(site: Site, events: Publisher) -> None:
    """Entries of before have no number, new ones get theirs, and both are served."""
    with psycopg.connect(site.log_database_url, autocommit=True) as log_server:
        log_server.execute("ALTER TABLE entry DROP COLUMN log_index, DROP COLUMN hash")
        log_server.execute(
            "INSERT INTO entry (event_id, at, actor, activity, details) "
            "VALUES (gen_random_uuid(), '2026-01-01', 'olivia', 'administration.role-deleted', '{}')"
        )
    await site.worker("audit", log_database_url=site.log_database_url)
    await events.publish(RoleDeleted(role_id="new"))
    await log_entries(await site.client(), 2)
    with psycopg.connect(site.log_database_url) as log_server:
        rows = log_server.execute("SELECT log_index, octet_length(hash) FROM entry ORDER BY at").fetchall()
    assert rows == [(None, None), (0, 32)]


async def test_log_is_searched(site: Site, events: Publisher) -> None:
    """The log can be asked by actor, by activity and by time; the end of a span is not part of it."""
    await site.worker("audit")
    await events.publish(RoleDeleted(role_id="one"), actor="olivia")
    await events.publish(RoleDeleted(role_id="two"), actor="oscar")
    await events.publish(ProjectDeleted(project_id=uuid7(), number=1), actor="oscar")
    client = await site.client()
    last, second, first = await log_entries(client, 3)
    assert await log_entries(client, 2, actor="oscar") == [last, second]
    assert await log_entries(client, 2, activities=["administration.role-deleted"]) == [second, first]
    assert await log_entries(client, 1, activities=["administration.role-deleted"], actor="oscar") == [second]
    assert await log_entries(client, 1, since=second.at, until=last.at) == [second]
    assert (await client.ask(SiteLog(actor="nobody"))).items == []


async def test_refused_look_at_the_log_is_in_the_log(site: Site) -> None:
    """A principal without the permission gets nothing of the log, and the attempt is logged."""
    await site.worker("audit")
    mallory, client = await site.client("mallory"), await site.client()
    with pytest.raises(Refused) as refusal:
        await mallory.ask(SiteLog())
    assert refusal.value.code is Code.NOT_AVAILABLE
    (entry,) = await log_entries(client, 1)
    assert entry.activity == "audit.refused"
    assert entry.actor == "mallory"
    assert entry.details == {"attempted": "audit.log", "code": "not-available"}


def test_the_log_server_is_asked_again_soon_while_much_is_delivered() -> None:
    """The next delivery follows at once while more waits, soon behind a large one, and later behind a few entries."""
    none, few, large = Delivered(), Delivered(batches=1, entries=3), Delivered(batches=1, entries=1_000)
    more = Delivered(batches=BATCHES_AT_ONCE, entries=BATCHES_AT_ONCE)
    assert more.pause_seconds == 0
    assert 0 < large.pause_seconds < few.pause_seconds == none.pause_seconds
