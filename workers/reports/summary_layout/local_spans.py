"""The period of a summary, the one that it is compared with, and the intervals of both, by the clock of a place."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, Literal, NamedTuple

from contracts.report_summaries import Comparison

Interval = Literal["day", "week", "month"]

_MONTHS_A_YEAR: Final = 12
_DAYS_BY_DAY_MAX: Final = 45
"""The longest period whose trend is shown by days."""

_DAYS_BY_WEEK_MAX: Final = 190
"""The longest period whose trend is shown by weeks."""


class Span(NamedTuple):
    """A span of time: the start is included, the end is not."""

    since: datetime
    until: datetime


class LocalSpan:
    """A span of time by the clock of a place."""

    def __init__(self, span: Span, zone: tzinfo) -> None:
        """Read the start and the end from that clock."""
        self._zone = zone
        self._span = span
        self.since, self.until = (time.astimezone(zone).replace(tzinfo=None) for time in span)

    @property
    def is_whole_days(self) -> bool:
        """Whether it begins and ends at midnight."""
        return all(time == datetime.combine(time, datetime.min.time()) for time in (self.since, self.until))

    @property
    def months(self) -> int:
        """How many whole months of the calendar it is; 0 if it is none."""
        if not self.is_whole_days or self.since.day != 1 or self.until.day != 1:
            return 0
        return (self.until.year - self.since.year) * _MONTHS_A_YEAR + self.until.month - self.since.month

    @property
    def last_day(self) -> date:
        """The day of its last moment."""
        return (self.until - timedelta(microseconds=1)).date()

    def before(self, compare: Comparison) -> Span | None:
        """Return the span to compare it with: as many months, days or seconds before, or the same a year ago."""
        if compare is Comparison.NONE:
            return None
        if compare is Comparison.PREVIOUS_YEAR:
            return self._at(_add_months(self.since, -_MONTHS_A_YEAR), _add_months(self.until, -_MONTHS_A_YEAR))
        if self.months:
            return self._at(_add_months(self.since, -self.months), self.since)
        if self.is_whole_days:
            return self._at(self.since - (self.until - self.since), self.since)
        return Span(self._span.since - (self._span.until - self._span.since), self._span.since)

    def _at(self, since: datetime, until: datetime) -> Span:
        return Span(*(time.replace(tzinfo=self._zone).astimezone(UTC) for time in (since, until)))

    @property
    def interval(self) -> Interval:
        """Return the interval of its trend."""
        days = (self.until - self.since) / timedelta(days=1)
        if days <= _DAYS_BY_DAY_MAX:
            return "day"
        return "week" if days <= _DAYS_BY_WEEK_MAX else "month"

    def starts(self, interval: Interval) -> Iterator[date]:
        """Yield the first day of each interval of it, also of those that it has only a part of."""
        start, last = _start_of(self.since.date(), interval), self.last_day
        while start <= last:
            yield start
            start = _next(start, interval)


def limit_to(span: Span, now: datetime) -> Span:
    """Return the part of a span that is over."""
    return Span(span.since, min(span.until, now))


def same_length(span: Span, other: Span) -> Span:
    """Return as much of a span as another one has, from its start."""
    return Span(span.since, min(span.until, span.since + (other.until - other.since)))


def _start_of(day: date, interval: Interval) -> date:
    if interval == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if interval == "week" else day


def _next(day: date, interval: Interval) -> date:
    if interval == "month":
        return _add_months(datetime.combine(day, datetime.min.time()), 1).date()
    return day + timedelta(days=7 if interval == "week" else 1)


def _add_months(time: datetime, months: int) -> datetime:
    """Return the same day of another month, or its last one."""
    year, month = divmod(time.year * _MONTHS_A_YEAR + time.month - 1 + months, _MONTHS_A_YEAR)
    return time.replace(year=year, month=month + 1, day=min(time.day, monthrange(year, month + 1)[1]))
