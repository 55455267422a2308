"""The rows of reports that a batch touches."""

from collections.abc import Sequence
from typing import Self
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Message
from contracts.reports import GenerateReport, ReportCommand
from workers.reports import tables
from workers.reports.row_types import ChunkRow, ReportRow, TombstoneRow
from workers.runtime.commands.unit_of_work import Rows
from workers.runtime.storage.bulk_writes import insert_rows
from workers.runtime.storage.identity_map import RowSet, rows_of


class ReportRows(Rows):
    """The reports that the batch names, and their projects, locked against deletion."""

    def __init__(self) -> None:
        """Start empty."""
        self.reports = RowSet[ReportRow](tables.Report, "report_id")
        self.chunks: list[ChunkRow] = []
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
        if projects:
            parameters = {"ids": sorted(projects)}
            rows.projects = set((await connection.execute(tables.PROJECTS, parameters)).scalars())
            tombstones = rows_of(await connection.execute(tables.TOMBSTONES, parameters), TombstoneRow)
            rows.tombstones = {row["project_id"]: row for row in tombstones}
        return rows

    async def save(self, connection: AsyncConnection) -> None:
        """Write reports before their bytes."""
        await self.reports.save(connection)
        chunks = [{**chunk, "data": f"\\x{chunk['data'].hex()}"} for chunk in self.chunks]
        await insert_rows(connection, tables.Chunk, chunks)
