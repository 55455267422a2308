"""Statistics for people: bars, and sparklines over time."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.text import Text

from contracts.figures import duration
from contracts.projects.statistics import Figures, Interval, ProjectStatistics, Statistics
from incidents.terminal.tables import show
from incidents.terminal.tables.sheet import Sheet
from incidents.terminal.text.words import count, name_of, say

_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_EIGHTHS: Final = " ▏▎▍▌▋▊▉"
_BAR_WIDTH: Final = 12

_PERIODS: Final = {"day": "Day", "week": "Week of", "month": "Month"}
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_TREND: Final = {
    "day": "one block per day; the highest is the largest of its group",
    "week": "one block per week; the highest is the largest of its group",
    "month": "one block per month; the highest is the largest of its group",
}

Naming = Callable[[Any], str]


def figures(answer: Statistics, query: ProjectStatistics, naming: Naming, language: str) -> RenderableType:
    """Lay statistics out: a bar per group or interval, or a trend per group if both are requested."""
    if query.interval == "none":
        return _bars(answer.items, "Group", lambda each: naming(each.group), language)
    if query.group_by is None or not answer.items:
        begun = partial(period, interval=query.interval, zone=ZoneInfo(answer.timezone), language=language)
        return _bars(answer.items, _PERIODS[query.interval], lambda each: begun(each.starting), language)
    return _trends(answer, query.interval, naming, language)


def period(start: datetime | None, interval: Interval, zone: ZoneInfo, language: str) -> str:
    """Return the name of the day, week or month that begins then, by the clock of the site."""
    if start is None:
        return ""
    day = start.astimezone(zone)
    if interval == "month":
        return f"{name_of(language, 'month', _MONTHS[day.month - 1])} {day.year}"
    return f"{day:%d/%m/%Y}" if language == "fr" else f"{day:%Y-%m-%d}"


def _bars(items: Sequence[Figures], heading: str, naming: Naming, language: str) -> RenderableType:
    most = max((figures.count for figures in items), default=0)
    rows = (
        (
            naming(figures),
            bar(figures.count, most),
            figures.count,
            _figure(figures.closed),
            _time_taken(figures.median_closing_seconds, language),
            _figure(figures.ended),
            _time_taken(figures.median_duration_seconds, language),
        )
        for figures in items
    )
    return show.table(language, heading, "", "Projects", "Closed", "Closed after", "Ended", "Duration", rows=rows)


def _figure(value: int | None) -> str:
    return "" if value is None else str(value)


def _trends(answer: Statistics, interval: Interval, naming: Naming, language: str) -> RenderableType:
    starts = sorted(figures.starting for figures in answer.items if figures.starting)
    zone = ZoneInfo(answer.timezone)
    axis = steps(starts[0], starts[-1], interval, zone)
    counts: dict[Any, Counter[datetime]] = {}
    for figures in answer.items:
        if figures.starting:
            counts.setdefault(figures.group, Counter())[figures.starting] += figures.count
    ranked = sorted(counts.items(), key=lambda each: -each[1].total())
    rows = (
        (naming(group), Text(sparkline([series[step] for step in axis]), style="cyan"), series.total())
        for group, series in ranked
    )
    span = " – ".join(dict.fromkeys(period(step, interval, zone, language) for step in (axis[0], axis[-1])))
    return show.table(language, "Group", span, "Projects", rows=rows)


def sheet(answer: Statistics, query: ProjectStatistics, naming: Naming, language: str) -> Sheet:
    """Return statistics for a spreadsheet: plain figures, one row per group and interval, times in seconds."""
    groups = ("Group",) if query.group_by is not None or query.interval == "none" else ()
    starts = ("From",) if query.interval != "none" else ()
    rows = (
        (
            *(naming(each.group) for _ in groups),
            *(each.starting for _ in starts),
            each.count,
            each.closed,
            each.median_closing_seconds,
            each.ended,
            each.median_duration_seconds,
        )
        for each in answer.items
    )
    figures = ("Projects", "Closed", "Closed after (s)", "Ended", "Duration (s)")
    return show.table(language, *groups, *starts, *figures, rows=rows)


def bar(value: int, most: int) -> Text:
    """Draw a value as a bar, which is at least a sliver unless the value is 0."""
    whole, part = divmod(value * _BAR_WIDTH * 8 // most if most else 0, 8)
    drawn = "█" * whole + _EIGHTHS[part].strip()
    return Text(drawn or "▏" if value else "", style="cyan")


def sparkline(values: Iterable[int]) -> str:
    """Draw values as blocks, the largest as a full block, 0 as a space."""
    heights = list(values)
    most = max(heights, default=0)
    return "".join(_BLOCKS[value * (len(_BLOCKS) - 1) // most] if value else " " for value in heights)


def steps(first: datetime, last: datetime, interval: Interval, zone: ZoneInfo) -> list[datetime]:
    """Return the start of every interval from the first to the last, including empty ones."""
    day, starts = first.astimezone(zone).replace(tzinfo=None), []
    while (step := day.replace(tzinfo=zone)) <= last:
        starts.append(step.astimezone(first.tzinfo))
        if interval == "month":
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        else:
            day += timedelta(days=7 if interval == "week" else 1)
    return starts


def _time_taken(seconds: float | None, language: str) -> str:
    return "" if seconds is None else duration(seconds, language)


def note(answer: Statistics, query: ProjectStatistics, language: str) -> Text:
    """Return the note below statistics: the total, the meaning of the columns, and whether figures are left out."""
    singular, plural = "{count} project, by the clock of {timezone}", "{count} projects, by the clock of {timezone}"
    none = "no projects, by the clock of {timezone}"
    total = count(language, answer.total, singular, plural, none, timezone=answer.timezone)
    unmarked = say(language, "no status is marked as closing yet: incidents statuses close NAME marks one")
    more = say(language, "only the first thousand figures are shown") if answer.truncated else ""
    explained = () if answer.withheld else (_legend(query, language), "" if answer.closing_status_ids else unmarked)
    return Text("\n".join(filter(None, (total, *explained, more))), style="dim")


def _legend(query: ProjectStatistics, language: str) -> str:
    if query.group_by is not None and query.interval != "none":
        return say(language, _TREND[query.interval])
    closed = say(language, "Closed: with a closing status. Closed after: median time from creation to closing.")
    ended = say(language, "Ended: with an end time. Duration: median time from start to end.")
    return f"{closed}\n{ended}"
