"""A connection that is lost while somebody begins costs one more try, and no more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from incidents.client import connect
from tests.faults import proxies
from tests.faults.proxies import Proxy
from tests.support import Site, eventually
from tests.support.system import worker_process

BROKEN = 3
PING = b"PING\r\n"


class BreakingWire(Proxy):
    """A wire whose first connections end when the client asks a second time whether the server is there.

    The first ping is that of the connecting itself; the second one follows what was subscribed.
    """

    def __init__(self, port: int) -> None:
        super().__init__("breaking", proxies.port(port))
        self.broken = 0

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        pings = 0
        while chunk := await source.read(16 * 1024):
            pings += chunk.count(PING)
            if pings > 1 and self.broken < BROKEN:
                self.broken += 1
                self.drop()
                return
            target.write(chunk)
            await target.drain()


@pytest.fixture
async def wire(site: Site) -> AsyncIterator[BreakingWire]:
    """Lay a wire to the bus that breaks a few times."""
    wire = BreakingWire(int(site.url.rpartition(":")[2]))
    yield wire
    await wire.close()


async def test_a_client_begins_again(site: Site, wire: BreakingWire) -> None:
    """A client whose connection ends behind its subscription subscribes again, and is heard within its time."""
    await site.worker("projects")
    url = f"nats://127.0.0.1:{await wire.listen_on_port()}"
    async with asyncio.timeout(9), connect(url, site.credentials("admin"), site.name) as client:
        await client.send(CreateProject(project_id=uuid7()))
    assert wire.broken == BROKEN


async def test_a_worker_begins_again(site: Site, wire: BreakingWire) -> None:
    """A worker whose connections end while it begins does not end itself, and becomes ready."""
    url = f"nats://127.0.0.1:{await wire.listen_on_port()}"
    async with worker_process(site, "projects", nats_url=url) as process:
        await process.wait_until_ready(20)
        assert wire.broken == BROKEN
        caller, project_id = await site.caller(), str(uuid7())
        outcome = await eventually(lambda: caller.send("projects.create", project_id, {"project_id": project_id}))
        assert outcome["status"] == "applied"


class ForgetfulWire(Proxy):
    """A wire that ends instead of carrying the first event to the bus."""

    def __init__(self, port: int) -> None:
        super().__init__("forgetful", proxies.port(port))
        self.forgot = False

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while chunk := await source.read(16 * 1024):
            if b"PUB im.main.evt." in chunk and not self.forgot:
                self.forgot = True
                self.drop()
                return
            target.write(chunk)
            await target.drain()


@pytest.fixture
async def closed_last() -> AsyncIterator[AsyncExitStack]:
    """Collect what is closed after the site, when it is named before it."""
    async with AsyncExitStack() as stack:
        yield stack


async def test_what_a_lost_connection_carried_is_published_again(closed_last: AsyncExitStack, site: Site) -> None:
    """An event whose acknowledgement was lost with its connection is published on the next one at once."""
    wire = ForgetfulWire(int(site.url.rpartition(":")[2]))
    closed_last.push_async_callback(wire.close)
    await site.worker("projects", nats_url=f"nats://127.0.0.1:{await wire.listen_on_port()}")
    caller, project_id = await site.caller(), str(uuid7())
    overseer = await site.overseer()
    subscription = await overseer.subscribe("im.main.evt.projects.>")
    await overseer.flush()
    await caller.send("projects.create", project_id, {"project_id": project_id})
    await subscription.next_msg(timeout=4)
    assert wire.forgot
