"""The entries of events as JSON, made once: each store takes an array of them as the rows of its table."""

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID, uuid3

from pydantic_core import to_json

from contracts.message import Event
from contracts.projects.imports import ProjectsImported
from workers.runtime.commands.reaction_dispatch import ReceivedEvent

ENTRY_COLUMNS = ("event_id", "at", "actor", "activity", "project_id", "command_id", "revision", "details")
IF_ABSENT = "ON CONFLICT DO NOTHING"
"""How both stores insert entries: the id of an event is their key, so that a repeated event changes nothing."""

_ENTRY = (
    b'{"event_id":"%b","at":"%b","actor":%b,"activity":"%b","project_id":%b,"command_id":%b,"revision":%b,"details":%b}'
)


def entry_of(received: ReceivedEvent[Event]) -> bytes:
    """Return the entry of an event; its details are the fields of the event without the project, which is a column."""
    return _entry(received, received.id, received.project_id, received.event)


def entries_by_project(received: ReceivedEvent[Event]) -> Iterator[bytes]:
    """Yield an entry for each project of an import, as if it were the only one.

    Their ids are derived from the event's id and therefore the same on every redelivery.
    """
    if isinstance(received.event, ProjectsImported):
        for project_id, number in zip(received.event.project_ids, received.event.numbers, strict=True):
            event = ProjectsImported(project_ids=[project_id], numbers=[number])
            yield _entry(received, uuid3(received.id, str(project_id)), project_id, event)


def _entry(received: ReceivedEvent[Event], event_id: UUID, project_id: UUID | None, event: Event) -> bytes:
    return _ENTRY % (
        str(event_id).encode(),
        received.at.isoformat().encode(),
        to_json(received.actor),
        event.subject.encode(),
        _id(project_id),
        _id(received.cause),
        b"null" if received.revision is None else b"%d" % received.revision,
        event.__pydantic_serializer__.to_json(event, exclude={"project_id"}),
    )


def _id(value: UUID | None) -> bytes:
    return b"null" if value is None else b'"%b"' % str(value).encode()


def array_of(entries: Iterable[bytes]) -> str:
    """Return entries as one JSON array."""
    return f"[{b','.join(entries).decode()}]"


def join_arrays(arrays: Sequence[str]) -> str:
    """Return the entries of several arrays, none of them empty, as one."""
    return f"[{','.join(array[1:-1] for array in arrays)}]"
