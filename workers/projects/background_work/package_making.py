"""Making packages outside the lanes, in turn for all who wait."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.common.asyncio_cancellation import run_cancellable
from workers.common.logs import describe
from workers.projects import export_tables
from workers.projects.exports.collection import collect_next
from workers.projects.exports.finishing import finish
from workers.projects.exports.media_steps import select_next
from workers.projects.row_types import ExportRow
from workers.projects.row_types.export_rows import UnfinishedExportRow
from workers.projects.worker import worker
from workers.runtime.bus.backlog_metrics import Figure
from workers.runtime.commands.deferred_commands import TRANSIENT, Step, Turns
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.storage.database import connect_autocommit
from workers.runtime.storage.identity_map import row_of, rows_of

_TASKS: Final = 2
"""Steps that a process makes at once, so that a large package keeps nobody else waiting."""

LARGE_BYTES: Final = 256 * 1024 * 1024
"""Recordings of a package whose steps one task at most makes, so that the others are there for small packages."""

_LOOK_SECONDS: Final = 0.3
"""Between two looks for the reports that an export waits for."""

_IDLE_SECONDS: Final = 1.0
"""Between two looks for exports that other processes have left behind; what this one takes wakes it."""

log = structlog.get_logger()


@worker.background
async def make_packages(running: RunningComponents) -> None:
    """Collect projects and make packages of them, in turn for all who wait."""
    maker = PackageMaker(running)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(_TASKS):
            tasks.create_task(run_cancellable(maker.run()))


class PackageMaker:
    """Makes packages in steps, one transaction each: if the process is killed, another one makes its step."""

    def __init__(self, running: RunningComponents) -> None:
        """Share the turns among the tasks of a process, which are woken by the commands that it takes."""
        self._work = running.deferred_work()
        self._turns = Turns()
        self._has_unfinished = False
        self._is_making_large = False
        self._woken = asyncio.Event()
        running.delivery.on_taken.append(self._woken.set)

    async def run(self) -> None:
        """Take one step after the other until cancelled; look again and again while there is nothing to do."""
        while True:
            self._woken.clear()
            try:
                busy = await self._make_next()
            except TRANSIENT as error:
                log.warning("export_step_interrupted", **describe(error))
                busy = False
            if not busy:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), _LOOK_SECONDS if self._has_unfinished else _IDLE_SECONDS)

    async def _make_next(self) -> bool:
        """Collect a project, or make a package; return whether there was anything to do."""
        async with connect_autocommit(self._work.engine) as connection:
            unfinished = rows_of(await connection.execute(export_tables.UNFINISHED), UnfinishedExportRow)
        self._has_unfinished = bool(unfinished)
        for row in self._turns.order(unfinished, _principal):
            is_large = row["media_bytes"] > LARGE_BYTES
            if is_large and self._is_making_large:
                continue
            self._is_making_large |= is_large
            try:
                make = self._collect if row["is_waiting"] else self._finish
                if await make(row["package_id"]):
                    self._turns.note(row["principal"])
                    return True
            finally:
                self._is_making_large &= not is_large
        return False

    async def _collect(self, package_id: UUID) -> bool:
        async def collect(step: Step, give_up: bool) -> bool:  # noqa: FBT001 - as the runtime calls it
            result = await step.connection.execute(export_tables.EXPORT, {"package_id": package_id})
            export = row_of(result, ExportRow)
            if export is None:
                return False
            is_selected = not give_up and await select_next(step, export)
            return is_selected or await collect_next(step, export, give_up=give_up)

        return await self._work.attempt(collect)

    async def _finish(self, package_id: UUID) -> bool:
        return await self._work.attempt(lambda step, give_up: finish(step, package_id, give_up=give_up))


def _principal(row: UnfinishedExportRow) -> str:
    return row["principal"]


@worker.shows_figures
async def pending_exports(connection: AsyncConnection) -> Sequence[Figure]:
    """Return how many exports wait or are being made, and since when."""
    count, seconds = (await connection.execute(export_tables.FIGURES)).one()
    return [
        Figure("exports_pending", "exports that wait or are being made", count),
        Figure("oldest_export_seconds", "since the oldest export was taken that has no package yet", seconds or 0.0),
    ]
