"""A message bus of its own, and somebody who stands where the workers do and can be made to fail."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import nats
import pytest
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg

from contracts.subjects import inbox
from tests.support.overseer import OVERSEER, overseer
from workers.local.access.signing_keys import Scope, Trust
from workers.local.servers.nats import EmbeddedNats
from workers.runtime.bus.streams import api

SITE = "main"
_SETTINGS = {"retention_days": 30, "report_title": "", "timezone": "Europe/Zurich", "language": "en"}
DEFINITIONS = {
    "administration.properties": {"types": [], "statuses": [], "categories": [], "data_fields": []},
    "administration.settings": {**_SETTINGS, "log_archive_bytes": 10_000_000},
}
"""What a site without definitions answers; a test may answer something else."""


_DEFERRED = (".generate-batch", ".generate-summary", ".generate-register", ".generate-record", ".export")


@dataclass
class Bus:
    """A running server and the credentials that it accepts."""

    server: EmbeddedNats
    trust: Trust
    folder: Path

    @property
    def url(self) -> str:
        return self.server.url

    def credentials(self, principal: str, scope: str = "client") -> Path:
        path = self.folder / f"{principal}.{scope}.creds"
        path.write_text(overseer(self.trust) if scope == OVERSEER else self.trust.mint(principal, cast("Scope", scope)))
        return path

    @asynccontextmanager
    async def connection(self, principal: str, scope: str) -> AsyncIterator[Nats]:
        connection = await nats.connect(
            self.url,
            user_credentials=str(self.credentials(principal, scope)),
            inbox_prefix=inbox(principal),
        )
        yield connection
        await connection.close()

    @asynccontextmanager
    async def forgetting(self) -> AsyncIterator[None]:
        """Let the server forget message ids after 100 ms for as long as the block lasts."""
        async with self.connection("provision", "provision") as ops:
            config = (await api(ops, "STREAM.INFO.COMMANDS", {}))["config"]
            await api(ops, "STREAM.UPDATE.COMMANDS", {**config, "duplicate_window": 100_000_000})
            yield
            await api(ops, "STREAM.UPDATE.COMMANDS", config)


@dataclass
class Peer:
    """Answers every command and query as the test sets it, and remembers what it received."""

    worker: Nats
    outcomes: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, bytes] = field(default_factory=dict)
    refusals: dict[str, dict[str, Any]] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    error: dict[str, Any] | None = None
    silent: bool = False
    progress: Iterator[tuple[int, int]] | None = None
    """How far a batch of reports or a package is each time somebody asks; at its end it is made."""

    commands: list[Msg] = field(default_factory=list)
    queries: list[Msg] = field(default_factory=list)

    async def handle(self, message: Msg) -> None:
        """Make an outcome of a command; when silent, keep it until it is asked for."""
        self.commands.append(message)
        command_id = (message.headers or {})["Nats-Msg-Id"]
        result = self.results.get(message.subject.rpartition(".")[2], self.result)
        outcome: dict[str, Any] = {"command_id": command_id, "status": "applied", "result": result}
        if self.error is not None:
            outcome = {"command_id": command_id, "status": "rejected", "error": self.error}
        self.outcomes[command_id] = json.dumps(outcome).encode()
        is_deferred = self.progress is not None and message.subject.endswith(_DEFERRED)
        if not self.silent and not is_deferred:
            principal = message.subject.split(".")[3]
            await self.worker.publish(f"im.{SITE}.out.{principal}.{command_id}", self.outcomes[command_id])

    async def answer(self, message: Msg) -> None:
        """Answer a query, or refuse it as a worker does."""
        self.queries.append(message)
        verb = message.subject.split(".", 4)[4]
        body = json.loads(message.data)
        if verb in self.refusals:
            refused = json.dumps({"error": self.refusals[verb]}).encode()
            headers = {"Nats-Service-Error-Code": "403", "Nats-Service-Error": "refused"}
            await self.worker.publish(message.reply, refused, headers=headers)
        elif verb == "projects.outcome" and (far := next(self.progress or iter(()), None)):
            pending = {"command_id": body["command_id"], "status": "pending", "done": far[0], "total": far[1]}
            await message.respond(json.dumps(pending).encode())
        elif verb == "projects.outcome" and body["command_id"] in self.outcomes:
            await message.respond(self.outcomes[body["command_id"]])
        elif verb in {"reports.download", "reports.download-batch", "reports.download-summary", "projects.download"}:
            start = body.get("offset", 0)
            await message.respond(self.answers[verb][start : start + 512 * 1024])
        elif verb in self.answers:
            await message.respond(self.answers[verb])


@pytest.fixture(scope="session")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    """Run one server for all tests of the client's own behaviour."""
    folder = tmp_path_factory.mktemp("bus")
    trust = Trust.create(folder / "keys", SITE)
    server = EmbeddedNats(folder / "nats", trust)
    server.start()
    asyncio.run(_provide_commands(Bus(server, trust, folder)))
    yield Bus(server, trust, folder)
    server.stop()


async def _provide_commands(bus: Bus) -> None:
    async with bus.connection("provision", "provision") as connection:
        await connection.jetstream().add_stream(name="COMMANDS", subjects=[f"im.{SITE}.cmd.>"])


@pytest.fixture
async def peer(bus: Bus) -> AsyncIterator[Peer]:
    """Stand where the workers do: whatever happens to a client there is decided by the test."""
    async with bus.connection("projects", "worker") as worker, bus.connection(OVERSEER, OVERSEER) as ops:
        peer = Peer(worker, answers={verb: json.dumps(answer).encode() for verb, answer in DEFINITIONS.items()})
        await ops.subscribe(f"im.{SITE}.cmd.>", cb=peer.handle)
        await worker.subscribe(f"im.{SITE}.qry.*.*.*", cb=peer.answer)
        for connection in (ops, worker, ops, worker):
            await connection.flush()
        yield peer
