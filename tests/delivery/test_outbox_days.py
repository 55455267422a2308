"""The outbox keeps what was published for some days, and no day longer than somebody needs it."""

from datetime import UTC, datetime, timedelta

from structlog.testing import capture_logs

from contracts.ids import uuid7
from tests.delivery.helpers import Inspector, comment, creation
from tests.support import Site, eventually
from workers.runtime.bus.outbox import PostedRow, post
from workers.runtime.bus.streams import api

ROW = PostedRow(worker="projects", lane=0, subject="im.main.evt.projects.-.imported", headers={}, body="{}")


def partition() -> str:
    """Return the table of today's messages."""
    return f"runtime.outbox_{datetime.now(UTC):%Y_%m_%d}"


async def post_one(site: Site) -> None:
    """Post a message to a lane that nobody owns."""
    async with site.engine.begin() as connection:
        await post(connection, [ROW])


async def is_kept(site: Site, days: int, *, believed: bool = True) -> bool:
    """Maintain the outbox as some days later, and return whether today's messages are still there."""
    at = datetime.now(UTC) + timedelta(days=days)
    if believed:
        await site.sql("UPDATE runtime.clock SET believed_at = :at", at=at)
    await site.sql("SELECT runtime.maintain_outbox(2, :at)", at=at)
    return bool(await site.sql("SELECT to_regclass(:name) IS NOT NULL", name=partition()) == [(True,)])


async def test_published_messages_are_dropped_after_the_days_to_keep(site: Site) -> None:
    """A day of messages is dropped when it is old enough by a believed clock, and not before."""
    await post_one(site)
    await site.sql("UPDATE runtime.posted SET published = posted")
    assert await is_kept(site, 2)
    assert await is_kept(site, 3, believed=False)
    assert not await is_kept(site, 3)


async def test_what_is_not_published_is_kept(site: Site) -> None:
    """A day with messages that are not published stays, however old it is."""
    await post_one(site)
    assert await is_kept(site, 30)


async def test_what_a_hearer_has_not_heard_is_kept(site: Site) -> None:
    """A day stays until everybody who counts events has heard all of its messages."""
    await post_one(site)
    await site.sql("UPDATE runtime.posted SET published = posted")
    await site.sql("INSERT INTO runtime.heard (hearer, worker, lane, number) VALUES ('audit', 'reports', 0, 7)")
    assert await is_kept(site, 30)
    await site.sql("INSERT INTO runtime.heard (hearer, worker, lane, number) VALUES ('audit', 'projects', 0, 1)")
    assert not await is_kept(site, 30)


async def test_a_row_of_no_day_is_kept(site: Site) -> None:
    """A message that is posted on a day without a partition is not lost, and moves into it when it is made."""
    await site.sql(f"DROP TABLE {partition()}")
    await post_one(site)
    assert await site.count("runtime.outbox_other") == 1
    assert await is_kept(site, 0)
    assert await site.count("runtime.outbox_other") == 0
    assert await site.count(partition()) == 1


async def test_events_that_nobody_has_are_reported(site: Site, inspector: Inspector) -> None:
    """The first missing number and their count are logged, and audit goes on behind them."""
    caller, project_id = await site.caller(), uuid7()
    await site.worker("projects")
    await caller.publish("projects.create", project_id, creation(project_id))
    for _ in range(2):
        await caller.publish("projects.add-comment", project_id, comment(project_id))
    await inspector.wait_until_idle()
    assert (await api(inspector.ops, "STREAM.MSG.DELETE.EVENTS", {"seq": 1}))["success"]
    await site.sql("DELETE FROM runtime.outbox WHERE first = 1")
    with capture_logs() as logs:
        audit = await site.worker("audit", log_database_url=None)

        async def is_heard() -> bool:
            return await site.count("runtime.heard WHERE number = 3") == 1

        await eventually(is_heard)
    assert await site.sql("SELECT missing FROM runtime.heard") == [(1,)]
    [missing] = [line for line in logs if line["event"] == "events_missing"]
    assert missing["source"] == "projects"
    assert missing["first"] == 1
    assert missing["count"] == 1

    async def is_shown() -> bool:
        return {figure.name: figure.value for figure in await audit.backlog.read()}["events_missing"] == 1

    await eventually(is_shown)
