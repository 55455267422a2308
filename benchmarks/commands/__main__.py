"""Commands per second and latency, compared with two other systems: python -m benchmarks.commands."""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvloop

from benchmarks.commands import systems, table
from benchmarks.commands.runs import (
    WARM_UP_COMMANDS,
    Figures,
    measure_backlog,
    measure_end_to_end,
    measure_waiting_client,
)
from benchmarks.commands.testbed import TestbedFactory

_SLOW_FACTOR = 5
"""The factor by which the one-message form gets fewer commands, so that it does not take most of the time."""

_WAITING_COMMANDS = 1_200


@dataclass(frozen=True)
class Plan:
    """A measurement that is repeated."""

    name: str
    system: type[systems.System]
    measure: Callable[[systems.System], Awaitable[Figures]]
    count: int


def plans(commands: int, calls: int) -> list[Plan]:
    """Return the measurements in the order of one repeat."""
    return [
        Plan("ceiling", systems.Ceiling, measure_backlog, commands),
        Plan("ours", systems.Ours, measure_backlog, commands),
        Plan("ours, updates", systems.OurUpdates, measure_backlog, commands),
        Plan("ours, 2 processes", systems.TwoOfOurs, measure_backlog, commands * 2),
        Plan("ours, no audit", systems.OursWithoutAudit, measure_backlog, commands),
        Plan("ours, 2, no audit", systems.TwoWithoutAudit, measure_backlog, commands * 2),
        Plan("one message", systems.OneMessage, measure_backlog, commands // _SLOW_FACTOR),
        Plan("ceiling, work queue", systems.WorkQueue, measure_backlog, commands),
        Plan("ceiling, end to end", systems.Ceiling, measure_end_to_end, commands + WARM_UP_COMMANDS),
        Plan("ours, end to end", systems.Ours, measure_end_to_end, commands + WARM_UP_COMMANDS),
        Plan("ceiling, waiting", systems.Ceiling, measure_waiting_client, calls),
        Plan("ours, waiting", systems.Ours, measure_waiting_client, calls),
        Plan("one message, waiting", systems.OneMessage, measure_waiting_client, calls),
    ]


async def measure(factory: TestbedFactory, chosen: Sequence[Plan], repeats: int) -> dict[str, list[Figures]]:
    """Measure all systems in turn, so that a slow minute of the machine affects each of them."""
    measured: dict[str, list[Figures]] = {plan.name: [] for plan in chosen}
    for repeat in range(repeats):
        for plan in chosen:
            async with factory.testbed() as testbed:
                figures = await plan.measure(plan.system(testbed, plan.count))
            measured[plan.name].append(figures)
            rounded = {name: round(value, 2) for name, value in figures.figures.items()}
            print(f"{repeat + 1}/{repeats} {plan.name}: {rounded}", file=sys.stderr)
    return measured


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.commands", description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--n", type=int, default=10_000, help="commands of one measurement")
    parser.add_argument("--quick", action="store_true", help="a few commands, once: does it run?")
    parser.add_argument("--only", default="", help="names of measurements, separated by ';'")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    commands, calls, repeats = (500, 60, 1) if options.quick else (options.n, _WAITING_COMMANDS, options.repeats)
    names = {name.strip() for name in options.only.split(";") if name.strip()}
    chosen = [plan for plan in plans(commands, calls) if not names or plan.name in names]
    with tempfile.TemporaryDirectory(prefix="incidents-bench-") as directory:
        factory = TestbedFactory(Path(directory))
        with factory.open():
            measured = uvloop.run(measure(factory, chosen, repeats))
    machine = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "commands": commands,
        "repeats": repeats,
    }
    if options.json:
        print(json.dumps(table.document(measured, machine)))
    else:
        table.show(measured)


if __name__ == "__main__":
    main()
