"""What one client's queries do to everybody else's: python -m benchmarks.attacks.queries."""

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

from benchmarks.commands.stage import SITE, Stage, Theatre
from benchmarks.lists.filling import fill
from contracts import subjects
from contracts.ids import uuid7
from workers.runtime.bus import streams

_LONGEST = 5.0
"""Seconds that the honest client waits: what is not answered counts as much."""

_PAUSE = 0.1
_QUIET = 5.0
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
    INSERT INTO projects.history (project_id, revision, place, at, by, field, part_id, new)
    SELECT '{LARGE}', row_number() OVER () + 1, 1, created_at, created_by, 'comment', comment_id,
        jsonb_build_object('text', text) FROM projects.comment WHERE project_id = '{LARGE}'
"""  # noqa: S608 - the id stands above
_ROLES = """
    INSERT INTO administration.role VALUES ('all', 'all', '{"incident-projects": "view",
        "incident-projects/comments": "view", "incident-projects/sequences": "view"}');
    INSERT INTO administration.member VALUES ('eve', 'all'), ('honest', 'all')
"""


@dataclass(frozen=True, slots=True)
class Attack:
    """One client that asks one thing at a rate."""

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
    """How long the honest client waited, by the moment at which it asked."""

    waited: list[tuple[float, float]] = field(default_factory=list)
    over: bool = False

    def median(self, since: float, until: float) -> float:
        """Return the median of a span, in milliseconds."""
        found = [seconds for at, seconds in self.waited if since <= at < until]
        return statistics.median(found) * 1000 if found else float("nan")


async def _ask(connection: Nats, waits: Waits) -> None:
    at, subject = time.monotonic(), subjects.query(SITE, "honest", "projects.list")
    try:
        answer = await connection.request(subject, b'{"limit": 10}', timeout=_LONGEST)
        if "Nats-Service-Error-Code" in (answer.headers or {}):
            raise nats.errors.TimeoutError
        waits.waited.append((at, time.monotonic() - at))
    except nats.errors.Error:
        waits.waited.append((at, _LONGEST))


async def _ask_regularly(connection: Nats, waits: Waits) -> None:
    """Ask whatever became of the queries before: who waits for them would miss how long others would have waited."""
    async with asyncio.TaskGroup() as asking:
        while not waits.over:
            asking.create_task(_ask(connection, waits))
            await asyncio.sleep(_PAUSE)


async def _flooded(stage: Stage, attack: Attack, seconds: float) -> int:
    given = {
        "principal": attack.principal,
        "subject": subjects.query(SITE, attack.principal, attack.verb),
        "body": attack.body,
        "rate": attack.rate,
        "seconds": seconds,
    }
    program = [sys.executable, "-m", "benchmarks.attacks.flooding", stage.nats_url]
    flooder = await asyncio.create_subprocess_exec(
        *program,
        str(stage.credentials(attack.principal, "client")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await flooder.communicate(json.dumps(given).encode())
    return int(told)


def _memory(stage: Stage) -> dict[str, float]:
    """Return the resident mebibytes of each worker."""
    started = {name: [one.pid for one in running] for name, running in stage.workers.items()}
    return {
        name: sum(psutil.Process(one).memory_info().rss for one in pids) / _MEBIBYTE for name, pids in started.items()
    }


async def _most(stage: Stage, most: dict[str, float], waits: Waits) -> None:
    while not waits.over:
        for name, resident in _memory(stage).items():
            most[name] = max(most.get(name, 0), resident)
        await asyncio.sleep(0.1)


def _start(stage: Stage) -> None:
    for name in ("projects", "audit"):
        given = {
            "INCIDENTS_NATS_URL": stage.nats_url,
            "INCIDENTS_NATS_CREDS": str(stage.credentials(name, "worker")),
            "INCIDENTS_DATABASE_URL": stage.database_url,
            "INCIDENTS_LOG_DATABASE_URL": stage.log_database_url,
        }
        stage.spawn(name, ["-m", "workers", "worker", name], given)


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


async def attacked(stage: Stage, attack: Attack, seconds: float, projects: int) -> dict[str, Any]:
    """Run one attack beside an honest client, and return what both noticed."""
    await asyncio.to_thread(fill, stage.database_url, projects)
    stage.database.execute(_LARGE.encode())
    stage.database.execute(_ROLES.encode())
    await _provision(stage)
    _start(stage)
    honest, waits, most = await stage.connect("honest", "client"), Waits(), dict[str, float]()
    await _until_answered(honest)
    async with asyncio.TaskGroup() as beside:
        beside.create_task(_ask_regularly(honest, waits))
        began = time.monotonic()
        await asyncio.sleep(_QUIET)
        start, attack_began = _memory(stage), time.monotonic()
        beside.create_task(_most(stage, most, waits))
        sent = await _flooded(stage, attack, seconds)
        ended = time.monotonic()
        await asyncio.sleep(10 + _QUIET)
        waits.over = True
    before = waits.median(began, attack_began)
    during, after = waits.median(attack_began, ended), waits.median(ended + 10, time.monotonic())
    left = _memory(stage)
    return {
        "attack": attack.name,
        "sent": f"{sent / (ended - attack_began):,.0f}/s",
        "before": f"{before:.1f}",
        "during": f"{during:.1f} (× {during / before:.1f})",
        "after": f"{after:.1f} (× {after / before:.1f})",
        "memory": "; ".join(f"{name} {start[name]:.0f} → {most[name]:.0f} → {left[name]:.0f}" for name in start),
    }


async def _provision(stage: Stage) -> None:
    provisioning = await stage.connect("provision", "provision")
    await streams.provision(provisioning, SITE)


async def _measure(theatre: Theatre, options: argparse.Namespace) -> list[dict[str, Any]]:
    told = []
    for attack in ATTACKS:
        if options.only in attack.name:
            async with theatre.stage() as stage:
                told.append(await attacked(stage, attack, options.seconds, options.projects))
                print(f"{attack.name}: {told[-1]}", file=sys.stderr)
    return told


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the attacks one after the other, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attacks.queries", description=__doc__)
    parser.add_argument("--seconds", type=float, default=11, help="how long each attack lasts")
    parser.add_argument("--projects", type=int, default=20_000, help="projects in the database")
    parser.add_argument("--only", default="", help="attacks whose name holds this")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="incidents-attacks-") as directory:
        theatre = Theatre(Path(directory))
        with theatre.open():
            told = uvloop.run(_measure(theatre, options))
    names = list(told[0]) if told else []
    print(f"| {' | '.join(names)} |\n|{' --- |' * len(names)}")
    for row in told:
        print(f"| {' | '.join(row.values())} |")


if __name__ == "__main__":
    main()
