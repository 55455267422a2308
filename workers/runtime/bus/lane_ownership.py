"""Lanes: each has one owner at a time, by an advisory session lock on the connection that runs its transactions.

A process that loses the connection loses both the lock and the ability to commit, so it can do no harm in the lane. The
lane's epoch rejects an old connection that comes back. Each process of a worker takes its fair share and releases
surplus lanes between two batches. A process has a lease on its sessions: if it is stopped or hangs, the lease expires,
and the other processes end its sessions, and with them its locks.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.subjects import PARTITIONS
from workers.common.logs import describe
from workers.runtime.bus.lane_progress import OwnedLane, count_lanes, read_settled, take
from workers.runtime.storage.database import connect_autocommit
from workers.runtime.storage.statement_execution import keep_prepared, write

EVENTS_LANE = PARTITIONS
"""The lane of a worker's reactions to events: no lane of commands can have its number."""

_PRESENCE = -1
_POLL_SECONDS = 0.5
"""Time between two counts of the processes that share the lanes, and between two attempts to take a lane."""

_LOST_SESSIONS_MAX = 10
"""How many sessions in a row a process may lose at one place of a lane before the message there is suspected."""

_LOCK = text("SELECT pg_try_advisory_lock(:worker, :lane)")
_UNLOCK = text("SELECT pg_advisory_unlock(:worker, :lane)")
_JOIN = text("SELECT pg_try_advisory_lock_shared(:worker, :lane)")
_COUNT_PROCESSES = text(
    """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND mode = 'ShareLock'
      AND classid::bigint = :worker AND objid::bigint = :lane
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """
)
# A lane runs the same statements for ever; for one row the planner would make a new plan each time, which costs as much
# as the statement.
_PLAN_ONCE = text("SET plan_cache_mode = force_generic_plan")
_PLAN_AS_BEFORE = text("RESET plan_cache_mode")
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
FIRST_LANE: Final = 0
log = structlog.get_logger()


def session_name(worker: str, instance: str) -> str:
    """Return the `application_name` of all sessions of a process."""
    return f"incidents-{worker}-{instance}"


def _as_signed(number: int) -> int:
    return number - 2**32 if number >= 2**31 else number


