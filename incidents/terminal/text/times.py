"""Parsing of typed times: as shown by the command line, by RFC 3339, as an age, or in words."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from importlib import import_module
from typing import Any, Final

from contracts.figures import read_duration
from contracts.values import is_offset

_FRENCH: Final = "fr"
_SIGNED: Final = re.compile(r"(?:in|dans) (?P<after>.+)|(?:il y a )?(?P<before>.+?)(?: ago)?")
"""A duration before or after now."""

_CLOCK: Final = (
    r"(?:(?:,? | (?:at|a) )(?P<hour>\d{1,2})(?::| ?h ?)(?P<minute>\d{2})?(?::(?P<second>\d{2}))?"
    r"(?P<offset>z|[+-]\d{2}:?\d{2})?)?"
)
_SHOWN: Final = re.compile(rf"(\d{{1,2}})([/.-])(\d{{1,2}})\2(\d{{4}}){_CLOCK}")
"""A date in digits as in French; without a year of four digits it would be ambiguous."""

_NO_YEAR: Final = re.compile(rf"\d{{1,2}}[/.-]\d{{1,2}}(?:{_CLOCK})")
"""A day and a month in digits alone."""

_NO_DAY: Final = re.compile(r"(?:at |a )?(\d{1,2}(?::\d{2}(?::\d{2})?| ?h ?\d{2}))")
"""A time of the clock alone, which may be that of today or of yesterday."""

_MONDAY_TO_SUNDAY: Final = {
    "lundi": "monday",
    "mardi": "tuesday",
    "mercredi": "wednesday",
    "jeudi": "thursday",
    "vendredi": "friday",
    "samedi": "saturday",
    "dimanche": "sunday",
}
_ORDER: Final = {"dernier": "last", "prochain": "next"}
_COUNT: Final = (
    r"(?:\d{1,4}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|une?|deux|trois|quatre|cinq|sept|huit|neuf|dix|onze|douze)"
)
_SPAN: Final = r"(?:second|minute|hour|day|week|month|year|seconde|heure|jour|semaine|moi|an)s?"
_MONTH: Final = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre"
    r"|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|janv|fevr|avr|juil)\.?)"
)
_POINT_IN_TIME: Final = re.compile(
    rf"now|maintenant|{_COUNT} {_SPAN} ago|il y a {_COUNT} {_SPAN}|(?:in|dans) {_COUNT} {_SPAN}"
)
_DAY: Final = (
    r"today|yesterday|tomorrow|(?:the )?day before yesterday|(?:the )?day after tomorrow"
    r"|aujourd'hui|hier|demain|avant-hier|apres-demain"
    rf"|(?:last|next) (?:{'|'.join(_MONDAY_TO_SUNDAY.values())})|(?:{'|'.join(_MONDAY_TO_SUNDAY)}) (?:dernier|prochain)"
)
_DATE: Final = rf"\d{{1,2}}(?:er|st|nd|rd|th)? {_MONTH},? \d{{4}}|{_MONTH} \d{{1,2}},? \d{{4}}"
_WEEKDAY: Final = "|".join([*_MONDAY_TO_SUNDAY, *_MONDAY_TO_SUNDAY.values()])
_WORDS: Final = re.compile(rf"(?:(?P<day>{_DAY})|(?:le )?(?:(?P<weekday>{_WEEKDAY}),? )?(?P<date>{_DATE})){_CLOCK}")
"""Only complete phrases are passed to the library, because it ignores what it does not know."""


_OUT_OF_RANGE: Final = re.compile(r"(day|month|hour|minute|second)\b.* (?:must be in|out of range)")
"""What Python says about figures of the right form that are no time."""

_IMPOSSIBLE: Final = {
    "day": "{text} does not exist: its month has no such day",
    "month": "{text} does not exist: the months are 1 to 12",
    "hour": "{text} does not exist: the hours are 0 to 23",
    "minute": "{text} does not exist: the minutes are 0 to 59",
    "second": "{text} does not exist: the seconds are 0 to 59",
}


class NotATimeError(ValueError):
    """The typed text is a time that does not exist, or is ambiguous: the sentence, and its values as they are typed."""

    def __init__(self, words: str, **values: str) -> None:
        super().__init__(words)
        self.words = words
        self.values = values


def read(text: str, now: datetime, language: str, *, until: bool = False) -> datetime:
    """Parse a local time; a day in words means its start, or with `until` its end.

    Raises:
        NotATimeError: The text is a time that does not exist, or is ambiguous.
        ValueError: The text is not a time.
        OverflowError: The time is out of range.
    """
    try:
        return _read(text, now, language, until=until)
    except NotATimeError:
        raise
    except ValueError as error:
        part, words = _OUT_OF_RANGE.match(str(error)), _WORDS.fullmatch(_plain(text))
        if part or (words and words["date"]):  # a date in words has the right form, too
            raise NotATimeError(_IMPOSSIBLE[part[1] if part else "day"], text=text.strip()) from error
        raise


def _read(text: str, now: datetime, language: str, *, until: bool) -> datetime:
    plain = _plain(text)
    if (span := _span(plain)) is not None:
        return (now.astimezone(UTC) + span).astimezone()
    if shown := _SHOWN.fullmatch(plain):
        return _at(_with_figures(shown, language), shown, language)
    if _POINT_IN_TIME.fullmatch(plain):
        # In UTC, so that an hour has sixty minutes even when the clocks change.
        return _looked_up(plain, now.astimezone(UTC)).replace(tzinfo=UTC).astimezone()
    if words := _WORDS.fullmatch(plain):
        day = _looked_up(_in_english(words["day"]) if words["day"] else words["date"], now.astimezone()).date()
        if words["weekday"] and _in_english(words["weekday"]) != f"{day:%A}".casefold():
            raise _wrong_weekday(day, words["weekday"], language)
        return _at(day + timedelta(days=1) if until and words["day"] and not words["hour"] else day, words, language)
    if _NO_YEAR.fullmatch(plain):
        raise NotATimeError("{text} has no year: write it in four digits", text=text.strip())
    if clock := _NO_DAY.fullmatch(plain):
        remedy = "{text} has no day: write today {time} or yesterday {time}"
        raise NotATimeError(remedy, text=text.strip(), time=clock[1])
    return _iso(text.strip(), language)


def _wrong_weekday(day: date, typed: str, language: str) -> NotATimeError:
    """Return the error that a day is another one of the week."""
    english = list(_MONDAY_TO_SUNDAY.values())
    names = list(_MONDAY_TO_SUNDAY) if language == _FRENCH else [name.capitalize() for name in english]
    place = english.index(_in_english(typed))
    form = "%d/%m/%Y" if language == _FRENCH else "%Y-%m-%d"
    values = {"date": f"{day:{form}}", "weekday": names[day.weekday()], "typed": names[place]}
    return NotATimeError("{date} is a {weekday}, not a {typed}", **values)


def _plain(text: str) -> str:
    """Normalise a text: case, accents, double and no-break spaces, apostrophes."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return " ".join("".join(letter for letter in decomposed if not unicodedata.combining(letter)).split())


