"""What operations see of a running system: every worker process says how it is, and the streams how full they are."""

import asyncio
import json
from typing import Any, Final, NamedTuple

import nats
from nats.aio.client import Client as Nats

from contracts import subjects
from contracts.subjects import WORKERS
from incidents.connection import flush

_LONGEST: Final = 4.0
_COMPANY: Final = 0.4
"""Seconds for more processes of a worker, once every worker has answered."""

_STREAMS: Final = ("COMMANDS", "EVENTS", "DEAD")
_ASK: Final = "$SRV.STATS"


class Survey(NamedTuple):
    """How a system is, as its own processes and its message bus say it."""

    processes: list[dict[str, Any]]
    streams: dict[str, dict[str, Any]]
    dead_letters: int | None

    def of(self, worker: str) -> list[dict[str, Any]]:
        """Return the processes of one worker."""
        return [one for one in self.processes if one.get("worker") == worker]


async def survey(connection: Nats, site: str, principal: str) -> Survey:
    """Ask everybody at once, and wait until every worker has answered, or for a few seconds.

    Raises:
        TimeoutError: The message bus itself does not answer.
    """
    processes = await _processes(connection, principal)
    streams = {name: found for name in _STREAMS if (found := await _stream(connection, name, site))}
    letters = streams.get("DEAD", {}).get("letters")
    return Survey(processes, streams, letters)


async def _processes(connection: Nats, principal: str) -> list[dict[str, Any]]:
    inbox = f"{subjects.inbox(principal)}.{connection.new_inbox().rpartition('.')[2]}"
    answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def heard(message: Any) -> None:
        if message.data:
            answers.put_nowait(_signs(json.loads(message.data)))

    subscription = await connection.subscribe(inbox, cb=heard)
    found: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _LONGEST
    try:
        await connection.publish(_ASK, reply=inbox)
        await flush(connection)
        while (left := deadline - loop.time()) > 0:
            is_complete = {one["worker"] for one in found} >= set(WORKERS)
            try:
                found.append(await asyncio.wait_for(answers.get(), min(left, _COMPANY) if is_complete else left))
            except TimeoutError:
                break
    finally:
        await subscription.unsubscribe()
    return sorted((one for one in found if one["worker"] in WORKERS), key=lambda one: str(one["instance"]))


def _signs(told: dict[str, Any]) -> dict[str, Any]:
    """Read what a process says of itself; one of an older version says only that it is there."""
    data: dict[str, Any] = next((each["data"] for each in told.get("endpoints", ()) if "data" in each), {})
    worker = str(told.get("name", "")).removeprefix("im-")
    return {"worker": worker, "instance": told.get("id", ""), "version": told.get("version", ""), **data}


async def _stream(connection: Nats, name: str, site: str) -> dict[str, Any]:
    wanted = json.dumps({"subjects_filter": subjects.every_dead_letter(site)}).encode() if name == "DEAD" else b""
    try:
        answer = await connection.request(f"$JS.API.STREAM.INFO.{name}", wanted, timeout=_LONGEST)
    except nats.errors.Error:
        return {}
    told = json.loads(answer.data)
    if "state" not in told:
        return {}
    state = told["state"]
    counts = state.get("subjects") or {}
    return {
        "messages": state["messages"],
        "bytes": state["bytes"],
        "bytes_max": told["config"].get("max_bytes", -1),
        **({"letters": sum(counts.values())} if name == "DEAD" else {}),
    }
