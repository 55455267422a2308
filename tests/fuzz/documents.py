"""Reports of texts that nobody types by accident, through the real workers: each ends as a report or a refusal."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import UUID

import psutil

from contracts.administration import ChangeSettings
from contracts.ids import uuid7
from contracts.message import Command
from contracts.projects.commands import CreateProject
from contracts.projects.parts import AddCall, AddComment
from contracts.projects.recordings import Sequence
from contracts.properties import AddType, DefineCategory, DefineDataField
from contracts.reports import GenerateReport
from incidents import Client, Refused
from tests.fuzz.texts import text
from tests.support import Site
from tests.support.databases import prepared
from tests.support.system import WorkerProcess, worker_process
from workers.local.servers.cache_sizing import CACHE_MEBIBYTES
from workers.local.servers.postgres import EmbeddedPostgres

AT_ONCE = 6
ROUND = 50
"""Documents that are made under one title and the same names of properties."""

OUTCOME_SECONDS = 300.0
_READY_SECONDS = 120.0
_GROWTH_BYTES_MAX = 100_000_000
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Summary:
    """How it went; a document that got neither a report nor a refusal is lost, and named by its number."""

    seed: int
    reports: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    worker_bytes: list[int] = field(default_factory=list)
    """Memory of the worker of reports after each round."""

    children_bytes_max: int = 0
    same_process: bool = True

    @property
    def documents(self) -> int:
        """How many documents were tried."""
        return self.reports + self.refused.total() + len(self.lost)

    @property
    def growth_bytes(self) -> int:
        """What the worker's memory grew by since the end of the first round."""
        return max(self.worker_bytes) - self.worker_bytes[0]

    @property
    def failed(self) -> bool:
        """Whether a document was lost, the worker died, or its memory grew by more than 100 MB."""
        return bool(self.lost) or not self.same_process or self.growth_bytes >= _GROWTH_BYTES_MAX

    def __str__(self) -> str:
        megabytes = [size // 1_000_000 for size in (self.worker_bytes[0], max(self.worker_bytes))]
        refused = ", ".join(f"{kind} {number}" for kind, number in sorted(self.refused.items())) or "none"
        return (
            f"documents: seed {self.seed}, {self.documents} tried, {self.reports} reports, refused: {refused}, "
            f"lost: {self.lost or 'none'}, worker {megabytes[0]} MB after the first round, {megabytes[1]} MB at most, "
            f"children {self.children_bytes_max // 1_000_000} MB at most, "
            f"{'the worker lived' if self.same_process else 'THE WORKER DIED'}"
        )


async def run(count: int, seed: int, say: Callable[[str], None]) -> Summary:
    """Start a site, try so many documents on it, and stop it."""
    async with opened() as site:
        return await fuzz(site, count, seed, say)


@asynccontextmanager
async def opened() -> AsyncIterator[Site]:
    """Start a site on servers of its own."""
    with tempfile.TemporaryDirectory(prefix="documents-") as directory:
        server = EmbeddedPostgres(Path(directory) / "postgres", cache=CACHE_MEBIBYTES[0])
        server.start()
        try:
            await prepared(server, "incident_manager", "log_server")
            urls = (server.url("incident_manager"), server.url("log_server"))
            async with Site(Path(directory) / "site", *urls).open() as site:
                yield site
        finally:
            server.stop()


async def fuzz(site: Site, count: int, seed: int, say: Callable[[str], None] | None = None) -> Summary:
    """Try so many documents, in rounds; the same seed makes the same texts."""
    summary = Summary(seed)
    async with AsyncExitStack() as stack:
        processes = [
            await stack.enter_async_context(worker_process(site, name))
            for name in ("projects", "administration", "reports")
        ]
        reports = processes[-1]
        for process in processes:
            await process.wait_until_ready(_READY_SECONDS)
        client = await site.client()
        born = psutil.Process(reports.pid).create_time()
        for first in range(0, count, ROUND):
            await dress(client, Random(f"{seed}:{first}:names"))
            numbers = range(first, min(first + ROUND, count))
            turns = asyncio.Semaphore(AT_ONCE)
            await asyncio.gather(*(attempt(client, number, turns, summary) for number in numbers))
            measure(reports, summary)
            if say and first % (10 * ROUND) == 0:
                say(str(summary))
        summary.same_process = psutil.Process(reports.pid).create_time() == born
    return summary


async def attempt(client: Client, number: int, turns: asyncio.Semaphore, summary: Summary) -> None:
    """Try one document and count how it ended."""
    async with turns:
        try:
            async with asyncio.timeout(OUTCOME_SECONDS):
                await document(client, Random(f"{summary.seed}:{number}"))
        except Refused as refused:
            if refused.error.retryable:  # a dead letter: somebody has to look at it
                summary.lost.append(f"{number} ({refused.error.code})")
                return
            kinds = [field["kind"] for field in refused.error.details.get("fields", ())]
            summary.refused[" ".join((refused.error.code, *kinds))] += 1
        except TimeoutError:
            summary.lost.append(f"{number} (no outcome)")
        else:
            summary.reports += 1


async def document(client: Client, chance: Random) -> None:
    """Write a project and ask for its report."""
    long = chance.choice((3, 12, 12, 12, 120))
    project_id = uuid7()
    sequence = Sequence(
        sequence_id=uuid7(), camera_id=f"c{text(chance, 3)}", camera_name=f"c{text(chance, 5)}", start=START, end=START
    )
    await client.send(
        CreateProject(project_id=project_id, description=text(chance, long), sequences=[sequence]),
    )
    for part in parts(project_id, chance, long):
        await client.send(part)
    await client.send(GenerateReport(report_id=uuid7(), project_id=project_id))


def parts(project_id: UUID, chance: Random, long: int) -> list[Command[object]]:
    """Make up what is added to a project."""
    comment = AddComment(project_id=project_id, comment_id=uuid7(), text=text(chance, long))
    call = AddCall(
        project_id=project_id,
        call_id=uuid7(),
        direction="made",
        at=START,
        party=f"p{text(chance, 5)}",
        number=text(chance, 5),
        notes=text(chance, long),
    )
    return [comment, call]


async def dress(client: Client, chance: Random) -> None:
    """Give the site a title, and names of properties, that no typesetter likes."""
    await client.send(ChangeSettings(report_title=text(chance, 8), language=chance.choice(("en", "fr"))))
    await client.send(AddType(name=f"t{text(chance, 4)}"))
    await client.send(DefineCategory(slot=1, enabled=True, name=f"n{text(chance, 4)}"))
    await client.send(DefineDataField(kind="text", slot=1, enabled=True, name=f"n{text(chance, 4)}"))


def measure(reports: WorkerProcess, summary: Summary) -> None:
    """Look how much memory the worker and its children have."""
    worker = psutil.Process(reports.pid)
    summary.worker_bytes.append(worker.memory_info().rss)
    children = [child.memory_info().rss for child in worker.children()]
    summary.children_bytes_max = max(summary.children_bytes_max, *children, 0)
