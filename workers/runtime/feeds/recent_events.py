"""The newest events of the site in memory, read once for all feeds of a process."""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple
from zlib import crc32

from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts.errors import Code, Refusal
from contracts.message import Event
from workers.runtime.bus.reader import open_reader, place_of
from workers.runtime.bus.streams import EVENTS, stream_state
from workers.runtime.commands.reactions import ReceivedEvent, read_event

READ_EVENTS_MAX = 200
EVENTS_IN_MEMORY_MIN = 5_000
"""Feeds that are further behind read the stream."""

_FETCH_SECONDS = 1.0


class Entry(NamedTuple):
    """An event, its place in the stream, and when it was read, on the clock of the event loop."""

    place: int
    received: ReceivedEvent[Event]
    arrived: float


class Bounds(NamedTuple):
    """The places that the stream holds, and its incarnation: a recreated stream counts from 1 again."""

    first: int
    last: int
    incarnation: str

    def cursor(self, place: int) -> str:
        """Return the cursor of a place."""
        return f"{self.incarnation}-{place}"

    def read(self, cursor: str) -> int:
        """Return the place of a cursor; refuse it if events after it are gone, or if it is of another stream."""
        incarnation, _, number = cursor.partition("-")
        place = int(number)
        if incarnation != self.incarnation or not self.first - 1 <= place <= self.last:
            too_old = [{"field": "since", "kind": "cursor_too_old"}]
            raise Refusal(Code.GONE, cursor=cursor, fields=too_old)
        return place


async def bounds(nats: Client) -> Bounds:
    """Return the bounds of the stream of events."""
    state = await stream_state(nats, EVENTS)
    return Bounds(state.first, state.last, f"{crc32(state.incarnation.encode()):x}")


def entries(messages: Sequence[Msg]) -> list[Entry]:
    """Return the messages of a reader that are events."""
    now = asyncio.get_running_loop().time()
    return [Entry(place_of(message), event, now) for message in messages if (event := read_event(message))]


@dataclass(slots=True)
class RecentEvents:
    """The newest events in order: complete after the place `floor`."""

    nats: Callable[[], Client]
    subjects: Sequence[str]
    floor: int | None = None
    reached: int = 0
    _entries: list[Entry] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Read until cancelled; after a fault feeds read the stream, and `run` may be called again."""
        try:
            self.reached = (await bounds(self.nats())).last
            async with open_reader(self.nats(), EVENTS, self.subjects, self.reached, READ_EVENTS_MAX) as live:
                self.floor = self.reached
                self._notify()
                while True:
                    if fetched := entries(await live.fetch(READ_EVENTS_MAX, _FETCH_SECONDS)):
                        self._add(fetched)
                    self.reached = max(live.place, self.reached)
                    self._notify()
        finally:
            self.floor = None
            self._entries.clear()
            self._notify()

    def covers(self, place: int) -> bool:
        """Return whether the journal is complete after this place."""
        return self.floor is not None and place >= self.floor

    def after(self, place: int, most: int) -> list[Entry]:
        """Return the events after a covered place."""
        start = bisect_right(self._entries, place, key=lambda entry: entry.place)
        return self._entries[start : start + most]

    async def news(self, seconds: float) -> None:
        """Wait until the journal has read on, for at most this time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    def _add(self, fetched: list[Entry]) -> None:
        self._entries += fetched
        if len(self._entries) > 2 * EVENTS_IN_MEMORY_MIN:
            self.floor = self._entries[EVENTS_IN_MEMORY_MIN - 1].place
            del self._entries[:EVENTS_IN_MEMORY_MIN]

    def _notify(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()
