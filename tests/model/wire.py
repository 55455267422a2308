"""Those who speak the wire with nats-py alone: who commands and asks, who hears every event, who follows a feed."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from nats.aio.client import Client as Nats

from contracts.audit import PAGE
from tests.model.feed import Event

SECONDS = 15


class Speaker:
    """One principal on the wire."""

    def __init__(self, nats: Nats, principal: str) -> None:
        """Remember who speaks."""
        self.nats = nats
        self.principal = principal
        self._outcomes: dict[UUID, asyncio.Future[Any]] = {}

    async def listen(self) -> None:
        """Hear outcomes."""

        async def on_message(message: Any) -> None:
            outcome = json.loads(message.data)
            self._awaited(UUID(outcome["command_id"])).set_result(outcome)

        await self.nats.subscribe(f"im.main.out.{self.principal}.*", cb=on_message)
        for _ in range(2):
            await self.nats.flush()

    def _awaited(self, command_id: UUID) -> "asyncio.Future[Any]":
        return self._outcomes.setdefault(command_id, asyncio.get_running_loop().create_future())

    async def publish(self, verb: str, key: str, body: Any, command_id: UUID) -> dict[str, Any]:
        """Publish a command and return what the server says: its place, or that it knows the id."""
        worker, _, verb = verb.partition(".")
        subject = f"im.main.cmd.{self.principal}.{worker}.{key}.{verb}"
        headers = {"Nats-Msg-Id": str(command_id)}
        answer = await self.nats.request(subject, json.dumps(body).encode(), timeout=SECONDS, headers=headers)
        acknowledgement: dict[str, Any] = json.loads(answer.data)
        assert "error" not in acknowledgement, acknowledgement
        return acknowledgement

    async def outcome(self, command_id: UUID) -> Any:
        """Wait for the outcome of a command."""
        try:
            return await asyncio.wait_for(self._awaited(command_id), SECONDS)
        except TimeoutError as error:
            raise AssertionError(f"no outcome of {command_id} for {self.principal}") from error

    async def ask(self, verb: str, body: Any) -> Any:
        """Ask a question."""
        subject = f"im.main.qry.{self.principal}.{verb}"
        return json.loads((await self.nats.request(subject, json.dumps(body).encode(), timeout=SECONDS)).data)


class Ear:
    """Hears every event, once each."""

    def __init__(self) -> None:
        """Begin with none."""
        self.event_ids: set[str] = set()
        self._caused: dict[str, list[Event]] = {}
        self._uncaused: list[Event] = []
        self._news = asyncio.Condition()

    async def listen(self, nats: Nats) -> None:
        """Hear events from now on."""

        async def on_message(message: Any) -> None:
            event = read(message)
            async with self._news:
                if event.id not in self.event_ids and event.name != PAGE:
                    self.event_ids.add(event.id)
                    (self._caused.setdefault(event.cause, []) if event.cause else self._uncaused).append(event)
                self._news.notify_all()

        await nats.subscribe("im.main.evt.>", cb=on_message)
        await nats.flush()

    async def caused(self, command_id: str) -> list[Event]:
        """Wait for the events of a command."""
        await self._until(lambda: command_id in self._caused, f"command {command_id}")
        return self._caused[command_id]

    async def _until(self, is_so: Callable[[], bool], expectation: str) -> None:
        try:
            async with asyncio.timeout(SECONDS), self._news:
                await self._news.wait_for(is_so)
        except TimeoutError as error:
            raise AssertionError(f"no event of {expectation}") from error

    async def uncaused(self, *, of_feeds: bool) -> Event:
        """Wait for the next event of a question, or of one for a feed.

        A follower who loses its right may renew its feed before it hears of that: this refusal leaves an event, too.
        """

        def matching() -> list[Event]:
            return [event for event in self._uncaused if (event.body.get("attempted") == "projects.watch") is of_feeds]

        await self._until(lambda: bool(matching()), "a question")
        event = matching()[0]
        self._uncaused.remove(event)
        return event


class Follower:
    """Somebody who follows a feed, with the duties of a client."""

    def __init__(self, speaker: Speaker, since: str | None) -> None:
        """Remember who follows, and from where on."""
        self.cursor = since
        self.received: list[Event] = []
        self.end: Any = None
        self.is_whole = True
        self._speaker = speaker
        self._message_count = 0
        self._feed: str | None = None
        self._opened: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._news = asyncio.Condition()

    async def open(self, filters: Any) -> Any:
        """Ask for the feed and wait for its first message; return the refusal, if it is one."""
        address = f"_INBOX_{self._speaker.principal}.feed.{uuid4().hex}"
        self._subscription = await self._speaker.nats.subscribe(address, cb=self._on_message)
        body = {"filter": filters, **({"since": self.cursor} if self.cursor else {})}
        await self._speaker.nats.publish(
            f"im.main.qry.{self._speaker.principal}.projects.watch", json.dumps(body).encode(), reply=address
        )
        return await asyncio.wait_for(self._opened, SECONDS)

    async def _on_message(self, message: Any) -> None:
        headers, body = message.headers or {}, json.loads(message.data)
        kind = headers.get("Feed-Kind")
        if kind is None:
            self._opened.set_result(body["error"])
            return
        self._message_count += 1
        self.is_whole &= headers["Feed-Count"] == str(self._message_count)
        async with self._news:
            self.cursor = headers["Feed-Cursor"]
            if kind == "open":
                self._feed = body["feed"]
                self._opened.set_result(None)
            elif kind == "event":
                self.received.append(read(message))
            elif kind == "end":
                self.end = body["error"]
            self._news.notify_all()
        if kind == "beat" or self._message_count % 20 == 0:
            await self._renew()

    async def _renew(self) -> None:
        body = {"feed": self._feed, "since": self.cursor}
        subject = f"im.main.qry.{self._speaker.principal}.projects.watch"
        reply = f"_INBOX_{self._speaker.principal}.renewed"
        await self._speaker.nats.publish(subject, json.dumps(body).encode(), reply=reply)

    async def reaches(self, command_id: str) -> None:
        """Wait until the feed has told the event of a command, or has ended."""
        async with asyncio.timeout(SECONDS), self._news:
            await self._news.wait_for(
                lambda: self.end is not None or any(event.cause == command_id for event in self.received)
            )

    async def leave(self) -> None:
        """Listen no more; the feed ends by itself."""
        await self._subscription.unsubscribe()


def read(message: Any) -> Event:
    """Read a CloudEvent."""
    headers = message.headers
    revision = headers.get("ce-revision")
    return Event(
        id=headers["ce-id"],
        at=headers["ce-time"],
        name=headers["ce-type"].removeprefix("im.").removesuffix(".v1"),
        actor=headers["ce-actor"],
        body=json.loads(message.data),
        project_id=headers.get("ce-subject"),
        revision=int(revision) if revision else None,
        cause=headers.get("ce-causationid"),
    )
