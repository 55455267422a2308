"""The survey of a running system for operations: the state of every worker process and stream."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import nats
from nats.aio.client import Client as Nats

from contracts import subjects
from contracts.subjects import WORKERS
from incidents.connection import flush

_ANSWER_SECONDS: Final = 4.0
_MORE_ANSWERS_SECONDS: Final = 0.4
"""The wait for more processes of a worker, once every worker has answered."""

_STREAMS: Final = ("COMMANDS", "EVENTS", "DEAD")
_ASK: Final = "$SRV.STATS"
NOT_OF_OPERATIONS: Final = (
    "these credentials are not of the scope ops: `incidents access create NAME --scope ops` makes some"
)
"""Why a survey is refused."""


class Survey(NamedTuple):
    """The state of a system, as reported by its processes and its message bus."""

    processes: list[dict[str, Any]]
    streams: dict[str, dict[str, Any]]
    dead_letters: int | None

    def of(self, worker: str) -> list[dict[str, Any]]:
        """Return the processes of one worker."""
        return [process for process in self.processes if process.get("worker") == worker]

    @property
    def events_missing(self) -> int | None:
        """The event numbers that no hearer found anywhere; None if nobody reports them."""
        figures = [process.get("figures", {}).get("events_missing") for process in self.processes]
        by_worker = {
            process["worker"]: figure
            for process, figure in zip(self.processes, figures, strict=True)
            if figure is not None
        }
        return int(sum(by_worker.values())) if by_worker else None


async def survey(connection: Nats, site: str, principal: str, denied: Callable[[str], object]) -> Survey:
    """Ask all processes at once, and wait until every worker has answered, or for a few seconds.

    `denied` tells whether the message bus has refused a subject.

    Raises:
        PermissionError: These credentials may not ask.
        TimeoutError: The message bus itself does not answer.
    """
    processes = await _processes(connection, principal, denied)
    streams = {name: stream for name in _STREAMS if (stream := await _stream(connection, name, site))}
    letters = streams.get("DEAD", {}).get("letters")
    return Survey(processes, streams, letters)


async def _processes(connection: Nats, principal: str, denied: Callable[[str], object]) -> list[dict[str, Any]]:
    inbox = f"{subjects.inbox(principal)}.{connection.new_inbox().rpartition('.')[2]}"
    answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def receive(message: Any) -> None:
        if message.data:
            answers.put_nowait(_parse_report(json.loads(message.data)))

    subscription = await connection.subscribe(inbox, cb=receive)
    processes: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _ANSWER_SECONDS
    try:
        await connection.publish(_ASK, reply=inbox)
        await flush(connection)
        if denied(_ASK):
            raise PermissionError(_ASK)
        while (left := deadline - loop.time()) > 0:
            is_complete = {process["worker"] for process in processes} >= set(WORKERS)
            try:
                processes.append(
                    await asyncio.wait_for(answers.get(), min(left, _MORE_ANSWERS_SECONDS) if is_complete else left)
                )
            except TimeoutError:
                break
    finally:
        await subscription.unsubscribe()
    return sorted(
        (process for process in processes if process["worker"] in WORKERS), key=lambda process: str(process["instance"])
    )


def _parse_report(answer: dict[str, Any]) -> dict[str, Any]:
    """Parse the report of a process; older versions report only that they exist."""
    data: dict[str, Any] = next((each["data"] for each in answer.get("endpoints", ()) if "data" in each), {})
    worker = str(answer.get("name", "")).removeprefix("im-")
    return {"worker": worker, "instance": answer.get("id", ""), "version": answer.get("version", ""), **data}


async def _stream(connection: Nats, name: str, site: str) -> dict[str, Any]:
    request = json.dumps({"subjects_filter": subjects.every_dead_letter(site)}).encode() if name == "DEAD" else b""
    try:
        answer = await connection.request(f"$JS.API.STREAM.INFO.{name}", request, timeout=_ANSWER_SECONDS)
    except nats.errors.Error:
        return {}
    info = json.loads(answer.data)
    if "state" not in info:
        return {}
    state = info["state"]
    counts = state.get("subjects") or {}
    return {
        "messages": state["messages"],
        "bytes": state["bytes"],
        "bytes_max": info["config"].get("max_bytes", -1),
        **({"letters": sum(counts.values())} if name == "DEAD" else {}),
    }
