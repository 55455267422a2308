"""Commands whose work takes long: taken in one short transaction, carried out in others, and answered by the last.

The handler of such a command writes what is to be done and returns None. Its lane goes on, and its row in the inbox has
an empty outcome. Whoever carries the work out concludes the command in the transaction of the result.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from nats.aio.client import Client
from nats.errors import Error as NatsError
from psycopg.rows import DictRow
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts import subjects
from contracts.errors import Code, Refusal
from contracts.ids import uuid7
from contracts.message import Command, Event
from contracts.subjects import SYSTEM, lane_of
from workers.common.message_counters import Counters
from workers.runtime.admission import inbox
from workers.runtime.admission.batch_preload import BatchContext, read_batch_context_and
from workers.runtime.bus import outbox
from workers.runtime.bus.frame_writing import frame, publish_frames
from workers.runtime.bus.lane_progress import count_lanes
from workers.runtime.bus.outbox import PostedRow
from workers.runtime.commands.envelopes import LaneOutbox, Origin, applied_outcome, rejected_outcome
from workers.runtime.commands.letter_sealing.sealing import seal_letters
from workers.runtime.commands.refusal_messages import refused_error
from workers.runtime.commands.retry_and_bisection import bisect
from workers.runtime.commands.unit_of_work import EmittedEvent
from workers.runtime.storage.statement_execution import Question

T = TypeVar("T")

TRANSIENT: Final = (NatsError, SQLAlchemyError, OSError, TimeoutError)
"""Errors after which a step is made again: a server did not answer."""

_LIMIT_IDLE_TIME = text("SET LOCAL idle_in_transaction_session_timeout = '10min'")
"""A step may typeset for longer than a delivery may take."""


class StepChangedError(Exception):
    """What a step had read has changed: it is undone, and the work is looked at again."""


class DeferredCommand(NamedTuple):
    """A command that was taken: who sent it, its kind and id, and the language and the trace of its outcome."""

    kind: type[Command[Any]]
    command_id: UUID
    principal: str
    key: str
    language: str
    trace: str | None


@dataclass(slots=True)
class Step:
    """One transaction of the work; what it concludes is published when it is committed."""

    connection: AsyncConnection
    site: str
    worker: str
    frames: list[bytes] = field(default_factory=list)
    applied: int = 0
    rejected: int = 0

    async def context(self, principal: str) -> BatchContext:
        """Return the time of the database, and what the principal may do now."""
        return (await self.context_and({}, principal))[0]

    async def context_and(
        self, questions: Mapping[str, Question], principal: str
    ) -> tuple[BatchContext, dict[str, list[DictRow]]]:
        """Return the context, and the answers to other questions by their names, for one round trip."""
        return await read_batch_context_and(questions, self.connection, [], [principal], ("", 0))

    async def conclude(
        self,
        command: DeferredCommand,
        result: Event | Refusal,
        events: Sequence[Event] = (),
        *,
        is_unchanged: bool = False,
        fuller: Event | None = None,
        revision: int | None = None,
    ) -> bool:
        """Give a command its outcome, and post its event and others; return False if it has an outcome already.

        A command that changed nothing leaves no event. `fuller` is the event if it says more than the outcome, and
        `revision` that of the one project that it is about.
        """
        emitted = list[EmittedEvent]()
        if isinstance(result, Event) and not is_unchanged:
            emitted = [EmittedEvent(each, uuid7(), command.key, revision) for each in (fuller or result, *events)]
        if isinstance(result, Event):
            outcome = applied_outcome(command.command_id, revision, result, [each.id for each in emitted])
        else:
            outcome = rejected_outcome(str(command.command_id), refused_error(result, command.kind, command.language))
        is_new = await self._store(command, outcome, emitted)
        self.applied += is_new and isinstance(result, Event)
        self.rejected += is_new and not isinstance(result, Event)
        return is_new

    async def announce(self, events: Sequence[EmittedEvent], at: str) -> None:
        """Post events that no command has caused, as the product itself, with this time (RFC 3339)."""
        lanes = await count_lanes(self.connection, self.worker, until_commit=True)
        origin = Origin(SYSTEM, at)
        boxes = [LaneOutbox(self.site, self.worker, lane_of(each.key, lanes)) for each in events]
        await outbox.post(self.connection, [box.event(each, origin) for box, each in zip(boxes, events, strict=True)])

    async def give_up(self, command: DeferredCommand, letter: PostedRow | None) -> bool:
        """Refuse a command whose work has failed again and again, and post its dead letter, which can be replayed."""
        refusal = Refusal(Code.UNAVAILABLE)
        outcome = rejected_outcome(str(command.command_id), refused_error(refusal, command.kind, command.language))
        is_new = await self._store(command, outcome, [], letter)
        self.rejected += is_new
        return is_new

    async def _store(
        self,
        command: DeferredCommand,
        outcome: bytes,
        emitted: Sequence[EmittedEvent],
        letter: PostedRow | None = None,
    ) -> bool:
        concluded_at = await inbox.conclude(self.connection, command.principal, command.command_id, outcome)
        if concluded_at is None:
            return False
        lane = lane_of(command.key, await count_lanes(self.connection, self.worker, until_commit=True))
        box = LaneOutbox(self.site, self.worker, lane)
        origin = Origin(command.principal, concluded_at.isoformat(), command.command_id, command.trace)
        rows = [box.event(each, origin) for each in emitted]
        if letter is not None:
            rows += await seal_letters(self.connection, [{**letter, "lane": lane}])
        await outbox.post(self.connection, rows)
        self.frames.append(frame(subjects.outcome(self.site, command.principal, command.command_id), outcome))
        return True


class Turns:
    """Remembers who was served, so that much work for one person does not keep the others waiting."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._served: dict[str, int] = {}
        self._number = 0

    def note(self, principal: str) -> None:
        """Remember that something was made for this principal."""
        self._number += 1
        self._served[principal] = self._number

    def order(self, waiting: Iterable[T], principal_of: Callable[[T], str]) -> list[T]:
        """Return what waits by turns: that of the principal first who was served longest ago, otherwise as it comes."""
        items = list(waiting)
        self._served = {principal_of(item): self._served.get(principal_of(item), 0) for item in items}
        return sorted(items, key=lambda item: self._served[principal_of(item)])


@dataclass(frozen=True, slots=True)
class DeferredWork:
    """What carries out the commands of one worker that were taken."""

    site: str
    worker: str
    engine: AsyncEngine
    nats: Callable[[], Client]
    wake: Callable[[], None]
    """Has the relay publish the events of a step."""

    counters: Counters

    @asynccontextmanager
    async def step(self) -> AsyncIterator[Step]:
        """Run the block as one transaction, which is undone if it raises; then publish the outcomes."""
        async with self.engine.begin() as connection:
            await connection.execute(_LIMIT_IDLE_TIME)
            step = Step(connection, self.site, self.worker)
            yield step
        self.counters.count_concluded(step.applied, step.rejected)
        if step.frames:
            await publish_frames(self.nats(), step.frames)
            self.wake()

    async def attempt(self, work: Callable[[Step, bool], Awaitable[bool]]) -> bool:
        """Run work as one step, and return its answer; also True if what it had read has changed meanwhile.

        If it fails three times, and not by a fault of the infrastructure, it is run once more and ordered to give up.
        """

        async def transact(batch: Sequence[None], given_up: str | None = None) -> list[bool]:  # noqa: ARG001 - there is one
            with suppress(StepChangedError):
                async with self.step() as step:
                    return [await work(step, given_up is not None)]
            return [True]

        done: list[bool] = await bisect([None], transact)
        return all(done)
