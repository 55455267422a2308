"""The feeds of one process: opened by a query, renewed through any process of the worker, ended with this process."""

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
from workers.common.asyncio_cancellation import end
from workers.common.logs import describe
from workers.runtime.feeds.cursors import bounds
from workers.runtime.feeds.feed import TRANSIENT, Feed, FeedAnswer, Follower, Renewal, SharedResources
from workers.runtime.feeds.follower_permissions import FollowerPermissions
from workers.runtime.feeds.recent_events import RecentEvents

FEEDS_MAX = 500
FEEDS_PER_PRINCIPAL_MAX = 100
"""In one process, so that nobody takes the feeds of all others."""
_POLL_SECONDS = 0.5
_RENEWAL_SECONDS_MAX = 2.0
log = structlog.get_logger()


def _feed_ended(feed: UUID) -> Refusal:
    ended = [{"field": "feed", "kind": "feed_ended"}]
    return Refusal(Code.GONE, status=404, known=False, feed=str(feed), fields=ended)


class Feeds:
    """Opens, renews and ends the feeds of one process."""

    def __init__(
        self, site: str, worker: str, shows: Sequence[str], engine: AsyncEngine, nats: Callable[[], Client]
    ) -> None:
        """Set the events to show; they are read only while the process has followers."""
        journal = RecentEvents(nats, subjects.every_event(site), shows)
        self._worker = worker
        self._shared = SharedResources(nats, engine, journal, FollowerPermissions(engine))
        self._serving: dict[asyncio.Task[None], Feed] = {}
        self._has_followers = asyncio.Event()

    async def begin(self, live: FeedAnswer, follower: Follower) -> None:
        """Open a feed; its first message is the answer to the query.

        Raises:
            Refusal: The cursor is too old, or this process or the follower has too many feeds.
        """
        if (
            len(self._serving) >= FEEDS_MAX
            or self._shared.grants.followers[follower.principal] >= FEEDS_PER_PRINCIPAL_MAX
        ):
            raise Refusal(Code.UNAVAILABLE)
        nats, beginnings = self._shared.nats(), self._shared.journal.beginnings
        limits = await bounds(nats)
        mark = await limits.resume(nats, live.since) if live.since else limits.last
        feed = Feed(live, follower, mark, limits, self._shared, beginnings)
        task = asyncio.create_task(self._serve(feed))
        self._serving[task] = feed
        task.add_done_callback(self._on_end)
        self._shared.grants.followers[follower.principal] += 1
        self._has_followers.set()

    async def renew(self, renewal: Renewal, principal: str) -> watching.Feed:
        """Renew a feed, whichever process serves it.

        Raises:
            Refusal: No process serves it: its client must open another one.
        """
        body = to_json({"principal": principal, "since": renewal.since})
        try:
            reply = await self._shared.nats().request(self._address(renewal.feed), body, timeout=_RENEWAL_SECONDS_MAX)
        except NoRespondersError:
            raise _feed_ended(renewal.feed) from None
        except NatsError:
            raise Refusal(Code.UNAVAILABLE) from None
        if not reply.data:
            raise _feed_ended(renewal.feed)
        return watching.Feed.model_validate_json(reply.data)

    async def run(self) -> None:
        """Run the journal while the process has followers, until cancelled; wait for unreachable servers."""
        while True:
            await self._has_followers.wait()
            journal = asyncio.create_task(self._shared.journal.run())
            try:
                while self._has_followers.is_set() and not journal.done():
                    await asyncio.wait([journal], timeout=_POLL_SECONDS)
                if journal.done():
                    journal.result()
            except TRANSIENT as error:
                log.warning("journal_interrupted", worker=self._worker, **describe(error))
                await asyncio.sleep(_POLL_SECONDS)
            finally:
                await end([journal])

    async def close(self) -> None:
        """End every feed, so that clients turn to another process at once."""
        await end(list(self._serving))

    def _address(self, feed: object) -> str:
        return f"{subjects.inbox(self._worker)}.feeds.{feed}"

    async def _serve(self, feed: Feed) -> None:
        async def on_renewal(message: Msg) -> None:
            content = from_json(message.data)
            is_own = content["principal"] == feed.follower.principal
            if is_own:
                feed.renew(content["since"])
            await message.respond(feed.describe().model_dump_json().encode() if is_own else b"")

        subscription = await self._shared.nats().subscribe(self._address(feed.id), cb=on_renewal)
        try:
            await feed.serve()
        finally:
            if not self._shared.nats().is_closed:
                await subscription.unsubscribe()

    def _on_end(self, task: asyncio.Task[None]) -> None:
        feed = self._serving.pop(task)
        self._shared.grants.followers[feed.follower.principal] -= 1
        self._shared.grants.followers += type(self._shared.grants.followers)()
        if not self._serving:
            self._has_followers.clear()
        if not task.cancelled() and (error := task.exception()):
            log.error("feed_failed", worker=self._worker, **describe(error))
