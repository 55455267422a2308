"""Workers as processes of their own, which a test can kill."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from tests.support.eventually import eventually
from tests.support.site import Site
from workers.local.servers import process_control
from workers.local.servers.nats import free_port
from workers.local.supervision import http_fetch

PROGRAM = (sys.executable, "-m", "workers", "worker")


def environment(site: Site, worker: str, **changed: object) -> dict[str, str]:
    """Return the environment of a worker process of a site."""
    settings = site.settings(worker, log_dir=site.directory / "logs", **changed).model_dump(mode="json")
    return {f"INCIDENTS_{name.upper()}": str(value) for name, value in settings.items() if value is not None}


class WorkerProcess:
    """One worker process."""

    def __init__(self, running: asyncio.subprocess.Process, port: int) -> None:
        self._running = running
        self.port = port

    @property
    def url(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._running.returncode is None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._running.pid

    async def wait_until_ready(self, within: float) -> None:
        """Wait until it handles what is sent to it.

        Raises:
            AssertionError: It is not ready `within` so many seconds.
        """

        async def is_ready() -> bool:
            return self.is_running and (await http_fetch.fetch(self.port, "/ready"))[0] == http_fetch.OK

        await eventually(is_ready, within=within)

    async def kill(self) -> None:
        """Take the process away without a word."""
        self._running.send_signal(signal.SIGKILL)
        await self._running.wait()

    async def wait(self) -> int:
        """Wait until it ends, and return its status."""
        return await self._running.wait()

    async def stop(self) -> None:
        """Ask it to end, unless it has ended."""
        if self._running.returncode is None:
            self._running.terminate()
            await self._running.wait()


@asynccontextmanager
async def worker_process(site: Site, worker: str, **changed: object) -> AsyncIterator[WorkerProcess]:
    """Run a worker as a process of its own for as long as the block lasts."""
    port = free_port()
    variables: Mapping[str, str] = {**os.environ, **environment(site, worker, health_port=port, **changed)}
    line = process_control.command([*PROGRAM, worker], signal.SIGKILL)
    with process_control.log_file(site.directory / "logs" / f"{worker}-{port}.out") as output:
        running = await asyncio.create_subprocess_exec(
            *line, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, env=variables
        )
    started = WorkerProcess(running, port)
    try:
        yield started
    finally:
        await started.stop()
