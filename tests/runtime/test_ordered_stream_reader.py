"""The reader of a stream, against a real one."""

import asyncio

from nats.js.api import StreamConfig

from tests.runtime.callers import Connect
from tests.support import eventually
from workers.runtime.bus.ordered_stream_reader import open_reader


async def test_few_messages_wait_for_others(connect: Connect) -> None:
    """A message that arrives alone waits for the next, and both are returned together."""
    provider, worker = await connect("provision", "provision"), await connect("audit", "worker")
    alice = await connect("alice", "client")
    await provider.bus.jetstream().add_stream(StreamConfig("COMMANDS", subjects=["im.main.cmd.>"]))
    async with open_reader(worker.bus, "COMMANDS", ["im.main.cmd.>"], 0, 10) as reader:

        async def has_come() -> bool:
            return reader.behind > 0

        fetched = asyncio.create_task(reader.fetch(2, 5, gather_seconds=0.5))
        await alice.bus.jetstream().publish("im.main.cmd.alice.projects.key.create", b"1")
        await eventually(has_come)
        await alice.bus.jetstream().publish("im.main.cmd.alice.projects.key.create", b"2")
        assert [message.data for message in await fetched] == [b"1", b"2"]


async def test_as_many_as_wanted_wait_for_nothing(connect: Connect) -> None:
    """A batch that is full is returned at once, however long few messages would wait."""
    provider, worker = await connect("provision", "provision"), await connect("audit", "worker")
    alice = await connect("alice", "client")
    await provider.bus.jetstream().add_stream(StreamConfig("COMMANDS", subjects=["im.main.cmd.>"]))
    await alice.bus.jetstream().publish("im.main.cmd.alice.projects.key.create", b"1")
    async with open_reader(worker.bus, "COMMANDS", ["im.main.cmd.>"], 0, 10) as reader, asyncio.timeout(30):
        (message,) = await reader.fetch(1, 5, gather_seconds=600)
    assert message.data == b"1"
