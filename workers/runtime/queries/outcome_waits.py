"""Questions that wait for the outcome of a command, without a turn of the fair queue or a database connection.

Any process may decide the command: a waiting question listens on the subject of its outcome before it looks into the
inbox. It looks again now and then, because a core message can be lost. All looks of a process share one connection.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts import subjects
from contracts.errors import Code, Refusal
from contracts.message import Outcome
from workers.common.asyncio_cancellation import end
from workers.common.logs import describe
from workers.runtime.admission.inbox import decided_outcomes
from workers.runtime.bus.hardened_parser import flush
from workers.runtime.commands.envelopes import refusal_reply
from workers.runtime.queries.fair_queue import WaitingQuery

WAITS_MAX: Final = 1_000
"""In one process, of all principals; beyond it each principal may have one."""

WAITS_PER_PRINCIPAL_MAX: Final = 100
"""In one process."""

FIRST_LOOK_SECONDS: Final = 1.0
"""Each further look comes after twice the time."""

_SERVER_SECONDS_MAX: Final = 5.0
_TRANSIENT: Final = (NatsError, SQLAlchemyError, OSError, TimeoutError)
log = structlog.get_logger()

Key = tuple[str, UUID]
"""A principal and the id of its command."""


class AwaitedOutcome(NamedTuple):
    """The answer to a question whose outcome is not known yet: wait so long for it, then ask how far the command is."""

    command_id: UUID
    seconds: float
    progress: Callable[[AsyncConnection], Awaitable[Refusal | bytes]]


@dataclass(frozen=True, slots=True)
class _Wait:
    awaited: AwaitedOutcome
    query: WaitingQuery
    nats: Client

    @property
    def key(self) -> Key:
        return self.query.principal, self.awaited.command_id


class OutcomeWaits:
    """The waiting questions of one process."""

    def __init__(self, site: str, engine: AsyncEngine) -> None:
        """Name the site whose outcomes are awaited, and the database with the inbox."""
        self._site = site
        self._looks = _Looks(engine)
        self._waiting: dict[asyncio.Task[None], str] = {}
        self._principals = Counter[str]()

    def __len__(self) -> int:
        """Return how many questions wait."""
        return len(self._waiting)

    def begin(self, awaited: AwaitedOutcome, query: WaitingQuery, nats: Client) -> None:
        """Let a question wait and answer it later, into its reply inbox.

        Raises:
            Refusal: Too many questions of its principal wait.
        """
        own = self._principals[query.principal]
        if own >= (WAITS_PER_PRINCIPAL_MAX if len(self) < WAITS_MAX else 1):
            too_many = [{"field": "wait_seconds", "kind": "too_many_waits"}]
            raise Refusal(Code.UNAVAILABLE, fields=too_many, retry_after_seconds=1)
        task = asyncio.create_task(self._serve(_Wait(awaited, query, nats)))
        self._waiting[task] = query.principal
        self._principals[query.principal] += 1
        task.add_done_callback(self._on_end)

    async def close(self) -> None:
        """Answer every waiting question that this process ends, so that its caller asks another one."""
        await end(list(self._waiting))
        await self._looks.close()

    async def _serve(self, wait: _Wait) -> None:
        answer: tuple[bytes, dict[str, str] | None] = refusal_reply(Refusal(Code.UNAVAILABLE), wait.query.language)
        try:
            answer = await self._outcome(wait), None
        except Refusal as refusal:
            answer = refusal_reply(refusal, wait.query.language)
        except _TRANSIENT as error:
            log.warning("outcome_wait_interrupted", **describe(error))
        finally:
            with suppress(NatsError):
                await wait.nats.publish(wait.query.reply, answer[0], headers=answer[1])

    async def _outcome(self, wait: _Wait) -> bytes:
        published: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        subject = subjects.outcome(self._site, *wait.key)
        receive = _receiver(wait.awaited.command_id, published)
        subscription = await wait.nats.subscribe(subject, cb=receive)
        try:
            async with asyncio.timeout(_SERVER_SECONDS_MAX):
                await flush(wait.nats)
            return await self._first_of(published, wait)
        finally:
            with suppress(NatsError):
                await subscription.unsubscribe()

    async def _first_of(self, published: asyncio.Future[bytes], wait: _Wait) -> bytes:
        """Return the outcome that is published, or committed without having been heard; at the end, the progress."""
        deadline, pause = wait.query.arrived + wait.awaited.seconds, FIRST_LOOK_SECONDS
        while (outcome := await self._looks.outcome(wait.key)) is None:
            if (left := deadline - asyncio.get_running_loop().time()) <= 0:
                return await self._at_the_end(wait)
            await asyncio.wait({published}, timeout=min(left, pause))
            if published.done():
                return published.result()
            pause *= 2
        return outcome

    async def _at_the_end(self, wait: _Wait) -> bytes:
        """Return the progress, read before the outcome: a command that is concluded in between has one."""
        progress = await self._looks.read(wait.awaited.progress)
        return await self._looks.outcome(wait.key) or _or_raise(progress)

    def _on_end(self, task: asyncio.Task[None]) -> None:
        principal = self._waiting.pop(task)
        self._principals[principal] -= 1
        if not self._principals[principal]:
            del self._principals[principal]
        if not task.cancelled() and (error := task.exception()):
            log.error("outcome_wait_failed", **describe(error))


class _Looks:
    """Looks into the inbox for all waiting questions, at most one statement at a time, and for progress likewise."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._asked: dict[Key, asyncio.Future[bytes | None]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    async def read(self, progress: Callable[[AsyncConnection], Awaitable[Refusal | bytes]]) -> Refusal | bytes:
        """Return how far a command is."""
        async with self._turn, asyncio.timeout(_SERVER_SECONDS_MAX), self._engine.connect() as connection:
            return await progress(connection)

    async def outcome(self, key: Key) -> bytes | None:
        """Return a committed outcome, read after this call.

        Raises:
            Refusal: The database did not answer.
        """
        answer = self._asked.get(key)
        if answer is None:
            answer = self._asked[key] = asyncio.get_running_loop().create_future()
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        await asyncio.wait({answer})
        if answer.cancelled():
            raise Refusal(Code.UNAVAILABLE)
        return answer.result()

    async def close(self) -> None:
        """End the look that is under way."""
        await end([self._looking] if self._looking else [])

    async def _look(self) -> None:
        try:
            while self._asked:
                asked, self._asked = self._asked, {}
                try:
                    await self._answer(asked)
                except _TRANSIENT as error:
                    log.warning("outcome_wait_interrupted", **describe(error))
                finally:
                    for answer in asked.values():
                        answer.cancel()  # those that have an answer keep it
        finally:
            self._looking = None

    async def _answer(self, asked: dict[Key, asyncio.Future[bytes | None]]) -> None:
        async with asyncio.timeout(_SERVER_SECONDS_MAX), self._engine.connect() as connection:
            known = await decided_outcomes(connection, list(asked))
        for key, answer in asked.items():
            answer.set_result(known.get(key))


def _or_raise(answer: Refusal | bytes) -> bytes:
    if isinstance(answer, Refusal):
        raise answer
    return answer


def _receiver(command_id: UUID, published: asyncio.Future[bytes]) -> Callable[[Msg], Awaitable[None]]:
    """Return what takes the messages of a subject, on which a client can let the server put an acknowledgement."""

    async def receive(message: Msg) -> None:
        with suppress(ValidationError):
            if Outcome.read(message.data).command_id == command_id and not published.done():
                published.set_result(message.data)

    return receive
