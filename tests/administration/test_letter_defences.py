"""Letters that nobody can have handled once more, each with its reason, and the record of what was replayed."""

import base64
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.dead_letters import ReplayLetter
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.texts import reason
from incidents import Refused
from tests.administration.test_dead_letters import cause_dead_letter, letters, logged, olivia
from tests.support import Caller, Site, eventually
from workers.runtime.commands.dead_letter_reading import DeadLetterStream, Letter, read_letter

__all__ = ["olivia"]

ID = {"Nats-Msg-Id": "0190a000-0000-7000-8000-000000000001"}
EVENT = {"ce-type": "im.projects.created.v1", "ce-id": ID["Nats-Msg-Id"]}
KEY = "0190a000-0000-7000-8000-000000000002"


@pytest.mark.parametrize(
    "subject, headers, message_id, why",
    [
        (f"im.main.work.projects.0.ann.{KEY}.create", ID, "x", None),
        ("im.main.evt.projects.x.created", EVENT, "x", None),
        (f"im.main.work.projects.0.ann.{KEY}.create", ID, None, "letter_forged"),
        (f"im.main.work.projects.0.ann.{KEY}.burn", ID, "x", "letter_unknown"),
        (f"im.main.work.projects.zero.ann.{KEY}.create", ID, "x", "letter_unknown"),
        ("im.main.evt.projects.x.burned", {**EVENT, "ce-type": "im.projects.burned.v1"}, "x", "letter_unknown"),
        (f"im.main.work.projects.0.ann.{KEY}.create", {}, "x", "letter_without_id"),
        (f"im.main.work.projects.0.ann.{KEY}.create", {"Nats-Msg-Id": "A"}, "x", "letter_without_id"),
        ("im.main.work.projects.0.ann.*.create", ID, "x", "letter_without_id"),
        (f"im.main.work.projects.0.ann.{KEY}.export", ID, "x", "letter_with_secret"),
    ],
)
def test_why_a_letter_is_not_replayed(
    subject: str, headers: dict[str, str], message_id: str | None, why: str | None
) -> None:
    """Forged, unknown, without an id, with a wildcard for a key, with a secret: each has a reason of its own."""
    letter = {"subject": subject, "headers": headers, "body": "{}"}
    assert Letter(1, datetime.now(UTC), "projects", "ann", message_id, letter).hindrance == why


@pytest.mark.parametrize(
    "header, body, why",
    [
        ("Nats-Msg-Id: x", b'{"subject": "nowhere"}', "letter_unknown"),
        ("Nats-Msg-Id: x", b"no JSON", "letter_forged"),
        ("Nats-Message: x", b'{"subject": "nowhere"}', "letter_forged"),
    ],
)
def test_a_letter_of_a_worker_has_an_id_and_is_json(header: str, body: bytes, why: str) -> None:
    """What lacks the id that a worker gives, or is no JSON, was written by none."""
    stored = {"seq": 1, "subject": "im.main.dead.projects.ann", "time": "2026-03-01T12:00:00.123456789Z"}
    parts = {"hdrs": f"NATS/1.0\r\n{header}\r\n\r\n".encode(), "data": body}
    letter = read_letter({**stored, **{name: base64.b64encode(part).decode() for name, part in parts.items()}})
    assert letter.worker == "projects"
    assert letter.principal == "ann"
    assert letter.hindrance == why


Make = Callable[[Site, Caller, str], Awaitable[None]]


async def forged(_site: Site, caller: Caller, project: str) -> None:
    """Have the server's confirmation fall among the letters."""
    subject = f"im.main.cmd.olivia.projects.{project}.delete"
    await caller.nats.publish(subject, b"{}", reply="im.main.dead.projects.olivia", headers=ID)


async def unknown(_site: Site, caller: Caller, project: str) -> None:
    """Send a command that no version has."""
    await caller.publish("projects.burn", project, {})


async def unnamed(_site: Site, caller: Caller, project: str) -> None:
    """Send a command without an id."""
    await caller.nats.request(f"im.main.cmd.olivia.projects.{project}.delete", b"{}", timeout=5)


