"""A site of its own for one test: a NATS server, two databases from a template, workers and callers on demand."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import nats
from nats.aio.client import Client as Nats
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts import subjects
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.subjects import WORKERS
from incidents import Client, connect
from tests.support import pdf_identity
from tests.support.eventually import eventually
from tests.support.overseer import OVERSEER, overseer
from workers.common.process_settings import Settings
from workers.common.signing_key import FILE_NAME
from workers.local.access.signing_keys import Trust
from workers.local.run_worker import slice_of
from workers.local.servers.nats import EmbeddedNats
from workers.local.servers.postgres import APP_ROLE
from workers.runtime.bus.streams import api, provision
from workers.runtime.process.assembly import run_here
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.storage.database import open_engine


def as_app(url: str) -> str:
    """Return the URL of a database for the role of workers, which owns nothing."""
    return make_url(url).set(username=APP_ROLE).render_as_string(hide_password=False)


class Caller:
    """A program that speaks the wire with nats-py alone, as a client in any language would."""

    def __init__(self, connection: Nats, principal: str, site: str) -> None:
        """Remember who speaks; `listen` must run before the first command."""
        self.nats = connection
        self.principal = principal
        self._site = site
        self.outcomes: dict[UUID, list[dict[str, Any]]] = {}

    async def listen(self) -> None:
        """Collect the outcomes of this principal."""

        async def on_outcome(message: Any) -> None:
            outcome = json.loads(message.data)
            self.outcomes.setdefault(UUID(outcome["command_id"]), []).append(outcome)

        await self.nats.subscribe(subjects.outcome(self._site, self.principal, "*"), cb=on_outcome)
        await self.nats.flush()
        await self.nats.flush()

    async def publish(
        self,
        tail: str,
        key: object,
        body: object,
        *,
        command_id: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> UUID:
        """Publish a command (`body` as JSON unless it is bytes) and return its id once it is durable."""
        message_id = command_id or uuid7()
        subject = subjects.command(self._site, self.principal, tail, str(key))
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = await self.nats.request(
            subject, payload, timeout=5, headers={"Nats-Msg-Id": str(message_id), **(headers or {})}
        )
        acknowledgement = json.loads(answer.data)
        assert "error" not in acknowledgement, acknowledgement
        assert not acknowledgement.get("duplicate"), "the server still knows this id"
        return message_id if isinstance(message_id, UUID) else UUID(int=0)

    async def send(self, tail: str, key: object, body: object, **options: Any) -> dict[str, Any]:
        """Publish a command and return its outcome."""
        command_id = await self.publish(tail, key, body, **options)

        async def arrived() -> list[dict[str, Any]]:
            return self.outcomes.get(command_id, [])

        return (await eventually(arrived))[-1]

    async def ask(
        self, tail: str, body: object, *, headers: dict[str, str] | None = None
    ) -> tuple[dict[str, Any], str]:
        """Ask a query; return the answer and the status of a refusal (empty when there is none)."""
        subject = subjects.query(self._site, self.principal, tail)
        answer = await self.nats.request(subject, json.dumps(body).encode(), timeout=5, headers=headers)
        status = (answer.headers or {}).get("Nats-Service-Error-Code", "")
        return json.loads(answer.data), status


class Site:
    """One installation that a test has to itself."""

    def __init__(self, directory: Path, database_url: str, log_database_url: str, name: str = "main") -> None:
        """Prepare the parts; `open` starts the server."""
        self.name = name
        self.directory = directory
        self.database_url = database_url
        self.log_database_url = log_database_url
        self.trust = Trust.create(directory / "keys", name)
        self.server = EmbeddedNats(directory / "nats", self.trust)
        self.engine: AsyncEngine = open_engine(database_url, connections=2)
        self._stack = AsyncExitStack()

    @property
    def url(self) -> str:
        """Where the NATS server of this site listens."""
        return self.server.url

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Site"]:
        """Start the NATS server with its streams, and stop all that the test started."""
        self.server.start()
        try:
            async with self._stack:
                await provision(await self.nats("provision", "provision"), self.name)
                yield self
        finally:
            await self.engine.dispose()
            self.server.stop()

    def credentials(self, principal: str, scope: str = "client") -> Path:
        """Mint credentials and return their file."""
        path = self.directory / f"{principal}.creds"
        minted = overseer(self.trust) if scope == OVERSEER else self.trust.mint(principal, scope)  # type: ignore[arg-type] # a test may try any scope
        path.write_text(minted)
        return path

    def settings(self, worker: str, **changed: Any) -> Settings:
        """Return the settings of a worker process of this site."""
        defaults = {
            "site": self.name,
            "nats_url": self.url,
            "nats_creds": self.credentials(worker, "worker"),
            "database_url": as_app(self.database_url),
            "log_database_url": as_app(self.log_database_url),
            "signing_key": self.directory / "keys" / FILE_NAME,
            **dict(zip(("pdf_key", "pdf_certificate"), pdf_identity.save(self.directory / "keys"), strict=True)),
            "heartbeat_seconds": 0.5,
        }
        return Settings(**{**defaults, **changed})

    async def worker(self, name: str, **changed: Any) -> RunningComponents:
        """Start a worker in this process; it stops with the test."""
        return await self._stack.enter_async_context(run_here(slice_of(name), self.settings(name, **changed)))

    async def workers(self, *names: str) -> None:
        """Start several workers (all of them when none is named)."""
        for name in names or WORKERS:
            await self.worker(name)

    async def nats(self, principal: str, scope: str = "client") -> Nats:
        """Connect with nats-py alone; the connection closes with the test."""

        async def ignore(_: Exception) -> None:
            """Refused publishes are asserted by their effect."""

        connection = await nats.connect(
            self.url,
            user_credentials=str(self.credentials(principal, scope)),
            inbox_prefix=subjects.inbox(principal),
            error_cb=ignore,
        )
        self._stack.push_async_callback(connection.close)
        return connection

    async def overseer(self) -> Nats:
        """Connect as somebody who may hear and change everything, which no credentials of the product allow."""
        return await self.nats(OVERSEER, OVERSEER)

    async def caller(self, principal: str = "admin") -> Caller:
        """Return a caller that speaks the bare wire."""
        caller = Caller(await self.nats(principal), principal, self.name)
        await caller.listen()
        return caller

    async def client(self, principal: str = "admin", language: str = "en") -> Client:
        """Return the product's own client library, connected; it closes with the test."""
        context = connect(self.url, self.credentials(principal), site=self.name, language=language)
        return await self._stack.enter_async_context(context)

    async def grant(self, principal: str, permissions: Mapping[Node, str]) -> None:
        """Give a principal a role of its own, with these levels."""
        await self.sql(
            "INSERT INTO administration.role VALUES (:r, :r, CAST(:p AS jsonb)) ON CONFLICT (role_id) "
            "DO UPDATE SET permissions = excluded.permissions",
            r=f"role-of-{principal}",
            p=json.dumps(permissions),
        )
        await self.sql(
            "INSERT INTO administration.member VALUES (:u, :r) ON CONFLICT DO NOTHING",
            u=principal,
            r=f"role-of-{principal}",
        )

    async def forget_quickly(self) -> None:
        """Let the server forget message ids after 100 ms, as it does after two minutes elsewhere."""
        ops = await self.overseer()
        config = (await api(ops, "STREAM.INFO.COMMANDS", {}))["config"]
        answer = await api(ops, "STREAM.UPDATE.COMMANDS", {**config, "duplicate_window": 100_000_000})
        assert "error" not in answer, answer

    async def sql(self, statement: str, **parameters: Any) -> list[Any]:
        """Run one statement in the database incident_manager and return its rows."""
        async with self.engine.begin() as connection:
            result = await connection.execute(text(statement), parameters)
            return list(result.all()) if result.returns_rows else []

    async def count(self, table: str) -> int:
        """Return how many rows a table has."""
        return int((await self.sql(f"SELECT count(*) FROM {table}"))[0][0])  # noqa: S608 - a test's own text
