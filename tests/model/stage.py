"""A site that lives on a thread of its own, so that a state machine, which knows no event loop, can drive it."""

import asyncio
import json
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar
from uuid import UUID

from nats.aio.client import Client as Nats

from contracts.ids import uuid7
from tests.model.commands import PEOPLE
from tests.support import Site

T = TypeVar("T")
SECONDS = 15
_AS_AT_FIRST = (
    "TRUNCATE projects.project, projects.tombstone CASCADE",
    "TRUNCATE administration.property, administration.category, administration.data_field CASCADE",
    "DELETE FROM administration.member",
    "DELETE FROM administration.role WHERE role_id <> 'administrators'",
    "INSERT INTO administration.member VALUES ('admin', 'administrators')",
)


class Speaker:
    """One principal on the wire."""

    def __init__(self, nats: Nats, who: str) -> None:
        """Remember who speaks."""
        self.nats = nats
        self.who = who
        self._outcomes: dict[UUID, asyncio.Future[Any]] = {}

    async def listen(self) -> None:
        """Hear outcomes."""

        async def heard(message: Any) -> None:
            outcome = json.loads(message.data)
            self._awaited(UUID(outcome["command_id"])).set_result(outcome)

        await self.nats.subscribe(f"im.main.out.{self.who}.*", cb=heard)
        for _ in range(2):
            await self.nats.flush()

    def _awaited(self, command_id: UUID) -> "asyncio.Future[Any]":
        return self._outcomes.setdefault(command_id, asyncio.get_running_loop().create_future())

    async def publish(self, verb: str, key: str, body: Any, command_id: UUID) -> dict[str, Any]:
        """Publish a command and return what the server says: its place, or that it knows the id."""
        worker, _, verb = verb.partition(".")
        subject = f"im.main.cmd.{self.who}.{worker}.{key}.{verb}"
        headers = {"Nats-Msg-Id": str(command_id)}
        answer = await self.nats.request(subject, json.dumps(body).encode(), timeout=SECONDS, headers=headers)
        told: dict[str, Any] = json.loads(answer.data)
        assert "error" not in told, told
        return told

    async def outcome(self, command_id: UUID) -> Any:
        """Wait for the outcome of a command."""
        return await asyncio.wait_for(self._awaited(command_id), SECONDS)

    async def ask(self, verb: str, body: Any) -> Any:
        """Ask a question."""
        subject = f"im.main.qry.{self.who}.{verb}"
        return json.loads((await self.nats.request(subject, json.dumps(body).encode(), timeout=SECONDS)).data)


class Stage:
    """A site with its speakers."""

    def __init__(self, site: Site, loop: asyncio.AbstractEventLoop) -> None:
        """Remember where things run."""
        self.site = site
        self.speakers: dict[str, Speaker] = {}
        self._loop = loop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something on the site's loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS * 2)

    async def prepare(self) -> None:
        """Start the workers and let everybody listen."""
        await self.site.workers("projects", "administration")
        for who in PEOPLE:
            self.speakers[who] = Speaker(await self.site.nats(who), who)
            await self.speakers[who].listen()

    async def clear(self) -> None:
        """Make the site what it was at first, but for its sequences of numbers."""
        for statement in _AS_AT_FIRST:
            await self.site.sql(statement)

    async def together(self, given: list[tuple[str, str, str, Any]]) -> list[tuple[int, Any]]:
        """Send commands (who, verb, key, body) at once; return place and outcome of each."""
        ids = [uuid7() for _ in given]
        kept = await asyncio.gather(
            *(
                self.speakers[who].publish(verb, key, body, one)
                for one, (who, verb, key, body) in zip(ids, given, strict=True)
            )
        )
        told = [await self.speakers[who].outcome(one) for one, (who, *_) in zip(ids, given, strict=True)]
        return [(ack["seq"], outcome) for ack, outcome in zip(kept, told, strict=True)]


@contextmanager
def staged(directory: Path, databases: tuple[str, str]) -> Iterator[Stage]:
    """Run a site on a thread for as long as the block lasts."""
    ready: Future[tuple[Stage, asyncio.Event]] = Future()

    async def live() -> None:
        done = asyncio.Event()
        async with Site(directory, *databases).open() as site:
            stage = Stage(site, asyncio.get_running_loop())
            await stage.prepare()
            ready.set_result((stage, done))
            await done.wait()

    def run() -> None:
        try:
            asyncio.run(live())
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)
            raise

    thread = Thread(target=run)
    thread.start()
    stage, done = ready.result(60)
    try:
        yield stage
    finally:
        stage._loop.call_soon_threadsafe(done.set)
        thread.join()
