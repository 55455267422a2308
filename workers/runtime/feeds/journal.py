"""The newest events of the site in memory, read once for all feeds of a process, and older ones read on demand."""

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
from workers.runtime.commands.reactions import Heard, read_event

AT_ONCE = 200
RECENT = 5_000
"""Events that stay in memory; who is further behind reads the stream."""

_SECONDS = 1.0


class Entry(NamedTuple):
    """An event, its place in the stream, and when it was read on the clock of the event loop."""

    place: int
    heard: Heard[Event]
    arrived: float


class Bounds(NamedTuple):
    """Which places the stream holds, and the mark of this stream: another one counts anew."""

    first: int
    last: int
    incarnation: str

    def cursor(self, place: int) -> str:
        """Name a place for a client."""
        return f"{self.incarnation}-{place}"

    def read(self, cursor: str) -> int:
        """Return the place that a cursor names, or refuse: events behind it are gone, or it is not of this stream."""
        incarnation, _, told = cursor.partition("-")
        place = int(told)
        if incarnation != self.incarnation or not self.first - 1 <= place <= self.last:
            too_old = [{"field": "since", "kind": "cursor_too_old"}]
            raise Refusal(Code.GONE, cursor=cursor, fields=too_old)
        return place


async def bounds(nats: Client) -> Bounds:
    """Ask which events are kept."""
    state = await stream_state(nats, EVENTS)
    return Bounds(state.first, state.last, f"{crc32(state.incarnation.encode()):x}")


def entries(found: Sequence[Msg]) -> list[Entry]:
    """Keep what is an event of what a reader returned."""
    now = asyncio.get_running_loop().time()
    return [Entry(place_of(one), heard, now) for one in found if (heard := read_event(one))]


@dataclass(slots=True)
class Journal:
    """The newest events in order: whoever stands at or behind `floor` finds all that follows here."""

    nats: Callable[[], Client]
    subjects: Sequence[str]
    floor: int | None = None
    reached: int = 0
    _entries: list[Entry] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Read until cancelled; on a fault all readers go back to the stream, and `run` may be called again."""
        try:
            self.reached = (await bounds(self.nats())).last
            async with open_reader(self.nats(), EVENTS, self.subjects, self.reached, AT_ONCE) as live:
                self.floor = self.reached
                self._tell()
                while True:
                    if found := entries(await live.fetch(AT_ONCE, _SECONDS)):
                        self._keep(found)
                    self.reached = max(live.place, self.reached)
                    self._tell()
        finally:
            self.floor = None
            self._entries.clear()
            self._tell()

    def covers(self, place: int) -> bool:
        """Tell whether nothing after this place is missing here."""
        return self.floor is not None and place >= self.floor

    def after(self, place: int, most: int) -> list[Entry]:
        """Return what follows a place that is covered."""
        start = bisect_right(self._entries, place, key=lambda entry: entry.place)
        return self._entries[start : start + most]

    async def news(self, seconds: float) -> None:
        """Wait until something was read, but not longer than this."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    def _keep(self, found: list[Entry]) -> None:
        self._entries += found
        if len(self._entries) > 2 * RECENT:
            self.floor = self._entries[RECENT - 1].place
            del self._entries[:RECENT]

    def _tell(self) -> None:
        told, self._news = self._news, asyncio.Event()
        told.set()
