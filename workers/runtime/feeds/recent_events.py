"""The newest events of the site in memory, read once for all feeds of a process."""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts.message import Event
from workers.runtime.bus.ordered_stream_reader import open_reader
from workers.runtime.bus.streams import EVENTS
from workers.runtime.commands.reaction_dispatch import ReceivedEvent, read_event
from workers.runtime.feeds.cursors import StreamMark, bounds

READ_EVENTS_MAX = 200
EVENTS_IN_MEMORY_MIN = 5_000
"""Feeds that are further behind read the stream."""

_FETCH_SECONDS = 1.0
_WORKER = 3
"""The token of an event's subject that names its worker."""


class RecentEvent(NamedTuple):
    """An event, its mark in the stream, and when it was read, on the clock of the event loop."""

    mark: StreamMark
    received: ReceivedEvent[Event]
    arrived: float


def entries(messages: Sequence[Msg], shown: Collection[str]) -> list[RecentEvent]:
    """Return the messages of a reader that are events of these workers."""
    now = asyncio.get_running_loop().time()
    return [
        RecentEvent(StreamMark.of(message), event, now)
        for message in messages
        if message.subject.split(".")[_WORKER] in shown and (event := read_event(message))
    ]


@dataclass(slots=True)
class RecentEvents:
    """The newest events in order: complete after the place `floor`."""

    nats: Callable[[], Client]
    subject: str
    shown: Collection[str]
    """The workers whose events are shown; those of others are read, too, so that each place reached has its time."""

    floor: int | None = None
    reached: StreamMark = field(default_factory=lambda: StreamMark(0, 0))
    beginnings: int = 0
    """How often the reading began; in between the stream may have been restored from an older copy."""

    _entries: list[RecentEvent] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Read until cancelled; after a fault feeds read the stream, and `run` may be called again."""
        try:
            self.reached = (await bounds(self.nats())).last
            async with open_reader(self.nats(), EVENTS, [self.subject], self.reached.place, READ_EVENTS_MAX) as live:
                self.floor = self.reached.place
                self.beginnings += 1
                self._notify()
                while True:
                    if fetched := await live.fetch(READ_EVENTS_MAX, _FETCH_SECONDS):
                        self._add(entries(fetched, self.shown))
                        self.reached = StreamMark.of(fetched[-1])
                    self._notify()
        finally:
            self.floor = None
            self._entries.clear()
            self._notify()

    def covers(self, place: int) -> bool:
        """Return whether the journal is complete after this place."""
        return self.floor is not None and place >= self.floor

    def after(self, place: int, most: int) -> list[RecentEvent]:
        """Return the events after a covered place."""
        start = bisect_right(self._entries, place, key=lambda entry: entry.mark.place)
        return self._entries[start : start + most]

    async def news(self, seconds: float) -> None:
        """Wait until the journal has read on, for at most this time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    def _add(self, fetched: list[RecentEvent]) -> None:
        self._entries += fetched
        if len(self._entries) > 2 * EVENTS_IN_MEMORY_MIN:
            self.floor = self._entries[EVENTS_IN_MEMORY_MIN - 1].mark.place
            del self._entries[:EVENTS_IN_MEMORY_MIN]

    def _notify(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()
