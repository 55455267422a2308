"""The outer half of a delivery: a batch is handled until it is committed, then its outcomes are published."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import structlog
from nats.aio.client import Client
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.contextvars import bound_contextvars

from contracts import subjects
from workers.common.tracing import Tracing, named
from workers.runtime.bus.subscriber import Batch
from workers.runtime.commands.delivery import Delivery
from workers.runtime.commands.outbox import Relay
from workers.runtime.commands.outcomes import Outcome
from workers.runtime.commands.reactions import EventDelivery
from workers.runtime.commands.retries import retry_transient
from workers.runtime.storage import lock_waits

log = structlog.get_logger()


class Limits(NamedTuple):
    """How many batches are in a transaction at a time, and how long a lock is waited for."""

    transactions: int
    lock_seconds: float


@dataclass
class Intake:
    """Takes the batches of a worker's lanes, one transaction's turn for each attempt."""

    site: str
    delivery: Delivery
    hearing: EventDelivery
    relay: Relay
    engine: AsyncEngine
    nats: Callable[[], Client]
    tracing: Tracing
    limits: Limits
    _turns: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        """Make a turn for each transaction."""
        self._turns = asyncio.Semaphore(self.limits.transactions)

    async def commands(self, batch: Batch) -> None:
        """Handle a batch of commands, publish its outcomes, and wake the relay for what it left in the outbox."""
        with self._followed(batch):
            outcomes = await retry_transient(partial(self._in_turn, batch), self.delivery.counters.retry)
            await self._publish(outcomes)
            self.relay.wake(urgent=any(one.sends for one in outcomes))

    async def events(self, batch: Batch) -> None:
        """Handle a batch of events, and wake the relay when reactions left something in the outbox."""
        with self._followed(batch):
            if await retry_transient(partial(self._react, batch), self.delivery.counters.retry):
                self.relay.wake(urgent=True)

    async def _in_turn(self, batch: Batch) -> list[Outcome]:
        """Handle a batch once; between two attempts the turn is another lane's."""
        async with self._turns, self._watched(batch):
            return await self.delivery.handle(batch.owned, batch.messages, deadly=batch.deadly)

    async def _react(self, batch: Batch) -> bool:
        async with self._watched(batch):
            return await self.hearing.handle(batch.owned, batch.messages, deadly=batch.deadly)

    async def _publish(self, outcomes: Sequence[Outcome]) -> None:
        nats = self.nats()
        for one in outcomes:
            await nats.publish(subjects.outcome(self.site, one.message.work.principal, one.message.told), one.body)

    def _watched(self, batch: Batch) -> AbstractAsyncContextManager[None]:
        """Name in the log who holds a lock that the batch waits for."""
        owned = batch.owned
        return lock_waits.watched(self.engine, owned.connection, self.limits.lock_seconds / 2, lane=owned.lane)

    @contextmanager
    def _followed(self, batch: Batch) -> Iterator[None]:
        """Let a delivery be found again: in its traces, by its ids in the log, and by one line of its own."""
        lane, messages, begun = batch.owned.lane, batch.messages, time.monotonic()
        with self.tracing.delivering(messages, lane), bound_contextvars(lane=lane, **named(messages)):
            yield
            log.info("batch_handled", size=len(messages), seconds=round(time.monotonic() - begun, 4))
