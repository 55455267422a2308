"""Command ids and keys: one spelling each, and an answer on the id as it was sent."""

import asyncio
import json
from typing import Any
from uuid import UUID

from nats.aio.msg import Msg

from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from tests.delivery.helpers import Inspector, command_subject, creation
from tests.support import Caller, Site, eventually

ID = UUID("0190a000-00ab-7000-8000-00000000cdef")
USABLE = [str(ID).upper(), ID.hex, "7", "no-uuid", "a" * 64]
UNUSABLE = [f"{{{ID}}}", ID.urn, "a.b", "*", ">", "a b", "é", "a" * 65, "", f"{ID}.x", "a_b"]


async def publish_as(caller: Caller, text: str) -> None:
    """Publish a creation under a text as its id."""
    payload = json.dumps(creation()).encode()
    subject = command_subject(caller.principal, "projects.create", "-")
    await caller.nats.request(subject, payload, headers={"Nats-Msg-Id": text}, timeout=5)


async def test_an_id_that_is_not_canonical_is_refused_on_itself(site: Site) -> None:
    """A command whose id is not a UUID in lower case with dashes changes nothing, and is answered where it waits."""
    await site.worker("projects")
    caller = await site.caller()
    for text in USABLE:
        subscription = await caller.nats.subscribe(f"im.main.out.admin.{text}")
        await publish_as(caller, text)
        outcome = json.loads((await subscription.next_msg(timeout=10)).data)
        assert outcome["command_id"] == text
        assert outcome["status"] == "rejected"
        assert outcome["error"]["code"] == "invalid"
        (field,) = outcome["error"]["details"]["fields"]
        assert field["field"] == "Nats-Msg-Id"
        assert field["kind"] == "id_not_canonical"
    assert await site.count("projects.project") == await site.count("runtime.inbox") == 0


async def test_an_id_that_is_no_token_is_never_published_to(site: Site, inspector: Inspector) -> None:
    """A text that could mean another subject is no id: its message becomes a dead letter and changes nothing."""
    await site.worker("projects")
    caller, results = await site.caller(), list[str]()

    async def on_outcome(message: Msg) -> None:
        results.append(message.subject)

    await caller.nats.subscribe("im.main.out.admin.>", cb=on_outcome)
    for text in UNUSABLE:
        await publish_as(caller, text)
    command_id = await caller.publish("projects.create", "-", creation())
    await eventually(lambda: inspector.has_letters(len(UNUSABLE)))
    await inspector.wait_until_idle()
    assert results == [f"im.main.out.admin.{command_id}"]
    assert await site.count("projects.project") == 0


async def test_spellings_of_one_key(site: Site) -> None:
    """The key of a subject has one spelling, because another would go through another lane; a body's may have any."""
    await site.worker("projects")
    caller = await site.caller()
    upper = await caller.send("projects.create", str(ID).upper(), creation(ID))
    (field,) = upper["error"]["details"]["fields"]
    assert upper["error"]["code"] == "invalid"
    assert field["field"] == "subject"
    assert field["kind"] == "key_not_canonical"
    other = await caller.send("projects.create", uuid7(), creation(ID))
    assert other["error"]["details"]["fields"][0]["kind"] == "other_key"
    for spelling in (str(ID).upper(), ID.hex, f"{{{ID}}}", ID.urn):
        applied = await caller.send("projects.create", ID, creation(spelling))
        assert applied["status"] == "applied"
        assert applied["result"]["project_id"] == str(ID)
    assert await site.count("projects.project") == 1


async def test_headers_that_ask_about_others_are_refused(site: Site) -> None:
    """A command that asks the server about the last command of anybody is refused, though the server takes it."""
    await site.worker("projects")
    caller, project_id = await site.caller(), uuid7()
    last = str(await caller.publish("projects.create", project_id, creation(project_id)))
    headers = {"Nats-Expected-Last-Msg-Id": last}
    outcome = await caller.send("projects.create", "-", creation(), headers=headers)
    (field,) = outcome["error"]["details"]["fields"]
    assert field["field"] == "Nats-Expected-Last-Msg-Id"
    assert field["kind"] == "header_not_supported"


async def test_an_id_that_another_used_swallows_nothing(site: Site) -> None:
    """A command under an id that another principal used a moment ago is applied all the same."""
    await site.worker("projects")
    mallory, client, project_id, command_id = await site.caller("mallory"), await site.client(), uuid7(), uuid7()
    await mallory.publish("projects.create", "-", b"{}", command_id=command_id)
    outcome = await send_as(client, project_id, command_id)
    assert str(outcome.project_id) == str(project_id)
    assert await site.count("projects.project") == 1


async def send_as(client: Any, project_id: UUID, command_id: UUID) -> Any:
    """Send a creation under an id, not waiting for longer than a client does."""
    async with asyncio.timeout(30):
        return await client.send(CreateProject(project_id=project_id), command_id=command_id)
