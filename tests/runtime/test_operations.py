"""Operations read: with their credentials nobody acts as somebody else, hears a command, or changes a stream."""

import json
from contextlib import suppress

import pytest
from nats.errors import TimeoutError as NatsTimeoutError

from contracts.ids import uuid7
from tests.runtime.callers import Connect
from tests.support import Caller, Site
from workers.runtime.bus.streams import api

COMMAND = "im.main.cmd.admin.administration.-.assign-role"
PROMOTION = {"principal": "mallory", "role_id": "administrators"}
CHANGES = [
    "STREAM.CREATE.MINE",
    "STREAM.UPDATE.COMMANDS",
    "STREAM.SNAPSHOT.COMMANDS",
    "STREAM.RESTORE.COMMANDS",
    "STREAM.PURGE.COMMANDS",
    "STREAM.DELETE.EVENTS",
    "STREAM.MSG.DELETE.DEAD",
    "STREAM.MSG.GET.COMMANDS",
    "STREAM.MSG.GET.EVENTS",
    "DIRECT.GET.EVENTS",
    "DIRECT.GET.DEAD",
    "STREAM.PEER.REMOVE.COMMANDS",
    "STREAM.LEADER.STEPDOWN.COMMANDS",
    "CONSUMER.CREATE.EVENTS",
    "CONSUMER.CREATE.EVENTS.mine",
    "CONSUMER.CREATE.COMMANDS.mine",
    "CONSUMER.DURABLE.CREATE.COMMANDS.mine",
    "CONSUMER.DELETE.COMMANDS.projects-0",
    "CONSUMER.RESET.COMMANDS.projects-0",
    "CONSUMER.PAUSE.COMMANDS.projects-0",
    "CONSUMER.MSG.NEXT.COMMANDS.projects-0",
]
"""Streams that republish, source or mirror, and consumers that push, would write into anybody's subjects."""

UNHEARD = [
    "im.main.cmd.>", "im.main.work.>", "im.main.qry.>", "im.main.out.>", "im.main.>", "im.>", ">", "$JS.API.>",
    "$JS.EVENT.>", "$JS.EVENT.ADVISORY.API", "$JS.ACK.>", "$SYS.>", "_INBOX_admin.>", "_INBOX.>",
]  # fmt: skip
NO_MESSAGE = 10037
READS = (
    "INFO",
    "STREAM.NAMES",
    "STREAM.LIST",
    "STREAM.INFO.COMMANDS",
    "CONSUMER.NAMES.COMMANDS",
    "CONSUMER.LIST.EVENTS",
)


async def members(site: Site) -> set[str]:
    """Return who is an administrator."""
    rows = await site.sql("SELECT principal FROM administration.member WHERE role_id = 'administrators'")
    return {principal for (principal,) in rows}


async def decided(caller: Caller) -> None:
    """Wait until all is decided that lay in the lane of `-` before now."""
    outcome = await caller.send("administration.change-settings", "-", {"retention_days": 30})
    assert outcome["status"] == "applied", outcome


async def test_operations_cannot_make_themselves_administrator(site: Site) -> None:
    """A stream that republishes into somebody else's commands cannot be made with operations' credentials."""
    await site.worker("administration")
    admin, mallory = await site.caller(), await site.nats("mallory", "ops")
    mine = "im.main.qry.mallory.mine.mine"
    config = {"name": "MINE", "subjects": [mine], "republish": {"src": mine, "dest": COMMAND}}
    with suppress(NatsTimeoutError):  # which is how a refusal looks here
        await mallory.request("$JS.API.STREAM.CREATE.MINE", json.dumps(config).encode(), timeout=1)
    await mallory.publish(mine, json.dumps(PROMOTION).encode(), headers={"Nats-Msg-Id": str(uuid7())})
    await mallory.flush()
    await decided(admin)
    assert await members(site) == {"admin"}


@pytest.mark.parametrize("verb", CHANGES)
async def test_operations_change_nothing_and_read_no_command(connect: Connect, verb: str) -> None:
    """Whatever makes or changes a stream or a consumer, or reads what people sent, is refused by the server."""
    mallory = await connect("mallory", "ops")
    await mallory.publish(f"$JS.API.{verb}")
    assert "permissions violation for publish" in mallory.refusals[0]


