"""Heartbeats: the state of a process, published every few seconds and on request."""

import asyncio
import time
from typing import Any

import structlog
from nats.errors import Error as NatsError
from pydantic_core import to_json
from sqlalchemy import SmallInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError

from contracts import subjects
from workers.common.logs import describe
from workers.runtime.process.metrics import VERSION
from workers.runtime.process.running_components import RunningComponents

_DATABASE_SECONDS_MAX = 2.0
_STORED = text(
    """
    SELECT now() AS now, (SELECT coalesce(sum(posted - published), 0)::bigint FROM runtime.posted
        WHERE worker = :worker AND lane = ANY(:lanes)) AS waiting
    """
).bindparams(bindparam("lanes", type_=ARRAY(SmallInteger)))

log = structlog.get_logger()


async def heartbeats(running: RunningComponents) -> None:
    """Publish the vital signs of this process every few seconds."""
    subject = subjects.heartbeat(running.settings.site, running.worker.name, running.instance)
    while True:
        try:
            await running.nats.publish(subject, to_json(await vital_signs(running)))
        except (NatsError, OSError) as error:
            log.warning("heartbeat_failed", **describe(error))
        await asyncio.sleep(running.settings.heartbeat_seconds)


async def vital_signs(running: RunningComponents) -> dict[str, Any]:
    """Return version, start, lanes, counters and pending work, here and in the servers."""
    counters = running.delivery.counters
    waiting, oldest = _pending(running)
    return {
        "worker": running.worker.name,
        "instance": running.instance,
        "version": VERSION,
        "started_at": running.started_at,
        "lanes": sorted(running.lanes.owned),
        "lane_count": running.lanes.count if running.worker.handlers else 0,
        "applied": counters.applied,
        "rejected": counters.rejected,
        "retried": counters.retried,
        "dead": counters.dead,
        "lag": waiting,
        "oldest_pending_seconds": oldest,
        "figures": {figure.key: figure.value for figure in await running.backlog.read()},
    }


async def condition_of(running: RunningComponents) -> dict[str, Any]:
    """Return the state of a process for operations: vital signs, failing parts, and pending rows in the database."""
    condition = {
        **await vital_signs(running),
        "ready": running.ready,
        "failing": running.condition.as_json(),
        "clock_doubted": running.condition.clock_doubted,
    }
    try:
        async with asyncio.timeout(_DATABASE_SECONDS_MAX):
            condition |= await _read_database(running)
            for signs in running.worker.signs:
                condition |= await signs(running)
    except (DBAPIError, OSError, TimeoutError) as error:
        log.warning("condition_incomplete", **describe(error))
    return condition


async def _read_database(running: RunningComponents) -> dict[str, Any]:
    parameters = {"worker": running.worker.name, "lanes": list(running.lanes.owned)}
    async with running.engine.connect() as connection:
        row = (await connection.execute(_STORED, parameters)).mappings().one()
    return {"outbox": row["waiting"], "database_time": row["now"]}


def _pending(running: RunningComponents) -> tuple[int, float]:
    """Return the number of pending messages in the lanes of this process, and the age of the oldest in seconds."""
    lanes = list(running.lanes.held.values())
    oldest = min((lane.oldest for lane in lanes if lane.oldest), default=None)
    return sum(lane.behind for lane in lanes), max(time.time() - oldest, 0.0) if oldest else 0.0
