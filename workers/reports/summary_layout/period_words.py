"""Periods, days and hours in the words of a language."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from contracts.values import Language
from workers.reports.summary_layout.local_spans import LocalSpan

_QUARTER_MONTHS: Final = 3
_YEAR_MONTHS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The calendar in one language."""

    months: Sequence[str]
    short_months: Sequence[str]
    weekdays: Sequence[str]
    short_weekdays: Sequence[str]
    first: str
    quarter: str
    quarters: Sequence[str]
    to: str
    to_month: str
    at: str
    hour: str

    def day_number(self, day: date) -> str:
        """Return the number of a day in its month."""
        return self.first if day.day == 1 else str(day.day)

    def month(self, day: date) -> str:
        """Return the month of a day."""
        return self.months[day.month - 1]

    def day(self, day: date) -> str:
        """Return a day with its month and year."""
        return f"{self.day_number(day)}\u00a0{self.month(day)}\u00a0{day.year}"


CALENDARS: Final[Mapping[Language, Calendar]] = {
    "en": Calendar(
        months=(
            [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ]
        ),
        short_months=["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
        weekdays=["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        short_weekdays=["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        first="1",
        quarter="{} quarter of {}",
        quarters=("1st", "2nd", "3rd", "4th"),
        to="{} to {}",
        to_month="{} to {}",
        at="{} at {:%H:%M}",
        hour="{:02}:00",
    ),
    "fr": Calendar(
        months=[
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ],
        short_months=[
            "janv.",
            "févr.",
            "mars",
            "avr.",
            "mai",
            "juin",
            "juil.",
            "août",
            "sept.",
            "oct.",
            "nov.",
            "déc.",
        ],
        weekdays=["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
        short_weekdays=["lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."],
        first="1er",
        quarter="{}\u00a0trimestre {}",
        quarters=("1er", "2e", "3e", "4e"),
        to="du {} au {}",
        to_month="{} à {}",
        at="{} à {:%H:%M}",
        hour="{}\u00a0h",
    ),
}


def period_words(span: LocalSpan, language: Language) -> str:
    """Return a period in words, as short as it can be said."""
    calendar = CALENDARS[language]
    if span.months:
        return _months(span, calendar)
    if not span.is_whole_days:
        return calendar.to.format(_time(span.since, calendar), _time(span.until, calendar))
    first, last = span.since.date(), span.last_day
    if first == last:
        return calendar.day(last)
    if first.year != last.year:
        start = calendar.day(first)
    elif first.month != last.month:
        start = f"{calendar.day_number(first)}\u00a0{calendar.month(first)}"
    else:
        start = calendar.day_number(first)
    return calendar.to.format(start, calendar.day(last))


def _months(span: LocalSpan, calendar: Calendar) -> str:
    first, last = span.since, span.last_day
    if span.months == _YEAR_MONTHS and first.month == 1:
        return str(first.year)
    if span.months == _QUARTER_MONTHS and first.month % _QUARTER_MONTHS == 1:
        return calendar.quarter.format(calendar.quarters[first.month // _QUARTER_MONTHS], first.year)
    end = f"{calendar.month(last)}\u00a0{last.year}"
    if span.months == 1:
        return end
    start = calendar.month(first)
    return calendar.to_month.format(start if first.year == last.year else f"{start}\u00a0{first.year}", end)


def _time(time: datetime, calendar: Calendar) -> str:
    day = calendar.day(time)
    return day if time == datetime.combine(time, datetime.min.time()) else calendar.at.format(day, time)


def interval_words(start: date, interval: str, language: Language) -> str:
    """Return the first day of an interval, or its month."""
    calendar = CALENDARS[language]
    month = calendar.short_months[start.month - 1]
    if interval == "month":
        return f"{month}\u00a0{start.year}"
    number = calendar.day_number(start)
    if interval == "week":
        return f"{number}\u00a0{month}\u00a0{start.year}"
    return f"{calendar.short_weekdays[start.weekday()]}\u00a0{number}\u00a0{month}"


def axis_words(start: date, interval: str) -> str:
    """Return an interval in figures, below its bar."""
    return f"{start.month}/{start:%y}" if interval == "month" else f"{start.day}/{start.month}"


def hour_words(language: Language) -> Callable[[int], str]:
    """Return what writes an hour of the clock."""
    return CALENDARS[language].hour.format
