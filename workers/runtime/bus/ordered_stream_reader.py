"""A reader of a stream: returns messages in order from a place on, by an ephemeral consumer in the server's memory.

The consumer acknowledges nothing and expires when nobody reads: the caller stores the place with the effects of the
messages. A pull request is always open, so that a single message waits for no round trip. Every second the server sends
an idle heartbeat (ADR-42 of NATS), which has the last place that the consumer has scanned.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from pydantic_core import to_json

from workers.runtime.bus.hardened_parser import Frame, headers_of, message, read_safely
from workers.runtime.bus.streams import api

_ACKNOWLEDGEMENT: Final = b"$JS.ACK."
_SECOND: Final = 1_000_000_000
_HEARTBEAT_SECONDS: Final = 1
_SILENCE_SECONDS_MAX: Final = 3.5
"""A consumer that sends neither a message nor a heartbeat for this long counts as lost."""

_REQUEST_SECONDS: Final = 30
_INACTIVE_SECONDS_MAX: Final = 120
_REQUEST_BYTES_MAX: Final = 8 * 1024 * 1024
"""Bytes that one reader buffers, in addition to the batch under way."""

_CONNECTION_POLL_SECONDS: Final = 1.0
"""Time between two checks of the connection while no message arrives: a reconnect has lost pending requests."""

_PLAIN_TOKENS: Final = len(("$JS", "ACK", "stream", "consumer", "deliveries", "place", "number", "time", "waiting"))
"""Tokens of an acknowledgement subject without a domain; a domain adds two tokens in front."""

_REQUEST_END_STATUSES: Final = frozenset({"404", "408", "409"})
"""Statuses that end a request but not the consumer, and tell how much of the request was left."""

_CONSUMER_END_PREFIXES: Final = ("Consumer", "Leadership", "Server")
"""Beginnings of the descriptions with which a status 409 ends the consumer."""


class LostError(NatsError):
    """A reader missed messages, or its consumer is gone: read again from its last certain place."""


class StreamReader:
    """Reads a stream; the caller has received every matching message up to `place`."""

    def __init__(self, nats: Client, stream: str, size: int, place: int) -> None:
        """Set the limits, to read at most `size` messages ahead; `open_reader` creates the consumer."""
        self.place = place
        self.waiting = 0
        self._nats = nats
        self._stream = stream
        self._size = size
        self._name = f"reader-{uuid4().hex}"
        self._inbox = ""
        self._buffer: deque[tuple[int, Frame]] = deque()
        self._last_number = 0
        self._scanned = 0
        self._requested = 0
        self._active_at = 0.0
        self._lost = False
        self._connection = nats.stats["reconnects"]
        self._news = asyncio.Event()

    @property
    def oldest(self) -> float | None:
        """When the server stored the oldest buffered message, in seconds since 1970."""
        with suppress(IndexError, ValueError):
            return int(_tokens(self._buffer[0][1].reply)[2]) / _SECOND
        return None

    @property
    def behind(self) -> int:
        """The number of pending messages, here and in the stream, as far as the server reported."""
        return len(self._buffer) + self.waiting

    async def open(self, subjects: Sequence[str]) -> Subscription:
        """Create the consumer and request the first messages.

        Raises:
            LostError: The server did not create it.
        """
        config: dict[str, Any] = {
            "name": self._name,
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": self.place + 1,
            "filter_subjects": list(subjects),
            "ack_policy": "none",
            "mem_storage": True,
            "num_replicas": 1,
            "inactive_threshold": _INACTIVE_SECONDS_MAX * _SECOND,
        }
        request: dict[str, Any] = {"stream_name": self._stream, "config": config, "action": "create"}
        answer = await api(self._nats, f"CONSUMER.CREATE.{self._stream}.{self._name}", request)
        if answer.get("name") != self._name:
            raise LostError
        self.waiting = int(answer.get("num_pending") or 0)
        self._inbox = self._nats.new_inbox()
        subscription = await self._nats.subscribe(self._inbox)
        read_safely(self._nats).sinks[subscription._id] = self._receive
        self._active_at = _now()
        await self._request_more()
        return subscription

    async def close(self, subscription: Subscription) -> None:
        """Delete the consumer."""
        read_safely(self._nats).sinks.pop(subscription._id, None)
        with suppress(NatsError, OSError):
            await subscription.unsubscribe()
            await self._nats.publish(f"$JS.API.CONSUMER.DELETE.{self._stream}.{self._name}", b"")

    async def fetch(self, most: int, seconds: float, gather_seconds: float = 0) -> list[Msg]:
        """Return the messages that have arrived, at most `most`; none if none arrives for some seconds.

        Fewer than `most` wait `gather_seconds` for others.

        Raises:
            LostError: Messages were missed: open another reader from `place`.
        """
        began = _now()
        while not self._buffer:
            await self._request_more()
            now = _now()
            silent = now - self._active_at > _SILENCE_SECONDS_MAX
            if self._lost or silent or self._nats.stats["reconnects"] != self._connection:
                raise LostError
            if now - began >= seconds:
                self.place = max(self.place, self._scanned)
                return []
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(seconds - (now - began), _CONNECTION_POLL_SECONDS)):
                    await self._news.wait()
        if gather_seconds and len(self._buffer) < most:
            await asyncio.sleep(gather_seconds)
        taken = [self._buffer.popleft() for _ in range(min(most, len(self._buffer)))]
        await self._request_more()
        self.place = taken[-1][0]
        return [message(self._nats, frame) for _, frame in taken]

    async def _request_more(self) -> None:
        """Keep a request open for at least half of the messages that may be read ahead."""
        free = self._size - self._requested - len(self._buffer)
        if self._requested > self._size // 2 or free <= 0:
            return
        if not self._requested:  # no request was open that the server could have answered
            self._active_at = _now()
        self._requested += free
        request = {
            "batch": free,
            "max_bytes": _REQUEST_BYTES_MAX,
            "expires": _REQUEST_SECONDS * _SECOND,
            "idle_heartbeat": _HEARTBEAT_SECONDS * _SECOND,
        }
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._name}"
        await self._nats.publish(subject, to_json(request), reply=self._inbox)

    def _receive(self, frame: Frame) -> None:
        """Buffer a message of the stream, or read a status of the server; only the reply subject distinguishes them."""
        self._active_at = _now()
        if frame.reply.startswith(_ACKNOWLEDGEMENT):
            self._buffer_message(frame)
        else:
            self._read_status(headers_of(frame.headers) or {})
        self._news.set()

    def _buffer_message(self, frame: Frame) -> None:
        place, number, _, waiting = (int(token) for token in _tokens(frame.reply))
        if number != self._last_number + 1:
            self._lost = True
            return
        self._last_number = number
        self._requested -= 1
        self._scanned = place
        self.waiting = waiting
        self._buffer.append((place, frame))

    def _read_status(self, headers: dict[str, str]) -> None:
        status, description = headers.get("Status"), headers.get("Description", "")
        if status == "100":
            self._lost |= headers.get("Nats-Last-Consumer") != str(self._last_number)
            self._scanned = max(self._scanned, int(headers.get("Nats-Last-Stream", "0")))
        elif status in _REQUEST_END_STATUSES and not description.startswith(_CONSUMER_END_PREFIXES):
            self._requested = max(self._requested - int(headers.get("Nats-Pending-Messages", self._requested)), 0)
        elif status is not None:
            self._lost = True


async def count_messages(
    nats: Client, stream: str, subjects: Sequence[str], *, after: int | None = None, after_ns: int = 0
) -> int:
    """Return how many messages of some subjects follow a place, or were stored after a time (nanoseconds since 1970).

    Raises:
        LostError: The server did not answer with a number.
    """
    start: dict[str, Any] = {"deliver_policy": "by_start_sequence", "opt_start_seq": (after or 0) + 1}
    if after is None:
        start = {"deliver_policy": "by_start_time", "opt_start_time": _rfc3339(after_ns + 1)}
    name = f"count-{uuid4().hex}"
    common = {"ack_policy": "none", "mem_storage": True, "num_replicas": 1, "inactive_threshold": _SECOND}
    config = {"name": name, "filter_subjects": list(subjects), **common, **start}
    request = {"stream_name": stream, "config": config, "action": "create"}
    answer = await api(nats, f"CONSUMER.CREATE.{stream}.{name}", request)
    if answer.get("name") != name:
        raise LostError
    await nats.publish(f"$JS.API.CONSUMER.DELETE.{stream}.{name}", b"")
    return int(answer.get("num_pending") or 0)


def _rfc3339(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, _SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09}Z"


def _tokens(reply: bytes) -> list[bytes]:
    """Return place in the stream, number in the consumer, time and pending count, from an acknowledgement subject."""
    tokens = reply.split(b".")
    return tokens[5:9] if len(tokens) == _PLAIN_TOKENS else tokens[7:11]


def place_of(raw: Msg) -> int:
    """Return a message's place in its stream."""
    return int(_tokens(raw.reply.encode())[0])


def stored_ns(raw: Msg) -> int:
    """Return when the server stored a message that a reader returned, in nanoseconds since 1970."""
    return int(_tokens(raw.reply.encode())[2])


def stored_at(raw: Msg) -> float:
    """Return when the server stored a message, in seconds since 1970."""
    return int(_tokens(raw.reply.encode())[2]) / _SECOND


def _now() -> float:
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def open_reader(
    nats: Client, stream: str, subjects: Sequence[str], after: int, size: int
) -> AsyncIterator[StreamReader]:
    """Open a reader of the messages after a place, for as long as the block lasts."""
    reader = StreamReader(nats, stream, size, after)
    subscription = await reader.open(subjects)
    try:
        yield reader
    finally:
        await reader.close(subscription)
