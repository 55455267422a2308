"""A worker that is asked to end does so in order, however its libraries treat a cancellation."""

import asyncio
from contextlib import suppress

import pytest

from contracts.subjects import WORKERS
from tests.faults import proxies
from tests.faults.proxies import Proxy
from tests.support import Site, eventually
from tests.support.system import worker_process
from workers.common.asyncio_cancellation import end, run_cancellable


@pytest.mark.parametrize("worker", WORKERS)
async def test_sigterm_ends_a_worker_in_order(site: Site, worker: str) -> None:
    """A worker that serves goes through its whole ending: what was let in is answered, and the last line says so."""
    async with worker_process(site, worker) as process:
        await process.wait_until_ready(60)
        await process.stop()
        assert await process.wait() == 0
    assert '"worker_stopped"' in (site.directory / "logs" / f"{worker}.log").read_text()


async def test_sigterm_ends_a_worker_without_its_bus(site: Site) -> None:
    """A worker that tries to reach the message server again goes through its whole ending, too."""
    wire = Proxy("cut", proxies.port(int(site.url.rpartition(":")[2])))
    url = f"nats://127.0.0.1:{await wire.listen_on_port()}"
    log = site.directory / "logs" / "projects.log"
    async with worker_process(site, "projects", nats_url=url) as process:
        await process.wait_until_ready(60)
        wire.cut()

        async def is_cut() -> bool:
            return '"nats_error"' in log.read_text()

        await eventually(is_cut)
        await process.stop()
        assert await process.wait() == 0
    assert '"worker_stopped"' in log.read_text()
    await wire.close()


async def deaf(times: int, begun: asyncio.Event) -> None:
    """Lose some cancellations, as `asyncio.wait_for` does until Python 3.12."""
    forever = asyncio.Event()
    begun.set()
    for _ in range(times):
        with suppress(asyncio.CancelledError):
            await forever.wait()
    await forever.wait()


async def test_a_group_ends_although_a_cancellation_is_lost() -> None:
    """A group of tasks cancels each of them once; a task that loses that ends all the same, and so does the group."""

    async def work() -> None:
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            begun = asyncio.Event()
            group.create_task(run_cancellable(deaf(2, begun)))
            await begun.wait()
            raise ValueError

    with pytest.raises(ExceptionGroup):
        await work()


async def test_work_has_ended_when_its_task_has() -> None:
    """However often it is cancelled meanwhile, the task does not end before the work that takes its time to end."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            with suppress(asyncio.CancelledError, TimeoutError):
                async with asyncio.timeout(0.7):
                    await asyncio.Event().wait()
            ended.set()

    task = asyncio.create_task(run_cancellable(slow()))
    await begun.wait()
    await end([task])
    assert task.cancelled() is True
    assert ended.is_set() is True


async def test_what_fails_surely_fails() -> None:
    """The failure of work is that of the task that does it."""

    async def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await run_cancellable(fail())
