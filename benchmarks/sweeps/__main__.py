"""Sweeps beside a plain DELETE, and the commands that wait beside them: python -m benchmarks.sweeps."""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

import uvloop

from benchmarks.commands.testbed import TestbedFactory
from benchmarks.sweeps.deleting import Figures, delete_plainly, prepare, start_product, sweep, time_steps
from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from incidents import Client

_PAUSE_SECONDS: Final = 0.02
_QUIET_SECONDS: Final = 10.0
_STEPS: Final = (100, 250, 500, 1_000)


async def _send(client: Client, waits: list[tuple[float, float]]) -> None:
    at = time.perf_counter()
    await client.send(CreateProject(project_id=uuid7(), description="A bag was left at gate 4."))
    waits.append((at, (time.perf_counter() - at) * 1000))


async def _send_regularly(client: Client, waits: list[tuple[float, float]], over: asyncio.Event) -> None:
    """Send at a fixed rate, without waiting for outcomes, which would hide how long others would have waited."""
    async with asyncio.TaskGroup() as sending:
        while not over.is_set():
            sending.create_task(_send(client, waits))
            await asyncio.sleep(_PAUSE_SECONDS)


async def _measure_sweep(factory: TestbedFactory, projects: int) -> Figures:
    async with factory.testbed() as testbed:
        await prepare(testbed, projects)
        async with start_product(testbed) as client:
            await client.send(CreateProject(project_id=uuid7()))
            return await sweep(testbed, client, projects)


async def _measure_commands(factory: TestbedFactory, projects: int) -> dict[str, float]:
    """Return the waiting time of commands before and during a sweep, in milliseconds."""
    waits: list[tuple[float, float]] = []
    over = asyncio.Event()
    async with factory.testbed() as testbed:
        await prepare(testbed, projects)
        async with start_product(testbed) as client, asyncio.TaskGroup() as tasks:
            await client.send(CreateProject(project_id=uuid7()))
            tasks.create_task(_send_regularly(client, waits, over))
            await asyncio.sleep(_QUIET_SECONDS)
            since = time.perf_counter()
            figures = await sweep(testbed, client, projects)
            over.set()
    before = [wait for at, wait in waits if at < since]
    during = [wait for at, wait in waits if since <= at < since + figures.deleted]
    return {
        "commands before": len(before),
        "commands during": len(during),
        "p50 before": median(before),
        "p50 during": median(during),
        "p99 before": quantiles(before, n=100)[98],
        "p99 during": quantiles(during, n=100)[98],
    }


async def _measure(factory: TestbedFactory, options: argparse.Namespace) -> dict[str, Any]:
    projects, turns = options.projects, []
    steps: dict[str, list[tuple[float, float]]] = {}
    for size in _STEPS if options.steps else ():
        async with factory.testbed() as testbed:
            steps[str(size)] = await time_steps(testbed, projects, size)
    for number in range(options.repeats):
        async with factory.testbed() as testbed:
            plain = await delete_plainly(testbed, projects)
        ours = await _measure_sweep(factory, projects)
        turns.append((plain, ours))
        print(f"turn {number + 1}: plain {plain}, ours {ours}", file=sys.stderr)
    ratios = {
        "deleted": [plain.deleted / ours.deleted for plain, ours in turns],
        "recorded": [plain.deleted / ours.recorded for plain, ours in turns],
    }
    spent = {name: [pair[at].spent for pair in turns] for at, name in enumerate(("plain DELETE", "sweep"))}
    commands = [await _measure_commands(factory, projects) for _ in range(options.repeats)]
    return {"projects": projects, "steps": steps, "ratios": ratios, "spent": spent, "commands": commands}


def table(figures: dict[str, Any]) -> str:
    """Return the figures as text: medians with lowest and highest."""
    lines = []
    for size, steps in figures["steps"].items():
        (waited, computed), longest = map(median, zip(*steps, strict=True)), max(steps)[0]
        lines.append(f"step of {size}: {waited:.0f} ms, longest {longest:.0f} ms, processor {computed:.0f} ms")
    for name, ratios in figures["ratios"].items():
        lines.append(f"plain DELETE / sweep until {name}: {_spread(ratios)}")
    for name, spent_by_turn in figures["spent"].items():
        parts = {part: round(median(spent.get(part, 0) for spent in spent_by_turn)) for part in spent_by_turn[0]}
        by_part = ", ".join(f"{part} {spent}" for part, spent in parts.items() if spent)
        lines.append(f"{name}: {sum(parts.values())} µs of processor per project ({by_part})")
    turns = figures["commands"]
    lines += [f"{name}: {_spread([turn[name] for turn in turns])}" for name in turns[0]]
    grown = [turn["p99 during"] / turn["p99 before"] for turn in turns]
    lines.append(f"p99 during / before: {_spread(grown)}")
    return "\n".join(lines)


def _spread(values: Sequence[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f} – {max(values):.2f})"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both ways by turns, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweeps", description=__doc__)
    parser.add_argument("--projects", type=int, default=10_000, help="expired projects of each sweep")
    parser.add_argument("--repeats", type=int, default=3, help="turns of both ways")
    parser.add_argument("--steps", action="store_true", help="measure the transactions of steps of several sizes, too")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="incidents-sweeps-") as directory:
        factory = TestbedFactory(Path(directory))
        with factory.open():
            figures = uvloop.run(_measure(factory, options))
    print(json.dumps(figures) if options.json else table(figures))


if __name__ == "__main__":
    main()
