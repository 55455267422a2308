"""The entries of events as JSON, made once: it is the leaf of the log's tree, and each store takes it as a row."""

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple
from uuid import UUID

from pydantic_core import to_json

from contracts.evidence.log_entries import canonical, time_text
from contracts.evidence.merkle_tree import leaf_hash
from contracts.ids import derived_ids
from contracts.message import Event
from contracts.projects.commands import ProjectDeleted, ProjectsExpired
from contracts.projects.imports import ProjectsImported
from workers.audit.entry_values.separation import Separation
from workers.runtime.commands.reaction_dispatch import ReceivedEvent

_PROJECT: Final = {"project_id"}


class Step(NamedTuple):
    """A step of a sweep: what its entries are made from, one for each project, and the hashes of their leaves."""

    document: bytes
    hashes: list[bytes]


def entry_of(received: ReceivedEvent[Event], separation: Separation) -> bytes:
    """Return the entry of an event, whose values are separated from it.

    Its details are the fields of the event without the project, which is a column.
    """
    form = _EntryForm(received, received.event)
    details = separation.details_of(received, form.details(received.event))
    return form.with_details(canonical(details).encode(), str(received.id), _id(received.project_id))


def individual_entries(received: ReceivedEvent[Event], events: Sequence[Event]) -> list[bytes]:
    """Return the entries of the events that an event reports together, each about one project.

    Their ids are those of `individual_events`. They are in the order of their ids, in which a store inserts fastest.
    """
    form = _EntryForm(received, events[0])
    project_ids = [event.__dict__["project_id"] for event in events]
    ids = derived_ids(received.id, project_ids)
    ordered = sorted(zip(ids, map(_id, project_ids), events, strict=True), key=itemgetter(0))
    return [form.entry(*each) for each in ordered]


def step_of(received: ReceivedEvent[Event], event: ProjectsExpired) -> Step:
    """Return the entries of a step of a sweep in a shorter form: ids and numbers, in the order of the entries' ids."""
    form = _EntryForm(received, ProjectDeleted(project_id=received.id, number=1, expired=True))
    project_ids = list(map(str, event.project_ids))
    ids = derived_ids(received.id, project_ids)
    ordered = sorted(zip(ids, project_ids, event.numbers, strict=True), key=itemgetter(0))
    leaves = [
        form.with_details(b'{"expired":true,"number":%d}' % number, event_id, b'"%b"' % project_id.encode())
        for event_id, project_id, number in ordered
    ]
    document = {
        "at": received.at.isoformat(),
        "actor": received.actor,
        "activity": ProjectDeleted.subject,
        "command_id": received.cause,
        "event_ids": [event_id for event_id, _, _ in ordered],
        "project_ids": [project_id for _, project_id, _ in ordered],
        "numbers": [number for _, _, number in ordered],
    }
    return Step(to_json(document), hashes_of(leaves))


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
        self._head = b'{"activity":"%b","actor":%b,"at":"%b","command_id":%b,"details":' % (
            event.subject.encode(),
            to_json(received.actor),
            time_text(received.at).encode(),
            _id(received.cause),
        )
        self._tail = b',"revision":%b}' % (b"null" if received.revision is None else b"%d" % received.revision)
        self._serializer = type(event).__pydantic_serializer__

    def entry(self, event_id: str, project_id: bytes, event: Event) -> bytes:
        """Return the entry of an event of this class."""
        return self.with_details(canonical(self.details(event)).encode(), event_id, project_id)

    def details(self, event: Event) -> dict[str, Any]:
        """Return the fields of an event of this class without the project."""
        details: dict[str, Any] = self._serializer.to_python(event, mode="json", exclude=_PROJECT)
        return details

    def with_details(self, details: bytes, event_id: str, project_id: bytes) -> bytes:
        """Return the entry with these details, in canonical JSON."""
        ids = b',"event_id":"%b","project_id":%b' % (event_id.encode(), project_id)
        return b"".join((self._head, details, ids, self._tail))


def _id(value: UUID | None) -> bytes:
    return b"null" if value is None else b'"%b"' % str(value).encode()


def hashes_of(entries: Iterable[bytes]) -> list[bytes]:
    """Return the hashes of entries as leaves of the log's tree."""
    return list(map(leaf_hash, entries))


def array_of(entries: Iterable[bytes]) -> str:
    """Return entries as one JSON array."""
    return f"[{b','.join(entries).decode()}]"


def join_arrays(arrays: Sequence[str]) -> str:
    """Return the entries of several arrays, none of them empty, as one."""
    return f"[{','.join(array[1:-1] for array in arrays)}]"
