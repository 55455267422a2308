"""The measured systems, with a common interface."""

import asyncio
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from nats.aio.client import Client as Nats
from nats.aio.msg import Msg
from nats.js.api import RetentionPolicy, StreamConfig
from pydantic_core import from_json, to_json

from benchmarks.commands import bare
from benchmarks.commands.bare import Publication
from benchmarks.commands.testbed import SITE, Testbed
from contracts import subjects
from contracts.ids import uuid7
from workers.runtime.bus import streams

_LIMIT_SECONDS = 120.0
_COUNT_AUDITED = "SELECT count(*) FROM audit.activity"
_START, _END = "2026-03-01T08:00:00+01:00", "2026-03-01T09:30:00+01:00"


class System(ABC):
    """A system that applies commands, on its own testbed."""

    inbox: str
    decided: str
    outcomes: str
    worker: str

    def __init__(self, testbed: Testbed, count: int) -> None:
        self.testbed = testbed
        self.count = count
        self.client: Nats

    @abstractmethod
    async def prepare(self) -> Sequence[Publication]:
        """Make streams, tables and rows, and return the unpublished commands."""

    @abstractmethod
    def start(self) -> None:
        """Start the workers."""

    @abstractmethod
    def read_outcome(self, message: Msg) -> str:
        """Return the id of the applied command; raise if it was not applied."""

    @abstractmethod
    async def check(self) -> None:
        """Wait for the last listener, and fail unless every command was applied once."""

    def audited_events(self) -> int | None:
        """Return how many events the audit worker has stored; None without one."""
        return None

    def value(self, query: str) -> Any:
        """Return the value of a query."""
        row = self.testbed.database.execute(query.encode()).fetchone()
        return row[0] if row else None

    def expect(self, name: str, number: object) -> None:
        """Fail unless the number equals that of the commands."""
        if number != self.count:
            raise AssertionError(
                f"{type(self).__name__}: {number} {name} after {self.count} commands\n{self.testbed.log_tails()}"
            )


class Ceiling(System):
    """The hand-written loop."""

    inbox, decided, outcomes, worker = "inbox", "at", bare.OUTCOMES, "worker"
    program = "benchmarks.commands.ceiling"
    retention = RetentionPolicy.LIMITS

    async def prepare(self) -> Sequence[Publication]:
        """Make the three tables and the stream."""
        self.client = await self.testbed.connect("bench")
        self.testbed.database.execute(bare.TABLES)
        config = StreamConfig(name=bare.STREAM, subjects=["cmd.>"], retention=self.retention)
        await self.client.jetstream().add_stream(config)
        return list(bare.publications(self.count))

    def start(self) -> None:
        """Start the worker."""
        testbed = self.testbed
        environment = bare.environment(testbed.nats_url, str(testbed.credentials(self.worker)), testbed.database_url)
        testbed.spawn(self.worker, ["-m", self.program], environment)

    def read_outcome(self, message: Msg) -> str:
        """Read the id in the body."""
        return str(from_json(message.data)["id"])

    async def check(self) -> None:
        """Count the rows."""
        for table in ("inbox", "projects", "outbox"):
            self.expect(table, self.value(f"SELECT count(*) FROM {table}"))  # noqa: S608 - three constants


class WorkQueue(Ceiling):
    """The hand-written loop on a work-queue stream."""

    retention = RetentionPolicy.WORK_QUEUE


class OneMessage(Ceiling):
    """FastStream's one-message form."""

    program = "benchmarks.commands.one_message"


