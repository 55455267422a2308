"""Lanes: each has one owner at a time, by a session lock on the very connection that runs its transactions.

The lock is lost with the connection, and so is the ability to commit: a process that has lost a lane can do no harm
in it. Every process of a worker takes its fair share and hands over what is too much between two batches.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.subjects import LANES
from workers.runtime.logs import describe

EVENTS_LANE = LANES
"""The lane of a worker's reactions to events."""

_PRESENCE = -1
_LOOK = 0.5
"""Seconds between two looks at how many processes share the lanes."""

_LOCK = text("SELECT pg_try_advisory_lock(:worker, :lane)")
_UNLOCK = text("SELECT pg_advisory_unlock(:worker, :lane)")
_ATTEND = text("SELECT pg_try_advisory_lock_shared(:worker, :lane)")
_PRESENT = text(
    """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND mode = 'ShareLock'
      AND classid::bigint = :worker AND objid::bigint = :lane
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """
)
log = structlog.get_logger()


def _signed(number: int) -> int:
    return number - 2**32 if number >= 2**31 else number


class Lanes:
    """The lanes that this process owns, and its fair share of them."""

    def __init__(self, engine: AsyncEngine, worker: str) -> None:
        """Remember where the locks are."""
        self._engine = engine
        self._number = zlib.crc32(f"incidents.{worker}".encode())
        self._share = 0
        self.owned: set[int] = set()

    def _key(self, lane: int) -> dict[str, int]:
        return {"worker": _signed(self._number), "lane": lane}

    async def attend(self) -> None:
        """Be counted among the processes of this worker, and count them, until cancelled."""
        while True:
            try:
                async with self._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                    await connection.execute(_ATTEND, self._key(_PRESENCE))
                    while True:
                        key = {"worker": self._number, "lane": _PRESENCE % 2**32}
                        present = (await connection.execute(_PRESENT, key)).scalar_one()
                        self._share = -(-LANES // max(present, 1))
                        await asyncio.sleep(_LOOK)
            except (DBAPIError, OSError) as error:
                log.warning("presence_lost", **describe(error))
                await asyncio.sleep(_LOOK)

    def must_yield(self, lane: int) -> bool:
        """Tell whether this lane is more than the fair share."""
        return lane != EVENTS_LANE and len(self.owned - {EVENTS_LANE}) > self._share > 0

    @asynccontextmanager
    async def own(self, lane: int) -> AsyncIterator[AsyncConnection]:
        """Wait until the lane is free and within the share; hold it on the connection that is yielded."""
        while True:
            async with self._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                if await self._take(connection, lane):
                    with self._counted(lane):
                        async with _unlocked_at_last(connection):
                            yield connection
                            await self._release(connection, lane)
                    return
            await asyncio.sleep(_LOOK)

    async def _take(self, connection: AsyncConnection, lane: int) -> bool:
        if lane != EVENTS_LANE and len(self.owned - {EVENTS_LANE}) >= self._share:
            return False
        taken: bool = (await connection.execute(_LOCK, self._key(lane))).scalar_one()
        await connection.rollback()
        return taken

    async def _release(self, connection: AsyncConnection, lane: int) -> None:
        await connection.execute(_UNLOCK, self._key(lane))
        await connection.rollback()

    @contextmanager
    def _counted(self, lane: int) -> Iterator[None]:
        self.owned.add(lane)
        log.info("lane_taken", lane=lane)
        try:
            yield
        finally:
            self.owned.discard(lane)
            log.info("lane_left", lane=lane)


@asynccontextmanager
async def _unlocked_at_last(connection: AsyncConnection) -> AsyncIterator[None]:
    """Close the connection when the block fails: back in the pool it would hold the lane for ever."""
    unlocked = False
    try:
        yield
        unlocked = True
    finally:
        if not unlocked:
            await connection.invalidate()
