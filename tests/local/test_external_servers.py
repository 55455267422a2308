"""Backup and restore of servers of one's own: everything is back, and what was done is done once."""

import asyncio
import json
import os
import signal
import subprocess
import tarfile
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import nats
import psycopg
import pytest

from contracts.ids import uuid7
from tests.client.command_line import incidents
from tests.local.external import PROGRAMS
from tests.local.external_servers import back_up, restore, run_incidents
from tests.local.support import eventually
from tests.support import Caller, Site
from workers.local.backup import stream_snapshots
from workers.local.run_worker import slice_of
from workers.local.servers.nats import free_port
from workers.runtime.bus.streams import api
from workers.runtime.process.assembly import run_here


class Sender:
    """A caller that makes projects and changes them, and does it again under the same ids."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.sent_commands: dict[UUID, tuple[str, dict[str, str]]] = {}

    async def work(self) -> None:
        """Make a project and change it there and back: three revisions, once the commands are durable."""
        project = {"project_id": str(uuid4())}
        for tail, body in (("create", {}), ("update", {"description": "A bag"}), ("update", {"description": ""})):
            command_id = uuid7()
            await self._accepted(command_id, f"projects.{tail}", {**project, **body})
            self.sent_commands[command_id] = (f"projects.{tail}", {**project, **body})

    async def _accepted(self, command_id: UUID, tail: str, body: dict[str, str]) -> None:
        """Send a command until the message bus has stored it, as a caller does whom it answers late."""

        async def is_stored() -> bool:
            with suppress(nats.errors.TimeoutError):
                return bool(await self.caller.publish(tail, body["project_id"], body, command_id=command_id))
            return False

        await eventually(is_stored)

    async def settled(self) -> None:
        """Wait until all has its outcome."""
        await eventually(lambda: self.caller.outcomes.keys() >= self.sent_commands.keys())

    @asynccontextmanager
    async def busy(self) -> AsyncIterator[None]:
        """Work for as long as the block lasts."""
        goes_on, many = True, len(self.sent_commands) + 20

        async def go_on() -> None:
            while goes_on:
                await self.work()

        task = asyncio.create_task(go_on())
        await eventually(lambda: len(self.sent_commands) > many)
        yield
        goes_on = False
        await task

    async def again(self, caller: Caller) -> None:
        """Send everything again, as another caller."""
        self.caller = caller
        for command_id, (tail, body) in self.sent_commands.items():
            await self._accepted(command_id, tail, body)
        await self.settled()


async def test_what_was_done_is_done_once(site: Site, target: Site, tmp_path: Path) -> None:
    """A backup that was made while commands arrived: whoever sends them again gets the outcome of before, once done."""
    sender = Sender(source := await site.caller())
    async with run_here(slice_of("projects"), site.settings("projects", commands_per_second=0)):
        for _ in range(5):
            await sender.work()
        await sender.settled()
        async with sender.busy():
            file = await back_up(site, tmp_path / "incidents.tar")
    await restore(target, file)
    await target.forget_quickly()
    await target.worker("projects", commands_per_second=0)
    early = list(sender.sent_commands)[:15]
    await sender.again(await target.caller())
    assert await target.sql("SELECT sum(revision) FROM projects.project") == [(len(sender.sent_commands),)]
    results = [
        [caller.outcomes[command_id][-1]["result"] for command_id in early] for caller in (source, sender.caller)
    ]
    assert results[0] == results[1]


async def stored_state(site: Site) -> dict[str, Any]:
    """Return what is reported by the streams and the databases of a site."""
    bus = await site.nats("provision", "provision")
    streams = {name: (await api(bus, f"STREAM.INFO.{name}", {}))["state"] for name in stream_snapshots.SAVED}
    by_name: dict[str, Any] = {name: (state["messages"], state["last_seq"]) for name, state in streams.items()}
    with psycopg.connect(site.log_database_url) as log:
        by_name["log"] = log.execute("SELECT * FROM entry ORDER BY 1").fetchall()
    for table in ("projects.project", "audit.activity", "runtime.inbox"):
        by_name[table] = sorted(map(repr, await site.sql(f"SELECT * FROM {table}")))  # noqa: S608 - our own names
    return by_name


async def test_everything_is_back(site: Site, target: Site, tmp_path: Path) -> None:
    """What was done, logged, put aside or only accepted is back as it was; what was accepted is then done."""
    sender = Sender(source := await site.caller())
    workers = (run_here(slice_of(name), site.settings(name)) for name in ("projects", "audit"))
    async with next(workers), next(workers):
        await sender.work()
        await source.publish("projects.praise", "-", {})
        await eventually(lambda: _is_recorded(site))
    for _ in range(3):
        await sender.work()
    before = await stored_state(site)
    await restore(target, await back_up(site, tmp_path / "incidents.tar"))
    assert await stored_state(target) == before
    assert_in_order(tmp_path / "incidents.tar")
    assert (await run_incidents(target, "provision")).status == 0
    await target.workers("projects", "audit")

    async def are_done() -> bool:
        return await target.sql("SELECT sum(revision) FROM projects.project") == [(len(sender.sent_commands),)]

    await eventually(are_done)


def assert_in_order(file: Path) -> None:
    """What is handled leaves the streams: a database that was saved before them would lack what they lack."""
    with tarfile.open(file) as archive:
        written = {member.name: member.mtime for member in archive.getmembers()}
    streams = {name: time for name, time in written.items() if name.endswith(".stream")}
    dumps = {name: time for name, time in written.items() if name.endswith(".dump")}
    assert len(streams) == 3
    assert len(dumps) == 2
    assert max(streams.values()) <= min(dumps.values())


async def _is_recorded(site: Site) -> bool:
    """Tell whether there is a dead letter, and all entries have reached the log server."""
    bus = await site.nats("provision", "provision")
    letters = (await api(bus, "STREAM.INFO.DEAD", {}))["state"]["messages"]
    waiting = await site.sql("SELECT 1 FROM audit.waiting")
    with psycopg.connect(site.log_database_url) as log:
        return bool(letters and not waiting and log.execute("SELECT 1 FROM entry").fetchone())


@contextmanager
def running(folder: Path) -> Iterator[None]:
    """Run the whole system in `data` with `incidents up`."""
    line = [str(PROGRAMS / "incidents"), "up", "--data", "data", "--nats-port", str(free_port()), "--json"]
    with subprocess.Popen(line, cwd=folder, stdout=subprocess.PIPE, text=True) as started_up:
        assert started_up.stdout
        assert any(json.loads(line)["runtime"] for line in started_up.stdout)
        yield
        started_up.send_signal(signal.SIGTERM)


@pytest.mark.timeout(600)
async def test_the_two_ways_change_places(site: Site, target: Site, tmp_path: Path) -> None:
    """What was saved in one way is restored in the other, there and back."""
    sender = Sender(await site.caller())
    async with run_here(slice_of("projects"), site.settings("projects")):
        await sender.work()
        await sender.settled()
    file, data = await back_up(site, tmp_path / "incidents.tar"), tmp_path / "data"
    ended = await incidents("restore", file, "--without-journal", "--data", data)
    assert ended.status == 0, ended.err
    assert "Restored in" in ended.out, ended.err
    assert "The keys were not restored" in ended.err
    with running(tmp_path):
        result = await incidents("projects", "create", "--data", data)
        ended = await incidents("backup", "-o", tmp_path / "back.tar", "--data", data)
    assert "Project 2 created" in result.out, result.err
    assert ended.status == 0, ended.err
    await restore(target, tmp_path / "back.tar")
    assert await target.count("projects.project") == 2


async def test_a_stream_may_be_larger_than_the_memory(site: Site, tmp_path: Path) -> None:
    """A stream is saved and restored piece by piece."""
    worker, bus = await site.nats("projects", "worker"), await site.nats("provision", "provision")
    noise, mebibytes = os.urandom(1 << 19), 64
    for number in range(2 * mebibytes):
        await worker.request(f"im.main.evt.projects.x.{number}", noise, timeout=30)
    tracemalloc.start()
    await stream_snapshots.save(bus, "EVENTS", "provision", tmp_path)
    assert (tmp_path / "EVENTS.stream").stat().st_size > mebibytes << 20
    await api(bus, "STREAM.DELETE.EVENTS", {})
    await stream_snapshots.restore(bus, "EVENTS", tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (await api(bus, "STREAM.INFO.EVENTS", {}))["state"]["messages"] == 2 * mebibytes
    assert peak < mebibytes << 18
