"""The place of a lane: stored in PostgreSQL, and advanced in the transaction that commits the effects.

A message is therefore handled exactly as often as its effects are committed, whatever NATS acknowledges. The place
belongs to one incarnation of the stream and has no meaning in another.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from nats.aio.msg import Msg
from sqlalchemy import BigInteger, DateTime, Integer, SmallInteger, Text, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from contracts.subjects import LANES
from workers.runtime.bus.ordered_stream_reader import StreamReader, stored_at
from workers.runtime.storage.database import Base
from workers.runtime.storage.statement_execution import read, write


class Process(Base):
    """A process of a worker, and when the lease on its sessions expires."""

    __tablename__ = "process"
    __table_args__ = {"schema": "runtime"}

    instance: Mapped[str] = mapped_column(Text, primary_key=True)
    worker: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[object] = mapped_column(DateTime(timezone=True))


class Lane(Base):
    """A lane of a worker: its place, its stream, the epoch of its owner, and how many lanes the worker has.

    The number of lanes is in every row, so that whoever takes a lane reads both together. A lane that was split off
    publishes nothing until its `parent` has published its messages up to a number: events of a key keep their order.
    """

    __tablename__ = "lane"
    __table_args__ = {"schema": "runtime"}

    worker: Mapped[str] = mapped_column(Text, primary_key=True)
    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    epoch: Mapped[int] = mapped_column(BigInteger)
    stream: Mapped[str] = mapped_column(Text)
    place: Mapped[int] = mapped_column(BigInteger)
    stored_ns: Mapped[int] = mapped_column(BigInteger)
    released: Mapped[bool]
    taken_place: Mapped[int] = mapped_column(BigInteger)
    attempted_place: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(Integer)
    lanes: Mapped[int] = mapped_column(SmallInteger)
    parent: Mapped[int | None] = mapped_column(SmallInteger)
    parent_number: Mapped[int] = mapped_column(BigInteger)


_MAKE = text("INSERT INTO runtime.lane (worker, lane) VALUES (:worker, :lane) ON CONFLICT DO NOTHING")
_TAKE = text(
    """
    WITH before AS (SELECT * FROM runtime.lane WHERE worker = :worker AND lane = :lane FOR UPDATE)
    UPDATE runtime.lane AS now
    SET epoch = before.epoch + 1, released = false, taken_place = before.place
    FROM before WHERE now.worker = before.worker AND now.lane = before.lane
    RETURNING now.epoch, now.place, now.stream, now.stored_ns, now.lanes,
        NOT before.released AND before.place = before.taken_place AS stuck,
        coalesce((SELECT published FROM runtime.posted p WHERE p.worker = now.worker AND p.lane = now.parent), 0)
            >= now.parent_number AS settled
    """
)
_SETTLED = text(
    """
    SELECT l.lane FROM runtime.lane l LEFT JOIN runtime.posted p ON p.worker = l.worker AND p.lane = l.parent
    WHERE l.worker = :worker AND coalesce(p.published, 0) >= l.parent_number
    """
)
_RELEASE = text("UPDATE runtime.lane SET released = true WHERE worker = :worker AND lane = :lane AND epoch = :epoch")
_RESTART = text(
    """
    UPDATE runtime.lane SET stream = :stream, place = :place, taken_place = :place, stored_ns = 0
    WHERE worker = :worker AND lane = :lane AND epoch = :epoch
    """
)
_ATTEMPT = text(
    """
    UPDATE runtime.lane SET attempted_place = :place,
        attempts = CASE WHEN attempted_place = :place THEN attempts + 1 ELSE 1 END
    WHERE worker = :worker AND lane = :lane AND epoch = :epoch RETURNING attempts
    """
)
_ADVANCED = """
    runtime.advance_lane(:worker, CAST(:lane AS smallint), CAST(:lanes AS smallint), :epoch, :place, :stored_ns)
