"""Making the steps of sweeps outside the lanes."""

import asyncio
import time
from contextlib import suppress
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from workers.common.logs import describe
from workers.projects.expired_project_deletion import WAITING_STEPS, make_next_step
from workers.projects.rules.sweep_step_size import StepSize, pause_seconds
from workers.projects.worker import worker
from workers.runtime.commands.deferred_commands import TRANSIENT, Step
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.storage.database import connect_autocommit

_LOOK_SECONDS: Final = 1.0
"""Between two looks for steps that other processes have left behind; what this one takes wakes it."""


log = structlog.get_logger()


@worker.background
async def make_sweep_steps(running: RunningComponents) -> None:
    """Make the steps of sweeps outside the lanes, one after the other."""
    sweeper = Sweeper(running)
    while True:
        if not await sweeper.make_step():
            await sweeper.wait()


class Sweeper:
    """Makes steps of sweeps, one transaction each: if the process is killed, another one makes its step."""

    def __init__(self, running: RunningComponents) -> None:
        """Let the commands that this process takes wake it."""
        self._work = running.deferred_work()
        self._size = StepSize()
        self._counters = running.delivery.counters
        self._woken = asyncio.Event()
        running.delivery.on_taken.append(self._woken.set)

    async def make_step(self) -> bool:
        """Make the next step and leave time to commands; return whether there was one."""
        self._woken.clear()
        since, decided = time.monotonic(), self._counters.decided
        try:
            was_made = await self._work.attempt(self._attempt)
        except TRANSIENT as error:
            log.warning("sweep_step_interrupted", **describe(error))
            return False
        if was_made:
            await asyncio.sleep(pause_seconds(time.monotonic() - since, is_busy=self._counters.decided > decided))
        return was_made

    async def _attempt(self, step: Step, give_up: bool) -> bool:  # noqa: FBT001 - as the runtime calls it
        return await make_next_step(step, self._size, give_up=give_up)

    async def wait(self) -> None:
        """Wait until this process takes a step, or any waits."""
        while not self._woken.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), _LOOK_SECONDS)
                return
            with suppress(SQLAlchemyError, OSError):  # the attempt logs it
                async with connect_autocommit(self._work.engine) as connection:
                    if (await connection.execute(WAITING_STEPS)).scalar_one():
                        self._woken.set()
