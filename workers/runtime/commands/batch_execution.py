"""The outer half of a delivery: retries a batch until it is committed, then publishes its outcomes."""

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
from workers.common.trace_context import Tracing, delivery_fields
from workers.runtime.bus.frame_writing import frame, publish_frames
from workers.runtime.bus.lane_progress import OwnedLane
from workers.runtime.bus.lane_subscriber import Batch
from workers.runtime.bus.relay import Relay
from workers.runtime.commands.decision_writer import Outcome
from workers.runtime.commands.group_commit import GroupCommit
from workers.runtime.commands.reaction_dispatch import ReactionDispatcher
from workers.runtime.commands.retry_and_bisection import retry_transient
from workers.runtime.storage import lock_wait_logging

log = structlog.get_logger()


class BatchLimits(NamedTuple):
    """The number of concurrent transactions, and the timeout for locks."""

    transactions: int
    lock_seconds: float


@dataclass
class BatchExecutor:
    """Handles the batches of a worker's lanes; each attempt takes one of the transactions."""

    site: str
    delivery: GroupCommit
    event_delivery: ReactionDispatcher
    relay: Relay
    engine: AsyncEngine
    nats: Callable[[], Client]
    tracing: Tracing
    limits: BatchLimits
    _turns: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        """Limit concurrent transactions."""
        self._turns = asyncio.Semaphore(self.limits.transactions)

    async def commands(self, batch: Batch) -> None:
        """Handle a batch of commands, publish its outcomes, and wake the relay for its outbox rows."""
        with self._trace(batch):
            outcomes = await retry_transient(partial(self._in_turn, batch), self.delivery.counters.retry)
            await self._publish(outcomes)
            await asyncio.sleep(0)  # the outcomes are sent before anything else is done for this batch
            self.relay.wake(urgent=any(outcome.sends for outcome in outcomes), read=False)

    async def events(self, batch: Batch) -> None:
        """Handle a batch of events, and wake the relay if reactions wrote outbox rows."""
        with self._trace(batch):
            if await retry_transient(partial(self._react, batch), self.delivery.counters.retry):
                self.relay.wake(urgent=True)

    async def idle_events(self, owned: OwnedLane) -> None:
        """Look for events that were posted and did not arrive, while none arrives."""
        if await self.event_delivery.handle(owned, []):
            self.relay.wake(urgent=True)

    async def _in_turn(self, batch: Batch) -> list[Outcome]:
        """Handle a batch once; between two attempts another lane may use the transaction."""
        async with self._turns, self._watch_locks(batch):
            return await self.delivery.handle(batch.owned, batch.messages, deadly=batch.deadly)

    async def _react(self, batch: Batch) -> bool:
        async with self._watch_locks(batch):
            return await self.event_delivery.handle(batch.owned, batch.messages, deadly=batch.deadly)

    async def _publish(self, outcomes: Sequence[Outcome]) -> None:
        frames = [
            frame(subjects.outcome(self.site, message.work.principal, message.sent_id), body)
            for message, body, _ in outcomes
        ]
        await publish_frames(self.nats(), frames)

    def _watch_locks(self, batch: Batch) -> AbstractAsyncContextManager[None]:
        """Log the session that holds a lock for which the batch waits."""
        owned = batch.owned
        return lock_wait_logging.watch_lock_waits(
            self.engine, owned.connection, self.limits.lock_seconds / 2, lane=owned.lane
        )

    @contextmanager
    def _trace(self, batch: Batch) -> Iterator[None]:
        """Make a delivery traceable: by spans, by ids on its log lines, and by one log line of its own."""
        lane, messages, began = batch.owned.lane, batch.messages, time.monotonic()
        with self.tracing.delivery_spans(messages, lane), bound_contextvars(lane=lane, **delivery_fields(messages)):
            yield
            log.info("batch_handled", size=len(messages), seconds=round(time.monotonic() - began, 4))
