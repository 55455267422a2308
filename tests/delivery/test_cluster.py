"""A message bus of three servers, as the page on operations sets it up: one of them may be lost."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import nats
import pytest
from nats.aio.client import Client as Nats

from contracts import subjects
from contracts.ids import uuid7
from contracts.subjects import inbox
from tests.delivery.helpers import comment, creation
from tests.support import Caller, Site, eventually
from tests.support.system import worker_process
from workers.local.access.signing_keys import Trust
from workers.local.servers.nats import EmbeddedNats, free_port
from workers.runtime.bus.streams import COMMANDS, DEAD, EVENTS, api

SERVERS = 3
COMMENTS = 30
NOT_THERE = 404
"""How a leader answers about a stream that nobody made so far."""


class Node(EmbeddedNats):
    """One server of three, each with a name of its own and routes to all."""

    def __init__(self, directory: Path, trust: Trust, routes: list[int], number: int) -> None:
        super().__init__(directory, trust)
        self._routes = routes
        self._number = number

    def _render(self, accounts: Path) -> str:
        routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in self._routes)
        listen = f"127.0.0.1:{self._routes[self._number]}"
        configuration = (
            super()._render(accounts).replace("server_name: incidents-main", f"server_name: bus-{self._number}")
        )
        return f'{configuration}\ncluster {{ name: incidents, listen: "{listen}", routes: [{routes}] }}\n'


class Cluster(EmbeddedNats):
    """Three servers, in the place of the one that a site has elsewhere."""

    def __init__(self, directory: Path, trust: Trust, credentials: Path) -> None:
        super().__init__(directory, trust)
        routes = [free_port() for _ in range(SERVERS)]
        self.nodes = [Node(directory / f"bus-{number}", trust, routes, number) for number in range(SERVERS)]
        self._credentials = credentials

    @property
    def url(self) -> str:
        """Where a client begins; the servers tell it of each other."""
        return self.nodes[0].url

    def start(self) -> None:
        """Start all of them, and wait until they have chosen a leader."""
        for node in self.nodes:
            node.start()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, self._is_ready()).result()

    async def _is_ready(self) -> None:
        options: dict[str, Any] = {"user_credentials": str(self._credentials), "inbox_prefix": inbox("ops")}
        connection = await nats.connect(self.url, **options)

        async def led() -> bool:
            try:
                info = await api(connection, f"STREAM.INFO.{COMMANDS}", {})
            except nats.errors.Error:
                return False
            return bool(info.get("error", {}).get("code") == NOT_THERE)

        await eventually(led, within=40)
        await connection.close()

    def stop(self, seconds: float = 4.0) -> None:
        """Stop all of them."""
        for node in self.nodes:
            node.stop(seconds)


@pytest.fixture
async def site(tmp_path: Path, databases: tuple[str, str]) -> AsyncIterator[Site]:
    """A site whose streams have three replicas."""
    other_site = Site(tmp_path, *databases)
    other_site.server = Cluster(tmp_path / "cluster", other_site.trust, other_site.credentials("ops", "ops"))
    async with other_site.open() as opened:
        ops = await opened.overseer()
        for stream in (COMMANDS, EVENTS, DEAD):
            config = (await api(ops, f"STREAM.INFO.{stream}", {}))["config"]
            response = await api(ops, f"STREAM.UPDATE.{stream}", {**config, "num_replicas": SERVERS})
            assert "error" not in response, response
        await eventually(partial(are_replicated, ops), within=60)
        yield opened


async def are_replicated(ops: Nats) -> bool:
    """Tell whether every stream is on three servers, all of them up to date."""
    info = [(await api(ops, f"STREAM.INFO.{stream}", {}))["cluster"] for stream in (COMMANDS, EVENTS, DEAD)]
    others = [details.get("replicas", []) for details in info]
    return all(len(other) == SERVERS - 1 and all(replica["current"] for replica in other) for other in others)


async def published(caller: Caller, project_id: object, count: int) -> None:
    """Publish comments; what nobody kept in time is sent again under its id."""
    for body in [comment(project_id) for _ in range(count)]:
        await eventually(partial(is_kept, caller, body, uuid7()), within=40)


async def is_kept(caller: Caller, body: dict[str, Any], command_id: UUID) -> bool:
    """Publish a command once more, and tell whether it is durable."""
    subject = subjects.command("main", caller.principal, "projects.add-comment", body["project_id"])
    try:
        headers = {"Nats-Msg-Id": str(command_id)}
        answer = await caller.nats.request(subject, json.dumps(body).encode(), timeout=2, headers=headers)
    except nats.errors.Error:
        return False
    return "error" not in json.loads(answer.data)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("lost", range(2))
async def test_a_cluster_survives_the_loss_of_a_server(site: Site, lost: int) -> None:
    """One of three servers is killed: every command that was accepted has its effect and one outcome (CLU-01)."""
    assert isinstance(site.server, Cluster)
    async with worker_process(site, "projects"), worker_process(site, "projects"):
        caller, project_id = await site.caller(), uuid7()
        await caller.send("projects.create", project_id, creation(project_id))
        publishing = asyncio.create_task(published(caller, project_id, COMMENTS))
        pid = site.server.nodes[lost].pid
        assert pid
        os.kill(pid, signal.SIGKILL)
        await publishing

        async def all_there() -> bool:
            return await site.count("projects.comment") == COMMENTS

        await eventually(all_there, within=60)
        document, _ = await caller.ask("projects.get", {"project_id": str(project_id)})
        assert document["revision"] == COMMENTS + 1
