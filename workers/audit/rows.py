"""The entries of a batch of events."""

from collections.abc import Sequence
from typing import Self
from uuid import uuid3

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Event, Message, Store
from contracts.projects.imports import ProjectsImported
from workers.audit import tables
from workers.audit.row_types import ActivityRow, NewWaitingRow
from workers.runtime.commands.reaction_dispatch import ReceivedEvent, individual_events
from workers.runtime.commands.unit_of_work import Rows
from workers.runtime.storage.bulk_writes import insert_rows

_ON_CONFLICT = "ON CONFLICT DO NOTHING"


class ActivityRows(Rows):
    """Entries for both stores; a redelivered event changes nothing."""

    def __init__(self) -> None:
        """Start empty."""
        self._activity: list[ActivityRow] = []
        self._waiting: list[NewWaitingRow] = []

    @classmethod
    async def load(cls, _connection: AsyncConnection, _messages: Sequence[Message]) -> Self:
        """Read nothing: an entry depends on its event alone."""
        return cls()

    def add(self, heard: ReceivedEvent[Event]) -> None:
        """Add the entry of each event that an event reports, for the stores that its class names."""
        for event in individual_events(heard):
            self._add(event)

    def _add(self, heard: ReceivedEvent[Event]) -> None:
        stores = heard.event.stores
        entry: ActivityRow = {
            "event_id": heard.id,
            "at": heard.at,
            "actor": heard.actor,
            "activity": heard.event.subject,
            "project_id": heard.project_id,
            "command_id": heard.cause,
            "revision": heard.revision,
            "details": heard.event.model_dump(exclude={"project_id"}),
        }
        if Store.INCIDENT_MANAGER in stores:
            self._activity += [entry, *entries_by_project(entry, heard.event)]
        if Store.LOG_SERVER in stores:
            self._waiting.append({"event_id": heard.id, "entry": {**entry}})

    async def save(self, connection: AsyncConnection) -> None:
        """Write the entries, with one statement per store."""
        await insert_rows(connection, tables.Activity, self._activity, conflict=_ON_CONFLICT)
        await insert_rows(connection, tables.Waiting, self._waiting, conflict=_ON_CONFLICT)


def entries_by_project(entry: ActivityRow, event: Event) -> list[ActivityRow]:
    """Return an entry for each project of an import, as if it were the only one.

    Their ids are derived from the event's id and therefore the same on every redelivery.
    """
    if not isinstance(event, ProjectsImported):
        return []
    return [
        {
            **entry,
            "event_id": uuid3(entry["event_id"], str(project_id)),
            "project_id": project_id,
            "details": ProjectsImported(project_ids=[project_id], numbers=[number]).model_dump(),
        }
        for project_id, number in zip(event.project_ids, event.numbers, strict=True)
    ]
