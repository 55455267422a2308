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
from workers.runtime.commands import unit
from workers.runtime.storage.row_set import Row, RowSet


class RetentionRows(unit.Rows):
    """Sweeps, locked: those that made a step, or all of them where another one may begin; and projects with holds."""

    def __init__(self) -> None:
        """Start empty."""
        self.sweeps = RowSet[Row](tables.Sweep, "sweep_id")
        self.projects: set[UUID] = set()
        self.tombstones: dict[UUID, Row] = {}
        self.holds = RowSet[Row](tables.Hold, "hold_id")
        self.placed = RowSet[Row](tables.Hold, "hold_id")
        self.swept_at: datetime | None = None
        """When a sweep ended within the batch."""

    @classmethod
    async def load(cls, connection: AsyncConnection, messages: Sequence[Message]) -> Self:
        """Read and lock the sweeps that the messages are about, and the projects that they hold or release."""
        rows = cls()
        stepped = {message.sweep_id for message in messages if isinstance(message, ProjectsExpired)}
        beginning = any(isinstance(message, Sweep) for message in messages)
        if stepped or beginning:
            given = {"ids": sorted(stepped), "all": beginning}
            rows.sweeps.add_stored(row._asdict() for row in await connection.execute(tables.SWEEPS, given))
        named = {message.project_id for message in messages if isinstance(message, HoldCommand)}
        if named:
            await rows._load_holds(connection, sorted(named))
        return rows

    async def _load_holds(self, connection: AsyncConnection, ids: list[UUID]) -> None:
        """Keep the projects from being deleted until the commit, and only then look at what is there."""
        self.projects = set((await connection.execute(tables.LOCK_PROJECTS, {"ids": ids})).scalars())
        self.holds.add_stored(row._asdict() for row in await connection.execute(tables.IN_FORCE, {"ids": ids}))
        if missing := [one for one in ids if one not in self.projects]:
            gone = (await connection.execute(tables.TOMBSTONES, {"ids": missing})).mappings()
            self.tombstones = {row["project_id"]: row for row in gone}

    def need(self, project_id: UUID) -> None:
        """Refuse what is about a project that is not there."""
        if project_id not in self.projects:
            raise project_gone(self.tombstones.get(project_id), Part.PROJECT)

    def hold_of(self, project_id: UUID) -> Row | None:
        """Return the hold of a project that is in force at this point of the batch."""
        known = (*self.holds.all(), *self.placed.all())
        return next((one for one in known if one["project_id"] == project_id and one["released_at"] is None), None)

    def keep(self, hold: Row) -> None:
        """Keep a hold as it stands now."""
        kept = self.placed if self.placed.get(hold["hold_id"]) else self.holds
        kept.put(hold)

    async def save(self, connection: AsyncConnection) -> None:
        """Write the sweeps, and releases before new holds: a project has one hold in force at any time."""
        await self.sweeps.save(connection)
        await self.holds.save(connection)
        await self.placed.save(connection)
        if self.swept_at is not None:
            await connection.execute(tables.ENDED, {"ended_at": self.swept_at})
