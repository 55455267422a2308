"""Commands per second and latency beside the ceiling and the one-message form: python -m benchmarks.commands."""

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
from benchmarks.commands.runs import WARM, Figures, drained, end_to_end, waiting_client
from benchmarks.commands.stage import Theatre

_SLOW = 5
"""How many times fewer commands the one-message form gets, so that it does not take most of the time."""

_CALLS = 1_200


@dataclass(frozen=True)
class Plan:
    """One kind of measurement, repeated."""

    name: str
    system: type[systems.System]
    measure: Callable[[systems.System], Awaitable[Figures]]
    count: int


def plans(commands: int, calls: int) -> list[Plan]:
    """Return what is measured, in the order of one repeat."""
    return [
        Plan("ceiling", systems.Ceiling, drained, commands),
        Plan("ours", systems.Ours, drained, commands),
        Plan("ours, updates", systems.OurUpdates, drained, commands),
        Plan("ours, 2 processes", systems.TwoOfOurs, drained, commands * 2),
        Plan("ours, no audit", systems.OursUnheard, drained, commands),
        Plan("ours, 2, no audit", systems.TwoUnheard, drained, commands * 2),
        Plan("one message", systems.OneMessage, drained, commands // _SLOW),
        Plan("ceiling, work queue", systems.WorkQueue, drained, commands),
        Plan("ceiling, end to end", systems.Ceiling, end_to_end, commands + WARM),
        Plan("ours, end to end", systems.Ours, end_to_end, commands + WARM),
        Plan("ceiling, waiting", systems.Ceiling, waiting_client, calls),
        Plan("ours, waiting", systems.Ours, waiting_client, calls),
        Plan("one message, waiting", systems.OneMessage, waiting_client, calls),
    ]


async def measure(theatre: Theatre, chosen: Sequence[Plan], repeats: int) -> dict[str, list[Figures]]:
    """Do everything by turns, so that a slow minute of the machine meets every system."""
    measured: dict[str, list[Figures]] = {plan.name: [] for plan in chosen}
    for repeat in range(repeats):
        for plan in chosen:
            async with theatre.stage() as stage:
                figures = await plan.measure(plan.system(stage, plan.count))
            measured[plan.name].append(figures)
            told = {name: round(value, 2) for name, value in figures.figures.items()}
            print(f"{repeat + 1}/{repeats} {plan.name}: {told}", file=sys.stderr)
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
    commands, calls, repeats = (500, 60, 1) if options.quick else (options.n, _CALLS, options.repeats)
    names = {name.strip() for name in options.only.split(";") if name.strip()}
    chosen = [plan for plan in plans(commands, calls) if not names or plan.name in names]
    with tempfile.TemporaryDirectory(prefix="incidents-bench-") as directory:
        theatre = Theatre(Path(directory))
        with theatre.open():
            measured = uvloop.run(measure(theatre, chosen, repeats))
    about = {"cores": os.cpu_count(), "python": platform.python_version(), "commands": commands, "repeats": repeats}
    if options.json:
        print(json.dumps(table.document(measured, about)))
    else:
        table.show(measured)


if __name__ == "__main__":
    main()
