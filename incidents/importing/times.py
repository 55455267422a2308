"""Times as other systems write them: in which order day and month stand, and what a change of clocks makes of them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import pairwise, product
from typing import Final, Literal

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
_MONTHS: Final = 12


class NotATimeError(ValueError):
    """A text in which no time can be read."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, or both that it can be where the clocks were set: the earlier and the later one."""

    possible: tuple[datetime, ...]
    is_skipped: bool = False
    """Whether no clock showed it, because they went forward."""

    @property
    def kind(self) -> str:
        """Say what stands in the way of taking it, if it can be two."""
        return "time_skipped" if self.is_skipped else "time_repeated"


def date_only(text: str) -> str:
    """Return a date without the midnight that a program added to it."""
    return _MIDNIGHT.sub("", text.strip())


def order_of(text: str) -> DateOrder | None:
    """Tell whether the day or the month stands first, where a date shows it."""
    found = _NUMERIC.fullmatch(text.strip())
    if found is None:
        return None
    first, second = int(found["first"]), int(found["second"])
    if found["mark"] == "." or first > _MONTHS >= second:
        return "dmy"
    return "mdy" if second > _MONTHS >= first else None


def needs_order(text: str) -> bool:
    """Tell a date of which nothing says whether the day or the month stands first."""
    found = _NUMERIC.fullmatch(text.strip())
    return found is not None and order_of(text) is None and found["first"] != found["second"]


def has_offset(text: str) -> bool:
    """Tell whether a time says how far it is from UTC."""
    return bool(_OFFSET.search(text.strip()))


def read(text: str, form: str | None, order: DateOrder | None) -> datetime:
    """Read a time by a format of `strptime`, or by the usual forms.

    Raises:
        NotATimeError: There is no such time.
    """
    try:
        if form:
            return datetime.strptime(_with_minutes(text), form)  # noqa: DTZ007 - zoned by the caller
        if found := _NUMERIC.fullmatch(text):
            return _numeric(found, order_of(text) or order or "dmy")
        if dated := _YEAR_FIRST.fullmatch(text):
            text = f"{dated[1]}-{int(dated[2]):02}-{int(dated[3]):02}{dated[4]}"
        return datetime.fromisoformat(_with_minutes(text))
    except ValueError as error:
        raise NotATimeError(text) from error


def _with_minutes(text: str) -> str:
    """Write an offset of hours alone with its minutes: `+00` as `+0000`, `Z` too."""
    found = _OFFSET.search(text)
    if found is None:
        return text
    offset = "+0000" if found["offset"] in "Zz" else f"{found['offset'].replace(':', ''):0<5}"
    return f"{text[: found.start('offset')]}{offset}"


def _numeric(found: re.Match[str], order: DateOrder) -> datetime:
    first, second = int(found["first"]), int(found["second"])
    day, month = (first, second) if order == "dmy" else (second, first)
    hour = int(found["hour"] or 0)
    if half := found["half"]:
        if not 1 <= hour <= _MONTHS:
            raise NotATimeError(found.string)
        hour = hour % 12 + (12 if half in "Pp" else 0)
    clock = f"{hour:02}:{found['minute'] or '00'}:{(found['rest'] or '00').replace(',', '.')}"
    written = f"{found['year']}-{month:02}-{day:02}T{clock}{(found['offset'] or '').strip()}"
    return datetime.fromisoformat(_with_minutes(written))


def moment(local: datetime, zone: tzinfo | None) -> Moment:
    """Place a time without an offset in a zone; where the clocks were set it can be two, or none."""
    if local.tzinfo is not None or zone is None:
        return Moment((local,))
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return Moment((first.astimezone(UTC),))
    both = sorted((first.astimezone(UTC), second.astimezone(UTC)))
    return Moment(tuple(both), is_skipped=first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local)


def decided(moments: Iterable[Moment], choice: Choice | None) -> list[datetime] | None:
    """Choose of each moment, which come in order, the one that it can be; None where nothing decides.

    Where their order leaves one possibility alone, it is that one; else somebody must have chosen.
    """
    given = list(moments)
    if all(len(each.possible) == 1 for each in given):
        return [each.possible[0] for each in given]
    in_order = [list(one) for one in product(*(each.possible for each in given)) if _ascending(one)]
    if choice:
        chosen = [each.possible[-1 if choice == "later" else 0] for each in given]
        return in_order[0] if len(in_order) == 1 else chosen
    return in_order[0] if len(in_order) == 1 and not any(each.is_skipped for each in given) else None


def _ascending(times: tuple[datetime, ...]) -> bool:
    try:
        return all(one <= following for one, following in pairwise(times))
    except TypeError:  # one has an offset and the other has not: the contract says so
        return True
