"""Figures as people see them: bars, and lines of blocks over time."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.text import Text

from contracts.projects.statistics import Figures, Interval, ProjectStatistics, Statistics
from incidents.terminal.tables import show
from incidents.terminal.tables.sheet import Sheet
from incidents.terminal.text.words import count, say

_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_EIGHTHS: Final = " ▏▎▍▌▋▊▉"
_BAR: Final = 12
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400

Naming = Callable[[Any], str]


def figures(answer: Statistics, query: ProjectStatistics, naming: Naming, language: str) -> RenderableType:
    """Lay statistics out: a bar for each group or interval, a trend for each group where both are asked."""
    if query.interval == "none":
        return _bars(answer.items, naming, language)
    if query.group_by is None or not answer.items:
        return _bars(answer.items, None, language)
    return _trends(answer, query.interval, naming, language)


def _bars(items: Sequence[Figures], naming: Naming | None, language: str) -> RenderableType:
    most = max((one.count for one in items), default=0)
    rows = (
        (
            naming(one.group) if naming else show.local(one.starting, language)[:10],
            bar(one.count, most),
            one.count,
            _figure(one.closed),
            duration(one.median_closing_seconds, language),
            _figure(one.ended),
            duration(one.median_duration_seconds, language),
        )
        for one in items
    )
    group = "Group" if naming else "From"
    return show.table(language, group, "", "Projects", "Closed", "Closed after", "Ended", "Duration", rows=rows)


def _figure(value: int | None) -> str:
    return "" if value is None else str(value)


def _trends(answer: Statistics, interval: Interval, naming: Naming, language: str) -> RenderableType:
    starts = sorted(one.starting for one in answer.items if one.starting)
    axis = steps(starts[0], starts[-1], interval, ZoneInfo(answer.timezone))
    counts: dict[Any, Counter[datetime]] = {}
    for one in answer.items:
        if one.starting:
            counts.setdefault(one.group, Counter())[one.starting] += one.count
    ranked = sorted(counts.items(), key=lambda each: -each[1].total())
    rows = (
        (naming(group), Text(sparkline([series[step] for step in axis]), style="cyan"), series.total())
        for group, series in ranked
    )
    span = f"{show.local(axis[0], language)[:10]} – {show.local(axis[-1], language)[:10]}"
    return show.table(language, "Group", span, "Projects", rows=rows)


def sheet(answer: Statistics, query: ProjectStatistics, naming: Naming, language: str) -> Sheet:
    """Return statistics for a spreadsheet: plain figures, a row for each group and interval, times in seconds."""
    groups = ("Group",) if query.group_by is not None or query.interval == "none" else ()
    starts = ("From",) if query.interval != "none" else ()
    rows = (
        (
            *(naming(one.group) for _ in groups),
            *(one.starting for _ in starts),
            one.count,
            one.closed,
            one.median_closing_seconds,
            one.ended,
            one.median_duration_seconds,
        )
        for one in answer.items
    )
    figures = ("Projects", "Closed", "Closed after (s)", "Ended", "Duration (s)")
    return show.table(language, *groups, *starts, *figures, rows=rows)


def bar(value: int, most: int) -> Text:
    """Draw a value as a bar; what is there at all is at least a sliver."""
    whole, part = divmod(value * _BAR * 8 // most if most else 0, 8)
    drawn = "█" * whole + _EIGHTHS[part].strip()
    return Text(drawn or "▏" if value else "", style="cyan")


def sparkline(values: Iterable[int]) -> str:
    """Draw values as blocks, the largest as a whole one, nothing as a space."""
    told = list(values)
    most = max(told, default=0)
    return "".join(_BLOCKS[value * (len(_BLOCKS) - 1) // most] if value else " " for value in told)


def steps(first: datetime, last: datetime, interval: Interval, zone: ZoneInfo) -> list[datetime]:
    """Return the beginning of every interval from the first to the last, also of those in which nothing happened."""
    day, found = first.astimezone(zone).replace(tzinfo=None), []
    while (step := day.replace(tzinfo=zone)) <= last:
        found.append(step.astimezone(first.tzinfo))
        if interval == "month":
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        else:
            day += timedelta(days=7 if interval == "week" else 1)
    return found


def duration(seconds: float | None, language: str = "en") -> str:
    """Write a time that something took, in its two largest units."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole >= _DAY:
        return say(language, "{days} d {hours} h", days=whole // _DAY, hours=whole % _DAY // _HOUR)
    if whole >= _HOUR:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _MINUTE} min {whole % _MINUTE} s" if whole >= _MINUTE else f"{whole} s"


def note(answer: Statistics, language: str) -> Text:
    """Say how many projects were counted, what the columns mean, and whether all figures are shown."""
    one, many = "{count} project, by the clock of {timezone}", "{count} projects, by the clock of {timezone}"
    told = count(language, answer.total, one, many, timezone=answer.timezone)
    means = say(language, "closed: with a status that closes; times are medians: to that status, and from start to end")
    unmarked = say(language, "no status closes a project yet: incidents statuses close NAME marks one")
    explained = means if answer.closing_status_ids else unmarked
    more = say(language, "only the first thousand figures are shown") if answer.truncated else ""
    return Text("\n".join(filter(None, (told, "" if answer.withheld else explained, more))), style="dim")
