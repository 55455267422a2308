"""The client's side of a live feed: each event once, in order, despite lost connections and workers."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, NamedTuple, Self
from uuid import UUID, uuid4

import nats
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from contracts.errors import Code, Error
from contracts.message import Query
from contracts.projects.watching import COUNT, CURSOR, KIND, Feed, WatchedProjects, WatchProjects
from incidents.connection import why_unreachable
from incidents.errors import Refused
from incidents.events import CloudEvent

_OPEN_SECONDS: Final = 5.0
_RENEW_SECONDS: Final = 2.0
_PAUSE_SECONDS: Final = 0.2
_MISSED_BEATS: Final = 3
_SEEN_EVENTS_MAX: Final = 1_000


class FeedContext(NamedTuple):
    """The parts of a client that a feed needs."""

    connection: Nats
    subject: str
    inbox: str
    language: str
    ask: Callable[[Query[Any], float], Awaitable[bytes]]
    refusal: Callable[[Msg], Error]
    unavailable: Callable[[str], Error]


class LostError(Exception):
    """The feed has ended, or one of its messages was lost: a new feed continues from the cursor."""


class Watch:
    """Events from a position on; open during the `async with` block, and reopened when lost."""

    def __init__(self, context: FeedContext, filter_: WatchedProjects, since: str | None) -> None:
        self._context = context
        self._wanted = filter_
        self._seen: deque[UUID] = deque(maxlen=_SEEN_EVENTS_MAX)
        self._feed: Feed | None = None
        self._messages: Subscription | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._handled = asyncio.Event()
        self._count = 0
        self._unacknowledged = 0
        self.cursor = since
        self.lost = False
        """Whether the feed is being reopened: events of this time follow afterwards."""

    async def __aenter__(self) -> Self:
        """Open the feed.

        Raises:
            Refused: The caller may not watch, the cursor is too old, or no worker answers.
        """
        await self._open()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave the feed, which ends with its lease."""
        await self._close()

    def __aiter__(self) -> Self:
        """Continue after the last event."""
        return self

    async def __anext__(self) -> CloudEvent:
        """Return the next event, and count the previous one as handled.

        Raises:
            Refused: The caller may no longer watch, or events were removed before they were read.
        """
        if self._feed and (self._unacknowledged >= self._feed.window // 2):
            self._handled.set()
        while True:
            try:
                event = await self._next()
            except LostError:
                self.lost = True
                await self._again()
                self.lost = False
                continue
            if event is not None and event.id not in self._seen:
                self._seen.append(event.id)
                return event

    async def _next(self) -> CloudEvent | None:
        if self._messages is None or self._feed is None:
            raise LostError
        try:
            message = await self._messages.next_msg(timeout=_MISSED_BEATS * self._feed.beat_seconds)
        except nats.errors.TimeoutError as error:
            raise LostError from error
        headers = message.headers or {}
        self._count += 1
        if headers.get(COUNT) != str(self._count):
            raise LostError
        if headers[KIND] == "end":
            refused = Refused(self._context.refusal(message))
            raise LostError if refused.retryable else refused
        self.cursor = headers[CURSOR]
        self._unacknowledged += headers[KIND] == "event"
        return CloudEvent.read(message) if headers[KIND] == "event" else None

    async def _again(self) -> None:
        while True:
            await self._close()
            try:
                await self._open()
            except Refused as refused:
                if not refused.retryable:
                    raise
            else:
                return
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _open(self) -> None:
        deadline = asyncio.get_running_loop().time() + _OPEN_SECONDS
        query = WatchProjects(filter=self._wanted, since=self.cursor)
        body = query.model_dump_json(by_alias=True, exclude_defaults=True).encode()
        while not (opened := await self._try(body, deadline)):
            await self._close()
            await asyncio.sleep(_PAUSE_SECONDS)
        self._feed = Feed.model_validate_json(opened.data, extra="ignore")
        self.cursor, self._count, self._unacknowledged = self._feed.cursor, 1, 0
        self._renewing = asyncio.create_task(self._renew(self._feed))

    async def _try(self, body: bytes, deadline: float) -> Msg | None:
        """Send one request; return None if no worker responded and there is time for another."""
        context, address = self._context, f"{self._context.inbox}.{uuid4().hex}"
        left = deadline - asyncio.get_running_loop().time()
        try:
            self._messages = await context.connection.subscribe(address)
            await context.connection.publish(
                context.subject, body, address, headers={"Accept-Language": context.language}
            )
            message = await self._messages.next_msg(timeout=max(left, _PAUSE_SECONDS))
        except nats.errors.Error as error:
            await self._close()
            raise Refused(context.unavailable(why_unreachable(error))) from error
        headers = message.headers or {}
        if KIND in headers:
            return message
        await self._close()
        if "Nats-Service-Error-Code" in headers:
            raise Refused(context.refusal(message))
        if left < _PAUSE_SECONDS:
            raise Refused(context.unavailable("no worker answers"))
        return None

    async def _close(self) -> None:
        messages, self._messages = self._messages, None
        renewing, self._renewing = self._renewing, None
        if renewing:
            renewing.cancel()
        if messages and not self._context.connection.is_closed:
            with suppress(nats.errors.Error):
                await messages.unsubscribe()

    async def _renew(self, feed: Feed) -> None:
        """Renew the feed with the last handled cursor; a feed that no worker has stops sending beats."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(feed.lease_seconds / 3):
                    await self._handled.wait()
            self._handled.clear()
            self._unacknowledged = 0
            try:
                await self._context.ask(WatchProjects(feed=feed.feed, since=self.cursor), _RENEW_SECONDS)
            except Refused as refused:
                if refused.code is Code.GONE:
                    return
