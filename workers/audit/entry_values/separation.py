"""Separating values of projects' data from entries: a log has them only where some rule keeps projects for long."""

import secrets
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.evidence.entry_values import SALT_BYTES, TEXT_HASHES, VALUES_HASH, hash_of, separate
from contracts.message import Event
from contracts.projects.commands import ProjectDeleted, ProjectsExpired
from workers.audit.entry_values import tables
from workers.audit.entry_values.text_hashes import TextHashes
from workers.audit.row_types import NewValuesRow
from workers.runtime.commands.reaction_dispatch import ReceivedEvent
from workers.runtime.storage.database import as_json
from workers.runtime.storage.statement_execution import write


class Separation:
    """The values of a batch of events; a site that keeps projects for a short time only has none."""

    def __init__(self, *, has_values: bool) -> None:
        """Start without any."""
        self._has_values = has_values
        self._rows: list[NewValuesRow] = []
        self._texts = TextHashes()
        self._deleted: set[UUID] = set()

    async def read(self, connection: AsyncConnection, batch: Sequence[ReceivedEvent[Event]]) -> None:
        """Read the texts of which entries have hashes."""
        if self._has_values:
            await self._texts.read(connection, batch)

    def details_of(self, received: ReceivedEvent[Event], details: dict[str, Any]) -> dict[str, Any]:
        """Return the details of an event as its entry has them, and note their values."""
        named = self._without_values(received, details)
        hashes = self._texts.of(received)
        return {**named, TEXT_HASHES: hashes} if hashes else named

    def _without_values(self, received: ReceivedEvent[Event], details: dict[str, Any]) -> dict[str, Any]:
        fields = type(received.event).project_values
        if not fields or received.project_id is None:
            return details
        named, values = separate(details, fields)
        if not values or not self._has_values:
            return named
        salt = secrets.token_bytes(SALT_BYTES)
        self._rows.append(
            {
                "event_id": str(received.id),
                "at": received.at,
                "project_id": str(received.project_id),
                "salt": f"\\x{salt.hex()}",
                "content": values,
            }
        )
        return {**named, VALUES_HASH: hash_of(values, salt)}

    def note_deletions(self, event: Event) -> None:
        """Note the projects that an event says were deleted."""
        if isinstance(event, ProjectDeleted | ProjectsExpired) and event.restorable_until:
            return
        if isinstance(event, ProjectDeleted):
            self._deleted.add(event.project_id)
        elif isinstance(event, ProjectsExpired):
            self._deleted.update(event.project_ids)

    async def save(self, connection: AsyncConnection) -> None:
        """Write the values, without those of deleted projects, and forget what was written of these."""
        if self._rows:
            await write(connection, tables.INSERT, {"rows": as_json(self._rows)})
        await self._texts.save(connection)
        if self._deleted:
            await write(connection, tables.FORGET_PROJECTS, {"ids": sorted(self._deleted)})


def has_contents(event: type[Event]) -> bool:
    """Tell whether the entries of a class of events have values, or hashes of texts."""
    return bool(event.project_values) or event.writes_texts


async def of_batch(connection: AsyncConnection, events: Sequence[object]) -> Separation:
    """Return the separation of a batch, and read whether logs have values only if one of its events has any."""
    if any(isinstance(event, Event) and has_contents(type(event)) for event in events):
        return Separation(has_values=(await connection.execute(tables.HAS_VALUES)).scalar_one())
    return Separation(has_values=False)
