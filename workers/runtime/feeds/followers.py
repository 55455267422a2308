"""The feeds of one process: opened by a query, renewed through any process of its worker, ended with this one."""

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from pydantic_core import from_json, to_json
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts import subjects
from contracts.errors import Code, Refusal
from contracts.projects import watching
from workers.common.logs import describe
from workers.common.tasks import end
from workers.runtime.feeds.feed import FAULTS, Feed, Follower, Live, Reach, Renewal
from workers.runtime.feeds.follower_grants import Rights
from workers.runtime.feeds.journal import Journal, bounds

MOST = 500
MOST_EACH = 100
"""Feeds of one principal in one process: nobody takes those of all others."""
_PAUSE = 0.5
_PATIENCE = 2.0
log = structlog.get_logger()


def _unknown(feed: UUID) -> Refusal:
    ended = [{"field": "feed", "kind": "feed_ended"}]
    return Refusal(Code.GONE, status=404, known=False, feed=str(feed), fields=ended)


class Feeds:
    """Opens, renews and ends the feeds of one process."""

    def __init__(
        self, site: str, worker: str, shows: Sequence[str], engine: AsyncEngine, nats: Callable[[], Client]
    ) -> None:
        """Remember what to show; events are read only while somebody follows."""
        shown = [subjects.event(site, f"{one}.*", "*") for one in shows]
        self._worker = worker
        self._reach = Reach(nats, engine, Journal(nats, shown), Rights(engine))
        self._serving: dict[asyncio.Task[None], Feed] = {}
        self._wanted = asyncio.Event()

    async def begin(self, live: Live, follower: Follower) -> None:
        """Open a feed; the first message of it is the answer to the query.

        Raises:
            Refusal: The cursor is too old, or this process or its follower has feeds enough.
        """
        if len(self._serving) >= MOST or self._reach.rights.followers[follower.principal] >= MOST_EACH:
            raise Refusal(Code.UNAVAILABLE)
        nats = self._reach.nats()
        kept = await bounds(nats)
        place = kept.read(live.since) if live.since else kept.last
        feed = Feed(live, follower, place, kept, self._reach)
        task = asyncio.create_task(self._serve(feed))
        self._serving[task] = feed
        task.add_done_callback(self._ended)
        self._reach.rights.followers[follower.principal] += 1
        self._wanted.set()

    async def renew(self, renewal: Renewal, principal: str) -> watching.Feed:
        """Let a feed live on, wherever it is served.

        Raises:
            Refusal: Nobody serves it: its client must ask for another one.
        """
        body = to_json({"principal": principal, "since": renewal.since})
        try:
            reply = await self._reach.nats().request(self._address(renewal.feed), body, timeout=_PATIENCE)
        except NoRespondersError:
            raise _unknown(renewal.feed) from None
        except NatsError:
            raise Refusal(Code.UNAVAILABLE) from None
        if not reply.data:
            raise _unknown(renewal.feed)
        return watching.Feed.model_validate_json(reply.data)

    async def run(self) -> None:
        """Keep the journal while somebody follows, until cancelled; a server that is away is waited for."""
        while True:
            await self._wanted.wait()
            journal = asyncio.create_task(self._reach.journal.run())
            try:
                while self._wanted.is_set() and not journal.done():
                    await asyncio.wait([journal], timeout=_PAUSE)
                if journal.done():
                    journal.result()
            except FAULTS as error:
                log.warning("journal_interrupted", worker=self._worker, **describe(error))
                await asyncio.sleep(_PAUSE)
            finally:
                await end([journal])

    async def close(self) -> None:
        """End every feed, so that its client asks another process at once."""
        await end(list(self._serving))

    def _address(self, feed: object) -> str:
        return f"{subjects.inbox(self._worker)}.feeds.{feed}"

    async def _serve(self, feed: Feed) -> None:
        async def on_renewal(message: Msg) -> None:
            told = from_json(message.data)
            own = told["principal"] == feed.follower.principal
            if own:
                feed.renew(told["since"])
            await message.respond(feed.opened().model_dump_json().encode() if own else b"")

        heard = await self._reach.nats().subscribe(self._address(feed.id), cb=on_renewal)
        try:
            await feed.serve()
        finally:
            if not self._reach.nats().is_closed:
                await heard.unsubscribe()

    def _ended(self, task: asyncio.Task[None]) -> None:
        feed = self._serving.pop(task)
        self._reach.rights.followers[feed.follower.principal] -= 1
        self._reach.rights.followers += type(self._reach.rights.followers)()
        if not self._serving:
            self._wanted.clear()
        if not task.cancelled() and (error := task.exception()):
            log.error("feed_failed", worker=self._worker, **describe(error))
