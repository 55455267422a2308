"""Child processes: whatever happens in one costs its job and nothing else."""

import asyncio
import os
import platform
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from tests.runtime.jobs import HERE
from tests.support import eventually
from workers.common.sandboxed_jobs import Cause, ChildError, Limits, ProcessPool

SECRET = "Seen by the guard of the night."
TIGHT = Limits(children=2, memory_bytes=256 * 1024 * 1024)
# A process that hangs in a child until somebody takes it away.
PARENT = """
import asyncio
from workers.common.sandboxed_jobs import Limits, ProcessPool

async def main() -> None:
    async with ProcessPool(Limits(seconds=600)).open() as pool:
        asking = asyncio.create_task(pool.call("tests.runtime.jobs:hang", {}))
        while not pool.pids:
            await asyncio.sleep(0.01)
        print(pool.pids[0], flush=True)
        await asking

asyncio.run(main())
"""


@pytest.fixture
async def pool() -> AsyncIterator[ProcessPool]:
    """Children with little memory and time."""
    async with ProcessPool(TIGHT).open() as opened:
        yield opened


async def pid_of(pool: ProcessPool) -> int:
    """Ask a child who it is."""
    return int((await pool.call(f"{HERE}:echo", {})).facts["pid"])


async def test_a_job_is_done_and_its_child_kept(pool: ProcessPool) -> None:
    """Facts and data of any size come back as they were sent, and the next job finds a warm child."""
    assert pool.pids == []
    parts = [b"", b"\x00\xff" * 3_000_000, SECRET.encode()]
    reply = await pool.call(f"{HERE}:echo", {"said": "é", "number": 1.5}, parts)
    assert reply.data == parts
    assert reply.facts["said"] == "é"
    assert reply.facts["number"] == 1.5
    assert [await pid_of(pool)] == [reply.facts["pid"]] == pool.pids


@pytest.mark.parametrize(
    "job, cause",
    [
        ("crash", Cause.CRASH),
        ("leave", Cause.CRASH),
        ("fail", Cause.CRASH),
        ("babble", Cause.CRASH),
        ("unknown", Cause.CRASH),
        ("devour", Cause.MEMORY),
        ("fill", Cause.DISK),
    ],
)
async def test_a_death_is_told_by_its_cause(
    pool: ProcessPool, job: str, cause: Cause, capfd: pytest.CaptureFixture[str]
) -> None:
    """However a job ends its process, the caller hears why, nothing is said of the texts, and the next job is done."""
    with pytest.raises(ChildError) as died:
        await pool.call(f"{HERE}:{job}", {"said": SECRET}, [SECRET.encode()])
    assert died.value.cause is cause
    assert await pid_of(pool)
    assert pool.deaths
    assert SECRET not in "".join(capfd.readouterr())


@pytest.mark.parametrize("job", ["burn", "hang"])
async def test_a_job_has_its_time(job: str) -> None:
    """A job that computes or waits for ever is ended."""
    async with ProcessPool(Limits(seconds=1)).open() as pool:
        with pytest.raises(ChildError) as died:
            await pool.call(f"{HERE}:{job}", {})
        assert died.value.cause is Cause.TIME
        assert pool.pids == []


async def test_jobs_run_at_once_up_to_the_limit(pool: ProcessPool) -> None:
    """Jobs share as many children as are allowed, and all of them are done."""
    pids = await asyncio.gather(*(pid_of(pool) for _ in range(20)))
    assert len(pids) == 20
    assert 1 <= len(pool.pids) <= TIGHT.children


async def test_what_a_library_prints_goes_nowhere(pool: ProcessPool, capfd: pytest.CaptureFixture[str]) -> None:
    """A child that prints does not stand still, does not spoil its replies, and nobody sees what it said."""
    reply = await pool.call(f"{HERE}:chatter", {"said": SECRET})
    assert [reply.facts["pid"]] == pool.pids
    assert await pid_of(pool) == reply.facts["pid"]
    assert SECRET not in "".join(capfd.readouterr())


async def test_children_without_a_job_end_on_demand(pool: ProcessPool) -> None:
    """Idle children give their memory back before a large job, which has a new child."""
    first = await pid_of(pool)
    await pool.end_idle()
    assert pool.pids == []
    assert await pid_of(pool) != first


async def test_memory_that_is_kept_ends_a_child(pool: ProcessPool) -> None:
    """A child that has grown is replaced after its job."""
    small = (await pool.call(f"{HERE}:grow", {"bytes": 1_000})).facts["pid"]
    large = (await pool.call(f"{HERE}:grow", {"bytes": 150_000_000})).facts["pid"]
    assert small == large
    assert await pid_of(pool) != large
    assert not psutil.pid_exists(large)


async def test_a_child_knows_no_server(pool: ProcessPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks into a child finds no address, no password and no way to leave texts in a core dump."""
    monkeypatch.setenv("INCIDENTS_DATABASE_URL", "postgresql://somebody:secret@example.org/incident_manager")
    monkeypatch.setenv("PGPASSWORD", "secret")
    facts = (await pool.call(f"{HERE}:environment", {})).facts
    assert not [name for name in facts["names"] if name.startswith(("INCIDENTS_", "PG"))]
    assert facts["core"] == [0, 0]


async def test_a_child_that_was_killed_is_replaced(pool: ProcessPool, tmp_path: Path) -> None:
    """A child that somebody takes away, idle or at work, costs no job."""
    idle = await pid_of(pool)
    os.kill(idle, signal.SIGKILL)
    assert await pid_of(pool) != idle
    assert (await pool.call(f"{HERE}:once", {"path": str(tmp_path / "tried")})).facts["pid"]


async def test_who_gives_up_ends_the_job(pool: ProcessPool) -> None:
    """A caller that is cancelled leaves no process at work."""
    asking = asyncio.create_task(pool.call(f"{HERE}:hang", {}))

    async def has_begun() -> list[int]:
        return pool.pids

    [pid] = await eventually(has_begun)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert not psutil.pid_exists(pid)


async def test_closing_ends_every_child() -> None:
    """Nothing is left of a pool, and closing it takes no time that a job may take."""
    async with ProcessPool(Limits(seconds=600)).open() as pool:
        idle = await pid_of(pool)
        asking = asyncio.create_task(pool.call(f"{HERE}:hang", {}))

        async def works() -> bool:
            return pool.busy == 1

        await eventually(works)
        pids = [idle, *pool.pids]
    with pytest.raises(ChildError):
        await asking
    assert not any(map(psutil.pid_exists, pids))


async def test_a_child_dies_with_its_parent() -> None:
    """A worker that is killed leaves no child behind, not even one that hangs."""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout
    pid = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()

    async def is_gone() -> bool:
        return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE

    await eventually(is_gone)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the filter is for this machine alone")
async def test_a_child_has_no_network(pool: ProcessPool) -> None:
    """No job opens a socket, in whichever thread, so nothing that it runs reaches a server."""
    facts = (await pool.call(f"{HERE}:network", {})).facts
    assert facts == {"here": "PermissionError", "in_a_thread": "PermissionError"}
