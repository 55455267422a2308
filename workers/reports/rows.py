"""The rows of reports that a batch touches."""

from collections.abc import Sequence
from typing import Self
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Message
from contracts.reports import GenerateReport, ReportCommand
from workers.reports import tables
from workers.runtime.commands import unit
from workers.runtime.storage.row_set import Row, RowSet


class ReportRows(unit.Rows):
    """Reports that are named, and the projects they are about, kept from being deleted meanwhile."""

    def __init__(self) -> None:
        """Start empty."""
        self.reports = RowSet[Row](tables.Report, "report_id")
        self.chunks = RowSet[Row](tables.Chunk, "report_id", "number")
        self.projects: set[UUID] = set()
        self.tombstones: dict[UUID, Row] = {}

    @classmethod
    async def load(cls, connection: AsyncConnection, messages: Sequence[Message]) -> Self:
        """Read and lock the named reports; lock the projects of new ones."""
        rows = cls()
        ids = {one.report_id for one in messages if isinstance(one, ReportCommand)}
        projects = {one.project_id for one in messages if isinstance(one, GenerateReport)}
        found = await connection.execute(tables.REPORTS, {"ids": sorted(ids)})
        rows.reports.add_stored(found.mappings())
        if projects:
            given = {"ids": sorted(projects)}
            rows.projects = set((await connection.execute(tables.PROJECTS, given)).scalars())
            gone = (await connection.execute(tables.TOMBSTONES, given)).mappings()
            rows.tombstones = {row["project_id"]: row for row in gone}
        return rows

    async def save(self, connection: AsyncConnection) -> None:
        """Write reports before their bytes."""
        await self.reports.save(connection)
        await self.chunks.save(connection)
