"""The newest events of the site in memory, read once for all feeds of a process, and older ones read on demand."""

import asyncio
import zlib
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import uuid4

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.client import JetStreamContext

from contracts.errors import Code, Refusal
from contracts.message import Event
from workers.runtime.hearing import Heard, read_event
from workers.runtime.streams import EVENTS, api
from workers.runtime.subscriber import unbroken

AT_ONCE = 200
RECENT = 5_000
"""Events that stay in memory; who is further behind reads the stream."""

_INACTIVE = 30 * 1_000_000_000
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
    mark: str

    def cursor(self, place: int) -> str:
        """Name a place for a client."""
        return f"{self.mark}-{place}"

    def read(self, cursor: str) -> int:
        """Return the place that a cursor names, or refuse: events behind it are gone, or it is not of this stream."""
        mark, _, told = cursor.partition("-")
        place = int(told)
        if mark != self.mark or not self.first - 1 <= place <= self.last:
            too_old = [{"field": "since", "kind": "cursor_too_old"}]
            raise Refusal(Code.GONE, cursor=cursor, fields=too_old)
        return place


async def bounds(nats: Client) -> Bounds:
    """Ask which events are kept."""
    found = await api(nats, f"STREAM.INFO.{EVENTS}", {})
    if "error" in found:
        raise LostError
    state = found["state"]
    return Bounds(state["first_seq"], state["last_seq"], f"{zlib.crc32(found['created'].encode()):x}")


class LostError(NatsError):
    """A reader of events missed some, or the server forgot it: it must read again from where it was."""


@dataclass(slots=True)
class Reading:
    """One reader of the stream: a consumer that the server forgets when nobody reads any more."""

    name: str
    place: int
    waiting: int
    _nats: Client
    _pull: JetStreamContext.PullSubscription
    _expected: int = 1

    async def fetch(self, most: int = AT_ONCE) -> list[Entry]:
        """Return what follows, as far as it is an event; nothing when nothing comes for a second."""
        try:
            found: list[Msg] = await self._pull.fetch(most, timeout=_SECONDS)
        except TimeoutError:
            return []
        if not unbroken(found, self._expected):
            raise LostError
        self._expected += len(found)
        self.place = found[-1].metadata.sequence.stream
        self.waiting = found[-1].metadata.num_pending
        now = asyncio.get_running_loop().time()
        return [Entry(one.metadata.sequence.stream, heard, now) for one in found if (heard := read_event(one))]

    async def end(self) -> int | None:
        """Return a place up to which nothing is left to read for certain; None when something is under way."""
        last = (await bounds(self._nats)).last
        found = await api(self._nats, f"CONSUMER.INFO.{EVENTS}.{self.name}", {})
        if "error" in found:
            raise LostError
        done = not found["num_pending"] and found["delivered"]["consumer_seq"] == self._expected - 1
        return last if done else None


@asynccontextmanager
async def reading(nats: Client, subjects: Sequence[str], after: int) -> AsyncIterator[Reading]:
    """Read the events after a place, in order, for as long as the block lasts."""
    name = f"feed-{uuid4().hex}"
    config = {
        "name": name,
        "deliver_policy": "by_start_sequence",
        "opt_start_seq": after + 1,
        "filter_subjects": list(subjects),
        "ack_policy": "none",
        "mem_storage": True,
        "num_replicas": 1,
        "inactive_threshold": _INACTIVE,
    }
    wanted: dict[str, Any] = {"stream_name": EVENTS, "config": config, "action": "create"}
    made = await api(nats, f"CONSUMER.CREATE.{EVENTS}.{name}", wanted)
    if "error" in made:
        raise LostError
    pull = await nats.jetstream().pull_subscribe_bind(name, EVENTS)
    try:
        yield Reading(name, after, made["num_pending"], nats, pull)
    finally:
        with suppress(NatsError):
            await pull.unsubscribe()
            await nats.publish(f"$JS.API.CONSUMER.DELETE.{EVENTS}.{name}", b"")


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
            async with reading(self.nats(), self.subjects, self.reached) as live:
                self.floor = self.reached
                self._tell()
                while True:
                    if found := await live.fetch():
                        self._keep(found)
                    self.reached = max(live.place, 0 if found else await live.end() or 0, self.reached)
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
