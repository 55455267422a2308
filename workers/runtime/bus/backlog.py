"""What waits in the servers, and not in this process: asked when somebody wants to know, and never by a delivery.

A figure whose server does not answer in time is left out: an old value would be taken for a new one.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts import subjects
from workers.common.logs import describe
from workers.runtime.bus.lanes import EVENTS_LANE
from workers.runtime.bus.streams import DEAD, api
from workers.runtime.storage.database import autocommitting

COUNTED: Final = 100_000
"""What is counted at most: beyond it the exact number says nothing more."""

_FRESH_SECONDS: Final = 1.0
"""Whoever asks again within this time is given the same answer, so that asking often costs nothing."""

_PATIENCE_SECONDS: Final = 1.0
"""Less than who reads the page waits for it."""

_OUTBOX = text(
    """
    SELECT (SELECT count(*) FROM (SELECT FROM runtime.outbox WHERE worker = :worker LIMIT :counted) AS waiting),
        (SELECT extract(epoch FROM clock_timestamp() - min((first.headers ->> 'ce-time')::timestamptz))::float8
         FROM generate_series(0, :lanes) AS lane, LATERAL (
            SELECT headers FROM runtime.outbox
            WHERE worker = :worker AND outbox.lane = lane::smallint ORDER BY id LIMIT 1
         ) AS first)
    """
)
log = structlog.get_logger()


class Figure(NamedTuple):
    """A number that somebody watches: its name (without `incidents_`), what it means, and how much it is."""

    name: str
    meaning: str
    value: float


Figures = Callable[[AsyncConnection], Awaitable[Sequence[Figure]]]
"""Reads figures of a worker from the database."""


class Place(NamedTuple):
    """Whose backlog it is: a worker of a site."""

    site: str
    worker: str


class Backlog:
    """The figures of one process that only the servers know."""

    def __init__(self, place: Place, engine: AsyncEngine, nats: Callable[[], Client], own: Sequence[Figures]) -> None:
        """Remember where to ask; `own` reads what belongs to this worker alone."""
        self._place = place
        self._engine = engine
        self._nats = nats
        self._own = own
        self._asking = asyncio.Lock()
        self._figures: Sequence[Figure] = ()
        self._asked_at = -_FRESH_SECONDS

    async def read(self) -> Sequence[Figure]:
        """Return the figures that are known now."""
        async with self._asking:
            if time.monotonic() - self._asked_at >= _FRESH_SECONDS:
                found = await asyncio.gather(self._patiently(self._stored), self._patiently(self._dead_letters))
                self._figures = [figure for part in found for figure in part]
                self._asked_at = time.monotonic()
        return self._figures

    async def _patiently(self, ask: Callable[[], Awaitable[Sequence[Figure]]]) -> Sequence[Figure]:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await ask()
        except (SQLAlchemyError, NatsError, OSError, ValueError) as error:
            log.info("figures_missing", **describe(error))
            return []

    async def _stored(self) -> Sequence[Figure]:
        async with autocommitting(self._engine).connect() as connection:
            return [
                *await outbox(connection, self._place.worker),
                *[one for own in self._own for one in await own(connection)],
            ]

    async def _dead_letters(self) -> Sequence[Figure]:
        return [
            Figure(
                "dead_letters",
                "letters of this worker in the stream DEAD",
                await dead_letters(self._nats(), self._place),
            )
        ]


async def outbox(connection: AsyncConnection, worker: str) -> Sequence[Figure]:
    """Tell how much of what a worker decided was not published yet, and for how long the oldest event waits."""
    given = {"worker": worker, "counted": COUNTED, "lanes": EVENTS_LANE}
    [waiting, oldest] = (await connection.execute(_OUTBOX, given)).one()
    return [
        Figure("outbox_messages", f"messages that wait to be published, at most {COUNTED} are counted", waiting),
        Figure("outbox_oldest_seconds", "for how long the oldest event waits to be published", max(oldest or 0, 0)),
    ]


async def dead_letters(nats: Client, place: Place) -> int:
    """Count the letters of a worker that nobody has discarded yet.

    Raises:
        NatsError: The stream did not say.
    """
    wanted = {"subjects_filter": subjects.dead(place.site, place.worker, "*")}
    found = await api(nats, f"STREAM.INFO.{DEAD}", wanted)
    if "state" not in found:
        raise NatsError
    return sum((found["state"].get("subjects") or {}).values())
