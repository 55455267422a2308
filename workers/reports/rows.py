"""The rows of reports that a batch touches."""

from collections.abc import Sequence
from typing import Self
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Message
from contracts.report_batches import DeleteBatch, GenerateBatch
from contracts.report_record import GenerateRecord
from contracts.report_register import GenerateRegister
from contracts.report_summaries import DeleteSummary, GenerateSummary
from contracts.reports import GenerateReport, ReportCommand
from workers.reports import batch_tables, design_tables, summary_tables, tables
from workers.reports.row_types import BatchRow, DesignRequestRow, ReportRow, RequestRow, SummaryRow, TombstoneRow
from workers.runtime.commands.unit_of_work import Rows
from workers.runtime.storage.bulk_writes import insert_rows
from workers.runtime.storage.identity_map import RowSet, rows_of
from workers.runtime.storage.statement_execution import write


class ReportRows(Rows):
    """The reports that the batch names, and their projects, locked against deletion."""

    def __init__(self) -> None:
        """Start empty."""
        self.reports = RowSet[ReportRow](tables.Report, "report_id")
        self.requests: list[RequestRow] = []
        self.design_requests: list[DesignRequestRow] = []
        self.batches = RowSet[BatchRow](batch_tables.Batch, "report_id")
        self.summaries = RowSet[SummaryRow](summary_tables.Summary, "report_id")
        self.projects: set[UUID] = set()
        self.tombstones: dict[UUID, TombstoneRow] = {}

    @classmethod
    async def load(cls, connection: AsyncConnection, messages: Sequence[Message]) -> Self:
        """Read and lock the named reports; lock the projects of new ones."""
        rows = cls()
        ids = {message.report_id for message in messages if isinstance(message, ReportCommand)}
        projects = {message.project_id for message in messages if isinstance(message, GenerateReport)}
        reports = await connection.execute(tables.REPORTS, {"ids": sorted(ids)})
        rows.reports.add_stored(rows_of(reports, ReportRow))
        batches = sorted(message.report_id for message in messages if isinstance(message, GenerateBatch | DeleteBatch))
        if batches:
            rows.batches.add_stored(
                rows_of(await connection.execute(batch_tables.LOCK_BATCHES, {"ids": batches}), BatchRow)
            )
        summaries = sorted(
            message.report_id
            for message in messages
            if isinstance(message, GenerateSummary | GenerateRegister | GenerateRecord | DeleteSummary)
        )
        if summaries:
            rows.summaries.add_stored(
                rows_of(await connection.execute(summary_tables.LOCK_SUMMARIES, {"ids": summaries}), SummaryRow)
            )
        if projects:
            parameters = {"ids": sorted(projects)}
            rows.projects = set((await connection.execute(tables.PROJECTS, parameters)).scalars())
            tombstones = rows_of(await connection.execute(tables.TOMBSTONES, parameters), TombstoneRow)
            rows.tombstones = {row["project_id"]: row for row in tombstones}
        return rows

    def is_in_use(self, report_id: UUID) -> bool:
        """Return whether a report, a batch or a summary has this id."""
        return any(rows.get(report_id) for rows in (self.reports, self.batches, self.summaries))

    async def save(self, connection: AsyncConnection) -> None:
        """Write what has changed, and a part for each project of a new batch that exists."""
        await self.reports.save(connection)
        await insert_rows(connection, tables.Request, self.requests)
        for request in self.design_requests:
            await connection.execute(design_tables.ADD_REQUEST, request)
        await self.summaries.save(connection)
        await self.batches.save(connection)
        for batch in self.batches.new():
            await write(connection, batch_tables.ADD_PARTS, {"report_id": batch["report_id"]})
