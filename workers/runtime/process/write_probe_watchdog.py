"""The watchdog: writes to both servers as a command does, because a readable server may not be writable.

A NATS server whose disk was full answers but stores nothing until it is restarted; the same can happen to one stream.
Therefore the watchdog stores a probe, which no lane reads, in the stream of commands. It watches the stream of events
through the outbox, which fails to publish to it.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import structlog
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError
from pydantic_core import from_json
from sqlalchemy import DateTime, Text, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from contracts import subjects
from workers.common.asyncio_cancellation import run_cancellable
from workers.common.health_state import Part
from workers.common.logs import describe
from workers.runtime.bus import streams
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.storage.database import Base, connect_autocommit

_PROBE_SECONDS = 2.0
_RETRY_SECONDS = 0.5
"""While a part fails, probes are more frequent, so that the process recovers sooner."""

_PROBE_SECONDS_MAX = 3.0
_ACKNOWLEDGEMENT_SECONDS_MAX = 2.0
_END_SECONDS_MAX = 15.0
"""From the end of one probe to that of the next one: two timeouts, and what cancellations may take."""

_EXIT_STATUS = 70
_EXTERNAL_STATES = ("53100", "55P03")
"""SQLSTATE of a full disk and of a held lock: a restart of this process would not help."""

_WRITE = text(
    """
    INSERT INTO runtime.probe VALUES (:worker, now())
    ON CONFLICT (worker) DO UPDATE SET written_at = excluded.written_at
    """
)
log = structlog.get_logger()


class Probe(Base):
    """The time of a worker's last probe of the database."""

    __tablename__ = "probe"
    __table_args__ = {"schema": "runtime"}

    worker: Mapped[str] = mapped_column(Text, primary_key=True)
    written_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class NotStoredError(NatsError):
    """JetStream answers but does not store."""


async def watchdog(running: RunningComponents) -> None:
    """Probe both servers for as long as the process lives; end it if a server is unreachable for too long.

    The libraries' connection states are not reliable: after some errors they report a working connection, and the
    `flush` of nats-py succeeds without a round trip when its reader has ended. Nor is a timeout: a library can lose the
    cancellation. The probes of each server are therefore watched by a task that waits for none of them.
    """
    async with asyncio.TaskGroup() as tasks:
        for part, probe in ((Part.BUS, _watch_bus), (Part.DATABASE, _watch_database)):
            probes = Probes(running, probe)
            probing = asyncio.create_task(probes.run())
            tasks.create_task(run_cancellable(probing))
            tasks.create_task(expect_ends(running, part, probes, probing))


class Probes:
    """The probes of one server, one after the other."""

    def __init__(self, running: RunningComponents, probe: Callable[[RunningComponents], Awaitable[None]]) -> None:
        """Name the probe; `run` begins."""
        self._running = running
        self._probe = probe
        self.ended = asyncio.get_running_loop().time()
        """When the last probe ended, well or not."""

    async def run(self) -> None:
        """Probe until cancelled."""
        while True:
            rest = _RETRY_SECONDS if self._running.condition.failing else _PROBE_SECONDS
            await asyncio.sleep(min(rest, self._running.settings.watchdog_seconds / 2))
            await self._probe(self._running)
            self.ended = asyncio.get_running_loop().time()


async def expect_ends(
    running: RunningComponents,
    part: Part,
    probes: Probes,
    task: asyncio.Task[None],
    seconds_max: float = _END_SECONDS_MAX,
) -> None:
    """End the process if a probe has not ended for too long; the log then shows where the task of the probes hangs."""
    while True:
        await asyncio.sleep(_RETRY_SECONDS)
        if asyncio.get_running_loop().time() - probes.ended > seconds_max:
            seconds = running.condition.fails(part, "a probe does not end")
            if seconds > running.settings.watchdog_seconds:
                log.critical("watchdog_expired", worker=running.worker.name, part=part, waits_at=_places(task))
                os._exit(_EXIT_STATUS)


def _places(task: asyncio.Task[None]) -> list[str]:
    """Return where a task waits, the innermost place last; no value is in it."""
    places = list[str]()
    waiting: Any = task.get_coro()
    while waiting is not None:
        frame = getattr(waiting, "cr_frame", None) or getattr(waiting, "gi_frame", None)
        places += [f"{frame.f_code.co_qualname}:{frame.f_lineno}"] if frame else [type(waiting).__qualname__]
        waiting = getattr(waiting, "cr_await", None) or getattr(waiting, "gi_yieldfrom", None)
    return places


async def _watch_bus(running: RunningComponents) -> None:
    if await _probe_part(running, Part.BUS, reach, fatal=lambda _: True):
        await _probe_part(running, Part.BUS_STORAGE, store, fatal=lambda _: False)


async def _watch_database(running: RunningComponents) -> None:
    await _probe_part(running, Part.DATABASE, write, fatal=lambda error: _state(error) not in _EXTERNAL_STATES)


async def _probe_part(
    running: RunningComponents,
    part: Part,
    probe: Callable[[RunningComponents], Awaitable[None]],
    *,
    fatal: Callable[[BaseException], bool],
) -> bool:
    try:
        async with asyncio.timeout(_PROBE_SECONDS_MAX):
            await probe(running)
    except (NatsError, DBAPIError, OSError) as error:
        seconds = running.condition.fails(part, _reason(error))
        if seconds > running.settings.watchdog_seconds and fatal(error):
            log.critical("watchdog_expired", worker=running.worker.name, part=part)
            os._exit(_EXIT_STATUS)
        return False
    running.condition.works(part)
    return True


async def reach(running: RunningComponents) -> None:
    """Make a round trip to JetStream without storing, on the connections of the lanes and of the queries."""
    for connection in (running.nats, running.query_admission.nats):
        await streams.api(connection, f"STREAM.INFO.{streams.COMMANDS}", {})


async def store(running: RunningComponents) -> None:
    """Store a message in COMMANDS and delete it, and check that the outbox is published.

    Raises:
        NotStoredError: A message was not acknowledged, or refused for another reason than a limit of the stream.
    """
    subject = subjects.probe(running.settings.site, running.worker.name)
    try:
        answer = from_json((await running.nats.request(subject, b"", timeout=_ACKNOWLEDGEMENT_SECONDS_MAX)).data)
    except NoRespondersError:
        if not running.condition.unprobed:
            log.warning("probe_refused", worker=running.worker.name)
        running.condition.unprobed = True
        return
    except NatsTimeoutError as error:
        raise NotStoredError(streams.COMMANDS) from error
    if "error" in answer and not streams.is_full(answer["error"]):
        raise NotStoredError(streams.COMMANDS)
    await streams.api(running.nats, f"STREAM.PURGE.{streams.COMMANDS}", {"filter": subject})
    if running.relay.stuck:
        raise NotStoredError(streams.EVENTS)


async def write(running: RunningComponents) -> None:
    """Commit a write to the database."""
    async with connect_autocommit(running.engine) as connection:
        await connection.execute(_WRITE, {"worker": running.worker.name})


def _state(error: BaseException) -> Any:
    return getattr(getattr(error, "orig", None), "sqlstate", None)


def _reason(error: BaseException) -> str:
    if isinstance(error, NotStoredError):
        return f"{error} does not store"
    return " ".join(describe(error).values())
