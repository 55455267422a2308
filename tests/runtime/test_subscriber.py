"""The thin subscriber of a lane, against a real stream."""

from typing import Any

import pytest
from nats.aio.msg import Msg

from contracts.subjects import LANES
from tests.support import Site, eventually
from workers.runtime.database import open_engine
from workers.runtime.lanes import Lanes
from workers.runtime.process import open_broker
from workers.runtime.streams import COMMANDS
from workers.runtime.subscriber import Source, subscribe_lane


@pytest.fixture
async def commands(site: Site) -> Site:
    """A site with three messages that wait in a lane."""
    caller = await site.caller()
    for number in range(3):
        await caller.publish("projects.create", "-", {"number": number})
    return site


class Recorder:
    """Takes what a lane delivers, and fails as it is told."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.batches: list[list[bytes]] = []

    async def __call__(self, connection: Any, lane: int, messages: list[Msg]) -> None:
        self.batches.append([message.data for message in messages])
        if self.failures:
            raise self.failures.pop(0)


async def deliver(site: Site, recorder: Recorder, batches: int) -> list[list[bytes]]:
    """Run the subscribers of all lanes until so many batches have come."""
    settings = site.settings("projects")
    engine, broker = open_engine(site.database_url, connections=LANES), open_broker("projects", settings)
    lanes = Lanes(engine, "projects")
    lanes._share = LANES
    for lane in range(LANES):
        subscribe_lane(broker, lanes, lane, Source(COMMANDS, f"projects-{lane}", 200), recorder)

    async def have_come() -> bool:
        return len(recorder.batches) >= batches

    async with broker:
        await broker.start()
        try:
            await eventually(have_come)
        finally:
            await broker.stop()
            await engine.dispose()
    return recorder.batches


async def test_a_batch_is_what_is_there(commands: Site) -> None:
    """All that waits in a lane comes at once, in order, without waiting for more."""
    (batch,) = await deliver(commands, Recorder(), 1)
    assert batch == [b'{"number": 0}', b'{"number": 1}', b'{"number": 2}']


@pytest.mark.parametrize("failure", [OSError("away"), KeyError("a mistake in the program")])
async def test_a_batch_that_failed_comes_again(commands: Site, failure: Exception) -> None:
    """What was not handled is never acknowledged, whatever was the reason: it comes again, whole."""
    first, second = await deliver(commands, Recorder(failure), 2)
    assert first == second
    assert len(second) == 3