@pytest.mark.parametrize("subject", ["$JS.ACK.COMMANDS.projects-0.1.1.1.1.0", "im.main.cmd.mallory.projects.k.create"])
async def test_operations_publish_nothing_else(connect: Connect, subject: str) -> None:
    """Operations acknowledge nobody's messages, and send no commands."""
    mallory = await connect("mallory", "ops")
    await mallory.publish(subject)
    assert "permissions violation for publish" in mallory.refusals[0]


@pytest.mark.parametrize("subject", UNHEARD)
async def test_operations_hear_nobodys_commands(connect: Connect, subject: str) -> None:
    """What people send and ask, passwords of exports among it, reaches its workers alone."""
    mallory = await connect("mallory", "ops")
    await mallory.subscribe(subject)
    assert "permissions violation for subscription" in mallory.refusals[0]


HEARD = ("im.main.checkpoint.*", "$JS.EVENT.ADVISORY.CONSUMER.>")


async def test_operations_see_what_they_need(site: Site, connect: Connect) -> None:
    """Streams, consumers, dead letters, events and signs of life are open to operations."""
    ops = await site.nats("ops", "ops")
    for verb in READS:
        assert "error" not in await api(ops, verb, {})
    assert (await api(ops, "STREAM.MSG.GET.DEAD", {"seq": 1}))["error"]["err_code"] == NO_MESSAGE
    listener = await connect("listener", "ops")
    for subject in ("im.main.evt.>", "im.main.ops.>", "im.main.dead.>", *HEARD):
        await listener.subscribe(subject)
    assert not listener.refusals


@pytest.mark.parametrize("subject", [COMMAND, "im.main.evt.projects.k.created", "im.main.qry.provision.projects.list"])
async def test_provisioning_speaks_for_nobody(connect: Connect, subject: str) -> None:
    """What may change streams publishes no command, event or query, and hears its own answers alone."""
    provider = await connect("provision", "provision")
    await provider.publish(subject)
    await provider.subscribe("im.main.evt.>")
    assert "permissions violation for publish" in provider.refusals[0]
    assert "permissions violation for subscription" in provider.refusals[1]


async def test_a_stolen_worker_credential_commands_nobody(site: Site) -> None:
    """What a worker may ask of JetStream puts nothing into somebody's commands, wherever the answer is to go."""
    thief, alice = await site.nats("projects", "worker"), await site.caller("alice")
    await alice.publish("administration.assign-role", "-", PROMOTION)
    await thief.publish(f"im.{site.name}.evt.projects.k.created", json.dumps(PROMOTION).encode())
    pushing = {"name": "mine", "deliver_subject": COMMAND, "ack_policy": "none"}
    await api(thief, "CONSUMER.CREATE.EVENTS.mine", {"stream_name": "EVENTS", "config": pushing, "action": "create"})
    for stream in ("COMMANDS", "EVENTS"):
        pulling = {"stream_name": stream, "config": {"name": "pull", "ack_policy": "none"}, "action": "create"}
        assert "error" not in await api(thief, f"CONSUMER.CREATE.{stream}.pull", pulling)
        await thief.publish(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.pull", b"1", reply=COMMAND)
        await thief.publish(f"$JS.API.STREAM.MSG.GET.{stream}", b'{"seq": 1}', reply=COMMAND)
    await thief.publish("$JS.API.DIRECT.GET.EVENTS", b'{"seq": 1}', reply=COMMAND)
    await api(thief, "STREAM.INFO.COMMANDS", {})
    overseer = await site.overseer()
    last = (await api(overseer, "STREAM.INFO.COMMANDS", {}))["state"]["last_seq"]
    stored = [await overseer.jetstream().get_msg("COMMANDS", place) for place in range(1, last + 1)]
    assert stored[0].subject == "im.main.work.administration.0.8.24.56.alice.-.assign-role"
    assert not [message.subject for message in stored if ".admin." in (message.subject or "") and message.headers]