class Lanes:
    """The lanes that this process owns, and its fair share of them."""

    def __init__(self, engine: AsyncEngine, worker: str, instance: str, lease_seconds: float = 8.0) -> None:
        """Set the database of the locks, and the name under which this process keeps its lease."""
        self._engine = engine
        self._worker = worker
        self._session = session_name(worker, instance)
        self._lease_seconds = lease_seconds
        self._number = zlib.crc32(f"incidents.{worker}".encode())
        self._share = 0
        self._taken: dict[int, tuple[int, int]] = {}
        self._grown = asyncio.Event()
        self.count = 0
        """How many lanes of commands the worker has; 0 before the database is read."""

        self.held: dict[int, OwnedLane] = {}

    @property
    def owned(self) -> set[int]:
        """The numbers of the lanes that this process owns."""
        return set(self.held)

    @property
    def owns_first(self) -> bool:
        """Whether this process owns the first lane: its owner does the work that only one process may do."""
        return FIRST_LANE in self.held

    @property
    def publishing(self) -> dict[int, int]:
        """The lanes whose messages this process publishes, each with the epoch in which it took it."""
        return {lane: owned.epoch for lane, owned in self.held.items() if owned.settled}

    def _key(self, lane: int) -> dict[str, int]:
        return {"worker": _as_signed(self._number), "lane": lane}

    async def keep_lease(self) -> None:
        """Register as a process of this worker, count the processes, and renew the lease, until cancelled."""
        while True:
            try:
                async with connect_autocommit(self._engine) as connection:
                    try:
                        await self._keep_lease(connection)
                    finally:
                        if not connection.invalidated:
                            with suppress(DBAPIError, OSError):
                                await write(connection, _LEAVE, {"instance": self._session})
            except (DBAPIError, OSError) as error:
                log.warning("presence_lost", **describe(error))
                await asyncio.sleep(_POLL_SECONDS)

    async def _keep_lease(self, connection: AsyncConnection) -> None:
        await connection.execute(_JOIN, self._key(_PRESENCE))
        lease = {"instance": self._session, "worker": self._worker, "lease_seconds": self._lease_seconds}
        rounds = 0
        while True:
            if rounds % 3 == 0:
                await connection.execute(_RENEW, lease)
                await self._end_expired(connection)
            key = {"worker": self._number, "lane": _PRESENCE % 2**32}
            present = (await connection.execute(_COUNT_PROCESSES, key)).scalar_one()
            self._set_count(await count_lanes(connection, self._worker))
            self._share = -(-self.count // max(present, 1))
            if waiting := [owned for owned in self.held.values() if not owned.settled]:
                settled = await read_settled(connection, self._worker)
                for owned in waiting:
                    owned.settled = owned.lane in settled
            rounds += 1
            await asyncio.sleep(_POLL_SECONDS)

    def _set_count(self, count: int) -> None:
        """Know of more lanes, and wake those that wait for them."""
        if count > self.count:
            self.count = count
            self._grown.set()
            self._grown = asyncio.Event()

    async def _end_expired(self, connection: AsyncConnection) -> None:
        """End the sessions of processes whose lease has expired, because their locks block lanes and rows."""
        for name in (await connection.execute(_EXPIRED)).scalars().all():
            ended = (await connection.execute(_END_SESSIONS, {"name": name})).scalar_one()
            log.warning("lease_expired", process=name, sessions=ended)

    def must_yield(self, lane: int) -> bool:
        """Return whether this process must release the lane: it has more than its share, or the lane was split."""
        if lane == EVENTS_LANE:
            return False
        return len(self.owned - {EVENTS_LANE}) > self._share > 0 or self.held[lane].lanes < self.count

    @asynccontextmanager
    async def own(self, lane: int) -> AsyncIterator[OwnedLane]:
        """Wait until the lane is free and within the share; yield it, locked on its connection."""
        while True:
            await self._wait_for_share(lane)
            async with connect_autocommit(self._engine) as connection:
                if await self._take(connection, lane):
                    async with self._unlock_at_end(connection, lane):
                        keep_prepared(connection)
                        await write(connection, _PLAN_ONCE, {})
                        owned = await take(connection, self._worker, lane)
                        owned.stuck = self._is_stuck(owned)
                        self._set_count(owned.lanes)
                        with self._register(owned):
                            try:
                                yield owned
                            finally:
                                await owned.release()
                    return
            await asyncio.sleep(_POLL_SECONDS)

    def _is_stuck(self, owned: OwnedLane) -> bool:
        """Return whether a message at the lane's place may have ended the process that owned the lane before.

        If that was this process, it lost only its session, which others end for reasons of their own.
        """
        epoch, sessions_lost = self._taken.get(owned.lane, (-1, 0))
        sessions_lost = sessions_lost + 1 if owned.stuck and epoch == owned.epoch - 1 else 0
        self._taken[owned.lane] = (owned.epoch, sessions_lost)
        return owned.stuck and not 0 < sessions_lost < _LOST_SESSIONS_MAX

    @property
    def _has_share(self) -> bool:
        """Whether this process has its share of the lanes of commands, and must not take one more."""
        return len(self.owned - {EVENTS_LANE}) >= self._share

    async def _wait_for_share(self, lane: int) -> None:
        """Wait until the worker has this lane, and this process may take one more."""
        while lane != EVENTS_LANE:
            grown = self._grown
            if lane >= self.count:
                await grown.wait()
            elif self._has_share:
                await asyncio.sleep(_POLL_SECONDS)
            else:
                return

    async def _take(self, connection: AsyncConnection, lane: int) -> bool:
        if lane != EVENTS_LANE and self._has_share:
            return False
        taken: bool = (await connection.execute(_LOCK, self._key(lane))).scalar_one()
        await connection.rollback()
        return taken

    @asynccontextmanager
    async def _unlock_at_end(self, connection: AsyncConnection, lane: int) -> AsyncIterator[None]:
        """Close the connection if unlocking fails: in the pool it would hold the lane for ever."""
        unlocked = False
        try:
            yield
            await write(connection, _PLAN_AS_BEFORE, {})
            await connection.execute(_UNLOCK, self._key(lane))
            await connection.rollback()
            unlocked = True
        finally:
            if not unlocked:
                await connection.invalidate()

    @contextmanager
    def _register(self, owned: OwnedLane) -> Iterator[None]:
        self.held[owned.lane] = owned
        log.info("lane_taken", lane=owned.lane, place=owned.place)
        try:
            yield
        finally:
            del self.held[owned.lane]
            log.info("lane_released", lane=owned.lane, place=owned.place)
