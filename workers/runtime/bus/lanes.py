"""Lanes: each has one owner at a time, by a session lock on the very connection that runs its transactions.

The lock is lost with the connection, and so is the ability to commit: a process that has lost a lane can do no harm
in it. The lane's epoch says the same to a connection that came back. Every process of a worker takes its fair share
and hands over what is too much between two batches. A process has a lease on its sessions: when it is stopped or hangs
and does not renew it, the others end its sessions, and with them its locks.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.subjects import LANES
from workers.common.logs import describe
from workers.runtime.bus.lane_places import OwnedLane, take
from workers.runtime.storage.statements import write

EVENTS_LANE = LANES
"""The lane of a worker's reactions to events."""

_PRESENCE = -1
_LOOK_SECONDS = 0.5
"""Time between two looks at how many processes share the lanes, and between two tries to take one."""

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
_RENEW = text(
    """
    INSERT INTO runtime.process (instance, worker, expires_at)
    VALUES (:instance, :worker, clock_timestamp() + make_interval(secs => :lease_seconds))
    ON CONFLICT (instance) DO UPDATE SET expires_at = excluded.expires_at
    """
)
_EXPIRED = text("DELETE FROM runtime.process WHERE expires_at < clock_timestamp() RETURNING instance")
_LEAVE = text("DELETE FROM runtime.process WHERE instance = :instance")
_END_SESSIONS = text(
    """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = :name
    """
)
log = structlog.get_logger()


def session_name(worker: str, instance: str) -> str:
    """Return the `application_name` of all sessions of a process."""
    return f"incidents-{worker}-{instance}"


def _signed(number: int) -> int:
    return number - 2**32 if number >= 2**31 else number


class Lanes:
    """The lanes that this process owns, and its fair share of them."""

    def __init__(self, engine: AsyncEngine, worker: str, instance: str, lease_seconds: float = 8.0) -> None:
        """Remember where the locks are, and under which name this process keeps its lease."""
        self._engine = engine
        self._worker = worker
        self._session = session_name(worker, instance)
        self._lease_seconds = lease_seconds
        self._number = zlib.crc32(f"incidents.{worker}".encode())
        self._share = 0
        self.held: dict[int, OwnedLane] = {}

    @property
    def owned(self) -> set[int]:
        """The numbers of the lanes that this process owns."""
        return set(self.held)

    def _key(self, lane: int) -> dict[str, int]:
        return {"worker": _signed(self._number), "lane": lane}

    async def attend(self) -> None:
        """Be counted among the processes of this worker, count them, and keep the lease, until cancelled."""
        while True:
            try:
                async with self._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                    try:
                        await self._attend(connection)
                    finally:
                        if not connection.invalidated:
                            with suppress(DBAPIError, OSError):
                                await write(connection, _LEAVE, {"instance": self._session})
            except (DBAPIError, OSError) as error:
                log.warning("presence_lost", **describe(error))
                await asyncio.sleep(_LOOK_SECONDS)

    async def _attend(self, connection: AsyncConnection) -> None:
        await connection.execute(_ATTEND, self._key(_PRESENCE))
        lease = {"instance": self._session, "worker": self._worker, "lease_seconds": self._lease_seconds}
        looks = 0
        while True:
            if looks % 3 == 0:
                await connection.execute(_RENEW, lease)
                await self._end_expired(connection)
            key = {"worker": self._number, "lane": _PRESENCE % 2**32}
            present = (await connection.execute(_PRESENT, key)).scalar_one()
            self._share = -(-LANES // max(present, 1))
            looks += 1
            await asyncio.sleep(_LOOK_SECONDS)

    async def _end_expired(self, connection: AsyncConnection) -> None:
        """End the sessions of processes that did not renew their lease: their locks would hold lanes and rows."""
        for name in (await connection.execute(_EXPIRED)).scalars().all():
            ended = (await connection.execute(_END_SESSIONS, {"name": name})).scalar_one()
            log.warning("lease_expired", process=name, sessions=ended)

    def must_yield(self, lane: int) -> bool:
        """Tell whether this lane is more than the fair share."""
        return lane != EVENTS_LANE and len(self.owned - {EVENTS_LANE}) > self._share > 0

    @asynccontextmanager
    async def own(self, lane: int) -> AsyncIterator[OwnedLane]:
        """Wait until the lane is free and within the share; hold it on the connection of what is yielded."""
        while True:
            async with self._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                if await self._take(connection, lane):
                    async with self._unlocked_at_last(connection, lane):
                        owned = await take(connection, self._worker, lane)
                        with self._counted(owned):
                            try:
                                yield owned
                            finally:
                                await owned.release()
                    return
            await asyncio.sleep(_LOOK_SECONDS)

    async def _take(self, connection: AsyncConnection, lane: int) -> bool:
        if lane != EVENTS_LANE and len(self.owned - {EVENTS_LANE}) >= self._share:
            return False
        taken: bool = (await connection.execute(_LOCK, self._key(lane))).scalar_one()
        await connection.rollback()
        return taken

    @asynccontextmanager
    async def _unlocked_at_last(self, connection: AsyncConnection, lane: int) -> AsyncIterator[None]:
        """Close the connection when it cannot be unlocked: back in the pool it would hold the lane for ever."""
        unlocked = False
        try:
            yield
            await connection.execute(_UNLOCK, self._key(lane))
            await connection.rollback()
            unlocked = True
        finally:
            if not unlocked:
                await connection.invalidate()

    @contextmanager
    def _counted(self, owned: OwnedLane) -> Iterator[None]:
        self.held[owned.lane] = owned
        log.info("lane_taken", lane=owned.lane, place=owned.place)
        try:
            yield
        finally:
            del self.held[owned.lane]
            log.info("lane_left", lane=owned.lane, place=owned.place)
