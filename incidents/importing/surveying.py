"""Looking through a whole file before its first row is taken over: what no row by itself can say."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from incidents.importing import times
from incidents.importing.mapping import TIMES, Mapping, plain
from incidents.importing.reading import Row, Source
from incidents.importing.translating import Findings, Translator, is_reference

_CLOCKS: Final = frozenset({"time", "heure"})
_TEXTS_IN: Final = 10
"""Of so many numbers at least one must be text, if the numbers of a file are to be the other system's."""


class UnfitFileError(Exception):
    """A file of which no row can be taken over as it is: a sentence, and what it names."""

    def __init__(self, words: str, **values: object) -> None:
        super().__init__(words.format(**values))
        self.words = words
        self.values = values


@dataclass(slots=True)
class _Seen:
    """What was counted while looking through."""

    columns: set[str] = field(default_factory=set)
    orders: Counter[str] = field(default_factory=Counter)
    undecided: int = 0
    numbers: int = 0
    texts: int = 0
    local_times: int = 0
    with_clocks: set[str] = field(default_factory=set)


def survey(source: Source, mapping: Mapping, progressed: Callable[[], None] = lambda: None) -> Findings:
    """Look through a file.

    Raises:
        UnfitFileError: Something about it as a whole would lose what it says, or no row could fit.
    """
    if source.header:
        check_names(source.header.names, mapping)
    seen, checked = _Seen(), set[tuple[str, ...]]()
    translator = Translator(mapping, "-")
    for count, row in enumerate(source.rows()):
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
    _require(columns, mapping, source)
    return Findings(
        order=mapping.dates or _order(seen, mapping),
        numbers_are_texts=seen.texts * _TEXTS_IN >= max(seen.numbers, 1),
        joined=joined,
        local_times=seen.local_times,
    )


def check_names(names: Sequence[str], mapping: Mapping) -> None:
    """Refuse columns of which one would take another's place, or whose name no mapping can say.

    Raises:
        UnfitFileError: There are such columns.
    """
    broken = [name for name in names if len(name.splitlines()) > 1]
    if broken:
        raise UnfitFileError("a column's name holds a line break: write {columns} on one line", columns=_listed(broken))
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise UnfitFileError("several columns have one name: rename {columns}", columns=_listed(twice))
    fields = mapping.fields_of(names)
    several = {field for field, count in Counter(fields.values()).items() if count > 1} - mapping.joined.keys()
    if several:
        told = [name for name, field in fields.items() if field in several]
        words = "several columns fill {fields}: {columns}; map one of them, or join them"
        raise UnfitFileError(words, fields=_listed(sorted(several)), columns=_listed(told))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{" ".join(name.split())}"' for name in names)


def _look(seen: _Seen, row: Row, translator: Translator) -> None:
    for name, value in translator.fields(row.values).items():
        if isinstance(value, str) and (text := value.strip()):
            if name == "number":
                seen.numbers += 1
                seen.texts += is_reference(text)
            elif name in TIMES:
                _look_at_time(seen, text)
                seen.local_times += not times.has_offset(text)
                if ":" in times.date_only(text):
                    seen.with_clocks.add(name)


def _look_at_time(seen: _Seen, text: str) -> None:
    if order := times.order_of(text):
        seen.orders[order] += "." not in text
    seen.undecided += times.needs_order(text)


def _order(seen: _Seen, mapping: Mapping) -> times.DateOrder | None:
    """Decide whether days or months stand first, as dates show that can be read in one way alone."""
    if mapping.time_format:
        return None
    shown = [order for order in ("dmy", "mdy") if seen.orders[order]]
    if len(shown) == 2 or (seen.undecided and not shown):  # noqa: PLR2004 - both of them
        raise UnfitFileError("no date says whether days or months stand first: --dates dmy or --dates mdy")
    return "mdy" if shown == ["mdy"] else "dmy"


def _joined(seen: _Seen, mapping: Mapping) -> dict[str, tuple[str, ...]]:
    """Join a column of dates without clock times with the one column of times that fills no field."""
    fields = mapping.fields_of(sorted(seen.columns))
    clocks = [name for name in seen.columns if plain(name) in _CLOCKS and name not in {*fields, *mapping.columns}]
    dated = [(field, name) for name, field in fields.items() if field in TIMES and field not in mapping.joined]
    if len(clocks) != 1 or len(dated) != 1 or dated[0][0] in seen.with_clocks:
        return {}
    (field, name), (clock,) = dated[0], clocks
    return {field: (name, clock)}


def _require(columns: set[str], mapping: Mapping, source: Source) -> None:
    given = {*mapping.fields_of(sorted(columns)).values(), *mapping.joined, *mapping.defaults}
    missing = [name for name in ("created_by", "created_at") if name not in given]
    if not given & {"number", "reference", "project_id"}:
        missing.insert(0, "number")
    if missing and columns:
        words = (
            "no column is {fields}: name one with --column COLUMN=FIELD or in the mapping, "
            "or give all rows the same with --default FIELD=VALUE; the file has {columns}"
        )
        raise UnfitFileError(words, fields=_listed(missing), columns=_listed(sorted(columns)))
    if not columns and source.form == "csv":
        raise UnfitFileError("the file is empty")
