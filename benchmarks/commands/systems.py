"""The systems that are measured, each with the same five abilities."""

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
from benchmarks.commands.bare import Letter
from benchmarks.commands.stage import SITE, Stage
from contracts import subjects
from contracts.ids import uuid7
from workers.runtime.bus import streams

_LONGEST = 120.0
_HEARD = "SELECT count(*) FROM audit.activity"
_START, _END = "2026-03-01T08:00:00+01:00", "2026-03-01T09:30:00+01:00"


class System(ABC):
    """A way of applying commands, on a stage of its own."""

    inbox: str
    decided: str
    outcomes: str
    worker: str

    def __init__(self, stage: Stage, count: int) -> None:
        self.stage = stage
        self.count = count
        self.client: Nats

    @abstractmethod
    async def prepare(self) -> Sequence[Letter]:
        """Make streams, tables and rows; return the commands, none of them published."""

    @abstractmethod
    def start(self) -> None:
        """Start the workers."""

    @abstractmethod
    def read_outcome(self, message: Msg) -> str:
        """Return the id of the command that was applied; raise when it was not."""

    @abstractmethod
    async def check(self) -> None:
        """Wait until the last listener has everything; fail unless every command was applied once."""

    def heard(self) -> int | None:
        """Return how many events the listener beside the workers has, if there is one."""
        return None

    def value(self, query: str) -> Any:
        """Return the one value of a query."""
        row = self.stage.database.execute(query.encode()).fetchone()
        return row[0] if row else None

    def expect(self, what: str, found: object) -> None:
        """Fail unless there is one of it for each command."""
        if found != self.count:
            raise AssertionError(
                f"{type(self).__name__}: {found} {what} after {self.count} commands\n{self.stage.told()}"
            )


class Ceiling(System):
    """The hand-written loop."""

    inbox, decided, outcomes, worker = "inbox", "at", bare.OUTCOMES, "worker"
    program = "benchmarks.commands.ceiling"
    retention = RetentionPolicy.LIMITS

    async def prepare(self) -> Sequence[Letter]:
        """Make the three tables and the stream."""
        self.client = await self.stage.connect("bench")
        self.stage.database.execute(bare.TABLES)
        config = StreamConfig(name=bare.STREAM, subjects=["cmd.>"], retention=self.retention)
        await self.client.jetstream().add_stream(config)
        return list(bare.letters(self.count))

    def start(self) -> None:
        """Start the one worker."""
        stage = self.stage
        told = bare.environment(stage.nats_url, str(stage.credentials(self.worker)), stage.database_url)
        stage.spawn(self.worker, ["-m", self.program], told)

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
    """The product: `projects` as one process or more, `audit` beside it."""

    inbox, decided, worker = "runtime.inbox", "decided_at", "projects"
    outcomes = subjects.outcome(SITE, "admin", "*")
    processes = 1
    audited = True
    changes = "SELECT sum(revision) FROM projects.project"

    async def prepare(self) -> Sequence[Letter]:
        """Make streams, types and statuses."""
        provider = await self.stage.connect("provision", "provision")
        await streams.provision(provider, SITE)
        self.client = await self.stage.connect("admin", "client")
        self.stage.database.execute(
            "INSERT INTO administration.property (kind, name, description)"
            " SELECT CASE WHEN n <= 20 THEN 'type' ELSE 'status' END, 'property ' || n, ''"
            " FROM generate_series(1, 25) n"
        )
        return self.letters()

    def letters(self) -> Sequence[Letter]:
        """Make up commands that open projects."""
        chance = random.Random(1)
        return [
            _letter(
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
            told = {
                "INCIDENTS_SITE": SITE,
                "INCIDENTS_NATS_URL": self.stage.nats_url,
                "INCIDENTS_NATS_CREDS": str(self.stage.credentials(name, "worker")),
                "INCIDENTS_DATABASE_URL": self.stage.database_url,
                "INCIDENTS_LOG_DATABASE_URL": self.stage.log_database_url,
                "INCIDENTS_LOG_DIR": str(self.stage.directory / "logs"),
                "INCIDENTS_COMMANDS_PER_SECOND": "0",
            }
            self.stage.spawn(name, ["-m", "workers", "worker", name], told)

    def read_outcome(self, message: Msg) -> str:
        """Read the id in the subject."""
        if b'"status":"applied"' not in message.data:
            raise AssertionError(message.data.decode())
        return message.subject.rsplit(".", 1)[1]

    async def check(self) -> None:
        """Count rows, revisions, events, and what audit kept."""
        self.expect("inbox rows", self.value("SELECT count(*) FROM runtime.inbox WHERE principal = 'admin'"))
        self.expect("projects", self.value("SELECT count(*) FROM projects.project"))
        self.expect("revisions", self.value(self.changes))
        if self.audited:
            await self._wait(_HEARD)
        await self._wait(f"SELECT count(*) + {self.count} FROM runtime.outbox")  # noqa: S608 - a number
        ops = await self.stage.connect("ops", "ops")
        events = await streams.api(ops, f"STREAM.INFO.{streams.EVENTS}", {})
        self.expect("events", events["state"]["messages"])

    def heard(self) -> int | None:
        """Return how many activities audit has kept."""
        return int(self.value(_HEARD)) if self.audited else None

    async def _wait(self, query: str) -> None:
        until = time.monotonic() + _LONGEST
        while self.value(query) != self.count:
            if time.monotonic() > until:
                self.expect(query, self.value(query))
            await asyncio.sleep(0.05)


class TwoOfOurs(Ours):
    """The product with two processes of `projects`."""

    processes = 2


class OursUnheard(Ours):
    """The product without audit: what one process does when nobody else wants the processor."""

    audited = False


class TwoUnheard(OursUnheard):
    """Two processes, and nobody else."""

    processes = 2


class OurUpdates(Ours):
    """The product, changing projects that are there."""

    changes = "SELECT sum(revision - 1) FROM projects.project"

    def letters(self) -> Sequence[Letter]:
        """Make projects by SQL, and commands that change each of them once."""
        chance = random.Random(1)
        self.stage.database.execute(_PROJECTS, [self.count])
        rows = self.stage.database.execute("SELECT id FROM projects.project ORDER BY random()").fetchall()
        self.stage.database.execute("VACUUM ANALYZE projects.project")
        return [
            _letter(
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


def _letter(subject: str, body: dict[str, Any]) -> Letter:
    return Letter(uuid7(), subjects.command(SITE, "admin", subject, body["project_id"]), to_json(body))
