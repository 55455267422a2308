"""The final state: what tables, streams and queries hold when all is quiet."""

import asyncio
import base64
import json
from itertools import chain
from typing import Any

from nats.aio.client import Client as Nats

from tests.faults.client import Client
from tests.faults.history import AuditedQuery, Entry, Final, InboxRow, Project, Stored
from tests.faults.proxies import pause
from tests.faults.system import System, sql

_AT_ONCE = 50
_NO_MESSAGE = 10037
"""JetStream's error code for a place without a message; a stream that is being stopped or restored has others."""

_UNHEARD = """
    SELECT count(*) FROM runtime.posted p CROSS JOIN (SELECT DISTINCT hearer FROM runtime.heard) each
    LEFT JOIN runtime.heard h ON h.hearer = each.hearer AND h.worker = p.worker AND h.lane = p.lane
    WHERE coalesce(h.number, 0) < p.posted
"""
_POSTED = """
    SELECT message -> 'headers' ->> 'ce-id' FROM runtime.outbox, json_array_elements(messages::json) AS message
    WHERE split_part(message ->> 'subject', '.', 3) = 'evt'
"""
_ASKED = 40


async def wait_until_idle(system: System, ops: Nats, seconds: float) -> dict[str, int]:
    """Wait until nothing waits anywhere, and return what is left when the time is over."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        left = {
            "runtime.unpublished": (await sql(system, "SELECT count(*) FROM runtime.unpublished"))[0][0],
            "audit.waiting": (await sql(system, "SELECT count(*) FROM audit.waiting"))[0][0],
            "runtime.heard": (await sql(system, _UNHEARD))[0][0],
            "COMMANDS": (await state(ops, "COMMANDS"))["messages"],
        }
        if not any(left.values()) or asyncio.get_running_loop().time() > deadline:
            return left
        await pause(0.3)


async def newest_revisions(system: System, client: Client) -> dict[str, int | None]:
    """Ask for the newest projects, as somebody does who has waited for the end."""
    results: dict[str, int | None] = {}
    rows = await sql(system, "SELECT id::text FROM projects.project ORDER BY created_at DESC LIMIT %s", (_ASKED,))
    for (project_id,) in rows:
        read = AuditedQuery(client.principal, project_id, "projects.opened")
        client.history.reads.append(read)
        answer = await client.ask("projects.get", {"project_id": project_id}, 10)
        read.answered = answer is not None and "revision" in answer
        results[project_id] = answer.get("revision") if answer else None
    return results


_SURPLUS = "im.audit.surplus-counted.v1"
_COUNTED = """
    SELECT principal, sum(more)::int FROM runtime.surplus WHERE what = 'refused-attempts' AND more > 0
    GROUP BY principal
"""


async def gathered(system: System, ops: Nats, final: Final) -> Final:
    """Read everything."""
    rows = await sql(system, "SELECT command_id, principal, outcome FROM runtime.inbox WHERE principal !~ '^~'")
    final.inbox = [
        InboxRow(str(command_id), principal, json.loads(outcome) if isinstance(outcome, str) else outcome)
        for command_id, principal, outcome in rows
    ]
    final.projects = await _projects(system)
    final.reports = {str(report_id) for (report_id,) in await sql(system, "SELECT report_id FROM reports.report")}
    final.events = [_event(place, headers, body) for place, headers, _, body in await messages(ops, "EVENTS")]
    final.posted = {event_id for (event_id,) in await sql(system, _POSTED)}
    final.counted = dict(await sql(system, _COUNTED))
    entries = "SELECT event_id::text, activity, coalesce(command_id::text, '') FROM {}"
    final.activity = [Entry(*row) for row in await sql(system, entries.format("audit.activity"))]
    rows = await sql(system, entries.format("entry"), database="log_server")
    final.log_server = [Entry(*row) for row in rows]
    final.dead = [f"{subject}: {body[:300]!r}" for _, _, subject, body in await messages(ops, "DEAD")]
    return final


async def _projects(system: System) -> dict[str, Project]:
    rows = await sql(system, "SELECT id::text, revision, description FROM projects.project")
    by_name = {project_id: Project(revision, description) for project_id, revision, description in rows}
    for project_id, part_id, text in await sql(
        system, "SELECT project_id::text, comment_id::text, text FROM projects.comment"
    ):
        by_name[project_id].comments[part_id] = text
    for project_id, part_id in await sql(system, "SELECT project_id::text, call_id::text FROM projects.call"):
        by_name[project_id].calls.add(part_id)
    for project_id, part_id in await sql(system, "SELECT project_id::text, sequence_id::text FROM projects.sequence"):
        by_name[project_id].sequences.add(part_id)
    return by_name


async def state(ops: Nats, stream: str) -> dict[str, Any]:
    """Ask for the state of a stream, until it is answered."""
    while True:
        try:
            answer = json.loads((await ops.request(f"$JS.API.STREAM.INFO.{stream}", b"", timeout=5)).data)
            if "state" in answer:
                return dict(answer["state"])
        except (OSError, TimeoutError, ValueError):
            pass
        await pause(0.3)


async def messages(ops: Nats, stream: str) -> list[tuple[int, dict[str, str], str, bytes]]:
    """Read a whole stream: place, headers, subject and body of each message."""
    info = await state(ops, stream)
    if not info["messages"]:
        return []
    places = iter(range(info["first_seq"], info["last_seq"] + 1))

    async def take() -> list[tuple[int, dict[str, str], str, bytes]]:
        return [message for place in places if (message := await _message(ops, stream, place))]

    read = await asyncio.gather(*(take() for _ in range(_AT_ONCE)))
    return sorted(chain.from_iterable(read), key=lambda numbered: numbered[0])


async def _message(ops: Nats, stream: str, place: int) -> tuple[int, dict[str, str], str, bytes] | None:
    body = json.dumps({"seq": place}).encode()
    for _ in range(30):
        try:
            answer = json.loads((await ops.request(f"$JS.API.STREAM.MSG.GET.{stream}", body, timeout=5)).data)
        except (OSError, TimeoutError, ValueError):
            await pause(0.3)
            continue
        if "message" in answer:
            stored = answer["message"]
            headers = _headers(base64.b64decode(stored.get("hdrs", "")))
            return place, headers, stored["subject"], base64.b64decode(stored.get("data", ""))
        if answer.get("error", {}).get("err_code") == _NO_MESSAGE:
            return None
        await pause(0.3)
    msg = f"{stream} does not give message {place}"
    raise TimeoutError(msg)


def _headers(block: bytes) -> dict[str, str]:
    lines = block.decode(errors="replace").split("\r\n")[1:]
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines if line)}


def _event(place: int, headers: dict[str, str], body: bytes) -> Stored:
    revision = headers.get("ce-revision")
    document = json.loads(body) if headers.get("ce-type") == _SURPLUS else {}
    return Stored(
        place,
        headers.get("ce-id", ""),
        headers.get("ce-type", "").removeprefix("im.").removesuffix(".v1"),
        headers.get("ce-causationid", ""),
        headers.get("ce-actor", ""),
        headers.get("ce-subject", ""),
        int(revision) if revision else None,
        document.get("count", 0) if document.get("what") == "refused-attempts" else 0,
    )
