"""What workers really publish, held against the published document."""

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from nats.aio.msg import Msg

from contracts.ids import uuid7
from tests.contracts import asyncapi
from tests.support import Caller, Site, eventually

DOCUMENT = asyncapi.document("main")
Wire = Callable[[str], Msg | None]


def conforms(channel: str, message: str, body: bytes, headers: dict[str, str] | None = None) -> None:
    """Fail when a message is not what its channel promises."""
    promised = DOCUMENT["channels"][channel]["messages"][message]
    for part, part_value in (("payload", json.loads(body)), ("headers", headers or {})):
        schema = {**promised.get(part, {}), "components": DOCUMENT["components"]}
        jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(part_value)


@pytest.fixture
async def wire(site: Site) -> Wire:
    """All that the workers publish, as an operator hears it: the first message that has some text in its subject."""
    messages: list[Msg] = []

    async def on_message(message: Msg) -> None:
        messages.append(message)

    ops = await site.overseer()
    await ops.subscribe("im.main.>", cb=on_message)
    await ops.flush()
    return lambda text: next((message for message in messages if text in message.subject), None)


async def wait_for_message(wire: Wire, text: str) -> Msg:
    """Wait for a message."""

    async def find_message() -> Msg | None:
        return wire(text)

    result = await eventually(find_message)
    assert isinstance(result, Msg)
    return result


async def created(caller: Caller) -> dict[str, Any]:
    """Create a project and return the outcome."""
    project_id = str(uuid7())
    return await caller.send("projects.create", project_id, {"project_id": project_id})


async def test_outcomes_are_as_published(site: Site) -> None:
    """An applied and a rejected command are reported in the published form."""
    await site.worker("projects")
    caller = await site.caller()
    conforms("out", "CreateProject.applied", json.dumps(await created(caller)).encode())
    rejected = await caller.send("projects.create", "-", {"colour": "red"})
    conforms("out", "Rejected", json.dumps(rejected).encode())


async def test_events_are_as_published(site: Site, wire: Wire) -> None:
    """An event has the published body, and the headers of a CloudEvent."""
    await site.worker("projects")
    await created(await site.caller())
    event = await wait_for_message(wire, ".evt.projects.")
    conforms("evt.projects.created", "ProjectCreated", event.data, event.headers)


async def test_answers_are_as_published(site: Site) -> None:
    """A query's answer and its refusal have the published form."""
    await site.worker("projects")
    caller, visitor = await site.caller(), await site.caller("visitor")
    project_id = (await created(caller))["result"]["project_id"]
    for subject, body, message in (
        ("projects.get", {"project_id": project_id}, "GetProject.answer"),
        ("projects.list", {"count": "exact"}, "ListProjects.answer"),
    ):
        answer, _ = await caller.ask(subject, body)
        conforms("inbox", message, json.dumps(answer).encode())
    refusal = await visitor.nats.request("im.main.qry.visitor.projects.list", b"{}", timeout=5)
    conforms("inbox", "Refused", refusal.data, refusal.headers)


async def test_signs_of_life_are_as_published(site: Site, wire: Wire) -> None:
    """A heartbeat has the published form."""
    await site.worker("projects")
    conforms("ops.heartbeat", "Heartbeat", (await wait_for_message(wire, ".ops.heartbeat.projects.")).data)


async def test_checkpoints_are_as_published(site: Site, wire: Wire) -> None:
    """The signed state of a log has the published form, also with a cosignature."""
    await site.workers("projects")
    await site.worker("audit", checkpoint_seconds=1)
    await created(await site.caller())
    message = await wait_for_message(wire, ".checkpoint.incident_manager")
    conforms("checkpoint", "SignedCheckpoint", message.data)


async def test_dead_letters_are_as_published(site: Site, wire: Wire) -> None:
    """What can never be handled becomes a dead letter in the published form."""
    await site.worker("projects")
    caller = await site.caller()
    await caller.publish("projects.praise", "-", b"{}")
    letter = await wait_for_message(wire, ".dead.projects")
    conforms("dead", "DeadLetter", letter.data, letter.headers)
