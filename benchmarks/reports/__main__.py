"""Reports per CPU second, ours beside others that set the same texts: python -m benchmarks.reports."""

import asyncio
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil

from benchmarks.reports.bare_typst import make_with
from benchmarks.reports.content import Make
from benchmarks.reports.projects import document
from workers.common.sandboxed_jobs import Limits, ProcessPool
from workers.reports.rendering.child_process_rendering import render
from workers.reports.rendering.render_input import ReportDocument
from workers.reports.rendering.template_content import content

TURNS = 12
REPORTS = 40
OURS, BARE = "ours", "bare typst"
OPTIONAL = {"ReportLab": "benchmarks.reports.with_reportlab", "WeasyPrint": "benchmarks.reports.with_weasyprint"}


def main() -> None:
    """Print the rates and their ratios, measured alternately."""
    rates = asyncio.run(_measure())
    print(f"{'reports per CPU second':24}{'median':>8}{'least':>8}{'most':>8}{'ours by it':>12}")
    for name, rows in rates.items():
        ratio = statistics.median(ours / row for ours, row in zip(rates[OURS], rows, strict=True))
        print(f"{name:24}{statistics.median(rows):8.1f}{min(rows):8.1f}{max(rows):8.1f}{ratio:12.2f}")
    print(f"goal: at least 0.80 of {BARE}")


async def _measure() -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        peers = {BARE: make_with(Path(folder)), **_installed()}
        async with ProcessPool(Limits()).open():
            for turn in range(TURNS + 1):
                reports = [document(turn * REPORTS + place) for place in range(REPORTS)]
                contents = [content(report) for report in reports]
                measured = {OURS: await _ours(reports)}
                for name, make in peers.items():
                    measured[name] = _rate(partial(_all, make, contents))
                for name, rate in measured.items() if turn else ():
                    rates.setdefault(name, []).append(rate)
    return rates


def _installed() -> dict[str, Make]:
    """Return the peers that are installed; of the others, say what they need."""
    peers = {}
    for name, module in OPTIONAL.items():
        try:
            peers[name] = import_module(module).make()
        except (ImportError, OSError) as error:
            print(f"{name} is left out: {error}. `make bench` installs it; WeasyPrint needs Pango.", file=sys.stderr)
    return peers


async def _ours(reports: list[ReportDocument]) -> float:
    before = _cpu_seconds()
    for report in reports:
        await render(report)
    return len(reports) / (_cpu_seconds() - before)


def _all(make: Make, contents: list[dict[str, Any]]) -> list[bytes]:
    return [make(each) for each in contents]


def _rate(make: Callable[[], list[bytes]]) -> float:
    before = _cpu_seconds()
    return len(make()) / (_cpu_seconds() - before)


def _cpu_seconds() -> float:
    """Return the processor time of this process and its children, including ended ones."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    living = sum(sum(child.cpu_times()[:2]) for child in psutil.Process().children())
    return time.process_time() + ended.ru_utime + ended.ru_stime + living


if __name__ == "__main__":
    main()
