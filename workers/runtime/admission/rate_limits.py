"""How many commands of one principal a lane takes, and what becomes of those beyond.

Time is that at which the server stored a command: what waited while workers were away is not too much because of it.
A lane is judged by itself, because its commands come in the order of their times and wait for each other only there.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

from sqlalchemy import BigInteger, SmallInteger, Text, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from contracts.subjects import SYSTEM
from workers.runtime.admission.incoming import IncomingCommand
from workers.runtime.storage.database import Base
from workers.runtime.storage.statements import write

BURST_SECONDS: Final = 5
"""Seconds of its rate that a principal may send at once."""

SHORTEST_WAIT: Final = 2
"""Seconds: longer than the server knows a command id, or the same id sent again would not be delivered."""

LONGEST_WAIT: Final = 60
_FORGOTTEN_AFTER: Final = 1_000


class TurnedAway(Base):
    """Up to which place of a lane commands have been turned away: what lies before it and has no outcome was, too."""

    __tablename__ = "turned_away"
    __table_args__ = {"schema": "runtime"}

    worker: Mapped[str] = mapped_column(Text, primary_key=True)
    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    place: Mapped[int] = mapped_column(BigInteger)
    stored_ns: Mapped[int] = mapped_column(BigInteger)


class Place(NamedTuple):
    """A place in the stream. Its time belongs to it, because a stream that is made anew counts from 1 again."""

    number: int
    stored_ns: int

    @classmethod
    def read(cls, told: Sequence[int] | None) -> Self | None:
        """Read what `standing` found."""
        return cls(*told) if told else None

    def covers(self, one: IncomingCommand) -> bool:
        """Tell whether a message lies here or before."""
        return one.place <= self.number and one.stored_ns <= self.stored_ns


_ADVANCE = text(
    """
    INSERT INTO runtime.turned_away (worker, lane, place, stored_ns) VALUES (:worker, :lane, :place, :stored_ns)
    ON CONFLICT (worker, lane) DO UPDATE SET place = excluded.place, stored_ns = excluded.stored_ns
    """
)


async def remember(connection: AsyncConnection, worker: str, lane: int, last: IncomingCommand) -> None:
    """Note, in the transaction that decides them, that the commands up to this one are decided."""
    given = {"worker": worker, "lane": lane, "place": last.place, "stored_ns": last.stored_ns}
    await write(connection, _ADVANCE, given)


@dataclass(slots=True)
class _Bucket:
    """What one principal may still send to one lane."""

    left: float
    at: float
    beyond: int = 0


@dataclass(slots=True)
class _Lane:
    """The senders of one lane, and the messages that were judged last: tried again, they are judged the same."""

    buckets: dict[str, _Bucket] = field(default_factory=dict)
    judged: tuple[int, int] = (0, 0)
    waits: list[int] = field(default_factory=list)


class Rates:
    """Judges who sends too much; `per_second` of 0 judges nobody."""

    def __init__(self, per_second: float) -> None:
        """Begin with nobody over any rate."""
        self._per_second = per_second
        self._burst = per_second * BURST_SECONDS
        self._lanes: dict[int, _Lane] = {}

    def judge(self, lane: int, batch: Sequence[IncomingCommand]) -> list[int]:
        """Return for each message of a fetch how many seconds its sender has to wait; 0 where it is in time."""
        if self._per_second <= 0 or not batch:
            return [0] * len(batch)
        here = self._lanes.setdefault(lane, _Lane())
        bounds = (batch[0].place, batch[-1].place)
        if bounds != here.judged:
            here.judged, here.waits = bounds, [self._wait(here, one) for one in batch]
            self._forget(here)
        return here.waits

    def _wait(self, lane: _Lane, one: IncomingCommand) -> int:
        principal, now = one.work.principal, one.stored_ns / 1e9
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
        return min(max(math.ceil(bucket.beyond / self._per_second), SHORTEST_WAIT), LONGEST_WAIT)

    def _forget(self, lane: _Lane) -> None:
        if len(lane.buckets) > _FORGOTTEN_AFTER:
            newest = max(bucket.at for bucket in lane.buckets.values())
            full = [name for name, one in lane.buckets.items() if newest - one.at > BURST_SECONDS]
            for name in full:
                del lane.buckets[name]
