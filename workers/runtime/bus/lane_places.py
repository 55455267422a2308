"""How far a lane was handled: kept in PostgreSQL and moved in the transaction that holds the effects.

A message is therefore handled exactly as often as its effects are committed, and a lane's place needs no word of any
server about it. The place belongs to one stream: of another one, made anew, it says nothing.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from nats.aio.msg import Msg
from sqlalchemy import BigInteger, DateTime, Integer, SmallInteger, Text, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from workers.runtime.bus.reader import StreamReader, stored_at
from workers.runtime.storage.database import Base
from workers.runtime.storage.statements import read, write


class Process(Base):
    """A process of a worker, and until when the others let it keep its sessions."""

    __tablename__ = "process"
    __table_args__ = {"schema": "runtime"}

    instance: Mapped[str] = mapped_column(Text, primary_key=True)
    worker: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[object] = mapped_column(DateTime(timezone=True))


class Lane(Base):
    """A lane of a worker: how far it was handled, in which stream, and who may say so."""

    __tablename__ = "lane"
    __table_args__ = {"schema": "runtime"}

    worker: Mapped[str] = mapped_column(Text, primary_key=True)
    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    epoch: Mapped[int] = mapped_column(BigInteger)
    stream: Mapped[str] = mapped_column(Text)
    place: Mapped[int] = mapped_column(BigInteger)
    released: Mapped[bool]
    taken_place: Mapped[int] = mapped_column(BigInteger)
    attempted_place: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(Integer)


_MAKE = text("INSERT INTO runtime.lane (worker, lane) VALUES (:worker, :lane) ON CONFLICT DO NOTHING")
_TAKE = text(
    """
    WITH before AS (SELECT * FROM runtime.lane WHERE worker = :worker AND lane = :lane FOR UPDATE)
    UPDATE runtime.lane AS now
    SET epoch = before.epoch + 1, released = false, taken_place = before.place
    FROM before WHERE now.worker = before.worker AND now.lane = before.lane
    RETURNING now.epoch, now.place, now.stream, NOT before.released AND before.place = before.taken_place AS stuck
    """
)
_RELEASE = text("UPDATE runtime.lane SET released = true WHERE worker = :worker AND lane = :lane AND epoch = :epoch")
_RESTART = text(
    """
    UPDATE runtime.lane SET stream = :stream, place = :place, taken_place = :place
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
_ADVANCE = text("SELECT runtime.advance_lane(:worker, CAST(:lane AS smallint), :epoch, :place)")
# Losing it in a crash only makes the reader look again.
_PASS = text(
    """
    SELECT set_config('synchronous_commit', 'off', true),
        runtime.advance_lane(:worker, CAST(:lane AS smallint), :epoch, :place)
    """
)

_STILL_THERE = text("SELECT 1")

ATTEMPTS = 3
"""Times that a message may end its process before it becomes a dead letter."""


@dataclass(slots=True)
class OwnedLane:
    """A lane while this process owns it; `place` is how far its effects are committed."""

    connection: AsyncConnection
    worker: str
    lane: int
    epoch: int
    place: int
    stream: str
    stuck: bool
    """The owner before ended in the middle of work, and so did the one before, at the same place."""

    purged: int = 0
    reader: StreamReader | None = None
    in_hand: Sequence[Msg] = ()
    """The batch under way: while it is tried again and again, its messages wait."""

    @property
    def behind(self) -> int:
        """How many messages of the lane wait, as far as the server said."""
        return len(self.in_hand) + (self.reader.behind if self.reader else 0)

    @property
    def oldest(self) -> float | None:
        """When the server stored the oldest message that waits, in seconds since 1970."""
        if self.in_hand:
            return stored_at(self.in_hand[0])
        return self.reader.oldest if self.reader else None

    @property
    def _key(self) -> dict[str, object]:
        return {"worker": self.worker, "lane": self.lane, "epoch": self.epoch}

    async def release(self) -> None:
        """Say that the lane was left between two batches; a process that dies cannot say it."""
        if self.connection.invalidated:
            return
        with suppress(DBAPIError, OSError):
            await write(self.connection, _RELEASE, self._key)

    async def advance(self, place: int) -> None:
        """Write, in the caller's transaction, that everything up to a place is handled."""
        await write(self.connection, _ADVANCE, {**self._key, "place": place})

    async def pass_over(self, place: int) -> None:
        """Remember, in a transaction of its own, that up to a place there was nothing for this lane."""
        await read(self.connection, _PASS, {**self._key, "place": place})
        self.place = place

    async def restart(self, stream: str, place: int) -> None:
        """Begin at a place of another stream."""
        await write(self.connection, _RESTART, {**self._key, "stream": stream, "place": place})
        self.stream, self.place, self.purged = stream, place, 0

    async def attempt(self, place: int) -> bool:
        """Count an attempt at one message before it is made; False when it has ended its process often enough."""
        found = await read(self.connection, _ATTEMPT, {**self._key, "place": place})
        return not found or found[0]["attempts"] <= ATTEMPTS

    async def look(self) -> None:
        """Look whether the connection, and with it the lock, still stands."""
        await read(self.connection, _STILL_THERE, {})


async def take(connection: AsyncConnection, worker: str, lane: int) -> OwnedLane:
    """Become the owner of a lane whose lock this connection holds; its former owner cannot commit any more."""
    key: dict[str, object] = {"worker": worker, "lane": lane}
    await write(connection, _MAKE, key)
    [row] = await read(connection, _TAKE, key)
    return OwnedLane(connection, worker, lane, **row)
