"""The entries of events as JSON, made once: each store takes an array of them as the rows of its table."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from uuid import UUID

from pydantic_core import to_json

from contracts.ids import derived_ids
from contracts.message import Event
from contracts.projects.commands import ProjectDeleted, ProjectsExpired
from contracts.projects.imports import ProjectsImported
from workers.runtime.commands.reaction_dispatch import ReceivedEvent

ENTRY_COLUMNS = ("event_id", "at", "actor", "activity", "project_id", "command_id", "revision", "details")
IF_ABSENT = "ON CONFLICT DO NOTHING"
"""How both stores insert entries: the id of an event is their key, so that a repeated event changes nothing."""

_PROJECT: Final = {"project_id"}


def entry_of(received: ReceivedEvent[Event]) -> bytes:
    """Return the entry of an event; its details are the fields of the event without the project, which is a column."""
    form = _EntryForm(received, received.event)
    return form.entry(str(received.id), _id(received.project_id), received.event)


def individual_entries(received: ReceivedEvent[Event], events: Sequence[Event]) -> list[bytes]:
    """Return the entries of the events that an event reports together, each about one project.

    Their ids are those of `individual_events`. They are in the order of their ids, in which a store inserts fastest.
    """
    form = _EntryForm(received, events[0])
    project_ids = [event.__dict__["project_id"] for event in events]
    ids = derived_ids(received.id, project_ids)
    return sorted(map(form.entry, ids, map(_id, project_ids), events))


def step_of(received: ReceivedEvent[Event], event: ProjectsExpired) -> bytes:
    """Return what the entries of a step of a sweep are made from, one for each project (`INSERT_DELETIONS`)."""
    return to_json(
        {
            "event_id": received.id,
            "at": received.at.isoformat(),
            "actor": received.actor,
            "activity": ProjectDeleted.subject,
            "command_id": received.cause,
            "project_ids": event.project_ids,
            "numbers": event.numbers,
        }
    )


def entries_by_project(received: ReceivedEvent[Event]) -> Iterator[bytes]:
    """Yield an entry for each project of an import, as if it were the only one.

    Their ids are derived from the event's id and therefore the same on every redelivery.
    """
    if isinstance(received.event, ProjectsImported):
        project_ids = received.event.project_ids
        form, ids = _EntryForm(received, received.event), derived_ids(received.id, project_ids)
        for project_id, number, event_id in zip(project_ids, received.event.numbers, ids, strict=True):
            event = ProjectsImported(project_ids=[project_id], numbers=[number])
            yield form.entry(event_id, _id(project_id), event)


class _EntryForm:
    """What is the same in all entries that come from one message: made once."""

    def __init__(self, received: ReceivedEvent[Event], event: Event) -> None:
        """Take what the message and the class of the event say."""
        self._middle = b'","at":"%b","actor":%b,"activity":"%b","project_id":' % (
            received.at.isoformat().encode(),
            to_json(received.actor),
            event.subject.encode(),
        )
        self._tail = b',"command_id":%b,"revision":%b,"details":' % (
            _id(received.cause),
            b"null" if received.revision is None else b"%d" % received.revision,
        )
        self._serializer = type(event).__pydantic_serializer__

    def entry(self, event_id: str, project_id: bytes, event: Event) -> bytes:
        """Return the entry of an event of this class."""
        details = self._serializer.to_json(event, exclude=_PROJECT)
        return b'{"event_id":"%b%b%b%b%b}' % (event_id.encode(), self._middle, project_id, self._tail, details)


def _id(value: UUID | None) -> bytes:
    return b"null" if value is None else b'"%b"' % str(value).encode()


def array_of(entries: Iterable[bytes]) -> str:
    """Return entries as one JSON array."""
    return f"[{b','.join(entries).decode()}]"


def join_arrays(arrays: Sequence[str]) -> str:
    """Return the entries of several arrays, none of them empty, as one."""
    return f"[{','.join(array[1:-1] for array in arrays)}]"