def _span(plain: str) -> timedelta | None:
    """Parse a duration from now on or until now; None if the text is something else."""
    signed = _SIGNED.fullmatch(plain)
    seconds = read_duration(signed["before"] or signed["after"]) if signed else None
    if signed is None or seconds is None:
        return None
    return timedelta(seconds=seconds if signed["after"] else -seconds)


def _with_figures(shown: re.Match[str], language: str) -> date:
    first, second, year = int(shown[1]), int(shown[3]), int(shown[4])
    if language == _FRENCH:
        return date(year, second, first)
    readings = list(dict.fromkeys(_readings(first, second, year)))
    if len(readings) > 1:
        both = {"day_first": str(readings[0]), "month_first": str(readings[1])}
        words = "{text} is ambiguous: write {day_first} or {month_first}"
        raise NotATimeError(words, text=shown[0], **both)
    return readings[0] if readings else date(year, second, first)


def _readings(first: int, second: int, year: int) -> Iterator[date]:
    for day, month in ((first, second), (second, first)):
        try:
            yield date(year, month, day)
        except ValueError:
            continue


def _in_english(day: str) -> str:
    """Translate `mardi dernier` for the library, or `mardi`."""
    name, _, order = day.partition(" ")
    return f"{_ORDER.get(order, '')} {_MONDAY_TO_SUNDAY[name]}".strip() if name in _MONDAY_TO_SUNDAY else day


