"""The clean-up after deletions: when it runs, and what it says if something stays."""

from collections.abc import AsyncIterator
from typing import Final

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.values import EARLIEST
from tests.privacy.byte_search import ByteSearch
from tests.privacy.markers import Markers
from tests.support import Site, eventually
from tests.support.site import as_app
from workers.local.servers.postgres import EmbeddedPostgres
from workers.runtime.bus import outbox
from workers.runtime.storage import page_cleanup
from workers.runtime.storage.database import SessionTimeouts, connect_autocommit, open_engine
from workers.runtime.storage.page_cleanup import PageCleaner

_BEGUN: Final = "SELECT began_at FROM retention.last_erasure"
_TABLE: Final = "projects.comment"
OPEN: Final = {
    "repeatable read": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class",
    "writing": "SELECT pg_current_xact_id()",
}


@pytest.fixture
async def connection(site: Site) -> AsyncIterator[AsyncConnection]:
    """Connect as the clean-up does, with the rights of workers."""
    engine = open_engine(as_app(site.database_url), connections=1, waits=SessionTimeouts("test", lock_seconds=0.05))
    async with connect_autocommit(engine) as opened:
        yield opened
    await engine.dispose()


async def write_and_delete(site: Site, comment: str = "zebra") -> None:
    """Write a project with a comment, and delete both."""
    columns = (
        "id, number, revision, description, created_by, created_at, updated_by, updated_at, imported, retention_exempt"
    )
    values = "gen_random_uuid(), 1, 1, 'okapi', 'ann', now(), 'ann', now(), false, false"
    await site.sql(f"INSERT INTO projects.project ({columns}) VALUES ({values})")  # noqa: S608 - names of columns
    columns = "project_id, comment_id, text, created_by, created_at, revision, place"
    values = f"id, gen_random_uuid(), '{comment}', 'ann', now(), 1, 1"
    await site.sql(f"INSERT INTO {_TABLE} ({columns}) SELECT {values} FROM projects.project")  # noqa: S608 - the same
    await site.sql("DELETE FROM projects.project")
    await site.sql("SELECT pg_stat_force_next_flush()")


async def test_a_cleanup_follows_deletions_alone(site: Site, connection: AsyncConnection) -> None:
    """A clean-up rewrites what changed, and none is needed until something else is deleted."""
    cleaner = PageCleaner()
    await write_and_delete(site)

    async def is_rewritten() -> bool:
        return {_TABLE, "projects.project"} <= {*(await cleaner.clean(connection)).rewritten}

    assert await eventually(is_rewritten)
    assert not await cleaner.is_needed(connection)
    assert (await cleaner.clean(connection)).rewritten == []


async def test_one_cleanup_overwrites_the_log(
    site: Site, connection: AsyncConnection, postgres: EmbeddedPostgres
) -> None:
    """After one clean-up, no segment of the write-ahead log has a text that was written and deleted before it."""
    marker = Markers().new("deleted", f"a comment of {site.database_url}")
    await write_and_delete(site, marker)
    folder, search = postgres.directory / "data" / "pg_wal", ByteSearch([marker])
    assert search.in_folders([folder]) != set()
    await PageCleaner().clean(connection)
    assert ByteSearch([marker]).in_folders([folder]) == set()


async def test_a_table_that_is_used_all_the_time_is_named(
    site: Site, connection: AsyncConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anyone who holds a table is waited for a moment only, and the clean-up stays incomplete."""
    monkeypatch.setattr(page_cleanup, "LOCK_ATTEMPTS_MAX", 2)
    await write_and_delete(site)
    with psycopg.connect(site.database_url) as other:
        other.execute(f"SELECT FROM {_TABLE}".encode())
        cleaner = PageCleaner()
        done = await cleaner.clean(connection)
    assert done.locked == [_TABLE]
    assert not done.is_complete
    assert await cleaner.is_needed(connection)


@pytest.mark.parametrize("isolation", list(OPEN))
async def test_what_an_open_transaction_sees_is_not_gone(
    site: Site, connection: AsyncConnection, postgres: EmbeddedPostgres, isolation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction from before a deletion keeps its rows in the files, and the clean-up incomplete, until its end."""
    monkeypatch.setattr(page_cleanup, "HORIZON_ATTEMPTS_MAX", 2)
    marker = Markers().new("deleted", f"a comment of {site.database_url}")
    cleaner, search, folder = PageCleaner(), ByteSearch([marker]), postgres.directory / "data" / "base"
    with psycopg.connect(site.database_url) as other:
        other.execute(OPEN[isolation].encode())
        await write_and_delete(site, marker)
        done = await cleaner.clean(connection)
        assert search.in_folders([folder]) != set()
        assert done.held_back == [str(other.info.backend_pid)]
        assert not done.is_complete
        assert (await cleaner.clean(connection)).rewritten == []
        assert await cleaner.is_needed(connection)
    assert (await cleaner.clean(connection)).is_complete
    assert search.in_folders([folder]) == set()


async def test_missing_rights_are_named(site: Site, connection: AsyncConnection) -> None:
    """Without a right on a server of one's own, the clean-up says which table and which log it left."""
    await write_and_delete(site)
    await site.sql(f"REVOKE MAINTAIN ON {_TABLE} FROM incidents_app")
    await site.sql("REVOKE EXECUTE ON FUNCTION pg_switch_wal() FROM incidents_app")
    assert (await PageCleaner().clean(connection)).missing_rights == [_TABLE, "write-ahead log"]


async def test_a_large_table_is_not_locked(
    site: Site, connection: AsyncConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that would be locked for long is vacuumed, and the clean-up says that it is not complete."""
    monkeypatch.setattr(page_cleanup, "REWRITE_BYTES_MAX", 0)
    await write_and_delete(site)
    done = await PageCleaner().clean(connection)
    assert _TABLE in done.large
    assert done.rewritten == []
    assert not done.is_complete


async def test_the_worker_of_retention_cleans_up(site: Site) -> None:
    """The worker cleans up at intervals, and stores when a complete clean-up began."""
    await site.worker("retention", erasure_seconds=0.1)

    async def began() -> bool:
        return await site.sql(_BEGUN) != []

    assert await eventually(began)


async def test_the_log_has_no_contents_of_published_letters(site: Site) -> None:
    """A dead letter that was published stays in the outbox without its contents, and events stay as they were."""
    letter = '{"subject":"im.main.dead.projects.ann","headers":{"Nats-Msg-Id":"1"},"body":"{\\"body\\":\\"okapi\\"}"}'
    event = '{"subject":"im.main.evt.projects.created.1","headers":{"ce-id":"1"},"body":"{}"}'
    for first, published in ((1, 2), (3, 0)):
        await site.sql(
            "INSERT INTO runtime.outbox VALUES ('projects', :lane, :first, 2, now(), :messages)",
            lane=first,
            first=first,
            messages=f"[{letter},{event}]",
        )
        await site.sql("INSERT INTO runtime.posted VALUES ('projects', :l, :p, :p)", l=first, p=published)
    async with site.engine.begin() as connection:
        assert await outbox.blank_letters(connection, EARLIEST) == 1
        assert await outbox.blank_letters(connection, EARLIEST) == 0
    rows = await site.sql("SELECT messages FROM runtime.outbox ORDER BY lane")
    assert ["okapi" in row.messages for row in rows] == [False, True]
    assert ["projects.created" in row.messages for row in rows] == [True, True]
