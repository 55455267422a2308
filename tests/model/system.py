"""A site on a thread of its own, because a state machine knows no event loop."""

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar
from uuid import uuid4

from contracts.ids import uuid7
from contracts.licence import Licence
from tests.model.commands import PEOPLE
from tests.model.feed import Event
from tests.model.wire import SECONDS, Ear, Follower, Speaker
from tests.support import Site

T = TypeVar("T")
FENCE = "fence"
AUDITED = {"permission-denied", "not-available", "not-licensed"}
"""Refusals that leave an event."""

_RESET = (
    "TRUNCATE projects.project, projects.tombstone CASCADE",
    "TRUNCATE projects.draft, administration.licence",
    "TRUNCATE administration.property, administration.category, administration.data_field CASCADE",
    "DELETE FROM administration.settings",
    "INSERT INTO administration.settings DEFAULT VALUES",
    "DELETE FROM administration.member",
    "DELETE FROM administration.role WHERE role_id <> 'administrators'",
    "INSERT INTO administration.member VALUES ('admin', 'administrators')",
)
_EXPIRE_LICENCE = "UPDATE administration.licence SET expires_at = now() - interval '1 second'"
SentCommand = tuple[str, str, str, Any]
"""Who, verb, key and body."""

CommandResult = tuple[int, Any, list[Event]]
"""The place of a command, its outcome and its events."""


class System:
    """A site with its speakers."""

    def __init__(self, site: Site, loop: asyncio.AbstractEventLoop) -> None:
        """Remember where things run."""
        self.site = site
        self.speakers: dict[str, Speaker] = {}
        self._loop = loop
        self._ear = Ear()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the site's loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS * 4)

    async def prepare(self) -> None:
        """Start the workers and let everybody listen."""
        for name in ("projects", "administration", "audit"):
            await self.site.worker(name, event_delay_seconds=0.005)  # every step waits for its events
        await self._ear.listen(await self.site.overseer())
        for principal in (*PEOPLE, FENCE):
            self.speakers[principal] = Speaker(await self.site.nats(principal), principal)
            await self.speakers[principal].listen()

    async def clear(self) -> None:
        """Reset the site, except its sequences of numbers."""
        for statement in _RESET:
            await self.site.sql(statement)

    async def expire_licence(self) -> None:
        """Let the current licence expire."""
        await self.site.sql(_EXPIRE_LICENCE)

    def token(self, licence: Licence) -> str:
        """Return a token in which the operator grants a licence."""
        return self.site.trust.account_token(licence)

    async def send_together(self, commands: list[SentCommand]) -> list[CommandResult]:
        """Send commands at once; return place, outcome and events of each, in their order."""
        ids = [uuid7() for _ in commands]
        acknowledgements = await asyncio.gather(
            *(
                self.speakers[principal].publish(verb, key, body, each_id)
                for each_id, (principal, verb, key, body) in zip(ids, commands, strict=True)
            )
        )
        results = []
        for ack, each_id, (principal, *_) in zip(acknowledgements, ids, commands, strict=True):
            outcome = await self.speakers[principal].outcome(each_id)
            leaves = outcome.get("events") or outcome.get("error", {}).get("code") in AUDITED
            results.append((ack["seq"], outcome, await self._ear.caused(str(each_id)) if leaves else []))
        return results

    async def ask(self, principal: str, verb: str, body: Any) -> tuple[Any, Event | None]:
        """Ask a question; return the answer and the event that it left."""
        answer = await self.speakers[principal].ask(verb, body)
        error = answer.get("error", {}).get("code")
        if (verb in {"projects.get", "projects.history"} and not error) or error == "not-available":
            return answer, await self._ear.uncaused(of_feeds=False)
        return answer, None

    def event_ids(self) -> set[str]:
        """Return the ids of all events until now."""
        return set(self._ear.event_ids)

    async def follow(self, principal: str, filters: Any, since: str | None) -> tuple[Follower | None, Any]:
        """Open a feed; return it, or None and the refusal."""
        follower = Follower(self.speakers[principal], since)
        refused = await follower.open(filters)
        if refused:
            event = await self._ear.uncaused(of_feeds=True)
            assert (event.name, event.body["attempted"]) == ("audit.refused", "projects.watch"), event
        return (None if refused else follower), refused

    async def fenced(self, follower: Follower, project_id: str) -> None:
        """Wait until a feed has told all that was done before now, or has ended: until it tells of a deletion."""
        body = {"project_id": project_id}
        speaker, ids = self.speakers[FENCE], [uuid4(), uuid4()]
        for verb, each_id in zip(("create", "delete"), ids, strict=True):
            await speaker.publish(f"projects.{verb}", project_id, body, each_id)
        outcomes = [await speaker.outcome(each_id) for each_id in ids]
        assert [outcome["status"] for outcome in outcomes] == ["applied", "applied"], outcomes
        for each_id in ids:
            await self._ear.caused(str(each_id))
        await follower.reaches(str(ids[-1]))


@contextmanager
def running_system(directory: Path, databases: tuple[str, str]) -> Iterator[System]:
    """Run a site on a thread for as long as the block lasts."""
    ready: Future[tuple[System, asyncio.Event]] = Future()

    async def live() -> None:
        done = asyncio.Event()
        async with Site(directory, *databases).open() as site:
            system = System(site, asyncio.get_running_loop())
            await system.prepare()
            ready.set_result((system, done))
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
    system, done = ready.result(60)
    try:
        yield system
    finally:
        system._loop.call_soon_threadsafe(done.set)
        thread.join()
