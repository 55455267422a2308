"""The sweeps that a batch touches."""

from collections.abc import Sequence
from typing import Self

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Message
from contracts.projects import ProjectsExpired
from contracts.retention import Sweep
from workers.retention import tables
from workers.runtime import unit
from workers.runtime.kept import Kept


class RetentionRows(unit.Rows):
    """Sweeps, locked: those that made a step, or all of them where another one may begin."""

    def __init__(self) -> None:
        """Start empty."""
        self.sweeps = Kept(tables.Sweep, "sweep_id")

    @classmethod
    async def load(cls, connection: AsyncConnection, messages: Sequence[Message]) -> Self:
        """Read and lock the sweeps that the messages are about."""
        rows = cls()
        stepped = {message.sweep_id for message in messages if isinstance(message, ProjectsExpired)}
        beginning = any(isinstance(message, Sweep) for message in messages)
        if stepped or beginning:
            given = {"ids": sorted(stepped), "all": beginning}
            rows.sweeps.found(row._asdict() for row in await connection.execute(tables.SWEEPS, given))
        return rows

    async def save(self, connection: AsyncConnection) -> None:
        """Write the sweeps."""
        await self.sweeps.save(connection)
