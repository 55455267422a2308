"""Events that report several others together, as the individual events that followers see."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from nats.aio.msg import Msg

from contracts import subjects
from contracts.message import Event
from workers.runtime.commands.reaction_dispatch import ReceivedEvent, individual_events
from workers.runtime.feeds.recent_events import RecentEvent

_KEPT_ENTRIES = 8
"""Entries whose individual events stay in memory: all feeds of a process send the newest ones."""


class ExpandedEvents:
    """The individual events of entries, made once for all feeds of a process."""

    def __init__(self) -> None:
        """Start empty."""
        self._known: OrderedDict[tuple[UUID, int], list[RecentEvent]] = OrderedDict()

    def take(self, entries: Sequence[RecentEvent], room: int) -> tuple[list[RecentEvent], int]:
        """Return individual events from the start of `entries`, and the number of entries that they are from.

        The first entry is returned whole. Others are left out if they do not fit.
        """
        taken: list[RecentEvent] = []
        for number, entry in enumerate(entries):
            individual = self._of(entry)
            if number and len(taken) + len(individual) > room:
                return taken, number
            taken += individual
        return taken, len(entries)

    def _of(self, entry: RecentEvent) -> list[RecentEvent]:
        key = entry.received.id, entry.mark.place
        if (known := self._known.get(key)) is not None:
            return known
        individual = individual_events(entry.received)
        if individual == [entry.received]:
            return [entry]
        messages = [replace(event, raw=_message_of(event)) for event in individual]
        self._known[key] = [entry._replace(received=event) for event in messages]
        if len(self._known) > _KEPT_ENTRIES:
            self._known.popitem(last=False)
        return self._known[key]


def _message_of(received: ReceivedEvent[Event]) -> Msg:
    """Return the message of an individual event, as if it had been published itself, in the place of its entry."""
    headers = {
        **(received.raw.headers or {}),
        "ce-id": str(received.id),
        "ce-type": subjects.event_type(received.event.subject),
        "ce-subject": str(received.project_id),
    }
    return replace(received.raw, data=received.event.model_dump_json().encode(), headers=headers)
