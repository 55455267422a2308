"""The two ways to delete expired projects: a plain DELETE, and the product's sweep."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import psycopg

from benchmarks.commands.machine import per_command
from benchmarks.commands.testbed import SITE, Testbed
from benchmarks.lists.asking import processor_milliseconds
from benchmarks.lists.filling import fill
from contracts.retention import Sweep
from incidents import Client, connect
from workers.projects.expired_project_deletion import delete_locked, lock_expired
from workers.runtime.bus import streams
from workers.runtime.storage import statement_execution
from workers.runtime.storage.database import connect_autocommit, open_engine

PLAIN_PROJECTS: Final = 250
WORKERS: Final = ("projects", "retention", "audit")
_PATIENCE_SECONDS: Final = 600.0
_HISTORY: Final = """
    INSERT INTO projects.change_set
    SELECT p.id, n, 1, p.updated_at, p.updated_by, '{status_id}',
        jsonb_build_array(jsonb_build_object('field', 'status_id', 'old', n, 'new', n + 1)), n, n + 1
    FROM projects.project p CROSS JOIN generate_series(2, 4) n;
    SELECT setval('projects.number', (SELECT max(number) FROM projects.project));
"""
_PLAIN: Final = """
    DELETE FROM projects.project WHERE id IN (
        SELECT id FROM projects.project WHERE created_at < now() - interval '30 days' AND NOT retention_exempt
        ORDER BY created_at, id LIMIT %s)
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """The seconds until all projects were deleted and recorded, and processor microseconds per project by part."""

    deleted: float
    recorded: float
    spent: dict[str, int]


async def prepare(testbed: Testbed, projects: int) -> None:
    """Fill the database with expired projects, each with comments, recordings, words and a history."""
    await asyncio.to_thread(fill, testbed.database_url, projects)
    testbed.database.execute(_HISTORY.encode())
    testbed.database.execute("VACUUM ANALYZE")
    testbed.database.execute("CHECKPOINT")


async def delete_plainly(testbed: Testbed, projects: int) -> Figures:
    """Delete all projects with a plain statement in batches of a step; the database's triggers delete the rest."""
    await prepare(testbed, projects)
    with psycopg.connect(testbed.database_url, autocommit=True, application_name="plain") as connection:
        before, since = testbed.processor_seconds(), time.perf_counter()
        while connection.execute(_PLAIN.encode(), [PLAIN_PROJECTS]).rowcount:
            pass
        seconds = time.perf_counter() - since
        spent = per_command(before, testbed.processor_seconds(), projects)
    return Figures(seconds, seconds, spent)


@asynccontextmanager
async def start_product(testbed: Testbed, workers: Sequence[str] = WORKERS) -> AsyncIterator[Client]:
    """Start some workers, by default those that a sweep needs, and connect an administrator when they answer."""
    await streams.provision(await testbed.connect("provision", "provision"), SITE)
    for name in workers:
        testbed.spawn_worker(name, INCIDENTS_LOG_DIR=str(testbed.directory / "logs"))
    async with connect(testbed.nats_url, testbed.credentials("admin", "client"), SITE, seconds=120) as client:
        yield client


async def sweep(testbed: Testbed, client: Client, projects: int) -> Figures:
    """Sweep all projects, until the sweep has ended and both stores have an entry for each of them."""
    before, since = testbed.processor_seconds(), time.perf_counter()
    started = await client.send(Sweep())
    if started.due != projects:
        raise AssertionError(f"{started.due} of {projects} projects have expired")
    await _until(lambda: _count(testbed.database_url, "SELECT count(*) FROM retention.sweep"), 0)
    deleted = time.perf_counter() - since
    entries = "SELECT count(*) FROM {} WHERE activity = 'projects.deleted'"
    await _until(lambda: _count(testbed.database_url, entries.format("audit.activity")), projects)
    await _until(lambda: _count(testbed.log_database_url, entries.format("entry")), projects)
    recorded = time.perf_counter() - since
    spent = _by_worker(per_command(before, testbed.processor_seconds(), projects))
    left = await _count(testbed.database_url, "SELECT count(*) FROM projects.tombstone WHERE expired")
    if left != projects:
        raise AssertionError(f"{left} tombstones after {projects} deletions\n{testbed.log_tails()}")
    return Figures(deleted, recorded, spent)


def _by_worker(spent: dict[str, int]) -> dict[str, int]:
    """Return the processor time by part, in which the connections of a worker's processes are one."""
    totals: Counter[str] = Counter()
    for part, microseconds in spent.items():
        totals[re.sub(r"incidents-(\w+)-\d+-\w+$", r"\1", part)] += microseconds
    return dict(totals)


async def _count(url: str, query: str) -> int:
    async with await psycopg.AsyncConnection.connect(url, application_name="counting") as connection:
        row = await (await connection.execute(query.encode())).fetchone()
    return int(row[0]) if row else 0


async def _until(count: Callable[[], Awaitable[int]], expected: int) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        reached = await count()
        while reached != expected:
            await asyncio.sleep(0.05)
            reached = await count()


async def time_steps(testbed: Testbed, projects: int, limit: int) -> list[tuple[float, float]]:
    """Return the milliseconds of each full step of this size, its statements and commit: waited and computed."""
    await prepare(testbed, projects)
    engine = open_engine(testbed.database_url, connections=1)
    results: list[tuple[float, float]] = []
    async with connect_autocommit(engine) as connection:
        pid = statement_execution.backend(connection)
        for _ in range(projects // limit):
            now, since, before = datetime.now(UTC), time.perf_counter(), processor_milliseconds(pid)
            async with statement_execution.transaction(connection):
                locked = await lock_expired(connection, now, limit)
                await delete_locked(connection, locked, "system", 0)
            waited = (time.perf_counter() - since) * 1000
            results.append((waited, processor_milliseconds(pid) - before))
    await engine.dispose()
    return results
