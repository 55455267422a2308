"""The entries of a batch of events, kept in the activity log and for the log server."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Event, Message, Store
from contracts.projects.commands import ProjectsExpired
from workers.audit import tables
from workers.audit.entry_json import (
    ENTRY_COLUMNS,
    IF_ABSENT,
    array_of,
    entries_by_project,
    entry_of,
    individual_entries,
    join_arrays,
    step_of,
)
from workers.audit.row_types import NewUndeliveredRow
from workers.runtime.commands.reaction_dispatch import ReceivedEvent
from workers.runtime.commands.unit_of_work import Rows
from workers.runtime.storage.bulk_writes import insert_json, insert_rows
from workers.runtime.storage.statement_execution import write

UNDELIVERED_ENTRIES_MAX = 1_000
"""Entries in one row for the log server, which takes several rows at once."""


class ActivityRows(Rows):
    """Entries for both stores; a redelivered event changes nothing."""

    def __init__(self) -> None:
        """Start empty."""
        self._activity: list[bytes] = []
        self._undelivered: list[bytes] = []
        self._oldest_at: datetime | None = None
        self._steps: list[NewUndeliveredRow] = []

    @classmethod
    async def load(cls, _connection: AsyncConnection, _messages: Sequence[Message]) -> Self:
        """Read nothing: an entry depends on its event alone."""
        return cls()

    def add(self, heard: ReceivedEvent[Event]) -> None:
        """Add the entry of each event that an event reports, for the stores that its class names."""
        if isinstance(heard.event, ProjectsExpired):
            self._add_step(heard, heard.event)
            return
        events = heard.event.individual_events()
        stores = events[0].stores if events else frozenset()
        if not stores:
            return
        is_itself = events[0] is heard.event
        entries = [entry_of(heard)] if is_itself else individual_entries(heard, events)
        if Store.INCIDENT_MANAGER in stores:
            self._activity += [*entries, *entries_by_project(heard)]
        if Store.LOG_SERVER in stores:
            self._undelivered += entries
            self._oldest_at = min(heard.at, self._oldest_at or heard.at)

    def _add_step(self, heard: ReceivedEvent[Event], event: ProjectsExpired) -> None:
        """Add a step of a sweep, from which each store makes an entry for each of its projects."""
        if event.project_ids:
            step = step_of(heard, event)
            self._steps.append(_undelivered(len(event.project_ids), heard.at, [step], are_deletions=True))

    async def save(self, connection: AsyncConnection) -> None:
        """Write the entries, those of steps with a statement of their own, and those for the log server."""
        undelivered = list(self._steps)
        if self._activity:
            entries = array_of(self._activity)
            await insert_json(connection, tables.Activity, ENTRY_COLUMNS, entries, conflict=IF_ABSENT)
        if self._steps:
            steps = join_arrays([row["entries"] for row in self._steps])
            await write(connection, tables.INSERT_DELETIONS, {"steps": steps})
        if self._oldest_at:
            slices = _slices(self._undelivered)
            undelivered += [_undelivered(len(entries), self._oldest_at, entries) for entries in slices]
        await insert_rows(connection, tables.Undelivered, undelivered)


def _undelivered(
    size: int, oldest_at: datetime, entries: Sequence[bytes], *, are_deletions: bool = False
) -> NewUndeliveredRow:
    return {"size": size, "oldest_at": oldest_at, "entries": array_of(entries), "are_deletions": are_deletions}


def _slices(entries: Sequence[bytes]) -> list[Sequence[bytes]]:
    starts = range(0, len(entries), UNDELIVERED_ENTRIES_MAX)
    return [entries[start : start + UNDELIVERED_ENTRIES_MAX] for start in starts]
