"""The traps of the libraries and servers: each stays shut."""

import json
from functools import partial
from pathlib import Path

import pytest
from faststream import AckPolicy
from nats.aio.client import Client as Nats
from pydantic import TypeAdapter

from contracts.ids import uuid7
from contracts.subjects import COMMANDED, LANES, WORKERS
from tests.support import Site, eventually
from workers.common.process_settings import Settings
from workers.local.run_worker import slice_of
from workers.runtime.bus.lane_subscriber import LaneSubscriber
from workers.runtime.bus.streams import api
from workers.runtime.process.assembly import assemble

SWITCHES = ("allow_rollup_hdrs", "allow_msg_ttl", "allow_msg_schedules", "allow_atomic", "allow_batched")
"""What would let one client act on the messages of others (traps 21 and 22)."""


@pytest.fixture
async def ops(site: Site) -> Nats:
    """Operations' connection."""
    return await site.overseer()


@pytest.mark.parametrize("name", WORKERS)
def test_no_subscriber_leaves_a_decision_to_the_framework(name: str) -> None:
    """Every subscriber acknowledges by hand, answers nobody by itself, declares no stream, and hears no client.

    What clients ask comes in by the door alone, which answers nowhere but in the asker's own inbox.
    """
    subscribers = assemble(slice_of(name), Settings()).broker.subscribers
    assert len(subscribers) >= (LANES if name in COMMANDED else 1)
    for subscriber in subscribers:
        assert isinstance(subscriber, LaneSubscriber)
        assert subscriber.ack_policy is AckPolicy.MANUAL
        assert subscriber._no_reply
        stream = getattr(subscriber, "stream", None)
        assert stream is None or not stream.declare


async def test_clients_cannot_reach_others_through_the_stream(ops: Nats) -> None:
    """COMMANDS allows no rollup, expiry, schedule or atomic batch, keeps what is unread, and is bounded."""
    config = (await api(ops, "STREAM.INFO.COMMANDS", {}))["config"]
    assert [name for name in SWITCHES if config.get(name)] == []
    assert config["discard"] == "new"
    assert config["retention"] == "limits"
    assert config["storage"] == "file"
    assert config["max_bytes"] > 0
    assert config["max_age"] == 0
    assert config["duplicate_window"] > 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Nats-Rollup": "all"},
        {"Nats-Rollup": "sub"},
        {"Nats-TTL": "1s"},
        {"Nats-Schedule": "@every 1s", "Nats-Schedule-Target": "im.main.cmd.bob.projects.-.create"},
        {"Nats-Batch-Id": "b", "Nats-Batch-Sequence": "1", "Nats-Batch-Commit": "1"},
    ],
)
async def test_headers_with_powers_are_refused(site: Site, headers: dict[str, str]) -> None:
    """A command whose headers would make the server do more than store it is not accepted."""
    caller, project_id = await site.caller(), uuid7()
    with pytest.raises(AssertionError, match="error"):
        await caller.publish("projects.create", project_id, {"project_id": str(project_id)}, headers=headers)


async def test_the_acknowledgement_flag_is_off(site: Site) -> None:
    """The server's new acknowledgement subjects stay off: they break ordered readers."""
    configuration = (site.server.directory / "server.conf").read_text()
    assert "feature_flags { js_ack_fc_v2: false }" in configuration
    assert "strict: true" in configuration
    assert "sync_interval: always" in configuration


async def test_a_confirmation_that_a_client_steers_does_no_harm(site: Site, ops: Nats) -> None:
    """A PubAck whose reply subject names a stream is stored there by the server, and dropped by anyone who reads it."""
    audit, projects = await site.worker("audit"), await site.worker("projects")
    caller = await site.caller()
    for target in ("im.main.evt.projects.-.created", "im.main.cmd.bob.projects.-.create"):
        project_id = uuid7()
        body = json.dumps({"project_id": str(project_id)}).encode()
        subject = f"im.main.cmd.admin.projects.{project_id}.create"
        await caller.nats.publish(subject, body, reply=target, headers={"Nats-Msg-Id": str(uuid7())})

    async def is_heard() -> bool:
        return audit.event_delivery.handled == 2

    await eventually(is_heard)
    await eventually(partial(_has_dropped, audit.event_delivery))
    assert await site.sql("SELECT DISTINCT actor FROM audit.activity") == [("admin",)]
    assert projects.delivery.counters.applied == 2


async def _has_dropped(subscription: object) -> bool:
    return TypeAdapter(int).validate_python(getattr(subscription, "dropped", 0)) == 1


def _files_with(folder: Path, mark: bytes) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and mark in path.read_bytes()]


async def test_what_was_handled_leaves_the_disk(site: Site, ops: Nats) -> None:
    """A handled command leaves COMMANDS within seconds, and its bytes leave the server's files."""
    caller, project_id, mark = await site.caller(), uuid7(), "the bytes to look for"
    store = site.server.directory / "jetstream"
    body = {"project_id": str(project_id), "description": mark}
    await caller.publish("projects.create", project_id, body)
    assert _files_with(store, mark.encode())
    await site.worker("projects")

    async def is_gone() -> bool:
        state = (await api(ops, "STREAM.INFO.COMMANDS", {}))["state"]
        return not state["messages"] and not _files_with(store, mark.encode())

    await eventually(is_gone)
    assert await site.sql("SELECT description FROM projects.project") == [(mark,)]


async def test_what_is_unread_is_not_trimmed(site: Site, ops: Nats) -> None:
    """Commands of a worker that does not run stay, however much the others have handled."""
    caller, project_id = await site.caller(), uuid7()
    await caller.publish("administration.change-settings", "-", {"retention_days": 30})
    await caller.publish("projects.create", project_id, {"project_id": str(project_id)})
    await site.worker("projects")
    await eventually(partial(_is_left, ops, ["administration"]))
    await site.worker("administration")
    await eventually(partial(_is_left, ops, []))


async def _is_left(ops: Nats, workers: list[str]) -> bool:
    state = (await api(ops, "STREAM.INFO.COMMANDS", {"subjects_filter": ">"}))["state"]
    return [subject.split(".")[3] for subject in state.get("subjects") or ()] == workers
