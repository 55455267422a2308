"""The thin subscriber of a lane, against a real stream."""

from itertools import chain

import pytest

from contracts.subjects import LANES
from tests.support import Site, eventually
from workers.runtime.bus.lane_ownership import Lanes
from workers.runtime.bus.lane_subscriber import Batch, commands_of, subscribe_lanes
from workers.runtime.process.assembly import open_broker
from workers.runtime.storage.database import open_engine


@pytest.fixture
async def commands(site: Site) -> Site:
    """A site with three messages that wait in a lane."""
    caller = await site.caller()
    for number in range(3):
        await caller.publish("projects.create", "-", {"number": number})
    return site


class Recorder:
    """Takes what a lane delivers, and fails as the test sets it."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.batches: list[list[bytes]] = []

    async def __call__(self, batch: Batch) -> None:
        self.batches.append([message.data for message in batch.messages])
        if self.failures:
            raise self.failures.pop(0)


async def deliver(site: Site, recorder: Recorder, messages: int) -> list[list[bytes]]:
    """Run the subscribers of all lanes until so many messages have come."""
    settings = site.settings("projects")
    engine, broker = open_engine(site.database_url, connections=LANES), open_broker("projects", settings)
    lanes = Lanes(engine, "projects", "1-abcdef")
    lanes._share = LANES
    lanes._set_count(LANES)
    subscribe_lanes(broker, lanes, range(LANES), commands_of(site.name, "projects", 200), recorder)

    async def have_come() -> bool:
        return sum(map(len, recorder.batches)) >= messages

    async with broker:
        await broker.start()
        try:
            await eventually(have_come)
        finally:
            await broker.stop()
            await engine.dispose()
    return recorder.batches


async def test_what_waits_comes_in_order(commands: Site) -> None:
    """All that waits in a lane comes in order, and no batch waits to be filled."""
    batches = await deliver(commands, Recorder(), 3)
    assert list(chain(*batches)) == [b'{"number": 0}', b'{"number": 1}', b'{"number": 2}']


@pytest.mark.parametrize("failure", [OSError("away"), KeyError("a mistake in the program")])
async def test_a_batch_that_failed_comes_again(commands: Site, failure: Exception) -> None:
    """The lane's place stays where it was when a batch fails, whatever was the reason: it comes again, whole."""
    recorder = Recorder(failure)
    first, *again = await deliver(commands, recorder, 4)
    assert list(chain(*again))[: len(first)] == first
