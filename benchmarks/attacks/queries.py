"""The effect of one client's queries on others: python -m benchmarks.attacks.queries."""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nats.errors
import psutil
import uvloop
from nats.aio.client import Client as Nats

from benchmarks.commands.testbed import SITE, Testbed, TestbedFactory
from benchmarks.lists.filling import fill
from contracts import subjects
from contracts.ids import uuid7
from workers.runtime.bus import streams

_PATIENCE_SECONDS = 5.0
"""Time limit of the honest client, which an unanswered query counts as."""

_PAUSE_SECONDS = 0.1
_QUIET_SECONDS = 5.0
_MEBIBYTE = 1 << 20
LARGE = uuid7()
"""A project with 50 MB of comments, and as much in its history."""

_LARGE = f"""
    INSERT INTO projects.project (id, number, revision, description, created_by, created_at, updated_by, updated_at,
        imported, retention_exempt)
    VALUES ('{LARGE}', 900000000, 2501, 'Large.', 'eve', now(), 'eve', now(), false, false);
    INSERT INTO projects.comment (project_id, comment_id, text, created_by, created_at)
    SELECT '{LARGE}', gen_random_uuid(), left(repeat(md5(n::text) || ' and ', 600), 20000), 'eve', now()
    FROM generate_series(1, 2500) n;
    INSERT INTO projects.change_set (project_id, revision, first_place, at, by, fields, changes)
    SELECT '{LARGE}', row_number() OVER () + 1, 1, created_at, created_by, '{{comment}}',
        jsonb_build_array(jsonb_build_object(
            'field', 'comment', 'part_id', comment_id, 'new', jsonb_build_object('text', text)))
    FROM projects.comment WHERE project_id = '{LARGE}'
"""  # noqa: S608 - the id is a constant
_ROLES = """
    INSERT INTO administration.role VALUES ('all', 'all', '{"incident-projects": "view",
        "incident-projects/comments": "view", "incident-projects/sequences": "view"}');
    INSERT INTO administration.member VALUES ('eve', 'all'), ('honest', 'all')
"""


@dataclass(frozen=True, slots=True)
class Attack:
    """One client with one query at a rate."""

    name: str
    verb: str
    body: dict[str, Any]
    rate: int
    principal: str = "eve"


ATTACKS = (
    Attack("100 statistics a second", "projects.statistics", {"group_by": "camera"}, 100),
    Attack("28,000 lists a second, no role", "projects.list", {}, 28_000, "mallory"),
    Attack("a project of 50 MB, 20 a second", "projects.get", {"project_id": str(LARGE)}, 20),
    Attack("its history, 20 a second", "projects.history", {"project_id": str(LARGE), "limit": 500}, 20),
)


@dataclass(slots=True)
class Waits:
    """The waiting times of the honest client by the time of the query."""

    waited: list[tuple[float, float]] = field(default_factory=list)
    over: bool = False

    def median(self, since: float, until: float) -> float:
        """Return the median of a span, in milliseconds."""
        seconds_in_span = [seconds for at, seconds in self.waited if since <= at < until]
        return statistics.median(seconds_in_span) * 1000 if seconds_in_span else float("nan")


async def _ask(connection: Nats, waits: Waits) -> None:
    at, subject = time.monotonic(), subjects.query(SITE, "honest", "projects.list")
    try:
        answer = await connection.request(subject, b'{"limit": 10}', timeout=_PATIENCE_SECONDS)
        if "Nats-Service-Error-Code" in (answer.headers or {}):
            raise nats.errors.TimeoutError
        waits.waited.append((at, time.monotonic() - at))
    except nats.errors.Error:
        waits.waited.append((at, _PATIENCE_SECONDS))


async def _ask_regularly(connection: Nats, waits: Waits) -> None:
    """Ask at a fixed rate, without waiting for answers, which would hide how long others would have waited."""
    async with asyncio.TaskGroup() as asking:
        while not waits.over:
            asking.create_task(_ask(connection, waits))
            await asyncio.sleep(_PAUSE_SECONDS)


