"""The entries of a batch of events, numbered and hashed for the activity log and for the log server."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Self

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Event, Message, Store
from contracts.projects.commands import ProjectsExpired
from workers.audit import tables
from workers.audit.entry_json import (
    Step,
    array_of,
    entries_by_project,
    entry_of,
    hashes_of,
    individual_entries,
    join_arrays,
    step_of,
)
from workers.audit.entry_values import separation
from workers.audit.entry_values.separation import Separation
from workers.audit.row_types import NewUndeliveredRow
from workers.runtime.commands.reaction_dispatch import ReceivedEvent
from workers.runtime.commands.unit_of_work import Rows
from workers.runtime.storage.database import as_json
from workers.runtime.storage.statement_execution import write

UNDELIVERED_ENTRIES_MAX = 1_000
"""Entries in one row for the log server, which takes several rows at once."""


class _Leaves:
    """Entries and the hashes of their leaves, made once for both stores."""

    def __init__(self, entries: Sequence[bytes] = ()) -> None:
        self.entries = list(entries)
        self.hashes = hashes_of(entries)

    def add(self, others: "_Leaves") -> None:
        self.entries += others.entries
        self.hashes += others.hashes

    def parts(self) -> Iterator[tuple[list[bytes], list[bytes]]]:
        """Yield as many as one row for the log server has."""
        for start in range(0, len(self.entries), UNDELIVERED_ENTRIES_MAX):
            part = slice(start, start + UNDELIVERED_ENTRIES_MAX)
            yield self.entries[part], self.hashes[part]


class ActivityRows(Rows):
    """Entries for both stores, each in a batch's own transaction; an event that was heard before does not come here."""

    def __init__(self, separation: Separation) -> None:
        """Start empty, with what separates values from entries."""
        self._separation = separation
        self._heard: list[ReceivedEvent[Event]] = []
        self._activity = _Leaves()
        self._undelivered = _Leaves()
        self._oldest_at: datetime | None = None
        self._steps: list[tuple[datetime, Step]] = []

    @classmethod
    async def load(cls, connection: AsyncConnection, messages: Sequence[Message]) -> Self:
        """Read whether entries may have values: nothing else does an entry depend on, apart from its event."""
        return cls(await separation.of_batch(connection, messages))

    def add(self, heard: ReceivedEvent[Event]) -> None:
        """Add an event, whose entry is made when the batch is written."""
        self._heard.append(heard)

    def _add_entry(self, heard: ReceivedEvent[Event]) -> None:
        """Add the entry of each event that an event reports, or its own one if these have none, for their stores."""
        self._separation.note_deletions(heard.event)
        if isinstance(heard.event, ProjectsExpired):
            if heard.event.project_ids:
                self._steps.append((heard.at, step_of(heard, heard.event)))
            return
        events = heard.event.individual_events()
        if events and not events[0].stores:
            events = [heard.event]
        stores = events[0].stores if events else frozenset()
        if not stores:
            return
        is_itself = events[0] is heard.event
        leaves = _Leaves([entry_of(heard, self._separation)] if is_itself else individual_entries(heard, events))
        if Store.INCIDENT_MANAGER in stores:
            self._activity.add(leaves)
            self._activity.add(_Leaves(list(entries_by_project(heard))))
        if Store.LOG_SERVER in stores:
            self._undelivered.add(leaves)
            self._oldest_at = min(heard.at, self._oldest_at or heard.at)

    async def save(self, connection: AsyncConnection) -> None:
        """Write the entries, those of steps with a statement of their own, and those for the log server."""
        await self._separation.read(connection, self._heard)
        for heard in self._heard:
            self._add_entry(heard)
        await self._separation.save(connection)
        undelivered = [_undelivered(at, [step.document], step.hashes, are_deletions=True) for at, step in self._steps]
        if hashes := self._activity.hashes:
            entries = array_of(self._activity.entries)
            await write(connection, tables.INSERT_ENTRIES, {"entries": entries, "hashes": b"".join(hashes)})
            await _count(connection, Store.INCIDENT_MANAGER, len(hashes))
        if self._steps:
            steps = join_arrays([row["entries"] for row in undelivered])
            hashes = [hash_ for _, step in self._steps for hash_ in step.hashes]
            await write(connection, tables.INSERT_DELETIONS, {"steps": steps, "hashes": b"".join(hashes)})
            await _count(connection, Store.INCIDENT_MANAGER, len(hashes))
        if self._oldest_at:
            undelivered += [_undelivered(self._oldest_at, *part) for part in self._undelivered.parts()]
        if undelivered:
            await write(connection, tables.INSERT_UNDELIVERED, {"rows": as_json(undelivered)})
            await _count(connection, Store.LOG_SERVER, sum(row["size"] for row in undelivered))


async def _count(connection: AsyncConnection, store: Store, count: int) -> None:
    await write(connection, tables.COUNT_RECORDED, {"store": store.value, "count": count})


def _undelivered(
    oldest_at: datetime, entries: Sequence[bytes], hashes: Sequence[bytes], *, are_deletions: bool = False
) -> NewUndeliveredRow:
    return {
        "size": len(hashes),
        "oldest_at": oldest_at,
        "entries": array_of(entries),
        "are_deletions": are_deletions,
        "hashes": f"\\x{b''.join(hashes).hex()}",
    }
