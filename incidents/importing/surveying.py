"""The survey of a whole file before its first row is imported: facts that a single row does not show."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from incidents.importing import times
from incidents.importing.mapping import TIMES, Mapping, normalise
from incidents.importing.reading import WHOLE_JSON, Row, Source
from incidents.importing.translating import Findings, Translator, is_reference

_CLOCKS: Final = frozenset({"time", "heure"})
_TIME_WORDS: Final = frozenset({"time", "heure", "hour", "clock", "date", "day", "jour"})
"""Words of headings that say whether a column has dates or times; the others say of what."""

_DURATIONS: Final = ("duration", "duree", "delai", "delay", "length", "dauer")
_CLOCKS_SHARE_MIN: Final = 0.9
_UNCLEAR_CLOCKS: Final = (
    "it is not clear which dates the times in {columns} belong to: {fields}; say it with `joined` in the mapping, "
    "or leave the times out with --column COLUMN="
)
_NUMBERS_PER_TEXT: Final = 10
"""At least one number in this many must be text for a file's numbers to count as the other system's."""


_WHOLE_JSON: Final = (
    "the file is JSON as a whole: write each project as an object on a line of its own; jq -c '.[]' does this to a list"
)


class UnusableFileError(Exception):
    """A file of which no row can be imported: a sentence, and the fields and columns in it, also unknown ones."""

    def __init__(
        self, words: str, *, fields: Iterable[str] = (), columns: Iterable[str] = (), unknown: Iterable[str] = ()
    ) -> None:
        self.words = words
        self.fields = [*fields]
        self.columns = [*columns]
        self.unknown = [*unknown]
        values = {"fields": self.fields, "columns": self.columns, "unknown": self.unknown}
        super().__init__(words.format(**{name: _quote(names) for name, names in values.items()}))


def _quote(names: Iterable[str]) -> str:
    return ", ".join(f'"{" ".join(name.split())}"' for name in names)


@dataclass(slots=True)
class _Seen:
    """The counts of a survey."""

    columns: set[str] = field(default_factory=set)
    orders: dict[str, str] = field(default_factory=dict)
    """For each order of day and month that only one date can show, the first such date."""

    undecided: int = 0
    numbers: int = 0
    texts: int = 0
    first_text: tuple[str, int] = ("", 0)
    local_times: int = 0
    dates: Counter[str] = field(default_factory=Counter)
    with_clocks: Counter[str] = field(default_factory=Counter)
    cells: Counter[str] = field(default_factory=Counter)
    clocks: Counter[str] = field(default_factory=Counter)

    def has_clocks(self, column: str) -> bool:
        """Tell whether the cells of a column are times of day, and no durations by its name."""
        is_duration = any(word in normalise(column) for word in _DURATIONS)
        return not is_duration and self.clocks[column] >= max(self.cells[column] * _CLOCKS_SHARE_MIN, 1)


def survey(source: Source, mapping: Mapping, progressed: Callable[[], None] = lambda: None) -> Findings:
    """Survey a file.

    Raises:
        UnusableFileError: Importing the file would lose information, or no row would be valid.
    """
    if source.header:
        check_names(source.header.names, mapping)
    seen, checked = _Seen(), set[tuple[str, ...]]()
    translator = Translator(mapping, "-")
    for count, row in enumerate(source.rows()):
        if row.kind == WHOLE_JSON:
            raise UnusableFileError(_WHOLE_JSON)
        names = tuple(row.values)
        if names not in checked:
            checked.add(names)
            seen.columns |= {*names}
            check_names(names, mapping)
        _look(seen, row, translator)
        if count % 1_000 == 0:
            progressed()
    joined = _joined(seen, mapping)
    columns = seen.columns or {*(source.header.names if source.header else ())}
    _require_columns(columns, mapping)
    _require(columns, mapping, source)
    return Findings(
        order=mapping.dates or _order(seen, mapping),
        numbers_are_texts=seen.texts * _NUMBERS_PER_TEXT >= max(seen.numbers, 1),
        first_text=seen.first_text,
        joined=joined,
        local_times=seen.local_times,
    )


def check_names(names: Sequence[str], mapping: Mapping) -> None:
    """Refuse columns that would replace each other, or whose names a mapping cannot contain.

    Raises:
        UnusableFileError: There are such columns.
    """
    broken = [name for name in names if len(name.splitlines()) > 1]
    if broken:
        raise UnusableFileError("a column's name contains a line break: write {columns} on one line", columns=broken)
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise UnusableFileError("several columns have the same name: rename {columns}", columns=twice)
    fields = mapping.fields_of(names)
    several = {field for field, count in Counter(fields.values()).items() if count > 1} - mapping.joined.keys()
    if several:
        columns = [name for name, field in fields.items() if field in several]
        words = "several columns fill {fields}: {columns}; map one of them, or join them"
        raise UnusableFileError(words, fields=sorted(several), columns=columns)


def _look(seen: _Seen, row: Row, translator: Translator) -> None:
    for name, value in translator.fields(row.values).items():
        if isinstance(value, str) and (text := value.strip()):
            if name == "number":
                seen.numbers += 1
                if is_reference(text):
                    seen.first_text = seen.first_text if seen.texts else (text, row.line)
                    seen.texts += 1
            elif name in TIMES:
                _look_at_time(seen, text)
                seen.local_times += not times.has_offset(text)
                seen.dates[name] += 1
                seen.with_clocks[name] += ":" in times.date_only(text) or bool(times.clock_of(text))
    for column, value in row.values.items():
        if isinstance(value, str) and (text := value.strip()):
            seen.cells[column] += 1
            seen.clocks[column] += times.is_clock(text)


def _look_at_time(seen: _Seen, text: str) -> None:
    if "." not in text and (order := times.order_of(text)):
        seen.orders.setdefault(order, text)
    seen.undecided += times.needs_order(text)


def _order(seen: _Seen, mapping: Mapping) -> times.DateOrder | None:
    """Return whether the day or the month comes first, as shown by dates with only one reading."""
    if mapping.time_format:
        return None
    if len(seen.orders) == 2:  # noqa: PLR2004 - both of them
        words = "in some dates the day comes first, in others the month: {unknown}; say which with --dates dmy or mdy"
        raise UnusableFileError(words, unknown=[seen.orders[order] for order in ("dmy", "mdy")])
    if seen.undecided and not seen.orders:
        raise UnusableFileError("no date shows whether the day or the month comes first: --dates dmy or --dates mdy")
    return "mdy" if "mdy" in seen.orders else "dmy"


def _joined(seen: _Seen, mapping: Mapping) -> dict[str, tuple[str, ...]]:
    """Join the only column of dates without clock times with the only column of times that fills no field.

    Raises:
        UnusableFileError: It is not clear which date a time belongs to: all dates would be at midnight.
    """
    fields = mapping.fields_of(sorted(seen.columns))
    settled = {*mapping.columns, *(part for parts in mapping.joined.values() for part in parts)}
    timed = {name for name in seen.columns - settled if fields.get(name) in TIMES and seen.has_clocks(name)}
    clocks = sorted(
        name
        for name in seen.columns - settled
        if name in timed or (name not in fields and (normalise(name) in _CLOCKS or seen.has_clocks(name)))
    )
    dated = [
        (field, name)
        for name, field in fields.items()
        if field in TIMES and field not in mapping.joined and name not in timed and not _is_timed(seen, field)
    ]
    if timed or (clocks and dated and not (len(clocks) == len(dated) == 1 and _belong(clocks[0], dated[0][1]))):
        unclear = [field for field, _ in dated] or sorted(fields[name] for name in timed)
        raise UnusableFileError(_UNCLEAR_CLOCKS, fields=unclear, columns=clocks)
    return {field: (name, clock) for field, name in dated for clock in clocks}


def _is_timed(seen: _Seen, field_: str) -> bool:
    """Tell whether most dates of a field have a time of their own."""
    return seen.with_clocks[field_] * 2 >= seen.dates[field_] > 0


def _belong(clock: str, date: str) -> bool:
    """Tell whether the headings of a time and of a date name the same thing, such as Heure and Date de création."""
    of_clock, of_date = (
        {word.removeprefix("d'").removeprefix("l'") for word in normalise(name).replace("’", "'").split()} - _TIME_WORDS
        for name in (clock, date)
    )
    return not of_clock or of_clock == of_date


def _require_columns(columns: set[str], mapping: Mapping) -> None:
    """Refuse a mapping with columns that the file does not have: their fields would stay empty in every project."""
    mapped = {name for name, field_ in mapping.columns.items() if field_}
    mapped |= {name for names in mapping.joined.values() for name in names}
    if columns and (unknown := mapped - columns):
        words = "no such column in the file: {unknown}; the file has {columns}"
        raise UnusableFileError(words, unknown=sorted(unknown), columns=sorted(columns))


def _require(columns: set[str], mapping: Mapping, source: Source) -> None:
    filled = {*mapping.fields_of(sorted(columns)).values(), *mapping.joined, *mapping.defaults}
    missing = [name for name in ("created_by", "created_at") if name not in filled]
    if not filled & {"number", "reference", "project_id"}:
        missing.insert(0, "number_or_reference")
    if missing and columns:
        words = (
            "no column fills {fields}: name one with --column COLUMN=FIELD or in the mapping, "
            "or give all rows one value with --default FIELD=VALUE; the file has {columns}"
        )
        raise UnusableFileError(words, fields=missing, columns=sorted(columns))
    if not columns and source.form == "csv":
        raise UnusableFileError("the file is empty: have the other system export its data again")
