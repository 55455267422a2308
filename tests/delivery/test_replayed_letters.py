"""Dead letters as they come back through a lane: what they hold is handled as what it is, once, or it is dead."""

from dataclasses import replace
from typing import Any

import pytest
from nats.aio.msg import Msg

from contracts.ids import uuid7
from contracts.permissions import Node
from tests.delivery.lane_driver import LaneDriver, own_lane, stored_command
from tests.support import Site
from workers.runtime.admission.dead_letter_replay_envelope import wrap
from workers.runtime.admission.incoming_messages import DeadLetter, IncomingCommand, address

BROKEN = "ALTER TABLE administration.property ADD CONSTRAINT broken CHECK (name <> 'Theft')"
REPAIRED = "ALTER TABLE administration.property DROP CONSTRAINT broken"


def coming_back(message: Msg, place: int, **changed: Any) -> Msg:
    """Return what hands a message to its worker once more, as it is in the lane."""
    letter: dict[str, Any] = {
        "subject": message.subject,
        "headers": dict(message.headers or {}),
        "body": message.data,
        **changed,
    }
    subject = ".".join([*message.subject.split(".")[:5], "system", "-", "redeliver"])
    reply = stored_command(place).reply
    headers = {"Nats-Msg-Id": str(uuid7())}
    return replace(message, subject=subject, reply=reply, headers=headers, data=wrap(**letter).encode())


async def cause_dead_letter(site: Site, here: LaneDriver, **headers: str) -> Msg:
    """Let a command fail until it becomes a dead letter, remove the cause, and return the command."""
    await site.sql(BROKEN)
    message = stored_command(1, tail="administration.add-type", by="olivia", name="Theft")
    message = replace(message, headers={**(message.headers or {}), **headers})
    (outcome,) = await here.handle([message])
    assert outcome["error"]["code"] == "unavailable"
    await site.sql(REPAIRED)
    return message


async def test_it_takes_effect_once(site: Site) -> None:
    """However often the same letter comes back, it is carried out once, and has the outcome of that."""
    await site.grant("olivia", {Node.PROPERTIES: "manage"})
    async with own_lane(site, name="administration") as here:
        message = await cause_dead_letter(site, here)
        outcomes = await here.handle([coming_back(message, 2), coming_back(message, 3)])
        outcomes += await here.handle([coming_back(message, 4)])
    assert [each["status"] for each in outcomes] == ["applied"] * 3
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert await site.count("administration.property") == 1


async def test_no_rate_turns_it_away(site: Site) -> None:
    """What an administrator replays is not too much, whatever its sender sends meanwhile."""
    await site.grant("olivia", {Node.PROPERTIES: "manage"})
    async with own_lane(site, 2, name="administration") as here:
        message = await cause_dead_letter(site, here)
        more = [
            stored_command(place, tail="administration.add-type", by="olivia", name="Fire") for place in range(2, 31)
        ]
        assert (await here.handle(more))[-1]["error"]["details"]["retry_after_seconds"]
        (outcome,) = await here.handle([coming_back(message, 31)])
    assert outcome["status"] == "applied"


async def test_it_is_answered_in_the_language_of_its_sender(site: Site) -> None:
    """A principal who may not ask for it any more is refused in the language of the command."""
    await site.grant("olivia", {Node.PROPERTIES: "manage"})
    async with own_lane(site, name="administration") as here:
        message = await cause_dead_letter(site, here, **{"Accept-Language": "fr"})
        await site.sql("DELETE FROM administration.member WHERE principal = 'olivia'")
        (outcome,) = await here.handle([coming_back(message, 2)])
    assert outcome["error"]["message"] == "Permission refusée."


ONE = stored_command(1)
EXPORT = stored_command(1, tail="projects.export")


@pytest.mark.parametrize(
    "changed",
    [
        {"subject": coming_back(ONE, 1).subject, "body": coming_back(ONE, 1).data},
        {"subject": EXPORT.subject},
        {"subject": "im.main.work.projects.0.admin.x.no-such-verb"},
        {"subject": "im.main.evt.projects.x.created"},
        {"headers": {}},
        {"headers": {"Nats-Msg-Id": str(uuid7()).upper()}},
    ],
    ids=["another one", "a secret", "no command", "no work", "no id", "another spelling"],
)
def test_what_holds_no_command_of_ours_is_dead(changed: dict[str, Any]) -> None:
    """A wrapper around another one, a command with a secret, or anything that is no command, is never opened."""
    assert isinstance(address(coming_back(ONE, 2)), IncomingCommand)
    assert isinstance(address(coming_back(ONE, 2, **changed)), DeadLetter)
