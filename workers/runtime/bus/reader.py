"""One reader of a stream: its messages in order from a place on, by a consumer that lives in the server's memory.

The consumer acknowledges nothing and is forgotten when nobody reads any more: the place is kept by whoever reads, with
the effects of what was read. A pull request is always open, so that a lone message waits for no round trip, and the
server says every second that the consumer lives and how far it has looked (ADR-42 of NATS calls it an idle heartbeat).
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final
from uuid import uuid4

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from pydantic_core import to_json

from workers.runtime.bus.connection import Frame, headers_of, message, read_safely
from workers.runtime.bus.streams import api

_ACKNOWLEDGEMENT: Final = b"$JS.ACK."
_SECOND: Final = 1_000_000_000
_HEARTBEAT_SECONDS: Final = 1
_SILENCE_SECONDS: Final = 3.5
"""After so long without a message or a heartbeat the consumer counts as lost."""

_REQUEST_SECONDS: Final = 30
_FORGOTTEN_SECONDS: Final = 120
_REQUEST_BYTES: Final = 8 * 1024 * 1024
"""What one reader holds in memory at most, beside what is being handled."""

_LOOK_SECONDS: Final = 1.0
"""Time between two looks at the connection while nothing comes: a new one has lost what was under way."""

_PLAIN_TOKENS: Final = len(("$JS", "ACK", "stream", "consumer", "deliveries", "place", "number", "time", "waiting"))
"""Tokens of an acknowledgement subject without a domain; with one there are two more in front."""

_ENDED: Final = frozenset({"404", "408", "409"})
"""Statuses that end a request and not the consumer, when they say how much of the request was left."""

_OVER: Final = ("Consumer", "Leadership", "Server")
"""How the description of a status 409 begins that ends the consumer."""


class LostError(NatsError):
    """A reader missed messages, or the server forgot it: it must read again from the last place it is sure of."""


class StreamReader:
    """Reads a stream; `place` is how far the caller was given everything that its subjects name."""

    def __init__(self, nats: Client, stream: str, size: int, place: int) -> None:
        """Read at most `size` messages ahead; `open_reader` makes the consumer."""
        self.place = place
        self.waiting = 0
        self._nats = nats
        self._stream = stream
        self._size = size
        self._name = f"reader-{uuid4().hex}"
        self._inbox = ""
        self._buffer: deque[tuple[int, Frame]] = deque()
        self._read = 0
        self._passed = 0
        self._asked = 0
        self._heard_at = 0.0
        self._lost = False
        self._connection = nats.stats["reconnects"]
        self._news = asyncio.Event()

    @property
    def oldest(self) -> float | None:
        """When the server stored the oldest message that waits here, in seconds since 1970."""
        with suppress(IndexError, ValueError):
            return int(_tokens(self._buffer[0][1].reply)[2]) / _SECOND
        return None

    @property
    def behind(self) -> int:
        """How many messages wait, here and in the stream, as far as the server said."""
        return len(self._buffer) + self.waiting

    async def open(self, subjects: Sequence[str]) -> Subscription:
        """Make the consumer and ask for the first messages.

        Raises:
            LostError: The server did not make it.
        """
        config: dict[str, Any] = {
            "name": self._name,
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": self.place + 1,
            "filter_subjects": list(subjects),
            "ack_policy": "none",
            "mem_storage": True,
            "num_replicas": 1,
            "inactive_threshold": _FORGOTTEN_SECONDS * _SECOND,
        }
        wanted: dict[str, Any] = {"stream_name": self._stream, "config": config, "action": "create"}
        made = await api(self._nats, f"CONSUMER.CREATE.{self._stream}.{self._name}", wanted)
        if made.get("name") != self._name:
            raise LostError
        self.waiting = int(made.get("num_pending") or 0)
        self._inbox = self._nats.new_inbox()
        subscription = await self._nats.subscribe(self._inbox)
        read_safely(self._nats).sinks[subscription._id] = self._take
        self._heard_at = _now()
        await self._ask()
        return subscription

    async def close(self, subscription: Subscription) -> None:
        """Let the server forget the consumer now."""
        read_safely(self._nats).sinks.pop(subscription._id, None)
        with suppress(NatsError, OSError):
            await subscription.unsubscribe()
            await self._nats.publish(f"$JS.API.CONSUMER.DELETE.{self._stream}.{self._name}", b"")

    async def fetch(self, most: int, seconds: float) -> list[Msg]:
        """Return what has come, `most` messages at most; nothing when nothing comes for some seconds.

        Raises:
            LostError: Something was missed: open another reader from `place`.
        """
        began = _now()
        while not self._buffer:
            await self._ask()
            now = _now()
            silent = now - self._heard_at > _SILENCE_SECONDS
            if self._lost or silent or self._nats.stats["reconnects"] != self._connection:
                raise LostError
            if now - began >= seconds:
                self.place = max(self.place, self._passed)
                return []
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(seconds - (now - began), _LOOK_SECONDS)):
                    await self._news.wait()
        taken = [self._buffer.popleft() for _ in range(min(most, len(self._buffer)))]
        await self._ask()
        self.place = taken[-1][0]
        return [message(self._nats, frame) for _, frame in taken]

    async def _ask(self) -> None:
        """Keep a request open that is worth at least half of what may be read ahead."""
        free = self._size - self._asked - len(self._buffer)
        if self._asked > self._size // 2 or free <= 0:
            return
        if not self._asked:  # nothing was open that could have been answered
            self._heard_at = _now()
        self._asked += free
        request = {
            "batch": free,
            "max_bytes": _REQUEST_BYTES,
            "expires": _REQUEST_SECONDS * _SECOND,
            "idle_heartbeat": _HEARTBEAT_SECONDS * _SECOND,
        }
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._name}"
        await self._nats.publish(subject, to_json(request), reply=self._inbox)

    def _take(self, frame: Frame) -> None:
        """Keep a message of the stream, or hear what the server says: only the reply subject tells them apart."""
        self._heard_at = _now()
        if frame.reply.startswith(_ACKNOWLEDGEMENT):
            self._keep(frame)
        else:
            self._hear(headers_of(frame.headers) or {})
        self._news.set()

    def _keep(self, frame: Frame) -> None:
        place, number, _, waiting = (int(one) for one in _tokens(frame.reply))
        if number != self._read + 1:
            self._lost = True
            return
        self._read = number
        self._asked -= 1
        self._passed = place
        self.waiting = waiting
        self._buffer.append((place, frame))

    def _hear(self, headers: dict[str, str]) -> None:
        status, description = headers.get("Status"), headers.get("Description", "")
        if status == "100":
            self._lost |= headers.get("Nats-Last-Consumer") != str(self._read)
            self._passed = max(self._passed, int(headers.get("Nats-Last-Stream", "0")))
        elif status in _ENDED and not description.startswith(_OVER):
            self._asked = max(self._asked - int(headers.get("Nats-Pending-Messages", self._asked)), 0)
        elif status is not None:
            self._lost = True


def _tokens(reply: bytes) -> list[bytes]:
    """Return place in the stream, number for the consumer, time, and how many wait, from an acknowledgement subject."""
    tokens = reply.split(b".")
    return tokens[5:9] if len(tokens) == _PLAIN_TOKENS else tokens[7:11]


def place_of(raw: Msg) -> int:
    """Return the place in its stream of a message that a reader returned."""
    return int(_tokens(raw.reply.encode())[0])


def stored_at(raw: Msg) -> float:
    """Return when the server stored a message that a reader returned, in seconds since 1970."""
    return int(_tokens(raw.reply.encode())[2]) / _SECOND


def _now() -> float:
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def open_reader(
    nats: Client, stream: str, subjects: Sequence[str], after: int, size: int
) -> AsyncIterator[StreamReader]:
    """Read what follows a place, in order, for as long as the block lasts."""
    reader = StreamReader(nats, stream, size, after)
    subscription = await reader.open(subjects)
    try:
        yield reader
    finally:
        await reader.close(subscription)