"""
_ADVANCE = text(f"SELECT {_ADVANCED}")
# If a crash loses it, the reader only reads again.
_PASS = text(f"SELECT set_config('synchronous_commit', 'off', true), {_ADVANCED}")

_PROBE = text("SELECT 1")
_COUNT = text("SELECT lanes FROM runtime.lane WHERE worker = :worker AND lane = 0")
_COUNT_AND_KEEP = text("SELECT lanes FROM runtime.lane WHERE worker = :worker AND lane = 0 FOR KEY SHARE")

ATTEMPTS_MAX = 3
"""How often a message may end its process before it becomes a dead letter."""


@dataclass(slots=True)
class OwnedLane:
    """A lane that this process owns; the effects of messages up to `place` are committed."""

    connection: AsyncConnection
    worker: str
    lane: int
    epoch: int
    place: int
    stream: str
    stored_ns: int
    """When the message at `place` was stored, in nanoseconds since 1970; 0 if that is unknown."""

    lanes: int
    """How many lanes the worker had when this one was taken; a split ends this ownership."""

    stuck: bool
    """Whether the last two owners both crashed at the same place."""

    settled: bool
    """Whether its messages may be published: the lane from which it was split off has published what it had posted."""

    purged: int = 0
    reader: StreamReader | None = None
    current_batch: Sequence[Msg] = ()
    """The batch under way; its messages count as pending while it is retried."""

    @property
    def behind(self) -> int:
        """The number of pending messages of the lane, as far as the server reported."""
        return len(self.current_batch) + (self.reader.behind if self.reader else 0)

    @property
    def oldest(self) -> float | None:
        """When the server stored the oldest pending message, in seconds since 1970."""
        if self.current_batch:
            return stored_at(self.current_batch[0])
        return self.reader.oldest if self.reader else None

    @property
    def _key(self) -> dict[str, object]:
        return {"worker": self.worker, "lane": self.lane, "epoch": self.epoch}

    def _progress(self, place: int, stored_ns: int) -> dict[str, object]:
        return {**self._key, "lanes": self.lanes, "place": place, "stored_ns": stored_ns}

    async def release(self) -> None:
        """Record that the lane was released between two batches, and not by a crash."""
        if self.connection.invalidated:
            return
        with suppress(DBAPIError, OSError):
            await write(self.connection, _RELEASE, self._key)

    async def advance(self, place: int, stored_ns: int) -> None:
        """Record, in the caller's transaction, that everything up to a place is handled."""
        await write(self.connection, _ADVANCE, self._progress(place, stored_ns))

    async def pass_over(self, place: int) -> None:
        """Record, in a separate transaction, that this lane has no messages up to a place."""
        await read(self.connection, _PASS, self._progress(place, 0))
        self.place = place

    async def restart(self, stream: str, place: int) -> None:
        """Start at a place of another stream."""
        await write(self.connection, _RESTART, {**self._key, "stream": stream, "place": place})
        self.stream, self.place, self.purged, self.stored_ns = stream, place, 0, 0

    async def attempt(self, place: int) -> bool:
        """Count an attempt at one message in advance; return False if it has ended its process too often."""
        rows = await read(self.connection, _ATTEMPT, {**self._key, "place": place})
        return not rows or rows[0]["attempts"] <= ATTEMPTS_MAX

    async def check_lock(self) -> None:
        """Check that the connection, and with it the lock, still exists."""
        await read(self.connection, _PROBE, {})


async def take(connection: AsyncConnection, worker: str, lane: int) -> OwnedLane:
    """Become the owner of a lane whose lock this connection holds; the former owner can no longer commit."""
    key: dict[str, object] = {"worker": worker, "lane": lane}
    await write(connection, _MAKE, key)
    [row] = await read(connection, _TAKE, key)
    return OwnedLane(connection, worker, lane, **row)


async def count_lanes(connection: AsyncConnection, worker: str, *, until_commit: bool = False) -> int:
    """Return how many lanes of commands a worker has; until the caller's transaction ends, on request, it stays so."""
    statement = _COUNT_AND_KEEP if until_commit else _COUNT
    lanes: int | None = (await connection.execute(statement, {"worker": worker})).scalar()
    return lanes or LANES


async def read_settled(connection: AsyncConnection, worker: str) -> set[int]:
    """Return the lanes of a worker whose messages may be published."""
    return set((await connection.execute(_SETTLED, {"worker": worker})).scalars())
