"""Cursors of feeds after the stream of events was restored or emptied, and cursors of older versions."""

import asyncio
import json
import shutil
from functools import partial
from zlib import crc32

import pytest
from nats.aio.msg import Msg
from nats.errors import NoRespondersError

from contracts.errors import Code
from incidents import Client, Refused
from tests.delivery.test_lost_bus import restart_bus
from tests.projects.feeds import create_project, event_names, follow, next_events, wait_for_events
from tests.support import Caller, Site, eventually
from tests.support.system import worker_process
from workers.runtime.bus.streams import api
from workers.runtime.feeds import feed


@pytest.fixture
async def admin(site: Site) -> Client:
    """Somebody who creates and follows projects."""
    return await site.client()


async def copied(site: Site) -> str:
    """Copy the store of the bus, and return the folder of the copy."""
    copy = str(site.directory / "copy")
    await asyncio.to_thread(site.server.stop)
    shutil.copytree(site.server.directory / "jetstream", copy)
    site.server.start()
    return copy


async def cursors(admin: Client, count: int) -> list[str]:
    """Create so many projects, and return the cursors of their events."""
    async with follow(admin) as watch:
        for _ in range(count):
            await create_project(admin)
        return [event.cursor or "" for event in await next_events(watch, count)]


async def test_a_cursor_of_lost_events_is_refused(site: Site, admin: Client) -> None:
    """When new events have grown over a cursor's number, it is `gone`; a cursor from before the copy goes on."""
    async with worker_process(site, "projects") as worker:
        await worker.wait_until_ready(60)
        saved = await cursors(admin, 2)
        await wait_for_events(site, 2)
    copy = await copied(site)
    async with worker_process(site, "projects") as worker:
        await worker.wait_until_ready(60)
        lost = await cursors(admin, 3)
    await restart_bus(site, copy)
    await site.worker("projects")
    ids = [str(await create_project(admin)) for _ in range(5)]
    await wait_for_events(site, 7)
    for cursor in lost:
        with pytest.raises(Refused) as refusal:
            async with follow(admin, since=cursor):
                pass
        assert refusal.value.code is Code.GONE
    async with follow(admin, since=saved[-1]) as watch:
        assert event_names(await next_events(watch, 5)) == [("created", each_id) for each_id in ids]


async def messages_of(caller: Caller) -> list[Msg]:
    """Open a feed, and collect its messages."""
    received = list[Msg]()

    async def on_message(message: Msg) -> None:
        if (message.headers or {}).get("Feed-Kind", "beat") != "beat":
            received.append(message)

    await caller.nats.subscribe("_INBOX_admin.open", cb=on_message)
    await caller.nats.publish("im.main.qry.admin.projects.watch", b"{}", reply="_INBOX_admin.open")
    return received


async def is_renewed(caller: Caller, body: dict[str, str]) -> bool:
    """Renew a feed, unless its worker has not subscribed anew yet."""
    try:
        await caller.ask("projects.watch", body)
    except NoRespondersError:
        return False
    return True


async def test_an_open_feed_ends_when_its_events_are_lost(
    site: Site, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A feed that outlives the restoring of an older copy ends with `gone` instead of leaving events out."""
    monkeypatch.setattr(feed, "WINDOW", 1)  # the feed waits for its client while the events are lost
    monkeypatch.setattr(feed, "LEASE_SECONDS", 300)
    copy, caller = await copied(site), await site.caller()
    running = await site.worker("projects")
    received = await messages_of(caller)

    async def count_is(count: int) -> bool:
        return len(received) == count

    await eventually(partial(count_is, 1))
    await create_project(admin)
    await eventually(partial(count_is, 2))
    await restart_bus(site, copy)
    for _ in range(2):
        await create_project(admin)

    async def reads_again() -> bool:
        return running.feeds._shared.journal.beginnings == 2

    await eventually(reads_again, within=60)
    opened, event = json.loads(received[0].data), received[1].headers or {}
    await eventually(partial(is_renewed, caller, {"feed": opened["feed"], "since": event["Feed-Cursor"]}))
    await eventually(partial(count_is, 3))
    assert json.loads(received[2].data)["error"]["code"] == "gone"


async def test_a_cursor_at_the_end_outlives_its_event(site: Site, admin: Client) -> None:
    """When all events were trimmed and the server was restarted, the cursor of the last one goes on."""
    async with worker_process(site, "projects") as worker:
        await worker.wait_until_ready(60)
        (cursor,) = await cursors(admin, 1)
    assert (await api(await site.overseer(), "STREAM.PURGE.EVENTS", {"seq": 2}))["success"]
    await asyncio.to_thread(site.server.stop)
    site.server.start()
    await site.worker("projects")
    async with follow(admin, since=cursor) as watch:
        project_id = await create_project(admin)
        assert event_names(await next_events(watch, 1)) == [("created", str(project_id))]


async def test_a_cursor_of_an_older_version_goes_on(site: Site, admin: Client) -> None:
    """A cursor that names the stream and not the event, as older versions wrote it, is still accepted."""
    await site.worker("projects")
    first, second = await create_project(admin), await create_project(admin)
    await wait_for_events(site, 2)
    stream = (await api(await site.overseer(), "STREAM.INFO.EVENTS", {}))["created"]
    async with follow(admin, since=f"{crc32(stream.encode()):x}-1") as watch:
        assert event_names(await next_events(watch, 1)) == [("created", str(second))]
    assert first != second
