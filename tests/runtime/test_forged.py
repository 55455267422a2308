"""A server's confirmation goes where its publisher says: wherever that is, it harms nobody."""

import asyncio
import json
from contextlib import aclosing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from nats.aio.client import Client as Nats

from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import CreateProject
from incidents import connect
from tests.client.command_line import incidents
from tests.support import Caller, Site, eventually
from tests.support.system import worker_process
from workers.local.access.signing_keys import Trust
from workers.local.servers.nats import EmbeddedNats
from workers.runtime.bus.jetstream_strict_mode_check import is_strict
from workers.runtime.bus.streams import api
from workers.runtime.process.running_components import RunningComponents

VERBS = (
    "STREAM.PURGE.COMMANDS", "STREAM.DELETE.COMMANDS", "STREAM.UPDATE.COMMANDS", "STREAM.MSG.DELETE.COMMANDS",
    "STREAM.SNAPSHOT.COMMANDS", "STREAM.LEADER.STEPDOWN.COMMANDS", "STREAM.PEER.REMOVE.COMMANDS",
    "CONSUMER.DELETE.COMMANDS.projects-0", "CONSUMER.RESET.COMMANDS.projects-0", "CONSUMER.PAUSE.COMMANDS.projects-0",
    "CONSUMER.MSG.NEXT.COMMANDS.projects-0", "CONSUMER.CREATE.COMMANDS.mine", "META.LEADER.STEPDOWN",
)  # fmt: skip


class Lax(EmbeddedNats):
    """A server that guesses at what it does not understand."""

    def prepare(self) -> None:
        """Take the one line out of the configuration."""
        super().prepare()
        path = self.directory / "server.conf"
        path.write_text(path.read_text().replace("strict: true", "strict: false"))


async def steer(caller: Caller, *targets: str) -> None:
    """Send commands whose confirmations go to subjects of others, and wait until the server has them."""
    for target in targets:
        key = str(uuid7())
        subject = f"im.main.cmd.{caller.principal}.projects.{key}.create"
        await caller.nats.publish(subject, json.dumps({"project_id": key}).encode(), reply=target)
    for _ in range(2):
        await caller.nats.flush()


async def test_an_outcome_names_its_command(site: Site) -> None:
    """A client waits on for the outcome of its command when something else comes in its place."""
    await site.grant("victim", {Node.PROJECTS: "manage"})
    victim, mallory = await site.client("victim"), await site.caller("mallory")
    submitted = await victim.submit(CreateProject(project_id=uuid7()))
    await steer(mallory, f"im.main.out.victim.{submitted.command_id}")
    await site.worker("projects")
    outcome = await submitted.outcome()
    assert outcome.command_id == submitted.command_id
    assert outcome.status == "applied"


async def test_who_overhears_hears_events_alone(site: Site) -> None:
    """Something that is no event is passed over by who hears everything, and what comes after it is heard."""
    await site.worker("projects")
    admin, mallory = await site.client(), await site.caller("mallory")
    async with (
        connect(site.url, site.credentials("listener", "ops")) as watcher,
        aclosing(watcher.overhear()) as events,
    ):
        first = asyncio.ensure_future(anext(events))

        async def is_heard() -> bool:
            await steer(mallory, "im.main.evt.projects.-.created")
            await admin.send(CreateProject(project_id=uuid7()))
            return first.done()

        await eventually(is_heard)
        assert (await first).happened == "projects.created"


async def test_a_forged_letter_is_counted(site: Site) -> None:
    """What no worker wrote among the dead letters is counted once, by one of the processes that run."""
    running = [await site.worker(name) for name in ("projects", "audit")]
    mallory = await site.caller("mallory")
    await steer(mallory, "im.main.dead.projects.mallory")
    await eventually(partial(_are_counted, running, 1))
    await mallory.publish("projects.nonsense", "-", {})
    await eventually(partial(_has_letters, await site.overseer(), 3))
    assert await _are_counted(running, 1)


async def _are_counted(running: list[RunningComponents], number: int) -> bool:
    return sum(process.forged_letters for process in running) == number


async def _has_letters(overseer: Nats, number: int) -> bool:
    return bool((await api(overseer, "STREAM.INFO.DEAD", {}))["state"]["messages"] == number)


async def test_a_confirmation_asks_nothing_of_jetstream(site: Site) -> None:
    """A confirmation that is steered to JetStream's interface changes no stream."""
    overseer, mallory = await site.overseer(), await site.caller("mallory")
    before = await api(overseer, "STREAM.INFO.COMMANDS", {})
    await steer(mallory, "$JS.ACK.COMMANDS.mine.1.1.1.1.0", *(f"$JS.API.{verb}" for verb in VERBS))

    async def all_stored() -> dict[str, Any]:
        info = await api(overseer, "STREAM.INFO.COMMANDS", {})
        assert info["state"]["messages"] == len(VERBS)
        return info

    after = await eventually(all_stored)
    assert after["config"] == before["config"]


async def test_a_server_that_guesses_is_not_provisioned(tmp_path: Path) -> None:
    """Without `strict: true` no streams are made, and the reason says what to do."""
    server = Lax(tmp_path / "nats", Trust.create(tmp_path / "keys", "main"))
    credentials = tmp_path / "provision.creds"
    credentials.write_text(Trust.load(tmp_path / "keys").mint("provision", "provision"))
    server.start()
    try:
        variables = {"INCIDENTS_NATS_URL": server.url, "INCIDENTS_NATS_CREDS": credentials}
        ended = await incidents("provision", environment=variables)
    finally:
        server.stop()
    assert ended.status == 1
    assert "strict: true" in ended.err.replace("\n", " ")


async def test_a_worker_waits_for_a_server_that_does_not_guess(tmp_path: Path, databases: tuple[str, str]) -> None:
    """On a server without `strict: true` a worker is never ready, and says why."""
    other_site = Site(tmp_path, *databases)
    other_site.server = Lax(tmp_path / "nats", other_site.trust)
    async with other_site.open() as site:
        assert not await is_strict(await site.overseer())
        async with worker_process(site, "projects"):
            await eventually(partial(_says, site.directory / "logs" / "projects.log", '"missing": "strict: true"'))


async def _says(log: Path, text: str) -> bool:
    return log.exists() and text in log.read_text()


async def test_an_id_is_learnt_too_late(site: Site) -> None:
    """The server tells anybody the last id that it stored; under that id nobody else is heard, its owner is."""
    await site.grant("victim", {Node.PROJECTS: "manage"})
    await site.grant("mallory", {Node.PROJECTS: "manage"})
    victim, mallory = await site.caller("victim"), await site.caller("mallory")
    key = str(uuid7())
    command_id = await victim.publish("projects.create", key, {"project_id": key})
    with pytest.raises(AssertionError, match=f"wrong last msg ID: {command_id}"):
        await mallory.publish("projects.delete", key, {}, headers={"Nats-Expected-Last-Msg-Id": "x"})
    other = str(uuid7())
    with suppress(AssertionError):  # the server still knows this id
        await mallory.publish("projects.create", other, {"project_id": other}, command_id=command_id)
    await site.worker("projects")

    async def is_there() -> bool:
        rows = await site.sql("SELECT created_by FROM projects.project WHERE id = CAST(:key AS uuid)", key=key)
        return rows == [("victim",)]

    await eventually(is_there)
