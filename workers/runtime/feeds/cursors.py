"""Cursors of feeds: a place in the stream of events, and which event is there.

A stream that was restored from an older copy, or recreated, gives the numbers of lost events to other events. The time
at which the server stored an event distinguishes them.
"""

from typing import NamedTuple
from zlib import crc32

from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts.errors import Code, Refusal
from workers.runtime.bus.ordered_stream_reader import place_of, stored_ns
from workers.runtime.bus.streams import EVENTS, stored_at_place, stream_state


class StreamMark(NamedTuple):
    """A place, and when the event there was stored, in nanoseconds since 1970; 0 if that is unknown."""

    place: int
    stored_ns: int

    @classmethod
    def of(cls, message: Msg) -> "StreamMark":
        """Return the mark of an event that a reader returned."""
        return cls(place_of(message), stored_ns(message))


class StreamBounds(NamedTuple):
    """What the stream holds: its incarnation, its first place and its last event."""

    incarnation: str
    first: int
    last: StreamMark

    def cursor(self, mark: StreamMark) -> str:
        """Return the cursor of a mark."""
        return f"{self._sign(mark.stored_ns)}-{mark.place}"

    def _sign(self, stored: int) -> str:
        """Return what distinguishes events of the same number; without a time, as older versions wrote it."""
        return f"{crc32(f'{self.incarnation} {stored}'.encode() if stored else self.incarnation.encode()):x}"

    async def resume(self, nats: Client, cursor: str) -> StreamMark:
        """Return the mark of a cursor.

        Raises:
            Refusal: The event at the cursor, or one after it, is gone, or the number is another event's.
        """
        sign, _, number = cursor.partition("-")
        place = int(number)
        if sign == self._sign(0) and self.first - 1 <= place <= self.last.place:
            return StreamMark(place, 0)
        if self.first <= place < self.last.place:
            mark = StreamMark(place, await stored_at_place(nats, EVENTS, place))
        else:
            mark = self.last
        if mark.place != place or not mark.stored_ns or sign != self._sign(mark.stored_ns):
            too_old = [{"field": "since", "kind": "cursor_too_old"}]
            raise Refusal(Code.GONE, cursor=cursor, fields=too_old)
        return mark


async def bounds(nats: Client) -> StreamBounds:
    """Return the bounds of the stream of events."""
    state = await stream_state(nats, EVENTS)
    return StreamBounds(state.incarnation, state.first, StreamMark(state.last, state.last_ns))
