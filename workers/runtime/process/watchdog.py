"""The watchdog: writes to both servers as a command does, since what can be read is not what can be written.

A NATS server whose disk was full goes on to answer, and stores nothing any more, until it is started again; the same
holds for single streams. The stream of commands is therefore written by a message that no lane takes, and the stream of
events is watched through the outbox, whose messages it refuses.
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
from workers.common.health_state import Part
from workers.common.logs import describe
from workers.runtime.bus import streams
from workers.runtime.process.worker_process import Running
from workers.runtime.storage.database import Base, autocommitting

_PROBE_SECONDS = 2.0
_AGAIN_SECONDS = 0.5
"""While something fails, it is probed sooner: how fast it serves again depends on it."""

_PATIENCE = 3.0
_ACKNOWLEDGED = 2.0
_GAVE_UP = 70
_FULL = ("53100", "55P03")
"""SQLSTATE of a full disk and of a lock that somebody holds: another process would fare no better."""

_WRITE = text(
    """
    INSERT INTO runtime.probe VALUES (:worker, now())
    ON CONFLICT (worker) DO UPDATE SET written_at = excluded.written_at
    """
)
log = structlog.get_logger()


class Probe(Base):
    """When a process of a worker last wrote to the database, only to see that it can."""

    __tablename__ = "probe"
    __table_args__ = {"schema": "runtime"}

    worker: Mapped[str] = mapped_column(Text, primary_key=True)
    written_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class NotStoredError(NatsError):
    """JetStream answers, and does not store."""


async def watchdog(running: Running) -> None:
    """Probe for as long as the process lives; end it when a server has not been reached for the set time.

    The libraries' own word is not trusted: after some errors they report a connection that no longer works, and
    nats-py's `flush` succeeds without a round trip when its reader has ended.
    """
    while True:
        rest = _AGAIN_SECONDS if running.condition.failing else _PROBE_SECONDS
        await asyncio.sleep(min(rest, running.settings.watchdog_seconds / 2))
        await asyncio.gather(_watch_bus(running), _watch_database(running))


async def _watch_bus(running: Running) -> None:
    if await _probed(running, Part.BUS, reach, fatal=lambda _: True):
        await _probed(running, Part.BUS_STORAGE, store, fatal=lambda _: False)


async def _watch_database(running: Running) -> None:
    await _probed(running, Part.DATABASE, write, fatal=lambda error: _state(error) not in _FULL)


async def _probed(
    running: Running,
    part: Part,
    probe: Callable[[Running], Awaitable[None]],
    *,
    fatal: Callable[[BaseException], bool],
) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE):
            await probe(running)
    except (NatsError, DBAPIError, OSError) as error:
        seconds = running.condition.fails(part, _reason(error))
        if seconds > running.settings.watchdog_seconds and fatal(error):
            log.critical("giving_up", worker=running.worker.name, part=part)
            os._exit(_GAVE_UP)
        return False
    running.condition.works(part)
    return True


async def reach(running: Running) -> None:
    """Make a round trip to JetStream that stores nothing, on the connection of the lanes and on that of the queries."""
    for connection in (running.nats, running.door.nats):
        await streams.api(connection, f"STREAM.INFO.{streams.COMMANDS}", {})


async def store(running: Running) -> None:
    """Store a message in COMMANDS and take it out again, and see that the outbox is rid of what it has.

    Raises:
        NotStoredError: It was not acknowledged, or refused for another reason than a limit of the stream.
    """
    subject = subjects.probe(running.settings.site, running.worker.name)
    try:
        answer = from_json((await running.nats.request(subject, b"", timeout=_ACKNOWLEDGED)).data)
    except NoRespondersError:
        if not running.condition.unprobed:
            log.warning("probe_not_taken", worker=running.worker.name)
        running.condition.unprobed = True
        return
    except NatsTimeoutError as error:
        raise NotStoredError(streams.COMMANDS) from error
    if "error" in answer and not streams.is_full(answer["error"]):
        raise NotStoredError(streams.COMMANDS)
    await streams.api(running.nats, f"STREAM.PURGE.{streams.COMMANDS}", {"filter": subject})
    if running.relay.stuck:
        raise NotStoredError(streams.EVENTS)


async def write(running: Running) -> None:
    """Commit a write to the database."""
    async with autocommitting(running.engine).connect() as connection:
        await connection.execute(_WRITE, {"worker": running.worker.name})


def _state(error: BaseException) -> Any:
    return getattr(getattr(error, "orig", None), "sqlstate", None)


def _reason(error: BaseException) -> str:
    if isinstance(error, NotStoredError):
        return f"{error} does not store"
    return " ".join(describe(error).values())
