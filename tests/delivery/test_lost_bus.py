"""The bus may be lost: whatever it forgets of EVENTS, the record of what was done is complete."""

import asyncio
import shutil

from contracts.ids import uuid7
from tests.delivery.helpers import Inspector, creation
from tests.support import Caller, Site, eventually
from tests.support.system import worker_process
from workers.runtime.bus.streams import api, provision

PROJECTS = 150


async def create(caller: Caller, number: int) -> None:
    """Publish creations, whose events are of both stores."""
    for _ in range(number):
        project_id = uuid7()
        await caller.publish("projects.create", project_id, creation(project_id))


async def recorded(site: Site, entries: int) -> None:
    """Wait until both stores have so many entries, and each event one."""

    async def is_complete() -> bool:
        distinct = await site.sql("SELECT count(DISTINCT event_id) FROM audit.waiting")
        return [await site.count("audit.activity"), distinct[0][0]] == [entries, entries]

    await eventually(is_complete, within=90)
    assert await site.sql("SELECT event_id FROM audit.activity GROUP BY 1 HAVING count(*) > 1") == []
    assert await site.sql("SELECT sum(missing) FROM runtime.heard") == [(0,)]


async def restart_bus(site: Site, store: str) -> None:
    """Stop the bus, replace its store by another folder or by nothing, and start it again."""
    await asyncio.to_thread(site.server.stop)
    shutil.rmtree(site.server.directory / "jetstream")
    if store:
        shutil.copytree(store, site.server.directory / "jetstream")
    site.server.start()
    await provision(await site.nats("provision", "provision"), site.name)


async def test_events_of_a_removed_store_are_recorded(site: Site, inspector: Inspector) -> None:
    """Entries of commands that were applied before the whole store of the bus was removed are in both stores."""
    caller = await site.caller()
    async with worker_process(site, "projects"):
        await create(caller, PROJECTS)
        await inspector.wait_until_idle()
    await restart_bus(site, "")
    await site.worker("audit", log_database_url=None)
    await recorded(site, PROJECTS)


async def test_events_cut_from_the_stream_are_recorded(site: Site, inspector: Inspector) -> None:
    """The last hundred events of the stream are read from the outbox when it has lost them."""
    caller = await site.caller()
    await site.worker("projects")
    await create(caller, PROJECTS)
    await inspector.wait_until_idle()
    for place in range(PROJECTS - 99, PROJECTS + 1):
        assert (await api(inspector.ops, "STREAM.MSG.DELETE.EVENTS", {"seq": place}))["success"]
    await site.worker("audit", log_database_url=None)
    await create(caller, 1)
    await recorded(site, PROJECTS + 1)


async def test_events_that_an_older_store_lacks_are_recorded(site: Site, inspector: Inspector) -> None:
    """After an older copy of the store is restored, events from before and after it have one entry each."""
    caller, copy = await site.caller(), str(site.directory / "copy")
    async with worker_process(site, "projects"):
        await create(caller, PROJECTS)
        await inspector.wait_until_idle()
    await asyncio.to_thread(site.server.stop)
    shutil.copytree(site.server.directory / "jetstream", copy)
    site.server.start()
    async with worker_process(site, "projects"):
        await create(caller, PROJECTS)
        await inspector.wait_until_idle()
    await restart_bus(site, copy)
    await site.worker("projects")
    await site.worker("audit", log_database_url=None)
    await create(caller, PROJECTS)
    await recorded(site, 3 * PROJECTS)
