"""The background work of reports: making them, summaries and batches, and deleting old files."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.report_batches import BatchState
from workers.common.asyncio_cancellation import run_cancellable
from workers.common.logs import describe
from workers.reports import batch_tables, domain, summary_tables, tables
from workers.reports.batches import package_reports
from workers.reports.batches.files import finish_batch
from workers.reports.batches.package_reports import RequestedPackageRow, make_next_package_report
from workers.reports.batches.parts import make_next_part
from workers.reports.batches.selections import take_selection
from workers.reports.design.design_trials import try_next_design
from workers.reports.row_types import UnfinishedBatchRow, WaitingPrincipalRow
from workers.reports.single_reports import make_next_report
from workers.reports.summaries.summary_file import make_next_summary
from workers.reports.worker import worker
from workers.runtime.bus.backlog_metrics import Figure
from workers.runtime.commands.deferred_commands import TRANSIENT, Turns
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.storage.database import connect_autocommit
from workers.runtime.storage.database_clock_check import is_believed
from workers.runtime.storage.identity_map import rows_as
from workers.runtime.storage.statement_execution import Question, read_together

_BATCH_TASKS: Final = 2
"""Parts of batches and reports of packages made at once; one task more does only what is short."""

_LOOK_SECONDS: Final = 0.5
"""Between two looks for what other processes have taken; what this one takes wakes it."""

_MAKERS: Final = {"report": make_next_report, "summary": make_next_summary, "design": try_next_design}
_PURGE_SECONDS: Final = 60.0
log = structlog.get_logger()


@worker.background
async def make_reports(running: RunningComponents) -> None:
    """Make what was asked for, in turn for all who wait: single reports and summaries before parts of batches."""
    maker = ReportMaker(running)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run_cancellable(maker.look_out(running)))
        tasks.create_task(run_cancellable(maker.run(makes_batches=False)))
        for _ in range(_BATCH_TASKS):
            tasks.create_task(run_cancellable(maker.run(makes_batches=True)))


class ReportMaker:
    """Makes reports in steps, one transaction each: if the process is killed, another one makes its step."""

    def __init__(self, running: RunningComponents) -> None:
        """Share the turns among the tasks of a process, which are woken by the commands that it takes."""
        self._work = running.deferred_work()
        self._turns, self._turns_of_batches = Turns(), Turns()
        self._woken = asyncio.Event()
        running.delivery.on_taken.append(self._woken.set)

    async def run(self, *, makes_batches: bool) -> None:
        """Take one step after the other until cancelled; wait while there is nothing to do."""
        while True:
            self._woken.clear()
            try:
                busy = await self._make_next(makes_batches=makes_batches)
            except TRANSIENT as error:
                log.warning("report_step_interrupted", **describe(error))
                busy = False
            if not busy:
                await self._woken.wait()

    async def look_out(self, running: RunningComponents) -> None:
        """Wake the others while anything waits that another process has taken or left behind."""
        while True:
            with suppress(SQLAlchemyError, OSError):  # the others log it
                async with connect_autocommit(running.engine) as connection:
                    for statement in (batch_tables.ANY_PENDING, package_reports.ANY_REQUESTED):
                        if (await connection.execute(statement)).scalar_one():
                            self._woken.set()
            await asyncio.sleep(_LOOK_SECONDS)

    async def _make_next(self, *, makes_batches: bool) -> bool:
        """Make a single report or a summary, or else a part of a batch or package; return whether anything was made."""
        questions: dict[str, Question] = {"principals": (tables.REQUESTING, {})}
        if makes_batches:
            questions["batches"] = (batch_tables.UNFINISHED_BATCHES, {})
            questions["packages"] = (package_reports.REQUESTED_PACKAGES, {})
        async with connect_autocommit(self._work.engine) as connection:
            waiting = await read_together(connection, questions)
        for row in self._turns.order(rows_as(WaitingPrincipalRow, waiting["principals"]), _principal):
            if await self._make_single(row):
                self._turns.note(row["principal"])
                return True
        if not makes_batches:
            return False
        packages = rows_as(RequestedPackageRow, waiting["packages"])
        return await self._make_part_of([*packages, *rows_as(UnfinishedBatchRow, waiting["batches"])])

    async def _make_single(self, waiting: WaitingPrincipalRow) -> bool:
        make = _MAKERS[waiting["kind"]]
        return await self._work.attempt(lambda step, give_up: make(step, waiting["principal"], give_up=give_up))

    async def _make_part_of(self, unfinished: Sequence[UnfinishedBatchRow | RequestedPackageRow]) -> bool:
        """Make a report of one package, one part of one batch, or one file; return whether there was anything to do."""
        for row in self._turns_of_batches.order(unfinished, _principal):
            if await (self._make_for_package(row["package_id"]) if "package_id" in row else self._make_for_batch(row)):
                self._turns_of_batches.note(row["principal"])
                return True
        return False

    async def _make_for_batch(self, batch: UnfinishedBatchRow) -> bool:
        make = self._take_selection if batch["selection_id"] else self._make_part
        if batch["state"] == BatchState.PENDING and await make(batch["report_id"]):
            return True
        return await self._finish(batch["report_id"])

    async def _make_for_package(self, package_id: UUID) -> bool:
        return await self._work.attempt(
            lambda step, give_up: make_next_package_report(step, package_id, give_up=give_up)
        )

    async def _take_selection(self, report_id: UUID) -> bool:
        return await self._work.attempt(lambda step, give_up: take_selection(step, report_id, give_up=give_up))

    async def _make_part(self, report_id: UUID) -> bool:
        return await self._work.attempt(lambda step, give_up: make_next_part(step, report_id, give_up=give_up))

    async def _finish(self, report_id: UUID) -> bool:
        return await self._work.attempt(lambda step, give_up: finish_batch(step, report_id, give_up=give_up))


def _principal(row: WaitingPrincipalRow | UnfinishedBatchRow | RequestedPackageRow) -> str:
    return row["principal"]


@worker.shows_figures
async def pending_reports(connection: AsyncConnection) -> Sequence[Figure]:
    """Return how many reports wait or are being made, also in summaries, batches and packages, and since when."""
    statements = (batch_tables.PENDING_FIGURES, package_reports.FIGURES)
    counts, ages = zip(*[(await connection.execute(statement)).one() for statement in statements], strict=True)
    meaning = "reports that wait or are being made, summaries and those of batches and packages included"
    oldest = max(seconds or 0.0 for seconds in ages)
    return [
        Figure("reports_pending", meaning, sum(counts)),
        Figure("oldest_report_seconds", "since the oldest command was taken that has no report yet", oldest),
    ]


@worker.background
async def purge_files(running: RunningComponents) -> None:
    """Delete reports that packages have taken and, unless the clock is doubted, batches and summaries after a day."""
    while True:
        try:
            async with connect_autocommit(running.engine) as connection:
                await connection.execute(package_reports.DROP_TAKEN)
                if await is_believed(connection):
                    lifetime = {"kept": domain.FILE_LIFETIME}
                    deleted = await connection.execute(batch_tables.PURGE_BATCHES, lifetime)
                    if deleted.rowcount:
                        log.info("batches_purged", batches=deleted.rowcount)
                    deleted = await connection.execute(summary_tables.PURGE_SUMMARIES, lifetime)
                    if deleted.rowcount:
                        log.info("summaries_purged", summaries=deleted.rowcount)
        except (SQLAlchemyError, OSError) as error:
            log.warning("purge_failed", **describe(error))
        await asyncio.sleep(_PURGE_SECONDS)
