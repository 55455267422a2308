"""Followers of live feeds, as docs/wire.md describes a client."""

import asyncio
import json
from contextlib import suppress

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from tests.faults.client import Client
from tests.faults.history import FeedEvent, Followed
from tests.faults.proxies import pause

_SUBJECT = "im.main.qry.{}.projects.watch"
_BEATS_SECONDS = 3.0
_RENEW_SECONDS = 4.0
_RENEW_EVENTS = 400


class Follower:
    """Follows everything it may see, and resumes by its cursor whenever a feed ends, pauses or skips."""

    def __init__(self, client: Client, sees: tuple[str, ...]) -> None:
        self._client = client
        self.followed = Followed(client.principal, sees)
        self.cursor = ""
        self.feeds = 0
        self._subject = _SUBJECT.format(client.principal)

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                await self._follow()
            except (NatsError, OSError, TimeoutError):
                await pause(0.1)

    async def _follow(self) -> None:
        address = self._client.nats.new_inbox()
        subscription = await self._client.nats.subscribe(address, pending_msgs_limit=100_000)
        try:
            request = {"since": self.cursor} if self.cursor else {}
            await self._client.nats.publish(self._subject, json.dumps(request).encode(), reply=address)
            await self._listen(subscription)
        finally:
            with suppress(NatsError):
                await subscription.unsubscribe()

    async def _listen(self, subscription: Subscription) -> None:
        feed, count, handled = "", 0, 0
        renewed = self._client.clock()
        while True:
            message = await subscription.next_msg(timeout=_BEATS_SECONDS)
            headers = message.headers or {}
            kind = headers.get("Feed-Kind", "")
            if not kind:
                await self._note_refusal(message)
                return
            count += 1
            if int(headers["Feed-Count"]) > count:
                return
            if kind == "open":
                feed = json.loads(message.data)["feed"]
                self.feeds += 1
            event_id, cursor = headers.get("ce-id", ""), headers["Feed-Cursor"]
            event = FeedEvent(self._client.clock(), feed, int(headers["Feed-Count"]), kind, event_id, cursor)
            self.followed.received.append(event)
            if kind == "end":
                await self._note_refusal(message)
                return
            self.cursor = cursor
            handled += kind == "event"
            if handled >= _RENEW_EVENTS or self._client.clock() > renewed + _RENEW_SECONDS:
                handled, renewed = 0, self._client.clock()
                body = {"feed": feed, "since": self.cursor}
                await self._client.nats.publish(
                    self._subject, json.dumps(body).encode(), reply=self._client.nats.new_inbox()
                )

    async def _note_refusal(self, message: Msg) -> None:
        """Note a refusal, unless it says that the feed can be asked for again."""
        with suppress(ValueError):
            code = json.loads(message.data or b"{}").get("error", {}).get("code", "unavailable")
            if code != "unavailable":
                self.followed.refused.append((self._client.clock(), str(code)))
        await pause(0.2)

    async def opened(self) -> None:
        """Wait until the first feed is open."""
        while not self.feeds:
            await pause(0.05)


async def follow(followers: list[Follower], tasks: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
    """Let all follow, and return when each has its first feed."""
    running = [tasks.create_task(follower.run()) for follower in followers]
    for follower in followers:
        await follower.opened()
    return running
