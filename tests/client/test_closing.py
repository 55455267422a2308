"""Closing a connection that is lost meanwhile, in either event loop."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest
import uvloop

from incidents.connection import Troubles, open_connection
from tests.client.conftest import Bus
from tests.faults import proxies
from tests.faults.proxies import Proxy
from tests.support import eventually


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_lost_connection_is_closed(bus: Bus, new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """A program leaves its block in silence although its server is away and a message was not sent."""

    async def leave() -> None:
        wire = Proxy("cut", proxies.port(int(bus.url.rpartition(":")[2])))
        url = f"nats://127.0.0.1:{await wire.listen_on_port()}"
        async with AsyncExitStack() as ends, asyncio.timeout(20):
            ends.push_async_callback(wire.close)
            opened = open_connection(url, bus.credentials("alice"), Troubles())
            connection = await ends.enter_async_context(opened)
            wire.cut()

            async def is_cut() -> bool:
                return connection.is_reconnecting

            await eventually(is_cut)
            await connection.publish("im.inbox.nobody", b"late")

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(leave())
