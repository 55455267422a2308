"""The figures with their bars: tables for people, a document for programs."""

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks.pressure.cells import CARRIED_BAR, RECOVERY_BAR, Result
from benchmarks.pressure.soak import DEAD_ROWS_BAR, DRIFT_BAR, Soak

_WIDTH: Final = 118
_DEAD_ROWS_SHOWN: Final = 100


def line(result: Result) -> str:
    """Return a result as one line."""
    rates = " → ".join(f"{window.rate:,.0f}" for window in result.windows)
    p99 = " → ".join(f"{window.p99:,.0f}" for window in result.windows)
    return f"{result.cell}: {rates}/s; p99 {p99} ms; {_notes(result)}"


def _notes(result: Result) -> str:
    behind = "never caught up" if result.behind_seconds is None else f"behind for {result.behind_seconds:.1f} s"
    extra = {
        "refused by the broker": result.refused,
        "outcomes asked for": result.status_queries,
        "events repeated": result.repeated,
    }
    counts = [f"{number:,} {name}" for name, number in extra.items() if number]
    return ", ".join([behind, f"{result.commands:,} commands once each", *counts])


def show(results: Sequence[Result], soaked: Soak | None, failures: dict[str, str]) -> None:
    """Print everything, with the bar beside each figure."""
    console = Console(width=max(_WIDTH, Console().width))
    if results:
        console.print(_cells(results))
    for result in results:
        console.print(f"{result.cell}: {_notes(result)}", highlight=False)
    if soaked:
        console.print(_tables(soaked))
        console.print(_soak(soaked))
    for name, failure in failures.items():
        console.print(f"[red]{name} failed:[/] {failure}", highlight=False)
    console.print(f"Load of the machine now: {', '.join(f'{load:.1f}' for load in os.getloadavg())}", highlight=False)


def _cells(results: Sequence[Result]) -> Table:
    headers = ("cell", "when", "applied/s", "of before", "bar", "p50 ms", "p99 ms", "longest ms")
    table = Table(*headers, title="Under pressure, and after")
    for column in table.columns[2:]:
        column.justify = "right"
    for result in results:
        bars = {"under": CARRIED_BAR if result.is_pressure else None, "after": RECOVERY_BAR}
        for window in result.windows:
            share, bar = window.rate / result.windows[0].rate, bars.get(window.name)
            marked = _mark(f"{share:.2f}", None if bar is None else share >= bar)
            table.add_row(
                f"{result.cell}: {result.what}" if window.name == "before" else "",
                window.name,
                f"{window.rate:,.0f}",
                "" if window.name == "before" else marked,
                "" if bar is None else f"≥ {bar:.2f}",
                *(f"{wait:,.1f}" for wait in (window.p50, window.p99, window.longest)),
            )
        table.add_section()
    return table


def _tables(soaked: Soak) -> Table:
    headers = ("table", "rows", "dead: 1st half", "2nd half", "growth", "bar", "table MB", "indexes MB")
    table = Table(*headers, title=f"Soak of {soaked.seconds / 60:.1f} minutes, {soaked.commands:,} commands")
    for column in table.columns[1:]:
        column.justify = "right"
    for history in sorted(soaked.tables, key=lambda history: -history.looks[-1].table_bytes):
        last, (first, second) = history.looks[-1], history.peaks
        table.add_row(
            history.name,
            f"{last.live:,}",
            f"{first:,}",
            f"{second:,}",
            _mark(f"{history.growth:.2f}", history.is_bounded),
            f"≤ {DEAD_ROWS_BAR:.2f}",
            f"{last.table_bytes / 1e6:,.1f}",
            f"{last.index_bytes / 1e6:,.1f}",
        )
    return table


def _soak(soaked: Soak) -> Table:
    table = Table("figure", "1st quarter", "2nd", "3rd", "4th", "4th / 2nd", "bar", title="The honest client, memory")
    names = ("p50 ms", "p99 ms", "longest ms")
    for at, name in enumerate(names):
        waits = [quarter[at] for quarter in soaked.quarters]
        ratio = waits[3] / waits[1]
        marked = _mark(f"{ratio:.2f}", ratio <= DRIFT_BAR) if name == "p99 ms" else f"{ratio:.2f}"
        table.add_row(name, *(f"{wait:,.1f}" for wait in waits), marked, f"≤ {DRIFT_BAR}" if at == 1 else "")
    start, end = soaked.memory
    for name in start:
        for at, kind in enumerate(("PSS", "RSS")):
            before, after = start[name][at], end[name][at]
            table.add_row(f"{kind} of {name}, MB", f"{before:.0f}", "", "", f"{after:.0f}", "", "")
    return table


def _mark(figure: str, reached: bool | None) -> str:
    return figure if reached is None else f"[{'green' if reached else 'red'}]{figure}[/]"


def document(
    capacity: float, rate: float, results: Sequence[Result], soaked: Soak | None, failures: dict[str, str]
) -> dict[str, Any]:
    """Return everything for programs."""
    shares = [{"carried": each.carried, "recovery": each.recovery, "reached": each.reached} for each in results]
    return {
        "about": {"cores": os.cpu_count(), "load": os.getloadavg(), "capacity": capacity, "rate": rate},
        "cells": [{**asdict(each), **share} for each, share in zip(results, shares, strict=True)],
        "soak": {**asdict(soaked), "drift": soaked.drift, "reached": soaked.reached} if soaked else None,
        "failures": failures,
    }
