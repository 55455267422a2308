"""Splitting the lanes of a worker: each becomes two or more, in one transaction, while commands are handled.

The partitions of a lane are shared among it and the new ones. Each begins at the place of the former lane, up to which
everything is handled. Former owners then have an older epoch: they cannot commit, and take their lanes again.
"""

from typing import Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.subjects import COMMANDED, LANES, PARTITIONS

_LOCK_SPLITS = text("SELECT pg_advisory_xact_lock(hashtext('incidents.lanes'))")
_MAKE_FIRST = text(
    """
    INSERT INTO runtime.lane (worker, lane)
    SELECT :worker, lane FROM generate_series(0, 7) AS lane
    ON CONFLICT DO NOTHING
    """
)
# A query that posts an event keeps the number of lanes until its commit, by a weaker lock on the first row.
_LOCK_LANES = text(
    "SELECT lane, lanes FROM runtime.lane WHERE worker = :worker AND lane < lanes ORDER BY lane FOR UPDATE"
)
_COUNT_WAITING = text(
    """
    SELECT count(*) FROM runtime.lane l JOIN runtime.posted p ON p.worker = l.worker AND p.lane = l.parent
    WHERE l.worker = :worker AND p.published < l.parent_number
    """
)
_FREE_SESSIONS = text(
    """
    SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - count(*)
    FROM pg_stat_activity WHERE backend_type = 'client backend'
    """
)
_FENCE = text(
    """
    UPDATE runtime.lane SET epoch = epoch + 1, lanes = :after, released = true
    WHERE worker = :worker AND lane < :before
    """
)
_SPLIT = text(
    """
    INSERT INTO runtime.lane AS l (worker, lane, epoch, stream, place, stored_ns, released, taken_place,
        attempted_place, attempts, lanes, parent, parent_number)
    SELECT f.worker, f.lane + :before * nth, 1, f.stream, f.place, f.stored_ns, true, f.taken_place,
        f.attempted_place, f.attempts, f.lanes, f.lane, coalesce(p.posted, 0)
    FROM runtime.lane f CROSS JOIN generate_series(1, :after / :before - 1) AS nth
    LEFT JOIN runtime.posted p ON p.worker = f.worker AND p.lane = f.lane
    WHERE f.worker = :worker AND f.lane < :before
    ON CONFLICT (worker, lane) DO UPDATE SET (epoch, stream, place, stored_ns, released, taken_place, attempted_place,
        attempts, lanes, parent, parent_number) = (l.epoch + 1, excluded.stream, excluded.place, excluded.stored_ns,
        true, excluded.taken_place, excluded.attempted_place, excluded.attempts, excluded.lanes, excluded.parent,
        excluded.parent_number)
    """
)
_COPY_TURNED_AWAY = text(
    """
    INSERT INTO runtime.turned_away (worker, lane, place, stored_ns)
    SELECT worker, lane + :before * nth, place, stored_ns
    FROM runtime.turned_away CROSS JOIN generate_series(1, :after / :before - 1) AS nth
    WHERE worker = :worker AND lane < :before
    ON CONFLICT (worker, lane) DO UPDATE SET (place, stored_ns) = (excluded.place, excluded.stored_ns)
    """
)
_COUNTS = text("SELECT worker, lanes FROM runtime.lane WHERE lane = 0")
SPARE_SESSIONS: Final = 5
"""Sessions of the database that a split leaves to other programs."""


class SplitError(Exception):
    """The lanes cannot be split so."""


class NoMoreError(SplitError):
    """There are as many lanes as are wanted, or more: lanes are not joined."""

    def __init__(self, worker: str, lanes: int) -> None:
        choice = f"Choose a larger number, up to {PARTITIONS}." if lanes < PARTITIONS else "More are not possible."
        super().__init__(f"{worker} has {lanes} lanes already, and lanes cannot be joined. {choice}")


class UnsettledError(SplitError):
    """An earlier split is under way: some lanes wait for earlier events."""

    def __init__(self) -> None:
        super().__init__("Lanes of the last split wait until earlier events are published: run it again in a minute.")


class NoSessionsError(SplitError):
    """The database has too few connections for more lanes."""

    def __init__(self, needed: int, free: int) -> None:
        super().__init__(
            f"Each lane needs a connection to the database: {needed} more are needed, and {free} are free. "
            "Raise max_connections."
        )


class Split(NamedTuple):
    """How many lanes a worker had and has."""

    before: int
    after: int


async def counts(engine: AsyncEngine) -> dict[str, int]:
    """Return how many lanes each worker has that takes commands."""
    async with engine.connect() as connection:
        stored = {row.worker: row.lanes for row in await connection.execute(_COUNTS)}
    return {worker: stored.get(worker, LANES) for worker in COMMANDED}


async def split(
    engine: AsyncEngine, worker: str, after: int | None = None, *, spare_sessions: int = SPARE_SESSIONS
) -> Split:
    """Split the lanes of a worker into this number of lanes, by default twice as many.

    The database keeps `spare_sessions` for others.

    Raises:
        SplitError: It is impossible, or not possible now.
    """
    async with engine.begin() as connection:
        await connection.execute(_LOCK_SPLITS)
        await connection.execute(_MAKE_FIRST, {"worker": worker})
        before = await _lock(connection, worker)
        after = after or min(2 * before, PARTITIONS)
        await _require_possible(connection, worker, before, after, spare_sessions)
        numbers = {"worker": worker, "before": before, "after": after}
        for statement in (_FENCE, _SPLIT, _COPY_TURNED_AWAY):
            await connection.execute(statement, numbers)
    return Split(before, after)


async def _lock(connection: AsyncConnection, worker: str) -> int:
    """Wait for the commits under way, let no other begin, and return how many lanes there are."""
    rows = (await connection.execute(_LOCK_LANES, {"worker": worker})).all()
    return int(rows[0].lanes)


async def _require_possible(
    connection: AsyncConnection, worker: str, before: int, after: int, spare_sessions: int
) -> None:
    if after <= before:
        raise NoMoreError(worker, before)
    if (await connection.execute(_COUNT_WAITING, {"worker": worker})).scalar_one():
        raise UnsettledError
    free = (await connection.execute(_FREE_SESSIONS)).scalar_one() - spare_sessions
    if free < after - before:
        raise NoSessionsError(after - before, max(free, 0))
