"""From figures to ratios: goals beside them, a table for people, a document for programs."""

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
    """A ratio of two figures, and what it should be."""

    what: str
    of: str
    to: str
    figure: str = "rate"
    base: str | None = None
    """The figure of the other one, where it has another name."""

    least: float | None = None
    most: float | None = None

    def reached(self, ratio: float) -> bool | None:
        """Tell whether a ratio is good enough; None where nothing is asked."""
        if self.least is not None:
            return ratio >= self.least
        return None if self.most is None else ratio <= self.most

    @property
    def bound(self) -> str:
        """Return the goal as it is written."""
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
    """Divide figures of the same repeat, and take the median."""
    found = []
    for goal in GOALS:
        pairs = zip(measured.get(goal.of, ()), measured.get(goal.to, ()), strict=False)
        figures = [(mine.figures[goal.figure], theirs.figures[goal.base or goal.figure]) for mine, theirs in pairs]
        each = [mine / theirs for mine, theirs in figures if theirs]
        if each:
            middle = median(each)
            found.append(Ratio(goal.what, goal.bound, middle, min(each), max(each), goal.reached(middle)))
    return found


def document(measured: Measured, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything, for programs."""
    runs = {name: [asdict(one) for one in each] for name, each in measured.items()}
    return {"about": dict(about), "ratios": [asdict(one) for one in ratios(measured)], "runs": runs}


def show(measured: Measured) -> None:
    """Print the ratios, then the figures that they were made of."""
    console = Console()
    table = Table("ratio (median of the repeats)", "goal", "median", "lowest", "highest", title="Ratios")
    colours = {True: "green", False: "red", None: "default"}
    for one in ratios(measured):
        shown = f"[{colours[one.reached]}]{one.median:.2f}[/]"
        table.add_row(one.what, one.goal, shown, f"{one.lowest:.2f}", f"{one.highest:.2f}")
    console.print(table)
    table = Table("system", "figures (medians)", "µs of processor per command", title="Absolute, this machine only")
    for name, each in measured.items():
        table.add_row(name, _told([one.figures for one in each], ".3g"), _told([one.spent for one in each], ".0f"))
    console.print(table)
    calibrations = sorted(one.calibration for each in measured.values() for one in each)
    console.print(f"A fixed loop before each run took {calibrations[0]:.2f} to {calibrations[-1]:.2f} s.")


def _told(each: Sequence[Mapping[str, float]], form: str) -> str:
    if not each:
        return ""
    middles = {name: median(one.get(name, 0) for one in each) for name in each[0]}
    return "\n".join(f"{name} {_readable(value, form)}" for name, value in middles.items() if value)


def _readable(value: float, form: str) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:{form}}"
