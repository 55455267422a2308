"""Rate limits: how many commands of one principal a lane accepts.

The time of a command is when the server stored it, so that a backlog does not count as a burst. Each lane has its own
limits, because only within a lane commands are in the order of their times and wait for each other.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

from sqlalchemy import BigInteger, SmallInteger, Text, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from contracts.subjects import SYSTEM
from workers.runtime.admission.incoming_messages import IncomingCommand
from workers.runtime.storage.database import Base
from workers.runtime.storage.statement_execution import write

BURST_SECONDS: Final = 5
"""A principal may send the commands of so many seconds at once."""

WAIT_SECONDS_MIN: Final = 2
"""Longer than the server's duplicate window, within which the same id would not be delivered again."""

WAIT_SECONDS_MAX: Final = 60
_BUCKETS_MAX: Final = 1_000


class TurnedAway(Base):
    """The last place of a lane at which a command was turned away; earlier commands without an outcome were, too."""

    __tablename__ = "turned_away"
    __table_args__ = {"schema": "runtime"}

    worker: Mapped[str] = mapped_column(Text, primary_key=True)
    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    place: Mapped[int] = mapped_column(BigInteger)
    stored_ns: Mapped[int] = mapped_column(BigInteger)


class StreamPlace(NamedTuple):
    """A place in the stream, with its time, because a recreated stream counts from 1 again."""

    number: int
    stored_ns: int

    @classmethod
    def read(cls, pair: Sequence[int] | None) -> Self | None:
        """Return a place as the batch context has it."""
        return cls(*pair) if pair else None

    def covers(self, message: IncomingCommand) -> bool:
        """Return whether a message is at this place or before it."""
        return message.place <= self.number and message.stored_ns <= self.stored_ns


_ADVANCE = text(
    """
    INSERT INTO runtime.turned_away (worker, lane, place, stored_ns) VALUES (:worker, :lane, :place, :stored_ns)
    ON CONFLICT (worker, lane) DO UPDATE SET place = excluded.place, stored_ns = excluded.stored_ns
    """
)


async def remember(connection: AsyncConnection, worker: str, lane: int, last: IncomingCommand) -> None:
    """Store, in the transaction that decides them, that the commands up to this one are decided."""
    parameters = {"worker": worker, "lane": lane, "place": last.place, "stored_ns": last.stored_ns}
    await write(connection, _ADVANCE, parameters)


@dataclass(slots=True)
class _Bucket:
    """The remaining quota of one principal in one lane."""

    left: float
    at: float
    beyond: int = 0


@dataclass(slots=True)
class _Lane:
    """The senders of one lane, and the last verdicts: a retried batch gets the same ones."""

    buckets: dict[str, _Bucket] = field(default_factory=dict)
    judged: tuple[int, int] = (0, 0)
    waits: list[int] = field(default_factory=list)


class RateLimits:
    """Token buckets by lane and principal; a `per_second` of 0 sets no limit."""

    def __init__(self, per_second: float) -> None:
        """Start with full buckets."""
        self._per_second = per_second
        self._burst = per_second * BURST_SECONDS
        self._lanes: dict[int, _Lane] = {}

    def judge(self, lane: int, batch: Sequence[IncomingCommand]) -> list[int]:
        """Return for each message of a batch for how many seconds its sender must wait; 0 if it is within the rate."""
        if self._per_second <= 0 or not batch:
            return [0] * len(batch)
        state = self._lanes.setdefault(lane, _Lane())
        bounds = (batch[0].place, batch[-1].place)
        if bounds != state.judged:
            state.judged, state.waits = bounds, [self._wait(state, message) for message in batch]
            self._forget(state)
        return state.waits

    def _wait(self, lane: _Lane, message: IncomingCommand) -> int:
        principal, now = message.work.principal, message.stored_ns / 1e9
        if principal == SYSTEM:
            return 0
        bucket = lane.buckets.setdefault(principal, _Bucket(self._burst, now))
        bucket.left = min(self._burst, bucket.left + max(now - bucket.at, 0) * self._per_second)
        bucket.at = max(now, bucket.at)
        if bucket.left >= 1:
            bucket.left -= 1
            bucket.beyond = max(bucket.beyond - 1, 0)
            return 0
        bucket.beyond += 1
        return min(max(math.ceil(bucket.beyond / self._per_second), WAIT_SECONDS_MIN), WAIT_SECONDS_MAX)

    def _forget(self, lane: _Lane) -> None:
        if len(lane.buckets) > _BUCKETS_MAX:
            newest = max(bucket.at for bucket in lane.buckets.values())
            full = [name for name, bucket in lane.buckets.items() if newest - bucket.at > BURST_SECONDS]
            for name in full:
                del lane.buckets[name]
