"""Figures as people see them."""

import io
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from contracts.figures import duration
from contracts.projects.statistics import Figures, Interval, ProjectStatistics, Statistics
from incidents.terminal.printing import Screen
from incidents.terminal.tables.trends import bar, figures, note, sparkline, steps


def render(items: list[Figures], language: str = "en", **fields: Any) -> str:
    """Draw figures and their note as a terminal would show them."""
    console = Console(width=100)
    with console.capture() as captured:
        answer = Statistics(timezone="Europe/Zurich", total=3, items=items, truncated=False)
        query = ProjectStatistics(**fields)
        console.print(figures(answer, query, lambda group: f"<{group}>", language), note(answer, query, language))
    return captured.get()


def test_bars_are_as_long_as_their_share() -> None:
    """The largest value fills the bar, what is small is a sliver, nothing is nothing."""
    assert [len(bar(value, 1_000).plain) for value in (1_000, 500, 1, 0)] == [12, 6, 1, 0]
    assert [bar(value, 96).plain for value in (95, 12, 9)] == ["█" * 11 + "▉", "█▌", "█▏"]


def test_a_sparkline_has_a_block_for_each_value() -> None:
    """The largest value is a whole block, nothing is a space."""
    assert sparkline([0, 1, 4, 8]) == " ▁▄█"
    assert sparkline([]) == ""


@pytest.mark.parametrize("interval, count", [("day", 5), ("week", 1), ("month", 1)])
def test_every_interval_has_its_step(interval: Interval, count: int) -> None:
    """Intervals in which nothing happened are on the axis, also where the clocks change."""
    first = datetime(2026, 3, 26, 23, tzinfo=UTC)
    starts = steps(first, datetime(2026, 3, 30, 22, tzinfo=UTC), interval, ZoneInfo("Europe/Zurich"))
    assert len(starts) == count
    assert starts[0] == first
    assert {start.astimezone(ZoneInfo("Europe/Zurich")).hour for start in starts} == {0}


@pytest.mark.parametrize("seconds, words", [(5, "5 s"), (65, "1 min 5 s"), (3_700, "1 h 1 min"), (90_000, "1 d 1 h")])
def test_durations_have_two_units(seconds: float, words: str) -> None:
    """A time that something took is reported in its two largest units."""
    assert duration(seconds, "en") == words


def test_groups_are_drawn_as_bars() -> None:
    """Without an interval each group is a bar with its figures."""
    spans: dict[str, Any] = {"median_closing_seconds": 3_600.0, "median_duration_seconds": 60.0}
    output = render([Figures(group=1, count=2, closed=1, ended=2, **spans)], group_by="type")
    assert [word for word in ("<1>", "█" * 12, "1 h", "1 min") if word not in output] == []


def test_groups_over_time_are_drawn_as_trends() -> None:
    """With a group and an interval each group is a line of blocks, the largest group first."""
    days = [datetime(2026, 3, 26 + day, 23, tzinfo=UTC) for day in range(2)]
    items = [
        Figures(group=1, starting=days[0], count=1, closed=0, ended=0),
        Figures(group=2, starting=days[1], count=2, closed=0, ended=0),
    ]
    output = render(items, group_by="type", interval="day")
    assert output.index("<2>") < output.index("<1>")
    assert "█" in output


def test_intervals_are_drawn_as_bars() -> None:
    """With an interval alone each interval is a bar."""
    assert "█" in render(
        [Figures(starting=datetime(2026, 3, 26, 23, tzinfo=UTC), count=2, closed=0, ended=0)], interval="day"
    )


@pytest.mark.parametrize(
    "language, interval, words",
    [
        ("en", "month", ("Month", "March 2026")),
        ("fr", "month", ("Mois", "mars 2026")),
        ("en", "week", ("Week of", "2026-03-01")),
        ("fr", "week", ("Semaine du", "01/03/2026")),
        ("fr", "day", ("Jour", "01/03/2026")),
    ],
)
def test_an_interval_is_named_by_the_clock_of_the_site(
    language: str, interval: Interval, words: tuple[str, str]
) -> None:
    """What begins at midnight there is named after that day, week or month, wherever it is read."""
    start = datetime(2026, 2, 28, 23, tzinfo=UTC)
    figure = Figures(starting=start, count=2, closed=0, ended=0)
    assert [word for word in words if word not in render([figure], language, interval=interval)] == []
    trend = render([figure.model_copy(update={"group": 1})], language, interval=interval, group_by="type")
    assert words[1] in trend


@pytest.mark.parametrize(
    "language, bars, trend",
    [
        ("en", ("Closed after: median time", "Ended: with an end time", "Duration: median"), "one block per month"),
        ("fr", ("Clos après\u00a0: durée médiane", "Terminés\u00a0: avec une date"), "un bloc par mois"),
    ],
)
def test_the_note_explains_what_is_drawn(language: str, bars: tuple[str, ...], trend: str) -> None:
    """Every column of bars, or the blocks of a trend, have their meaning below them."""
    figure = Figures(group=1, starting=datetime(2026, 3, 1, tzinfo=UTC), count=2, closed=0, ended=0)
    assert [word for word in bars if word not in render([figure], language, group_by="type")] == []
    assert trend in render([figure], language, group_by="type", interval="month")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_bars_fit_beside_their_figures(language: str) -> None:
    """On eighty columns every group is one line with its bar and all its figures."""
    spans: dict[str, Any] = {"median_closing_seconds": 86_000.0, "median_duration_seconds": 3_599.0}
    answer = Statistics(
        timezone="UTC", total=3, truncated=False, items=[Figures(group=1, count=2, closed=1, ended=2, **spans)]
    )
    screen = Screen(width=80, file=io.StringIO())
    screen.print(figures(answer, ProjectStatistics(group_by="type"), lambda _: "Theft", language))
    assert isinstance(screen.file, io.StringIO)
    *_, line = screen.file.getvalue().replace("\u00a0", " ").splitlines()
    assert [text for text in ("Theft", "█" * 12, "23 h 53 min", "59 min 59 s") if text not in line] == []
