"""What people write stays in the database: nothing else that the system keeps repeats it."""

import json
from typing import Any

import pytest

from contracts.ids import uuid7
from tests.delivery.helpers import Inspector, comment, creation
from tests.support import Caller, Site
from tests.support.system import worker_process
from workers.local.servers.postgres import EmbeddedPostgres

MARK = "written-by-a-person"
AT = "2026-01-01T10:00:00Z"


def commands_with_text(project_id: str) -> list[tuple[str, dict[str, Any]]]:
    """Return commands that carry the mark wherever a person writes, some of which are refused."""
    call = {"call_id": str(uuid7()), "direction": "made", "at": AT, "party": MARK, "number": MARK}
    sequence = {"sequence_id": str(uuid7()), "camera_id": "7", "camera_name": MARK, "start": AT, "end": AT}
    return [
        ("projects.create", creation(project_id, description=MARK)),
        ("projects.update", {"description": f"{MARK}!"}),
        ("projects.update", {"data": {"text_1": MARK}}),
        ("projects.update", {"type_id": MARK, "description": MARK}),
        ("projects.add-comment", comment(project_id, MARK)),
        ("projects.edit-comment", comment(project_id, MARK)),
        ("projects.add-call", {**call, "notes": MARK, "reference": MARK}),
        ("projects.add-sequences", {"sequences": [sequence]}),
        ("projects.update", {"description": f"{MARK} refused by the database"}),
    ]


async def send_all(caller: Caller) -> list[dict[str, Any]]:
    """Send them and return the outcomes."""
    project_id = str(uuid7())
    return [
        await caller.send(tail, project_id, {**body, "project_id": project_id})
        for tail, body in commands_with_text(project_id)
    ]


@pytest.fixture
async def refusing(site: Site) -> Site:
    """A site whose database refuses one text, which then is in the error of the database."""
    await site.sql(f"ALTER TABLE projects.project ADD CHECK (description <> '{MARK} refused by the database')")
    return site


async def test_no_store_but_the_tables_repeats_what_people_write(
    refusing: Site, inspector: Inspector, postgres: EmbeddedPostgres
) -> None:
    """Events, outcomes, activity entries and log files hold nothing of what people wrote."""
    caller, visitor = await refusing.caller(), await refusing.caller("visitor")
    async with worker_process(refusing, "projects"), worker_process(refusing, "audit"):
        outcomes = await send_all(caller)
        outcomes += await send_all(visitor)
        await inspector.wait_until_idle()
    stored: list[Any] = [
        (message.subject, message.headers, message.data) for message in await inspector.messages_in("EVENTS")
    ]
    assert len(stored) > len(outcomes) / 2
    for table in ("runtime.inbox", "runtime.outbox", "audit.activity", "audit.waiting"):
        stored += await refusing.sql(f"SELECT one::text FROM {table} one")  # noqa: S608 - a test's own text
    assert [row for row in stored if MARK in str(row)] == []
    assert [outcome for outcome in outcomes if MARK in json.dumps(outcome)] == []
    logs = [*(refusing.directory / "logs").rglob("*.*"), refusing.server.log, postgres.log]
    assert len(logs) >= 5
    assert [path for path in logs if MARK in path.read_text(errors="replace")] == []


async def test_a_trace_header_carries_a_trace_or_nothing(site: Site, inspector: Inspector) -> None:
    """What a client sends as `traceparent` reaches events only if it is one."""
    await site.worker("projects")
    caller = await site.caller()
    good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    for header in (good, MARK):
        project_id = uuid7()
        await caller.send("projects.create", project_id, creation(project_id), headers={"traceparent": header})
    await inspector.wait_until_idle()
    assert [(message.headers or {}).get("traceparent") for message in await inspector.messages_in("EVENTS")] == [
        good,
        None,
    ]
