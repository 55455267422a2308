"""The product under pressure and under faults: python -m benchmarks.pressure.

Each cell starts its own system, supplies it with commands at half of this machine's capacity, and measures it for some
seconds before, under and after a pressure or a fault. An honest client sends 25 commands a second beside the supply;
its waiting times count from the time at which a command is due. Every command that was accepted must have exactly one
inbox row, revision, outcome, event and entry of audit in both stores, or the cell fails.

Bars: a pressure leaves 0.9 of the rate before it; after a pressure or a fault the rate is 0.98 of the one before. In a
soak the dead rows of each table stay within bounds, and the p99 of the last quarter is at most 1.2 times that of the
second. The exit status is 1 if a bar is missed or a cell fails. --quick judges no bar.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog
import uvloop

from benchmarks.commands.testbed import TestbedFactory
from benchmarks.pressure import cells, table
from benchmarks.pressure.cells import Result
from benchmarks.pressure.pressures import CELLS
from benchmarks.pressure.soak import Soak, soak

_SUPPLY_SHARE = 0.5
_QUICK_SECONDS = 2.0
_SOAK_MINUTES = 20.0
_QUICK_SOAK_SECONDS = 8.0
_CRITICAL = 50


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    names = "\n".join(f"  {cell.name:10} {cell.what}" for cell in CELLS.values())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pressure",
        description=__doc__,
        epilog=f"cells:\n{names}\n  {'soak':10} the supply for --minutes, without any pressure\n\n"
        "examples:\n"
        "  python -m benchmarks.pressure                             all cells but the soak, eight minutes\n"
        "  python -m benchmarks.pressure --minutes 20                and then the soak\n"
        "  python -m benchmarks.pressure --only idle --seconds 120   one cell, for longer\n"
        "  python -m benchmarks.pressure --only soak --minutes 20",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only", metavar="CELL", choices=[*CELLS, "soak"], action="append", help="this cell; again for more"
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="of each of the three windows of a cell")
    parser.add_argument("--minutes", type=float, help="of the soak; 20 stand for six hours of a usual day")
    parser.add_argument(
        "--rate", type=float, help="of the supply, a second; the capacity is then not measured, but twice as much"
    )
    parser.add_argument("--quick", action="store_true", help="a few seconds for each cell, no bars: does it run?")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser.parse_args(arguments)


@dataclass
class Figures:
    """Everything that was measured."""

    capacity: float
    rate: float
    results: list[Result] = field(default_factory=list)
    soaked: Soak | None = None
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def reached(self) -> bool:
        """Whether every bar is reached."""
        return all(result.reached for result in self.results) and (self.soaked is None or self.soaked.reached)


async def measure(factory: TestbedFactory, options: argparse.Namespace) -> Figures:
    """Measure the chosen cells one after the other; one that fails does not stop the others."""
    seconds = _QUICK_SECONDS if options.quick else options.seconds
    capacity = options.rate / _SUPPLY_SHARE if options.rate else await cells.measure_capacity(factory, seconds)
    figures = Figures(capacity, capacity * _SUPPLY_SHARE)
    print(f"capacity {figures.capacity:,.0f}/s, supply {figures.rate:,.0f}/s", file=sys.stderr)
    for name, cell in CELLS.items():
        if not options.only or name in options.only:
            with _noting_failure(figures, name):
                figures.results.append(await cells.measure(factory, cell, seconds, figures.rate, capacity))
                print(table.line(figures.results[-1]), file=sys.stderr)
    minutes = options.minutes or (_SOAK_MINUTES if "soak" in (options.only or ()) else 0.0)
    if minutes:
        with _noting_failure(figures, "soak"):
            figures.soaked = await soak(factory, _QUICK_SOAK_SECONDS if options.quick else minutes * 60, figures.rate)
    return figures


@contextmanager
def _noting_failure(figures: Figures, name: str) -> Iterator[None]:
    try:
        yield
    except (AssertionError, TimeoutError) as error:
        figures.failures[name] = f"{type(error).__name__}: {error}"
        print(f"{name}: {figures.failures[name]}", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the figures, and exit with 1 if a bar is missed or a cell failed."""
    options = parse(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(_CRITICAL))  # kills are no news here
    with tempfile.TemporaryDirectory(prefix="incidents-pressure-") as directory:
        factory = TestbedFactory(Path(directory))
        with factory.open():
            figures = uvloop.run(measure(factory, options))
    if options.json:
        print(
            json.dumps(
                table.document(figures.capacity, figures.rate, figures.results, figures.soaked, figures.failures)
            )
        )
    else:
        table.show(figures.results, figures.soaked, figures.failures)
    if figures.failures or not (options.quick or figures.reached):
        sys.exit(1)


if __name__ == "__main__":
    main()
