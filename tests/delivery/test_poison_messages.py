"""Bad messages among good ones: each costs only itself."""

from functools import partial
from typing import Any

import pytest

from contracts.ids import uuid7
from tests.delivery.helpers import Inspector, command_subject, comment, creation, publish_raw, wait_for_outcomes
from tests.support import Caller, Site, eventually

MARKER = "what the database refuses"


async def burst(caller: Caller, project_id: object) -> dict[str, Any]:
    """Publish good and bad commands of one project, and return the ids of those that have one."""
    texts = ["one", MARKER, "two", "three"]
    bodies = [comment(project_id, text) for text in texts]
    command_ids = {"create": await caller.publish("projects.create", project_id, creation(project_id))}
    command_ids["one"] = await caller.publish("projects.add-comment", project_id, bodies[0])
    command_ids["broken"] = await caller.publish("projects.add-comment", project_id, b"{not json")
    command_ids[MARKER] = await caller.publish("projects.add-comment", project_id, bodies[1])
    await caller.nats.request(command_subject("admin", "projects.add-comment", project_id), b"{}", timeout=5)
    command_ids["two"] = await caller.publish("projects.add-comment", project_id, bodies[2])
    await caller.publish("projects.praise", project_id, {"project_id": str(project_id)})
    command_ids["three"] = await caller.publish("projects.add-comment", project_id, bodies[3])
    return command_ids


@pytest.fixture
async def refusing(site: Site) -> Site:
    """A site whose database refuses one text."""
    await site.sql(f"ALTER TABLE projects.comment ADD CHECK (text <> '{MARKER}')")
    return site


async def test_bad_commands_of_a_batch_cost_only_themselves(refusing: Site, inspector: Inspector) -> None:
    """Neighbours of bad commands are applied in order, and each command with an id has one outcome."""
    caller, project_id = await refusing.caller(), uuid7()
    command_ids = await burst(caller, project_id)
    running = await refusing.worker("projects")
    results = await wait_for_outcomes(caller, len(command_ids))
    await inspector.wait_until_idle()
    assert {name: (results[each_id][0]["status"], len(results[each_id])) for name, each_id in command_ids.items()} == {
        name: ("rejected" if name in {MARKER, "broken"} else "applied", 1) for name in command_ids
    }
    error = results[command_ids[MARKER]][0]["error"]
    assert error["code"] == "unavailable"
    assert error["retryable"] is True
    assert [results[command_ids[name]][0]["revision"] for name in ("create", "one", "two", "three")] == [1, 2, 3, 4]
    assert running.delivery.counters.dead == 3
    assert running.delivery.counters.applied == 4


async def test_dead_letters_say_what_and_why(refusing: Site, inspector: Inspector) -> None:
    """What can never be handled is in DEAD once, with its subject, headers, body and reason."""
    caller, project_id = await refusing.caller(), uuid7()
    command_ids = await burst(caller, project_id)
    await refusing.worker("projects")
    await wait_for_outcomes(caller, len(command_ids))
    await inspector.wait_until_idle()
    letters = await inspector.opened_letters()
    without_id, unknown, raising = (
        next(letter for letter in letters if why in letter["reason"])
        for why in ("Nats-Msg-Id", "praise", "CheckViolation")
    )
    assert len(letters) == 3
    assert without_id["body"] == "{}"
    assert without_id["headers"].get("Nats-Msg-Id") is None
    assert unknown["subject"].endswith(f".admin.{project_id}.praise")
    assert raising["headers"]["Nats-Msg-Id"] == str(command_ids[MARKER])
    assert MARKER in raising["body"]
    assert {message.subject for message in await inspector.messages_in("DEAD")} == {"im.main.dead.projects.admin"}


@pytest.mark.parametrize(
    "key, header",
    [
        (b"\xff\xfe", b"NATS/1.0\r\nNats-Msg-Id: _"),
        (b"-", b"NATS/1.0\r\nNats-Msg-Id: \xff"),
        (b"-", b"NATS/1.0\r\n\xff\xfe"),
        (b"-", b"NATS/1.0 404 No Messages"),
        (b"-", b"NATS/1.0 100"),
        (b"-", b"NATS/1.0 \xff\xff\xff"),
        (b"-", b"NATS/1.0 "),
    ],
)
async def test_hostile_bytes_cost_only_themselves(site: Site, inspector: Inspector, key: bytes, header: bytes) -> None:
    """Whatever bytes a client sends as subject and headers, its message is put aside and the worker goes on."""
    caller = await site.caller()
    await publish_raw(caller.nats, b"im.main.cmd.admin.projects.%b.create" % key, b"{}", header)
    ids = [uuid7() for _ in range(16)]
    for project_id in ids:
        await caller.publish("projects.create", project_id, creation(project_id))
    await site.worker("projects")
    await wait_for_outcomes(caller, len(ids))
    await eventually(partial(inspector.has_letters, 1), within=10)


async def test_hostile_bytes_do_not_deafen_the_read_side(site: Site) -> None:
    """A query whose subject is no text costs only itself."""
    await site.worker("projects")
    caller = await site.caller()
    await publish_raw(caller.nats, b"im.main.qry.admin.projects.\xff", b"{}", b"NATS/1.0")
    assert await caller.ask("projects.list", {}) == ({"items": [], "next": None, "total": None, "withheld": []}, "")
