"""The sweeps and holds that a batch touches."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.errors import project_gone
from contracts.message import Message
from contracts.projects.commands import ProjectsExpired
from contracts.retention import HoldCommand, Sweep
from contracts.texts import Part
from workers.retention import tables
from workers.retention.row_types import HoldRow, SweepRow, TombstoneRow
from workers.runtime.commands.unit_of_work import Rows
from workers.runtime.storage.identity_map import RowSet, rows_of


class RetentionRows(Rows):
    """The sweeps that the batch continues, or all before a new one, locked; and the named projects with their holds."""

    def __init__(self) -> None:
        """Start empty."""
        self.sweeps = RowSet[SweepRow](tables.Sweep, "sweep_id")
        self.projects: set[UUID] = set()
        self.tombstones: dict[UUID, TombstoneRow] = {}
        self.holds = RowSet[HoldRow](tables.Hold, "hold_id")
        self.placed = RowSet[HoldRow](tables.Hold, "hold_id")
        self.swept_at: datetime | None = None
        """The time at which a sweep ended within the batch."""

    @classmethod
    async def load(cls, connection: AsyncConnection, messages: Sequence[Message]) -> Self:
        """Read and lock the sweeps that the messages are about, and the projects that they hold or release."""
        rows = cls()
        stepped = {message.sweep_id for message in messages if isinstance(message, ProjectsExpired)}
        beginning = any(isinstance(message, Sweep) for message in messages)
        if stepped or beginning:
            parameters = {"ids": sorted(stepped), "all": beginning}
            rows.sweeps.add_stored(rows_of(await connection.execute(tables.SWEEPS, parameters), SweepRow))
        named = {message.project_id for message in messages if isinstance(message, HoldCommand)}
        if named:
            await rows._load_holds(connection, sorted(named))
        return rows

    async def _load_holds(self, connection: AsyncConnection, ids: list[UUID]) -> None:
        """Lock the projects against deletion until the commit, and only then read their holds."""
        self.projects = set((await connection.execute(tables.LOCK_PROJECTS, {"ids": ids})).scalars())
        self.holds.add_stored(rows_of(await connection.execute(tables.IN_FORCE, {"ids": ids}), HoldRow))
        if missing := [project_id for project_id in ids if project_id not in self.projects]:
            tombstones = rows_of(await connection.execute(tables.TOMBSTONES, {"ids": missing}), TombstoneRow)
            self.tombstones = {row["project_id"]: row for row in tombstones}

    def require_project(self, project_id: UUID) -> None:
        """Refuse a command about a missing project."""
        if project_id not in self.projects:
            raise project_gone(self.tombstones.get(project_id), Part.PROJECT)

    def hold_of(self, project_id: UUID) -> HoldRow | None:
        """Return the hold in force of a project at this point of the batch."""
        holds = (hold for hold in (*self.holds.all(), *self.placed.all()) if hold["project_id"] == project_id)
        return next((hold for hold in holds if hold["released_at"] is None), None)

    def update(self, hold: HoldRow) -> None:
        """Write a changed hold."""
        holds = self.placed if self.placed.get(hold["hold_id"]) else self.holds
        holds.put(hold)

    async def save(self, connection: AsyncConnection) -> None:
        """Write sweeps, and releases before new holds: a project has at most one hold in force."""
        await self.sweeps.save(connection)
        await self.holds.save(connection)
        await self.placed.save(connection)
        if self.swept_at is not None:
            await connection.execute(tables.ENDED, {"ended_at": self.swept_at})
