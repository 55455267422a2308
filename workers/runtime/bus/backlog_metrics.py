"""Figures about pending work in the servers, read on demand and never by a delivery.

A figure whose server does not answer in time is left out, because an old value would look like a new one.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, NamedTuple

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts import subjects
from workers.common.logs import describe
from workers.runtime.bus.streams import DEAD, api
from workers.runtime.storage.database import connect_autocommit

_CACHE_SECONDS: Final = 1.0
"""Within this time the figures are not read again, so that frequent requests cost nothing."""

_TIMEOUT_SECONDS: Final = 1.0
"""Shorter than the timeout of those who read the page."""

_OUTBOX = text(
    """
    SELECT (SELECT coalesce(sum(posted - published), 0)::bigint FROM runtime.posted WHERE worker = :worker),
        (SELECT extract(epoch FROM clock_timestamp() - min(oldest.posted_at))::float8 FROM runtime.posted p, LATERAL (
            SELECT posted_at FROM runtime.outbox
            WHERE worker = p.worker AND lane = p.lane AND first > p.published ORDER BY first LIMIT 1
         ) AS oldest WHERE p.worker = :worker AND p.posted > p.published),
        (SELECT coalesce(sum(missing), 0)::bigint FROM runtime.heard WHERE hearer = :worker)
    """
)
log = structlog.get_logger()


_NO_LABELS: Final[Mapping[str, str]] = {}


class Figure(NamedTuple):
    """A monitored number: its name without `incidents_`, its meaning, its value, and what it is about by label."""

    name: str
    meaning: str
    value: float
    labels: Mapping[str, str] = _NO_LABELS

    @property
    def key(self) -> str:
        """The name with the labels, as Prometheus writes them."""
        labels = ",".join(f'{name}="{value}"' for name, value in self.labels.items())
        return f"{self.name}{{{labels}}}" if labels else self.name


Figures = Callable[[AsyncConnection], Awaitable[Sequence[Figure]]]
"""Reads figures of a worker from the database."""


class SiteWorker(NamedTuple):
    """A worker of a site, whose backlog is read."""

    site: str
    worker: str


class Backlog:
    """The figures of one process that are read from the servers."""

    def __init__(
        self, place: SiteWorker, engine: AsyncEngine, nats: Callable[[], Client], readers: Sequence[Figures]
    ) -> None:
        """Set the servers; `readers` read figures that only this worker has."""
        self._place = place
        self._engine = engine
        self._nats = nats
        self._readers = readers
        self._lock = asyncio.Lock()
        self._figures: Sequence[Figure] = ()
        self._read_at = -_CACHE_SECONDS

    async def read(self) -> Sequence[Figure]:
        """Return the current figures."""
        async with self._lock:
            if time.monotonic() - self._read_at >= _CACHE_SECONDS:
                async with asyncio.TaskGroup() as group:  # a cancelled `gather` does not wait for both
                    parts = [
                        group.create_task(self._read_in_time(read))
                        for read in (self._read_database, self._read_dead_letters)
                    ]
                self._figures = [figure for part in parts for figure in part.result()]
                self._read_at = time.monotonic()
        return self._figures

    async def _read_in_time(self, ask: Callable[[], Awaitable[Sequence[Figure]]]) -> Sequence[Figure]:
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                return await ask()
        except (SQLAlchemyError, NatsError, OSError, ValueError) as error:
            log.info("figures_missing", **describe(error))
            return []

    async def _read_database(self) -> Sequence[Figure]:
        async with connect_autocommit(self._engine) as connection:
            return [
                *await outbox(connection, self._place.worker),
                *[figure for read_own in self._readers for figure in await read_own(connection)],
            ]

    async def _read_dead_letters(self) -> Sequence[Figure]:
        return [
            Figure(
                "dead_letters",
                "letters of this worker in the stream DEAD",
                await dead_letters(self._nats(), self._place),
            )
        ]


async def outbox(connection: AsyncConnection, worker: str) -> Sequence[Figure]:
    """Return how much of a worker is not published, for how long, and how many events it has not heard."""
    [waiting, oldest, missing] = (await connection.execute(_OUTBOX, {"worker": worker})).one()
    return [
        Figure("outbox_messages", "messages that wait to be published", waiting),
        Figure("outbox_oldest_seconds", "for how long the oldest message waits to be published", max(oldest or 0, 0)),
        Figure("events_missing", "numbers of events that were neither in the stream nor in the outbox", missing),
    ]


async def dead_letters(nats: Client, place: SiteWorker) -> int:
    """Count the dead letters of a worker that nobody has discarded yet.

    Raises:
        NatsError: The answer has no count.
    """
    request = {"subjects_filter": subjects.dead(place.site, place.worker, "*")}
    answer = await api(nats, f"STREAM.INFO.{DEAD}", request)
    if "state" not in answer:
        raise NatsError
    return sum((answer["state"].get("subjects") or {}).values())
