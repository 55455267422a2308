"""Signs of life: what a process is and does, said every few seconds and whenever somebody asks."""

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
from workers.runtime.process.worker_process import Running

_ASKED_SECONDS = 2.0
_COUNTED = 100_000
_STORED = text(
    """
    SELECT now() AS now, (SELECT count(*) FROM (SELECT 1 FROM runtime.outbox
        WHERE worker = :worker AND lane = ANY(:lanes) LIMIT :most) AS waiting) AS waiting
    """
).bindparams(bindparam("lanes", type_=ARRAY(SmallInteger)))

log = structlog.get_logger()


async def heartbeats(running: Running) -> None:
    """Say every few seconds what this process is and does."""
    subject = subjects.heartbeat(running.settings.site, running.worker.name, running.instance)
    while True:
        try:
            await running.nats.publish(subject, to_json(await vital_signs(running)))
        except (NatsError, OSError) as error:
            log.warning("heartbeat_lost", **describe(error))
        await asyncio.sleep(running.settings.heartbeat_seconds)


async def vital_signs(running: Running) -> dict[str, Any]:
    """Return version, start, lanes, counters and how much waits, here and in the servers."""
    counters = running.delivery.counters
    waiting, oldest = _waiting(running)
    return {
        "worker": running.worker.name,
        "instance": running.instance,
        "version": VERSION,
        "started_at": running.started_at,
        "lanes": sorted(running.lanes.owned),
        "applied": counters.applied,
        "rejected": counters.rejected,
        "retried": counters.retried,
        "dead": counters.dead,
        "lag": waiting,
        "oldest_pending_seconds": oldest,
        "figures": {figure.name: figure.value for figure in await running.backlog.read()},
    }


async def condition_of(running: Running) -> dict[str, Any]:
    """Return all that operations see of a process: its signs of life, what fails, and what waits in the database."""
    told = {
        **await vital_signs(running),
        "ready": running.ready,
        "failing": running.condition.as_json(),
        "clock_doubted": running.condition.clock_doubted,
    }
    try:
        async with asyncio.timeout(_ASKED_SECONDS):
            told |= await _stored(running)
            for signs in running.worker.signs:
                told |= await signs(running)
    except (DBAPIError, OSError, TimeoutError) as error:
        log.warning("condition_incomplete", **describe(error))
    return told


async def _stored(running: Running) -> dict[str, Any]:
    given = {"worker": running.worker.name, "lanes": list(running.lanes.owned), "most": _COUNTED}
    async with running.engine.connect() as connection:
        found = (await connection.execute(_STORED, given)).mappings().one()
    return {"outbox": found["waiting"], "database_time": found["now"]}


def _waiting(running: Running) -> tuple[int, float]:
    """Return how many messages wait in the lanes of this process, and for how many seconds the oldest does."""
    lanes = list(running.lanes.held.values())
    oldest = min((one.oldest for one in lanes if one.oldest), default=None)
    return sum(one.behind for one in lanes), max(time.time() - oldest, 0.0) if oldest else 0.0