async def _flood(testbed: Testbed, attack: Attack, seconds: float) -> int:
    request = {
        "principal": attack.principal,
        "subject": subjects.query(SITE, attack.principal, attack.verb),
        "body": attack.body,
        "rate": attack.rate,
        "seconds": seconds,
    }
    program = [sys.executable, "-m", "benchmarks.attacks.flooding", testbed.nats_url]
    flooder = await asyncio.create_subprocess_exec(
        *program,
        str(testbed.credentials(attack.principal, "client")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await flooder.communicate(json.dumps(request).encode())
    return int(output)


def _resident_mebibytes(testbed: Testbed) -> dict[str, float]:
    """Return the resident mebibytes of each worker."""
    pids_by_worker = {name: [process.pid for process in processes] for name, processes in testbed.workers.items()}
    return {
        name: sum(psutil.Process(pid).memory_info().rss for pid in pids) / _MEBIBYTE
        for name, pids in pids_by_worker.items()
    }


async def _track_peaks(testbed: Testbed, most: dict[str, float], waits: Waits) -> None:
    while not waits.over:
        for name, resident in _resident_mebibytes(testbed).items():
            most[name] = max(most.get(name, 0), resident)
        await asyncio.sleep(0.1)


def _start(testbed: Testbed) -> None:
    for name in ("projects", "audit"):
        testbed.spawn_worker(name)


async def _until_answered(connection: Nats) -> None:
    subject = subjects.query(SITE, "honest", "projects.list")
    async with asyncio.timeout(60):
        while True:
            try:
                await connection.request(subject, b"{}", timeout=1)
            except nats.errors.Error:
                await asyncio.sleep(0.2)
            else:
                return


async def measure_attack(testbed: Testbed, attack: Attack, seconds: float, projects: int) -> dict[str, Any]:
    """Run one attack beside an honest client, and return the figures of both."""
    await asyncio.to_thread(fill, testbed.database_url, projects)
    testbed.database.execute(_LARGE.encode())
    testbed.database.execute(_ROLES.encode())
    await _provision(testbed)
    _start(testbed)
    honest, waits, most = await testbed.connect("honest", "client"), Waits(), dict[str, float]()
    await _until_answered(honest)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_ask_regularly(honest, waits))
        began = time.monotonic()
        await asyncio.sleep(_QUIET_SECONDS)
        start, attack_began = _resident_mebibytes(testbed), time.monotonic()
        tasks.create_task(_track_peaks(testbed, most, waits))
        sent = await _flood(testbed, attack, seconds)
        ended = time.monotonic()
        await asyncio.sleep(10 + _QUIET_SECONDS)
        waits.over = True
    before = waits.median(began, attack_began)
    during, after = waits.median(attack_began, ended), waits.median(ended + 10, time.monotonic())
    left = _resident_mebibytes(testbed)
    return {
        "attack": attack.name,
        "sent": f"{sent / (ended - attack_began):,.0f}/s",
        "before": f"{before:.1f}",
        "during": f"{during:.1f} (× {during / before:.1f})",
        "after": f"{after:.1f} (× {after / before:.1f})",
        "memory": "; ".join(f"{name} {start[name]:.0f} → {most[name]:.0f} → {left[name]:.0f}" for name in start),
    }


async def _provision(testbed: Testbed) -> None:
    provisioning = await testbed.connect("provision", "provision")
    await streams.provision(provisioning, SITE)


async def _measure(factory: TestbedFactory, options: argparse.Namespace) -> list[dict[str, Any]]:
    rows = []
    for attack in ATTACKS:
        if options.only in attack.name:
            async with factory.testbed() as testbed:
                rows.append(await measure_attack(testbed, attack, options.seconds, options.projects))
                print(f"{attack.name}: {rows[-1]}", file=sys.stderr)
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the attacks one after the other, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attacks.queries", description=__doc__)
    parser.add_argument("--seconds", type=float, default=11, help="how long each attack lasts")
    parser.add_argument("--projects", type=int, default=20_000, help="projects in the database")
    parser.add_argument("--only", default="", help="attacks whose name holds this")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="incidents-attacks-") as directory:
        factory = TestbedFactory(Path(directory))
        with factory.open():
            rows = uvloop.run(_measure(factory, options))
    names = list(rows[0]) if rows else []
    print(f"| {' | '.join(names)} |\n|{' --- |' * len(names)}")
    for row in rows:
        print(f"| {' | '.join(row.values())} |")


if __name__ == "__main__":
    main()