class Ours(System):
    """The product: `projects` in one or more processes, and `audit`."""

    inbox, decided, worker = "runtime.inbox", "decided_at", "projects"
    outcomes = subjects.outcome(SITE, "admin", "*")
    processes = 1
    audited = True
    changes = "SELECT sum(revision) FROM projects.project"

    async def prepare(self) -> Sequence[Publication]:
        """Make streams, types and statuses."""
        provider = await self.testbed.connect("provision", "provision")
        await streams.provision(provider, SITE)
        self.client = await self.testbed.connect("admin", "client")
        self.testbed.database.execute(
            "INSERT INTO administration.property (kind, name, description)"
            " SELECT CASE WHEN n <= 20 THEN 'type' ELSE 'status' END, 'property ' || n, ''"
            " FROM generate_series(1, 25) n"
        )
        return self.publications()

    def publications(self) -> Sequence[Publication]:
        """Make up commands that create projects."""
        chance = random.Random(1)
        return [
            _publication(
                "projects.create",
                {
                    "project_id": str(uuid7()),
                    "type_id": chance.randint(1, 20),
                    "description": bare.description(chance),
                    "start_time": _START,
                    "end_time": _END,
                },
            )
            for _ in range(self.count)
        ]

    def start(self) -> None:
        """Start the real worker processes."""
        names = ["projects"] * self.processes + (["audit"] if self.audited else [])
        for name in names:
            logs = str(self.testbed.directory / "logs")
            self.testbed.spawn_worker(name, INCIDENTS_LOG_DIR=logs, INCIDENTS_COMMANDS_PER_SECOND="0")

    def read_outcome(self, message: Msg) -> str:
        """Read the id in the subject."""
        if b'"status":"applied"' not in message.data:
            raise AssertionError(message.data.decode())
        return message.subject.rsplit(".", 1)[1]

    async def check(self) -> None:
        """Count rows, revisions, events, and audit entries."""
        self.expect("inbox rows", self.value("SELECT count(*) FROM runtime.inbox WHERE principal = 'admin'"))
        self.expect("projects", self.value("SELECT count(*) FROM projects.project"))
        self.expect("revisions", self.value(self.changes))
        if self.audited:
            await self._wait(_COUNT_AUDITED)
        await self._wait(f"SELECT count(*) + {self.count} FROM runtime.unpublished")  # noqa: S608 - a number
        ops = await self.testbed.connect("ops", "ops")
        events = await streams.api(ops, f"STREAM.INFO.{streams.EVENTS}", {})
        self.expect("events", events["state"]["messages"])

    def audited_events(self) -> int | None:
        """Return how many activities audit has stored."""
        return int(self.value(_COUNT_AUDITED)) if self.audited else None

    async def _wait(self, query: str) -> None:
        until = time.monotonic() + _LIMIT_SECONDS
        while self.value(query) != self.count:
            if time.monotonic() > until:
                self.expect(query, self.value(query))
            await asyncio.sleep(0.05)


class TwoOfOurs(Ours):
    """The product with two processes of `projects`."""

    processes = 2


class OursWithoutAudit(Ours):
    """The product without audit: one process without competition for the processor."""

    audited = False


class TwoWithoutAudit(OursWithoutAudit):
    """Two processes without audit."""

    processes = 2


class OurUpdates(Ours):
    """The product, updating existing projects."""

    changes = "SELECT sum(revision - 1) FROM projects.project"

    def publications(self) -> Sequence[Publication]:
        """Make projects by SQL, and one command that updates each of them."""
        chance = random.Random(1)
        self.testbed.database.execute(_PROJECTS, [self.count])
        rows = self.testbed.database.execute("SELECT id FROM projects.project ORDER BY random()").fetchall()
        self.testbed.database.execute("VACUUM ANALYZE projects.project")
        return [
            _publication(
                "projects.update",
                {
                    "project_id": str(row[0]),
                    "type_id": chance.randint(1, 20),
                    "status_id": chance.randint(21, 25),
                    "description": bare.description(chance),
                },
            )
            for row in rows
        ]


_PROJECTS = """
INSERT INTO projects.project (id, number, revision, description, created_by, created_at, updated_by, updated_at,
                              imported, retention_exempt)
SELECT uuidv7(), nextval('projects.number'), 1, repeat('avant ', 18), 'admin', now(), 'admin', now(), false, false
FROM generate_series(1, %s)
"""


def _publication(subject: str, body: dict[str, Any]) -> Publication:
    return Publication(uuid7(), subjects.command(SITE, "admin", subject, body["project_id"]), to_json(body))
