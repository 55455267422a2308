"""Fuzzing at the level of the protocol: whatever bytes one client sends, every other one is served."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.subjects import WORKERS
from tests.delivery.helpers import creation
from tests.fuzz.generators import ME, Frame, make_frame
from tests.fuzz.raw import RawClient, stored_places
from tests.support import Caller, Site, eventually
from tests.support.databases import prepared
from tests.support.system import WorkerProcess, worker_process
from workers.local.servers.cache_sizing import CACHE_MEBIBYTES
from workers.local.servers.postgres import EmbeddedPostgres
from workers.runtime.bus.streams import api

HONEST_SECONDS = 5.0
"""Within this time an honest client's command and query are answered, whatever came before."""

_QUIET_SECONDS = 60.0
_GROWTH_MEGABYTES_MAX = 100
_ID = re.compile(rb"Nats-Msg-Id:([^\r\n]*)")
_COUNTED = """
    SELECT (SELECT coalesce(sum(more), 0) FROM runtime.surplus WHERE what = 'dead-letters')
        + (SELECT coalesce(sum((details ->> 'count')::int), 0) FROM audit.activity
           WHERE activity = 'audit.surplus-counted' AND details ->> 'what' = 'dead-letters')
"""


@dataclass
class Summary:
    """What came of a run of frames."""

    seed: int
    frames: int = 0
    kept: int = 0
    """Frames whose PubAck came."""

    decided: int = 0
    letters: int = 0
    counted: int = 0
    """Dead letters beyond twenty a minute, which are counted and not written."""

    lost: list[int] = field(default_factory=list)
    """Numbers of frames that were kept and left no trace, not even a count."""

    stuck: int = 0
    honest_seconds_max: float = 0.0
    ended: list[str] = field(default_factory=list)
    """Processes that ended."""

    silent_after: int | None = None
    """The number of the frame after which an honest client had no answer."""

    errors: dict[str, int] = field(default_factory=dict)
    megabytes: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Memory of each worker and of the bus, before and after."""

    @property
    def failed(self) -> bool:
        """Whether anything was lost or stuck, or a worker's memory grew by 100 MB."""
        workers = (sizes for name, sizes in self.megabytes.items() if name != "nats")  # the bus keeps what it stored
        grown = any(after - before >= _GROWTH_MEGABYTES_MAX for before, after in workers)
        return bool(self.lost or self.stuck or self.ended or grown or self.silent_after is not None)


@dataclass
class Target:
    """A site with all workers as processes, an honest client, and one who is not."""

    site: Site
    workers: dict[str, WorkerProcess]
    honest: Caller
    raw: RawClient
    letters: set[str]
    """Places in COMMANDS of what became a dead letter: DEAD keeps the newest of each sender alone."""

    def processes(self) -> dict[str, psutil.Process]:
        """Name every process: the workers and the server of the bus."""
        pids = {name: worker.pid for name, worker in self.workers.items()} | {"nats": self.site.server.pid or 0}
        return {name: psutil.Process(pid) for name, pid in pids.items() if psutil.pid_exists(pid)}

    def ended(self) -> list[str]:
        """Name the workers that have ended."""
        return [name for name, worker in self.workers.items() if not worker.is_running]


@asynccontextmanager
async def target(site: Site) -> AsyncIterator[Target]:
    """Run all workers of a site as processes, and make an honest client and a bad one."""
    permissions = {Node.PROJECTS: "manage", Node.COMMENTS: "manage"}
    for principal in ("olivia", ME):
        await site.grant(principal, permissions)
    async with AsyncExitStack() as stack:
        workers = {name: await stack.enter_async_context(worker_process(site, name)) for name in WORKERS}
        raw = RawClient(site.url, site.credentials(ME), ME)
        stack.push_async_callback(raw.close)
        system = Target(site, workers, await site.caller("olivia"), raw, set())

        async def on_letter(letter: Msg) -> None:
            system.letters.add((letter.headers or {}).get("Nats-Msg-Id", "").rpartition("-")[2])

        await (await site.overseer()).subscribe("im.main.dead.>", cb=on_letter)
        await eventually(lambda: _is_served(system), within=150)
        yield system


async def _is_served(system: Target) -> bool:
    try:
        return await honest(system, 20) > 0
    except (NatsError, TimeoutError):
        return False


