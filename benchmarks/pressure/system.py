"""The system under pressure: workers below the product's own supervisor, and the clients that judge them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import psutil
import psycopg
from psycopg.abc import Params

from benchmarks.commands.testbed import SITE, Testbed
from benchmarks.pressure.senders import Sender
from workers.local.servers import process_control
from workers.local.supervision.supervisor import Supervisor
from workers.runtime.bus import streams

HONEST_PER_SECOND: Final = 25.0
WORKERS: Final = ("projects", "audit")
_READY_SECONDS: Final = 60.0
_ROLES: Final = """
    INSERT INTO administration.role VALUES ('all', 'all', '{"incident-projects": "manage",
        "incident-projects/main-details": "manage"}');
    INSERT INTO administration.member VALUES ('supply', 'all'), ('honest', 'all')
"""


@dataclass
class System:
    """A running system, its supply of commands, and an honest client beside it."""

    testbed: Testbed
    supervisor: Supervisor
    supply: Sender
    honest: Sender
    capacity: float
    """Commands a second that this machine was seen to apply; 0 if that is not known."""

    @property
    def senders(self) -> tuple[Sender, Sender]:
        """Both clients."""
        return self.supply, self.honest

    async def query(self, query: str, parameters: Params = (), *, url: str = "") -> list[Any]:
        """Return the rows of a query, on a connection of its own: the server may have been restarted."""
        async with await psycopg.AsyncConnection.connect(url or self.testbed.database_url, autocommit=True) as database:
            return await (await database.execute(query.encode(), parameters)).fetchall()

    def log_tails(self) -> str:
        """Return the last lines of each worker's output."""
        outputs = sorted(self.testbed.directory.glob("*.out"))
        return "\n".join(f"--- {output.stem}\n{process_control.log_tail(output)}" for output in outputs)

    def pids(self) -> dict[str, int]:
        """Return the processes of the workers that run."""
        return {worker.name: worker.pid for worker in self.supervisor.workers if worker.pid}

    def memory_mebibytes(self) -> dict[str, tuple[float, float]]:
        """Return the proportional and the resident memory of each worker, in mebibytes."""
        read = {name: psutil.Process(pid).memory_full_info() for name, pid in self.pids().items()}
        return {name: (memory.pss / 2**20, memory.rss / 2**20) for name, memory in read.items()}


@asynccontextmanager
async def run_system(testbed: Testbed, rate: float, capacity: float = 0.0) -> AsyncIterator[System]:
    """Start the workers, and wait until a command of each client is applied."""
    testbed.database.execute(_ROLES.encode())
    await streams.provision(await testbed.connect("provision", "provision"), SITE)
    supply = Sender(await testbed.connect("supply", "client"), "supply", rate)
    honest = Sender(await testbed.connect("honest", "client"), "honest", HONEST_PER_SECOND, resends=True)
    settings = {"INCIDENTS_LOG_DIR": str(testbed.directory / "logs"), "INCIDENTS_COMMANDS_PER_SECOND": "0"}
    environments = {name: {**testbed.worker_environment(name), **settings} for name in WORKERS}
    supervisor = Supervisor(environments, testbed.directory)
    supervisor.start()
    try:
        system = System(testbed, supervisor, supply, honest, capacity)
        for sender in system.senders:
            await sender.listen()
            await sender.send(time.time())
        await _until_answered(system)
        yield system
    finally:
        await supervisor.stop()


async def _until_answered(system: System) -> None:
    until = time.monotonic() + _READY_SECONDS
    while any(sender.waiting for sender in system.senders):
        if time.monotonic() > until:
            raise AssertionError(f"the workers do not answer\n{system.log_tails()}")
        await asyncio.sleep(0.05)


@asynccontextmanager
async def sending(system: System) -> AsyncIterator[None]:
    """Let both clients send at their rates."""
    tasks = [asyncio.create_task(sender.run()) for sender in system.senders]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    for error in ends:
        if isinstance(error, Exception):
            raise error