def _looked_up(words: str, now: datetime) -> datetime:
    """Parse words with the library, which is imported only now, because few commands need it."""
    settings: dict[str, Any] = {"RELATIVE_BASE": now.replace(tzinfo=None), "PREFER_DATES_FROM": "past"}
    parser = import_module("dateparser.date").DateDataParser(languages=["en", "fr"], settings=settings)
    moment: datetime | None = parser.get_date_data(words).date_obj
    if moment is None:
        raise ValueError(words)
    return moment


def _iso(text: str, language: str) -> datetime:
    """Parse RFC 3339, or a local date or time in its order."""
    read_at = datetime.fromisoformat(text)
    if read_at.tzinfo:
        return _from_offset(read_at)
    is_date = ":" not in text and "T" not in text.upper() and " " not in text
    return read_at.astimezone() if is_date else resolve_local(read_at, language)


def _at(day: date, clock: re.Match[str], language: str) -> datetime:
    """Return a day's start, or its time of the clock."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - by the clock of here
    if clock["hour"] is None:
        return midnight.astimezone()
    naive = midnight.replace(
        hour=int(clock["hour"]), minute=int(clock["minute"] or 0), second=int(clock["second"] or 0)
    )
    if offset := clock["offset"]:
        return _from_offset(naive.replace(tzinfo=_zone(offset)))
    return resolve_local(naive, language)


def _from_offset(read_at: datetime) -> datetime:
    """Return a time with an offset as the clock of here shows it."""
    if not is_offset(read_at.utcoffset()):
        raise NotATimeError("{text} is not an offset from UTC: write one time", text=read_at.isoformat()[-6:])
    return read_at.astimezone()


def _zone(offset: str) -> timezone:
    return UTC if offset == "z" else timezone(datetime.strptime(offset, "%z").utcoffset() or timedelta())


def resolve_local(naive: datetime, language: str) -> datetime:
    """Return the time of a local clock reading.

    Raises:
        NotATimeError: The clocks skip it, or show it twice.
    """
    first, second = (naive.replace(fold=fold).astimezone() for fold in (0, 1))
    words = "{text} occurs twice, because the clocks go back: write {earlier} or {later}"
    if first.replace(tzinfo=None) != naive:
        words = "{text} does not exist, because the clocks go forward: write {earlier} or {later}"
    elif first.utcoffset() == second.utcoffset():
        return first
    earlier, later = (written(time, language) for time in sorted((first, second)))
    raise NotATimeError(words, text=written(naive, language), earlier=earlier, later=later)


def written(time: datetime, language: str) -> str:
    """Return a time as the language writes it and as it can be typed, with its offset if it has one."""
    form = "%d/%m/%Y %H:%M:%S" if language == _FRENCH else "%Y-%m-%d %H:%M:%S"
    return time.strftime(form) + (time.isoformat()[-6:] if time.tzinfo else "")


def is_shown_twice(time: datetime) -> bool:
    """Tell whether the local clock shows this time twice, because it goes back."""
    naive = time.astimezone().replace(tzinfo=None)
    return naive.replace(fold=0).astimezone().utcoffset() != naive.replace(fold=1).astimezone().utcoffset()
