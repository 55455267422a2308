"""The ratios of figures with their goals, as a table for people and a document for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.commands.runs import Figures

Measured = Mapping[str, Sequence[Figures]]


@dataclass(frozen=True)
class Goal:
    """A ratio of two figures, and its bound."""

    what: str
    of: str
    to: str
    figure: str = "rate"
    base: str | None = None
    """The name of the second figure, if it differs."""

    least: float | None = None
    most: float | None = None

    def reached(self, ratio: float) -> bool | None:
        """Tell whether a ratio keeps the bound; None without one."""
        if self.least is not None:
            return ratio >= self.least
        return None if self.most is None else ratio <= self.most

    @property
    def bound(self) -> str:
        """Return the bound as text."""
        if self.least is not None:
            return f"≥ {self.least:g}"
        return "" if self.most is None else f"≤ {self.most:g}"


GOALS = (
    Goal("backlog: ours / ceiling", "ours", "ceiling", least=0.5),
    Goal("backlog: ours / one message at a time", "ours", "one message", least=15),
    Goal("backlog: ours until audit has it / ceiling", "ours", "ceiling", "finished"),
    Goal("backlog: processor time of the worker, ceiling / ours", "ceiling", "ours", "worker_us"),
    Goal("backlog: processor time of everything, ceiling / ours", "ceiling", "ours", "all_us"),
    Goal("backlog: updates / our creations", "ours, updates", "ours", least=0.8),
    Goal("backlog: two processes / one", "ours, 2 processes", "ours", least=1.5),
    Goal("backlog: two processes / one, no audit", "ours, 2, no audit", "ours, no audit", least=1.5),
    Goal("backlog: ceiling on a work queue / ceiling", "ceiling, work queue", "ceiling"),
    Goal("end to end: ours / ceiling", "ours, end to end", "ceiling, end to end", least=0.5),
    Goal("one client: ours / ceiling, p50", "ours, waiting", "ceiling, waiting", "outcome_p50", most=1.5),
    Goal("one client: ours / ceiling, p99", "ours, waiting", "ceiling, waiting", "outcome_p99"),
    Goal("one client: ours / one message, p50", "ours, waiting", "one message, waiting", "outcome_p50"),
    Goal(
        "one client: ceiling / bare round trip, p50", "ceiling, waiting", "ceiling, waiting", "outcome_p50", "echo_p50"
    ),
    Goal(
        "one client: acceptance / bare round trip, p50", "ours, waiting", "ceiling, waiting", "accepted_p50", "echo_p50"
    ),
)


@dataclass(frozen=True)
class Ratio:
    """A ratio over the repeats."""

    what: str
    goal: str
    median: float
    lowest: float
    highest: float
    reached: bool | None


def ratios(measured: Measured) -> list[Ratio]:
    """Return the median ratios of figures of the same repeat."""
    results = []
    for goal in GOALS:
        pairs = zip(measured.get(goal.of, ()), measured.get(goal.to, ()), strict=False)
        figures = [(mine.figures[goal.figure], theirs.figures[goal.base or goal.figure]) for mine, theirs in pairs]
        values = [mine / theirs for mine, theirs in figures if theirs]
        if values:
            middle = median(values)
            results.append(Ratio(goal.what, goal.bound, middle, min(values), max(values), goal.reached(middle)))
    return results


def document(measured: Measured, machine: Mapping[str, Any]) -> dict[str, Any]:
    """Return all results for programs."""
    runs = {name: [asdict(run) for run in repeats] for name, repeats in measured.items()}
    return {"about": dict(machine), "ratios": [asdict(ratio) for ratio in ratios(measured)], "runs": runs}


def show(measured: Measured) -> None:
    """Print the ratios, then the figures."""
    console = Console()
    table = Table("ratio (median of the repeats)", "goal", "median", "lowest", "highest", title="Ratios")
    colours = {True: "green", False: "red", None: "default"}
    for ratio in ratios(measured):
        shown = f"[{colours[ratio.reached]}]{ratio.median:.2f}[/]"
        table.add_row(ratio.what, ratio.goal, shown, f"{ratio.lowest:.2f}", f"{ratio.highest:.2f}")
    console.print(table)
    table = Table("system", "figures (medians)", "µs of processor per command", title="Absolute, this machine only")
    for name, runs in measured.items():
        rates, spent = [run.figures for run in runs], [run.spent for run in runs]
        table.add_row(name, _medians(rates, ".3g"), _medians(spent, ".0f"))
    console.print(table)
    calibrations = sorted(run.calibration for runs in measured.values() for run in runs)
    console.print(f"A fixed loop before each run took {calibrations[0]:.2f} to {calibrations[-1]:.2f} s.")


def _medians(runs: Sequence[Mapping[str, float]], form: str) -> str:
    if not runs:
        return ""
    medians = {name: median(figures.get(name, 0) for figures in runs) for name in runs[0]}
    return "\n".join(f"{name} {_readable(value, form)}" for name, value in medians.items() if value)


def _readable(value: float, form: str) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:{form}}"
