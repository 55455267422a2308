"""NATS service discovery: `nats micro ls`, `info` and `stats` show every process."""

from typing import Any

from nats.aio.msg import Msg
from pydantic_core import to_json

from contracts import subjects
from workers.runtime.process.heartbeat import condition_of
from workers.runtime.process.metrics import VERSION
from workers.runtime.process.running_components import RunningComponents


async def discovery(running: RunningComponents) -> None:
    """Answer `$SRV.PING|INFO|STATS`, so that `nats micro ls` shows this process."""
    name = subjects.service(running.worker.name)

    async def reply(raw: Msg) -> None:
        if not raw.reply.startswith(subjects.inbox("")):
            return  # otherwise a client could make a worker publish to any subject
        verb = raw.subject.split(".")[1].lower()
        answer: dict[str, Any] = {
            "type": f"io.nats.micro.v1.{verb}_response",
            "name": name,
            "id": running.instance,
            "version": VERSION,
            "metadata": {},
        }
        if verb == "stats":
            endpoints = _endpoints(running, stats=True)
            endpoints[0]["data"] = await condition_of(running)
            answer |= {"started": running.started_at, "endpoints": endpoints}
        if verb == "info":
            answer |= {"description": f"{running.worker.name} of incidents", "endpoints": _endpoints(running)}
        await raw.respond(to_json(answer))

    for verb in ("PING", "INFO", "STATS"):
        for subject in (f"$SRV.{verb}", f"$SRV.{verb}.{name}", f"$SRV.{verb}.{name}.{running.instance}"):
            await running.nats.subscribe(subject, cb=reply)


def _endpoints(running: RunningComponents, *, stats: bool = False) -> list[dict[str, Any]]:
    site, worker = running.settings.site, running.worker.name
    endpoint: dict[str, Any] = {
        "name": "queries",
        "subject": subjects.query(site, "*", f"{worker}.*"),
        "queue_group": subjects.service(worker),
    }
    if stats:
        counters = running.query_dispatcher.counters
        endpoint |= {"num_requests": counters.answered + counters.refused, "num_errors": counters.refused}
    return [endpoint]