async def honest(system: Target, seconds: float = HONEST_SECONDS) -> float:
    """Send a command and a query as somebody else, and return how long the answers took.

    Raises:
        TimeoutError: One of them was not answered in time.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with asyncio.timeout(seconds):
        project_id = uuid7()
        outcome = await system.honest.send("projects.create", project_id, creation(project_id))
        assert outcome["status"] == "applied", outcome
        answer = await system.honest.nats.request("im.main.qry.olivia.projects.list", b'{"limit": 1}', timeout=seconds)
        assert json.loads(answer.data)["items"], answer.data
    return loop.time() - begun


async def attack(system: Target, frames: Sequence[Frame], summary: Summary, batch: int = 100) -> None:
    """Write the frames, and let the honest client ask after each batch; stop when it has no answer."""
    before = {name: process.memory_info().rss >> 20 for name, process in system.processes().items()}
    for start in range(0, len(frames), batch):
        for frame in frames[start : start + batch]:
            await system.raw.write(frame.data)
        await system.raw.settled()
        summary.frames = start + len(frames[start : start + batch])
        try:
            summary.honest_seconds_max = max(summary.honest_seconds_max, await honest(system))
        except (TimeoutError, NatsError, AssertionError):
            summary.silent_after = frames[summary.frames - 1].number
            break
    await _account(system, frames[: summary.frames], summary)
    after = {name: process.memory_info().rss >> 20 for name, process in system.processes().items()}
    summary.megabytes = {name: (before[name], after.get(name, 0)) for name in before}
    summary.ended, summary.errors = system.ended(), system.raw.errors


async def _account(system: Target, frames: Sequence[Frame], summary: Summary) -> None:
    """Find what became of each frame that was kept: an outcome, a dead letter, or nothing."""
    summary.stuck = await _wait_until_empty(system, 10.0 if summary.silent_after is not None else _QUIET_SECONDS)
    places = stored_places(system.raw.messages)
    rows = await system.site.sql("SELECT command_id::text FROM runtime.inbox WHERE principal = :me", me=ME)
    decided = {row[0] for row in rows} | decided_ids(system.raw.messages)
    summary.counted = int((await system.site.sql(_COUNTED))[0][0])
    silent: list[int] = []
    for frame in frames:
        if frame.is_command and frame.number in places:
            summary.kept += 1
            ids = {match.decode(errors="replace").strip() for match in _ID.findall(frame.data)}
            if str(places[frame.number]) in system.letters:
                summary.letters += 1
            elif ids & decided:
                summary.decided += 1
            else:
                silent.append(frame.number)
    if len(silent) > summary.counted:
        summary.lost = silent


def decided_ids(messages: list[tuple[str, bytes]]) -> set[str]:
    """Return the ids on which an outcome came."""
    return {subject.rpartition(".")[2] for subject, _ in messages if subject.startswith(f"im.main.out.{ME}.")}


async def _wait_until_empty(system: Target, seconds: float) -> int:
    """Wait until COMMANDS and the outbox are empty, and return how much is there when the time is over."""
    ops = await system.site.overseer()
    loop = asyncio.get_running_loop()
    deadline, left = loop.time() + seconds, -1

    async def is_empty() -> bool:
        nonlocal left
        left = (await api(ops, "STREAM.INFO.COMMANDS", {}))["state"]["messages"]
        left += await system.site.count("runtime.unpublished")
        return left == 0 or loop.time() > deadline

    await eventually(is_empty, within=seconds + 10)
    return left


@asynccontextmanager
async def fresh_site(directory: Path, number: int) -> AsyncIterator[Site]:
    """Make a site on servers of its own, for a run outside the tests."""
    server = EmbeddedPostgres(directory / f"postgres-{number}", cache=CACHE_MEBIBYTES[0])
    server.start()
    try:
        await prepared(server, "incident_manager", "log_server")
        urls = server.url("incident_manager"), server.url("log_server")
        async with Site(directory / f"site-{number}", *urls).open() as site:
            yield site
    finally:
        server.stop()


async def run(directory: Path, seed: int, count: int, say: Callable[[str], None]) -> Summary:
    """Send so many frames; a failure is narrowed down by replaying halves against fresh sites."""
    summary = Summary(seed)
    frames = [make_frame(seed, number) for number in range(count)]
    async with fresh_site(directory, 0) as site, target(site) as system:
        await attack(system, frames, summary, batch=500)
    if summary.silent_after is not None or summary.lost:
        await shrink(directory, suspects(frames, summary), say)
    return summary


def suspects(frames: Sequence[Frame], summary: Summary) -> list[Frame]:
    """Choose the frames among which the cause must be: the last ones before the silence, or those that are lost."""
    if summary.silent_after is not None:
        return list(frames[max(0, summary.frames - 1_000) : summary.frames])
    return [frame for frame in frames if frame.number in summary.lost]


async def shrink(directory: Path, frames: list[Frame], say: Callable[[str], None]) -> list[Frame]:
    """Halve the frames for as long as a half of them fails by itself, and show what is left."""
    number = 0
    while len(frames) > 1:
        middle = len(frames) // 2
        for half in (frames[:middle], frames[middle:]):
            number += 1
            summary = Summary(0)
            async with fresh_site(directory, number) as site, target(site) as system:
                await attack(system, half, summary)
            say(f"{len(half)} frames from {half[0].number} on: {'fail' if summary.failed else 'pass'}")
            if summary.failed:
                frames = half
                break
        else:
            break
    for frame in frames[:5]:
        say(f"frame {frame.number}: {frame.data[:400]!r}")
    return frames


def as_document(summary: Summary) -> dict[str, Any]:
    """Return a summary as a document."""
    return {**vars(summary), "lost": summary.lost[:20], "lost_count": len(summary.lost), "failed": summary.failed}