async def secret(site: Site, caller: Caller, project: str) -> None:
    """Send a command with a password that cannot be handled."""
    await site.grant("olivia", {Node.PROJECTS: "manage", Node.EXPORT: "manage"})
    await site.sql("ALTER TABLE projects.package ADD CHECK (bytes < 0)")
    await caller.publish("projects.export", project, {"project_id": project, "password": "correct horse"})


@pytest.mark.parametrize(
    "make, why",
    [
        (forged, "letter_forged"),
        (unknown, "letter_unknown"),
        (unnamed, "letter_without_id"),
        (secret, "letter_with_secret"),
    ],
)
async def test_what_cannot_be_replayed_says_why_and_stays(site: Site, olivia: Caller, make: Make, why: str) -> None:
    """The list says why not, in the reader's language; anyone who replays it all the same is refused, and it stays."""
    project, admin = str(uuid7()), await site.client(language="fr")
    await olivia.send("projects.create", project, {"project_id": project})
    await make(site, olivia, project)
    [letter] = await letters(admin)
    assert letter.replayable is False
    assert letter.hindrance == reason(why, "fr")
    with pytest.raises(Refused) as refusal:
        await admin.send(ReplayLetter(letter=letter.letter))
    assert refusal.value.code == Code.INVALID
    assert refusal.value.details["fields"][0]["kind"] == why
    assert await letters(admin) == [letter]


async def test_another_letter_stays(site: Site, olivia: Caller) -> None:
    """A letter is found by its place alone and removed by its id, too: neither the next one nor a new one goes."""
    for _ in range(2):
        await olivia.publish("projects.burn", "-", {})
    first, second = await letters(await site.client(), 2)
    ops = await site.overseer()
    lying = DeadLetterStream(site.name, lambda: ops)
    document = await lying.get(first.letter)
    assert document is not None
    await lying.remove(first.letter, "another")
    assert await lying.get(first.letter) == document
    for _ in range(2):
        await lying.remove(first.letter, document.message_id)
        assert await lying.get(first.letter) is None
    assert await lying.get(second.letter) is not None


async def test_an_id_is_its_owners_alone(site: Site, olivia: Caller) -> None:
    """What was dead-lettered for one principal is replayed for no other, under the same id and with the same body."""
    await cause_dead_letter(olivia)
    thief, admin, ops = await site.nats("projects", "worker"), await site.client(), await site.overseer()
    [original] = await letters(admin)
    stolen = json.loads((await ops.jetstream().get_msg("DEAD", original.letter)).data or b"")
    stolen["subject"] = stolen["subject"].replace(".olivia.", ".admin.")
    headers = {"Nats-Msg-Id": str(uuid7())}
    await thief.request("im.main.dead.projects.admin", json.dumps(stolen).encode(), timeout=5, headers=headers)
    [other] = [letter for letter in await letters(admin, 2) if letter.letter != original.letter]
    assert other.principal == "admin"
    assert other.command_id == original.command_id
    assert other.what == original.what
    with pytest.raises(Refused) as refusal:
        await admin.send(ReplayLetter(letter=other.letter))
    assert refusal.value.details["fields"][0]["kind"] == "letter_not_put_aside"


async def test_a_replay_is_recorded(site: Site, olivia: Caller) -> None:
    """The log names who replayed a letter, with the letter's sender and the id of its command."""
    _, command_id = await cause_dead_letter(olivia)
    admin = await site.client()
    [letter] = await letters(admin)
    event = await admin.send(ReplayLetter(letter=letter.letter))
    assert event.principal == "olivia"
    assert event.what == "projects.add-comment"
    assert event.command_id == command_id

    async def recorded() -> list[Any]:
        return [entry for entry in await logged(site) if entry.activity == "administration.letter-replayed"]

    [entry] = await eventually(recorded)
    details = [entry.details[name] for name in ("letter", "principal", "command_id")]
    assert entry.actor == "admin"
    assert details == [letter.letter, "olivia", str(command_id)]
