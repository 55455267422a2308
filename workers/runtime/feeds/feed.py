"""Live feeds: queries that are answered for as long as their caller wants, into the caller's own inbox.

A feed reads at its own pace: what is recent from the journal of its process, what is older from the stream. It sends
at most a window ahead of what its client says it has handled, so that a slow client holds nobody up and loses nothing.
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
from workers.runtime.bus.reader import StreamReader, open_reader
from workers.runtime.bus.streams import EVENTS
from workers.runtime.commands.envelopes import refused
from workers.runtime.commands.reactions import Heard
from workers.runtime.feeds.follower_grants import Rights
from workers.runtime.feeds.journal import AT_ONCE, Bounds, Entry, Journal, bounds, entries

_LOOK_SECONDS = 1.0
"""Time between two looks whether what a feed still has to read is kept."""

FAULTS = (NatsError, SQLAlchemyError, OSError, TimeoutError)
log = structlog.get_logger()


class Shown(NamedTuple):
    """An event that a follower may see, and the body in which it may see it."""

    heard: Heard[Event]
    body: bytes


Choosing = Callable[[Sequence[Heard[Event]], Grants, AsyncConnection], Awaitable[Sequence[Shown]]]


@dataclass(frozen=True, slots=True)
class Live:
    """The answer to a query that is a feed: what was asked, from where on, and what of it is shown."""

    asked: Request[Any]
    since: str | None
    choosing: Choosing


@dataclass(frozen=True, slots=True)
class Renewal:
    """The wish to keep a feed, and the place up to which its client has handled it."""

    feed: UUID
    since: str | None


class Follower(NamedTuple):
    """Who follows, where, and in which language."""

    principal: str
    address: str
    language: str


@dataclass(slots=True)
class Reach:
    """What the feeds of one process share."""

    nats: Callable[[], Client]
    engine: AsyncEngine
    journal: Journal
    rights: Rights


@dataclass(slots=True)
class Feed:
    """One feed while it lives."""

    live: Live
    follower: Follower
    place: int
    bounds: Bounds
    _reach: Reach
    id: UUID = field(default_factory=uuid4)
    _count: int = 0
    _said_at: float = 0.0
    _renewed_at: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    _held_until: float = 0.0
    _ahead: deque[int] = field(default_factory=deque)
    _heard_of: asyncio.Event = field(default_factory=asyncio.Event)
    _older: StreamReader | None = None
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def serve(self) -> None:
        """Send until the follower loses interest or its right, or a server is away; say why at the end."""
        ending = Refusal(Code.UNAVAILABLE)
        try:
            async with self._open:
                await self._say("open", self.opened().model_dump_json().encode())
                while _now() < self._renewed_at + LEASE_SECONDS:
                    await self._step()
        except Refusal as refusal:
            ending = refusal
        except FAULTS as error:
            log.warning("feed_interrupted", **describe(error))
        finally:
            body, headers = refused(ending, self.follower.language)
            with suppress(NatsError):
                await self._say("end", body, headers)

    def opened(self) -> watching.Feed:
        """Describe the feed as its client must know it."""
        return watching.Feed(
            feed=self.id,
            cursor=self.bounds.cursor(self.place),
            lease_seconds=LEASE_SECONDS,
            beat_seconds=BEAT_SECONDS,
            window=WINDOW,
        )

    def renew(self, since: str | None) -> None:
        """Live on; what the client has handled makes room for more."""
        self._renewed_at = _now()
        handled = int(since.rpartition("-")[2]) if since else 0
        while self._ahead and self._ahead[0] <= handled:
            self._ahead.popleft()
        self._heard_of.set()

    async def _step(self) -> None:
        if entries := await self._next(min(AT_ONCE, WINDOW - len(self._ahead))):
            await self._show(entries)
        if _now() >= self._said_at + BEAT_SECONDS:
            await self._rights(_now())
            await self._say("beat", b"{}")

    async def _next(self, room: int) -> list[Entry]:
        journal, rest = self._reach.journal, max(self._said_at + BEAT_SECONDS - _now(), 0)
        if room <= 0:
            await self._room(rest)
            return []
        if not journal.covers(self.place):
            return await self._read_older(room, rest)
        await self._open.aclose()
        self._older = None
        if not (found := journal.after(self.place, room)):
            self.place = max(self.place, journal.reached)
            await journal.news(rest)
        return found

    async def _room(self, seconds: float) -> None:
        self._heard_of.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._heard_of.wait()
        self._held_until = _now()

    async def _read_older(self, room: int, rest: float) -> list[Entry]:
        nats, journal = self._reach.nats(), self._reach.journal
        if self._older is None:
            opened = open_reader(nats, EVENTS, journal.subjects, self.place, AT_ONCE)
            self._older = await self._open.enter_async_context(opened)
        found = entries(await self._older.fetch(room, min(rest, _LOOK_SECONDS)))
        if (await bounds(nats)).first > self.place + 1:
            raise Refusal(Code.GONE, fields=[{"field": "since", "kind": "cursor_too_old"}])
        if not found:
            self.place = max(self.place, self._older.place)
        return found

    async def _show(self, entries: list[Entry]) -> None:
        grants = await self._rights(max(entries[-1].arrived, self._held_until))
        async with self._reach.engine.connect() as connection:
            shown = await self.live.choosing([one.heard for one in entries], grants, connection)
        places = {entry.heard.id: entry.place for entry in entries}
        for one in shown:
            self.place = places[one.heard.id]
            self._ahead.append(self.place)
            headers = one.heard.raw.headers or {}
            await self._say("event", one.body, {name: told for name, told in headers.items() if name.startswith("ce-")})
        self.place = entries[-1].place

    async def _rights(self, since: float) -> Grants:
        grants = await self._reach.rights.of(self.follower.principal, since)
        authorisation.authorise(self.live.asked, self.follower.principal, grants)
        return grants

    async def _say(self, kind: FeedKind, body: bytes, headers: dict[str, str] | None = None) -> None:
        self._count += 1
        self._said_at = _now()
        told = {
            watching.KIND: kind,
            watching.COUNT: str(self._count),
            watching.CURSOR: self.bounds.cursor(self.place),
        }
        await self._reach.nats().publish(self.follower.address, body, headers={**(headers or {}), **told})


def _now() -> float:
    return asyncio.get_running_loop().time()
