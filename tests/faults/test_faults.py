"""The short form of the fault suite: half a minute of load under faults of several kinds, and its whole history."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.run import RunOptions, execute
from tests.faults.system import SingleSystem

KINDS = (("kill",), ("pause",), ("cut",), ("silence",), ("locks",), ("kill", "slow"), ("restart",), ("full disk",))
SEED = 20_261_126


@pytest.fixture
async def single() -> AsyncIterator[SingleSystem]:
    """One machine, in a directory whose sockets have short names."""
    directory = Path(tempfile.mkdtemp(prefix="faults-", dir="/tmp"))
    system = SingleSystem(directory)
    try:
        await system.start()
        yield system
    finally:
        await system.stop()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.mark.timeout(400)
async def test_the_whole_history_stands_under_faults(single: SingleSystem) -> None:
    """Nothing is lost, doubled, out of order or unrecorded, and no feed skips, whatever fails meanwhile."""
    kinds = KINDS if not single.disk.why_not else KINDS[:-1]
    run = await execute(single, RunOptions(SEED, 0, kinds=kinds, longest=2.5, sessions=2, calm=0.5), print)
    assert [f"{violation.rule}: {violation.story}" for violation in run.violations] == []
    assert len(run.history.commands) > 200
    assert sum(event.kind == "event" for event in run.history.followed[0].received) > 100
