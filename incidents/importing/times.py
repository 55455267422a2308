"""Times of other systems: the order of day and month, and changes of the clocks."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import pairwise, product
from typing import Final, Literal

from contracts.values import is_offset

DateOrder = Literal["dmy", "mdy"]
Choice = Literal["earlier", "later"]

_NUMERIC: Final = re.compile(
    r"(?P<first>\d{1,2})(?P<mark>[./-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4})"
    r"(?:(?:[ T]|, ?| à )(?P<hour>\d{1,2})[:hH](?P<minute>\d{2})(?::(?P<rest>\d{2}(?:[.,]\d{1,6})?))?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?)?(?P<offset> ?(?:[Zz]|[+-]\d{2}(?::?\d{2})?))?",
    flags=re.ASCII,
)
_YEAR_FIRST: Final = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(.*)", flags=re.ASCII | re.DOTALL)
_OFFSET: Final = re.compile(r"(?P<time>\d{1,2}:\d{2}.*?) ?(?P<offset>[Zz]|[+-]\d{2}(?::?\d{2})?)$", flags=re.ASCII)
_MIDNIGHT: Final = re.compile(r"[T ]0{1,2}:00(?::00(?:[.,]0+)?)?$", flags=re.ASCII)
_CLOCK: Final = re.compile(
    r"(?P<hour>\d{1,2})[:hH](?P<minute>\d{2})(?P<rest>:\d{2}(?:[.,]\d{1,6})?)?(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?",
    flags=re.ASCII,
)
_CLOCK_LENGTH_MAX: Final = 20
_MONTHS: Final = 12


class NotATimeError(ValueError):
    """A text that is not a time."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, or the earlier and the later reading of one around a change of the clocks."""

    possible: tuple[datetime, ...]
    is_skipped: bool = False
    """Whether the time does not exist, because the clocks went forward."""

    @property
    def kind(self) -> str:
        """The reason to refuse it, if it has two readings."""
        return "time_skipped" if self.is_skipped else "time_repeated"


def date_only(text: str) -> str:
    """Return a date without the midnight that a program added to it."""
    return _MIDNIGHT.sub("", text.strip())


def is_clock(text: str) -> bool:
    """Tell whether a text is a time of day without a date."""
    return len(text) <= _CLOCK_LENGTH_MAX and _CLOCK.fullmatch(text.strip()) is not None


def clock(text: str) -> str:
    """Return a time of day as hours of twenty-four and minutes; any other text stays unchanged."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return text
    hour = int(match["hour"])
    if (half := match["half"]) and 1 <= hour <= _MONTHS:
        hour = hour % 12 + (12 if half in "Pp" else 0)
    return f"{hour:02}:{match['minute']}{match['rest'] or ''}"


def clock_of(text: str) -> str:
    """Return the time of day in a date with a time; empty for a date alone, or with a midnight that a program added."""
    match = re.search(r"(?:[T ]|à )(\S+(?: [AaPp]\.?[Mm]\.?)?)$", date_only(text))
    return clock(match[1]) if match and is_clock(match[1]) else ""


def order_of(text: str) -> DateOrder | None:
    """Return whether the day or the month comes first, if the date shows it."""
    match = _NUMERIC.fullmatch(text.strip())
    if match is None:
        return None
    first, second = int(match["first"]), int(match["second"])
    if match["mark"] == "." or first > _MONTHS >= second:
        return "dmy"
    return "mdy" if second > _MONTHS >= first else None


def needs_order(text: str) -> bool:
    """Tell whether a date does not show if the day or the month comes first."""
    match = _NUMERIC.fullmatch(text.strip())
    return match is not None and order_of(text) is None and match["first"] != match["second"]


def has_offset(text: str) -> bool:
    """Tell whether a time has an offset from UTC."""
    return bool(_OFFSET.search(text.strip()))


def read(text: str, form: str | None, order: DateOrder | None) -> datetime:
    """Parse a time by a format of `strptime`, or by the usual forms.

    Raises:
        NotATimeError: The text is not a time.
    """
    try:
        at = _read(text, form, order)
    except ValueError as error:
        raise NotATimeError(text) from error
    if not is_offset(at.utcoffset()):
        raise NotATimeError(text)
    return at


def _read(text: str, form: str | None, order: DateOrder | None) -> datetime:
    if form:
        return datetime.strptime(_with_minutes(text), form)  # noqa: DTZ007 - zoned by the caller
    if numeric := _NUMERIC.fullmatch(text):
        return _numeric(numeric, order_of(text) or order or "dmy")
    if dated := _YEAR_FIRST.fullmatch(text):
        text = f"{dated[1]}-{int(dated[2]):02}-{int(dated[3]):02}{dated[4]}"
    return datetime.fromisoformat(_with_minutes(text))


def _with_minutes(text: str) -> str:
    """Return a text whose offset has minutes: `+00` and `Z` become `+0000`."""
    match = _OFFSET.search(text)
    if match is None:
        return text
    offset = "+0000" if match["offset"] in "Zz" else f"{match['offset'].replace(':', ''):0<5}"
    return f"{text[: match.start('offset')]}{offset}"


def _numeric(match: re.Match[str], order: DateOrder) -> datetime:
    first, second = int(match["first"]), int(match["second"])
    day, month = (first, second) if order == "dmy" else (second, first)
    hour = int(match["hour"] or 0)
    if half := match["half"]:
        if not 1 <= hour <= _MONTHS:
            raise NotATimeError(match.string)
        hour = hour % 12 + (12 if half in "Pp" else 0)
    clock = f"{hour:02}:{match['minute'] or '00'}:{(match['rest'] or '00').replace(',', '.')}"
    written = f"{match['year']}-{month:02}-{day:02}T{clock}{(match['offset'] or '').strip()}"
    return datetime.fromisoformat(_with_minutes(written))


def moment(local: datetime, zone: tzinfo | None) -> Moment:
    """Place a time without an offset in a zone; around a change of the clocks it can have two readings, or none."""
    if local.tzinfo is not None or zone is None:
        return Moment((local,))
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return Moment((first.astimezone(UTC),))
    both = sorted((first.astimezone(UTC), second.astimezone(UTC)))
    return Moment(tuple(both), is_skipped=first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local)


def decide(moments: Iterable[Moment], choice: Choice | None) -> list[datetime] | None:
    """Choose one reading of each moment, given that they are in order; None if that is not possible.

    If their order leaves only one possibility, it is chosen; otherwise `choice` decides.
    """
    in_sequence = list(moments)
    if all(len(each.possible) == 1 for each in in_sequence):
        return [each.possible[0] for each in in_sequence]
    in_order = [list(choices) for choices in product(*(each.possible for each in in_sequence)) if _ascending(choices)]
    if choice:
        chosen = [each.possible[-1 if choice == "later" else 0] for each in in_sequence]
        return in_order[0] if len(in_order) == 1 else chosen
    return in_order[0] if len(in_order) == 1 and not any(each.is_skipped for each in in_sequence) else None


def _ascending(times: tuple[datetime, ...]) -> bool:
    try:
        return all(time <= following for time, following in pairwise(times))
    except TypeError:  # only one has an offset: the contract refuses that
        return True
