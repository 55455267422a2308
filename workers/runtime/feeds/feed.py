"""Live feeds: queries that are answered continuously into the caller's inbox, until the caller stops renewing them.

A feed reads at its own pace: recent events from the journal of its process, older ones from the stream. It sends at
most a window ahead of the last event that its client has handled: a slow client delays nobody and loses nothing.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.errors import Code, Refusal
from contracts.message import Event, Request
from contracts.permissions import Grants
from contracts.projects import watching
from contracts.projects.watching import BEAT_SECONDS, LEASE_SECONDS, WINDOW, FeedKind
from workers.common.logs import describe
from workers.runtime.admission import authorisation
from workers.runtime.bus.ordered_stream_reader import StreamReader, open_reader
from workers.runtime.bus.streams import EVENTS
from workers.runtime.commands.envelopes import refusal_reply
from workers.runtime.commands.reaction_dispatch import ReceivedEvent
from workers.runtime.feeds.bulk_event_expansion import ExpandedEvents
from workers.runtime.feeds.cursors import StreamBounds, StreamMark, bounds
from workers.runtime.feeds.follower_permissions import FollowerPermissions
from workers.runtime.feeds.recent_events import READ_EVENTS_MAX, RecentEvent, RecentEvents, entries

_POLL_SECONDS = 1.0
"""Time between two checks that the stream still holds the next events of a feed."""

TRANSIENT = (NatsError, SQLAlchemyError, OSError, TimeoutError)
log = structlog.get_logger()


class VisibleEvent(NamedTuple):
    """An event that a follower may see, with the body that the follower may see, and the number of its project."""

    received: ReceivedEvent[Event]
    body: bytes
    project_number: int | None = None


EventFilter = Callable[[Sequence[ReceivedEvent[Event]], Grants, AsyncConnection], Awaitable[Sequence[VisibleEvent]]]


@dataclass(frozen=True, slots=True)
class FeedAnswer:
    """The answer to a query that opens a feed: the request, the cursor to start after, and the filter of events."""

    request: Request[Any]
    since: str | None
    select: EventFilter


@dataclass(frozen=True, slots=True)
class Renewal:
    """A request to keep a feed, with the cursor up to which its client has handled it."""

    feed: UUID
    since: str | None


class Follower(NamedTuple):
    """The principal that follows, its inbox and its language."""

    principal: str
    address: str
    language: str


@dataclass(slots=True)
class SharedResources:
    """The resources that the feeds of one process share."""

    nats: Callable[[], Client]
    engine: AsyncEngine
    journal: RecentEvents
    grants: FollowerPermissions
    individual: ExpandedEvents = field(default_factory=ExpandedEvents)


@dataclass(slots=True)
class Feed:
    """One open feed."""

    live: FeedAnswer
    follower: Follower
    mark: StreamMark
    bounds: StreamBounds
    _shared: SharedResources
    _beginnings: int
    id: UUID = field(default_factory=uuid4)
    _count: int = 0
    _sent_at: float = 0.0
    _renewed_at: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    _held_until: float = 0.0
    _unhandled: deque[int] = field(default_factory=deque)
    _renewed: asyncio.Event = field(default_factory=asyncio.Event)
    _older: StreamReader | None = None
    _exit_stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def serve(self) -> None:
        """Send events until the lease ends, the permission is lost or a server is unreachable; then send the reason."""
        ending = Refusal(Code.UNAVAILABLE)
        try:
            async with self._exit_stack:
                await self._send("open", self.describe().model_dump_json().encode())
                while _now() < self._renewed_at + LEASE_SECONDS:
                    await self._serve_once()
        except Refusal as refusal:
            ending = refusal
        except TRANSIENT as error:
            log.warning("feed_interrupted", **describe(error))
        finally:
            body, headers = refusal_reply(ending, self.follower.language)
            with suppress(NatsError):
                await self._send("end", body, headers)

    def describe(self) -> watching.Feed:
        """Return the description of the feed for its client."""
        return watching.Feed(
            feed=self.id,
            cursor=self.bounds.cursor(self.mark),
            lease_seconds=LEASE_SECONDS,
            beat_seconds=BEAT_SECONDS,
            window=WINDOW,
        )

    def renew(self, since: str | None) -> None:
        """Renew the lease; events that the client has handled make room for more."""
        self._renewed_at = _now()
        handled = int(since.rpartition("-")[2]) if since else 0
        while self._unhandled and self._unhandled[0] <= handled:
            self._unhandled.popleft()
        self._renewed.set()

    async def _serve_once(self) -> None:
        if entries := await self._next(min(READ_EVENTS_MAX, WINDOW - len(self._unhandled))):
            await self._send_events(entries)
        if _now() >= self._sent_at + BEAT_SECONDS:
            await self._current_grants(_now())
            await self._send("beat", b"{}")

    async def _next(self, room: int) -> list[RecentEvent]:
        journal, rest = self._shared.journal, max(self._sent_at + BEAT_SECONDS - _now(), 0)
        if room <= 0:
            await self._wait_for_room(rest)
            return []
        if self._beginnings != journal.beginnings:
            await self._check()
        if not journal.covers(self.mark.place):
            return await self._read_older(room, rest)
        await self._close_older()
        if not (entries := journal.after(self.mark.place, room)):
            self._move_to(journal.reached)
            await journal.news(rest)
        return entries

    async def _close_older(self) -> None:
        await self._exit_stack.aclose()
        self._older = None

    async def _check(self) -> None:
        """Refuse to go on in a stream that was restored from an older copy, or recreated, since the feed began."""
        nats, self._beginnings = self._shared.nats(), self._shared.journal.beginnings
        await (await bounds(nats)).resume(nats, self.bounds.cursor(self.mark))

    def _move_to(self, mark: StreamMark) -> None:
        if mark.place > self.mark.place:
            self.mark = mark

    async def _wait_for_room(self, seconds: float) -> None:
        self._renewed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._renewed.wait()
        self._held_until = _now()

    async def _read_older(self, room: int, rest: float) -> list[RecentEvent]:
        nats, journal = self._shared.nats(), self._shared.journal
        if self._older is None:
            opened = open_reader(nats, EVENTS, [journal.subject], self.mark.place, READ_EVENTS_MAX)
            self._older = await self._exit_stack.enter_async_context(opened)
            await self._check()
        fetched = await self._older.fetch(room, min(rest, _POLL_SECONDS))
        if (await bounds(nats)).first > self.mark.place + 1:
            raise Refusal(Code.GONE, fields=[{"field": "since", "kind": "cursor_too_old"}])
        read = entries(fetched, journal.shown)
        if fetched and not read:
            self._move_to(StreamMark.of(fetched[-1]))
        return read

    async def _send_events(self, entries: list[RecentEvent]) -> None:
        grants = await self._current_grants(max(entries[-1].arrived, self._held_until))
        individual, count = self._shared.individual.take(entries, WINDOW - len(self._unhandled))
        async with self._shared.engine.connect() as connection:
            visible = await self.live.select([item.received for item in individual], grants, connection)
        marks = {item.received.id: item.mark for item in individual}
        ends = [marks[item.received.id] for item in visible]
        for number, (item, mark) in enumerate(zip(visible, ends, strict=True), 1):
            self._unhandled.append(mark.place)
            if mark not in ends[number : number + 1]:  # in the middle of an entry, all of it would be sent again
                self.mark = mark
            await self._send("event", item.body, _headers_of(item))
        self.mark = entries[count - 1].mark
        if count < len(entries):
            await self._close_older()

    async def _current_grants(self, since: float) -> Grants:
        grants = await self._shared.grants.of(self.follower.principal, since)
        authorisation.authorise(self.live.request, self.follower.principal, grants)
        return grants

    async def _send(self, kind: FeedKind, body: bytes, headers: dict[str, str] | None = None) -> None:
        self._count += 1
        self._sent_at = _now()
        own = {
            watching.KIND: kind,
            watching.COUNT: str(self._count),
            watching.CURSOR: self.bounds.cursor(self.mark),
        }
        await self._shared.nats().publish(self.follower.address, body, headers={**(headers or {}), **own})


def _headers_of(item: VisibleEvent) -> dict[str, str]:
    headers = {name: value for name, value in (item.received.raw.headers or {}).items() if name.startswith("ce-")}
    return headers | ({watching.PROJECT_NUMBER: str(item.project_number)} if item.project_number else {})


def _now() -> float:
    return asyncio.get_running_loop().time()
