"""Signs of life: heartbeats and NATS service discovery."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from pydantic_core import to_json
from sqlalchemy import SmallInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError

from contracts import subjects
from workers.runtime import preconditions, streams, strictness, trimming
from workers.runtime.figures import VERSION
from workers.runtime.forged import watch_letters
from workers.runtime.logs import describe
from workers.runtime.maintenance import housekeeping
from workers.runtime.protocol import read_safely
from workers.runtime.running import Running
from workers.runtime.watchdog import watchdog

_ASKED_SECONDS = 2.0
_COUNTED = 100_000
_STORED = text(
    """
    SELECT now() AS now, (SELECT count(*) FROM (SELECT 1 FROM runtime.outbox
        WHERE worker = :worker AND lane = ANY(:lanes) LIMIT :most) AS waiting) AS waiting
    """
).bindparams(bindparam("lanes", type_=ARRAY(SmallInteger)))

log = structlog.get_logger()


async def wait_for_servers(running: Running) -> None:
    """Wait until both servers answer and the schema is there, saying once of each cause what is being waited for."""
    said: list[dict[str, str]] = []
    while True:
        try:
            await preconditions.require(running.settings.database_url, "INCIDENTS_DATABASE_URL")
            await running.broker.connect()
            read_safely(running.nats)
            async with running.engine.connect() as connection:
                await connection.execute(text("SELECT 1 FROM runtime.inbox LIMIT 1"))
            for stream in (streams.COMMANDS, streams.EVENTS, streams.DEAD):
                await streams.stream_state(running.nats, stream)
            if await strictness.is_strict(running.nats):
                break
            missing = {"missing": "strict: true"}
        except streams.UnknownStateError as error:
            missing = {"missing": f"stream {error}"}
        except preconditions.UnfitError as error:
            missing = {"missing": str(error)}
        except (NatsError, DBAPIError, OSError) as error:
            missing = describe(error)
        if missing not in said:
            log.info("waiting_for_servers", worker=running.worker.name, **missing)
            said.append(missing)
        await asyncio.sleep(0.1)


def beside(running: Running) -> list[Coroutine[Any, Any, None]]:
    """Return what runs beside the deliveries of every worker."""
    return [
        heartbeats(running),
        watchdog(running),
        trimming.commands(running),
        trimming.events(running),
        discovery(running),
        housekeeping(running),
        watch_letters(running),
    ]


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


async def discovery(running: Running) -> None:
    """Answer `$SRV.PING|INFO|STATS`, so that `nats micro ls` shows this process."""
    name = subjects.service(running.worker.name)

    async def reply(raw: Msg) -> None:
        if not raw.reply.startswith(subjects.inbox("")):
            return  # whoever names another subject would have a worker publish there
        verb = raw.subject.split(".")[1].lower()
        told: dict[str, Any] = {
            "type": f"io.nats.micro.v1.{verb}_response",
            "name": name,
            "id": running.instance,
            "version": VERSION,
            "metadata": {},
        }
        if verb == "stats":
            endpoints = _endpoints(running, stats=True)
            endpoints[0]["data"] = await condition_of(running)
            told |= {"started": running.started_at, "endpoints": endpoints}
        if verb == "info":
            told |= {"description": f"{running.worker.name} of incidents", "endpoints": _endpoints(running)}
        await raw.respond(to_json(told))

    for verb in ("PING", "INFO", "STATS"):
        for subject in (f"$SRV.{verb}", f"$SRV.{verb}.{name}", f"$SRV.{verb}.{name}.{running.instance}"):
            await running.nats.subscribe(subject, cb=reply)


def _endpoints(running: Running, *, stats: bool = False) -> list[dict[str, Any]]:
    site, worker = running.settings.site, running.worker.name
    endpoint: dict[str, Any] = {
        "name": "queries",
        "subject": subjects.query(site, "*", f"{worker}.*"),
        "queue_group": subjects.service(worker),
    }
    if stats:
        counters = running.questions.counters
        endpoint |= {"num_requests": counters.answered + counters.refused, "num_errors": counters.refused}
    return [endpoint]
