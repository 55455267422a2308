"""Translating a row into a project: the field of each cell, and its value."""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from collections.abc import Mapping as Named
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Final, NamedTuple, cast
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from pydantic_core import to_json

from contracts.administration_queries import Property
from contracts.errors import refused_fields
from contracts.limits import Limit
from contracts.projects.imports import ImportedProject
from contracts.values import compose
from incidents.importing import times
from incidents.importing.mapping import TIMES, Mapping
from incidents.importing.times import DateOrder, Moment, NotATimeError

_NAMESPACE: Final = UUID("6f0d7c1e-58b1-5d5b-9e0a-3f6d2b7a4c10")
_WHOLE: Final = re.compile(r"[0-9]{1,19}")
_AS_A_NUMBER: Final = re.compile(r"[='\"+\-\s]*[\d\s.,'’]+([eE][+-]?\d+)?[\"'\s]*")
_NUMBERED: Final = re.compile(r"(?=.*\d)(?=.*([^\W\d_]|\d[-/_.:]\w))", flags=re.DOTALL)
_YES: Final = frozenset({"1", "true", "yes", "oui", "on", "vrai"})
_NO: Final = frozenset({"0", "false", "no", "non", "off", "faux"})
_ALSO_FROM: Final = {"reference": ("number",), "project_id": ("number", "reference")}
"""Fields that are made from another one in files that do not have them."""

_KINDS: Final = {"bool_type": "yes_or_no", "bool_parsing": "yes_or_no"}
"""Kinds of errors that have other words about a file than about a message."""

_PLACES: Final = {name: place for place, name in enumerate(ImportedProject.model_fields)}
"""The order in which the faults of a row are named."""

_REFUSED_TEXT_MAX: Final = 200
"""The most characters of a refused cell that are kept."""


class Cell(NamedTuple):
    """The cell that a field was read from: its column, empty for a default, and its text."""

    column: str = ""
    text: str = ""


_NO_CELL: Final = Cell()
_NO_LIMIT: Final = Limit()


class Fault(NamedTuple):
    """A fault of a row: the field, the kind of error, the limit that it exceeds, and the cell that it is about."""

    field: str
    kind: str
    limit: Limit = _NO_LIMIT
    cell: Cell = _NO_CELL


class InvalidRowError(Exception):
    """A row that is not valid: all its faults, and the numbers that identify the row."""

    def __init__(self, *faults: Fault, number: object = None, reference: object = None) -> None:
        super().__init__("; ".join(f"{fault.field}: {fault.kind}" for fault in faults))
        self.number = number if isinstance(number, int) else None
        self.reference = reference if isinstance(reference, str) else None
        self.faults = faults


class _UnknownNameError(Exception):
    """A name of a type or a status that nobody knows, and a similar one, if there is any."""

    def __init__(self, near: str) -> None:
        super().__init__(near)
        self.limit: Limit = {"near": near} if near else {}


def is_reference(text: str) -> bool:
    """Tell whether a number is a text, such as 2020-001 or INC0000060, and not a number in some format."""
    return not _AS_A_NUMBER.fullmatch(text) and bool(_NUMBERED.match(text))


@dataclass(frozen=True, slots=True)
class Findings:
    """Facts about the whole file that a single row does not show: see `surveying`.

    `first_text` is the first number that is a text, and its line.
    """

    order: DateOrder | None = None
    numbers_are_texts: bool = False
    first_text: tuple[str, int] = ("", 0)
    joined: Named[str, tuple[str, ...]] = field(default_factory=dict)
    local_times: int = 0


@dataclass(frozen=True, slots=True)
class Translator:
    """Translates rows into projects; names of types and statuses are those of the mapping, then those of the site."""

    mapping: Mapping
    site: str
    findings: Findings = Findings()
    names: Named[str, Named[str, Property]] = field(default_factory=dict)
    _fields: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)

    def project(self, values: Named[str, Any]) -> ImportedProject:
        """Translate a row into a project.

        Raises:
            InvalidRowError: The row is not valid.
        """
        filled = {name: value for name, value in self.fields(values).items() if value not in ("", None)}
        filled = self._numbered({**self.mapping.defaults, **filled})
        number, reference = filled.get("number"), filled.get("reference")
        faults: list[Fault] = []
        read = self._timed(self._read_all(filled, faults), faults)
        key = reference if number is None else number
        if "project_id" not in read:
            read["project_id"] = self._id_of(key)
            faults += [Fault("number", "missing")] if key is None else []
        try:
            project = ImportedProject.model_validate_json(to_json(read))
        except ValidationError as error:
            faults += _faults_of(error, besides={fault.field for fault in faults})
        except ValueError:
            faults.append(Fault("", "not_utf8"))
        else:
            if not faults:
                return project
        faults.sort(key=lambda fault: _PLACES.get(fault.field, 0))
        raise InvalidRowError(*faults, number=number, reference=reference)

    def _id_of(self, key: object) -> UUID:
        """Return the id derived from the number of a row, which stays the same when other cells are corrected."""
        return uuid5(_NAMESPACE, compose(f"{self.site}/{self.mapping.source}/{key}"))

    def fields(self, values: Named[str, Any]) -> dict[str, Any]:
        """Return the values of a row by field: one cell each, or several joined cells."""
        fields = self._columns(tuple(values))
        joined = {**self.mapping.joined, **self.findings.joined}
        apart = {part for parts in joined.values() for part in parts}
        read = {field: values[name] for name, field in fields.items() if name not in apart}
        for name, parts in joined.items():
            cells = [str(values.get(part) or "").strip() for part in parts]
            if name in self.findings.joined and self.mapping.time_format is None:
                cells[1:] = [times.clock(cell) for cell in cells[1:]]
            if cells[0]:
                own = [clock] if (clock := times.clock_of(cells[0])) and name in self.findings.joined else []
                cells[0] = times.date_only(cells[0]) if any(cells[1:]) else cells[0]
                cells[1:] = [cell for cell in cells[1:] if cell not in own]
            if any(cells):
                read[name] = " ".join(filter(None, cells))
        return read

    def cell(self, values: Named[str, Any], field_: str) -> Cell:
        """Return the cell that a refusal of a field is about."""
        columns: dict[str, Iterable[str]] = {
            field: (column,) for column, field in self._columns(tuple(values)).items()
        } | {**self.mapping.joined, **self.findings.joined}
        name = field_.partition(".")[0]
        for source in (name, *_ALSO_FROM.get(name, ())):
            texts = [_text_of(values.get(column)) for column in columns.get(source, ())]
            if any(texts):
                return Cell(" + ".join(columns[source]), " ".join(filter(None, texts)))
            if source in self.mapping.defaults:
                return Cell("", _text_of(self.mapping.defaults[source]))
        return Cell(" + ".join(columns.get(name, ())))

    def left_out(self, values: Named[str, Any]) -> set[str]:
        """Return the columns that fill no field."""
        used = {part for parts in self.findings.joined.values() for part in parts}
        return values.keys() - self._columns(tuple(values)).keys() - used

    def _columns(self, names: tuple[str, ...]) -> dict[str, str]:
        fields = self._fields.get(names)
        if fields is None:
            fields = self._fields[names] = self.mapping.fields_of(names)
        return fields

    def _numbered(self, values: dict[str, Any]) -> dict[str, Any]:
        """Parse the number; the reference keeps its zeros, or all of it in a file whose numbers are texts."""
        text = values.get("number")
        if not isinstance(text, str):
            return values
        written = text.strip()
        if self.findings.numbers_are_texts and "reference" not in values:
            rest = {name: value for name, value in values.items() if name != "number"}
            return {**rest, "reference": written}
        if not _WHOLE.fullmatch(written):
            return values
        return {**({"reference": written} if written.startswith("0") else {}), **values, "number": int(written)}

    def _read_all(self, filled: Named[str, Any], faults: list[Fault]) -> dict[str, Any]:
        """Return the fields that can be read; the others are faults."""
        read: dict[str, Any] = {}
        for name, value in filled.items():
            try:
                read[name] = self._read(name, value)
            except _UnknownNameError as error:
                faults.append(Fault(name, "unknown_name", error.limit))
        return read

    def _read(self, name: str, value: Any) -> Any:
        if not isinstance(value, str):
            return str(value) if name == "reference" and isinstance(value, int) else value
        text = value.strip()
        if name in {"type_id", "status_id"}:
            return self._property(name, compose(text))
        if name == "retention_exempt":
            return True if text.lower() in _YES else False if text.lower() in _NO else value
        return text if name in TIMES or name == "reference" else value

    def _property(self, name: str, text: str) -> int:
        ids = self.mapping.types if name == "type_id" else self.mapping.statuses
        if text in ids:
            return ids[text]
        if _WHOLE.fullmatch(text):
            return int(text)
        defined = self.names.get(name, {})
        if (property_ := defined.get(text.casefold())) is None:
            known = {own.casefold(): own for own in ids} | {key: each.name for key, each in defined.items()}
            near = get_close_matches(text.casefold(), known, n=1)
            raise _UnknownNameError(known[near[0]] if near else "")
        return property_.id

    def _timed(self, read: dict[str, Any], faults: list[Fault]) -> dict[str, Any]:
        """Place the times in their zone; the start and the end resolve each other's ambiguity."""
        written = {name: read[name] for name in TIMES & read.keys() if isinstance(read[name], str)}
        moments = {name: self._moment(text) for name, text in written.items()}
        wrong = {name for name, moment in moments.items() if moment is None}
        faults += [Fault(name, "not_a_time") for name in sorted(wrong)]
        read = {name: value for name, value in read.items() if name not in wrong}
        for group in (("created_at",), ("start_time", "end_time")):
            named = {name: moment for name in group if (moment := moments.get(name))}
            decided = times.decide(named.values(), self.mapping.clock_changes)
            if decided is None:
                name, doubted = next(item for item in named.items() if len(item[1].possible) > 1)
                faults.append(Fault(name, doubted.kind))
                read = {other: value for other, value in read.items() if other not in named}
            else:
                read |= {name: at.isoformat() for name, at in zip(named, decided, strict=True)}
        return read

    def _moment(self, text: str) -> Moment | None:
        """Return the moment; None if the text is not a time."""
        zone = ZoneInfo(self.mapping.timezone) if self.mapping.timezone else None
        try:
            at: datetime = times.read(text, self.mapping.time_format, self.findings.order or self.mapping.dates)
            return times.moment(at, zone)
        except (NotATimeError, OverflowError):
            return None


def _faults_of(error: ValidationError, besides: Collection[str]) -> Iterator[Fault]:
    """Yield the faults of a validation, without fields that are faulty already."""
    for fault in refused_fields(error):
        place, kind = fault.pop("field"), fault.pop("kind")
        if place not in besides:
            kind = "not_a_time" if place in TIMES and kind.startswith("datetime_") else _KINDS.get(kind, kind)
            yield Fault(place, kind, cast("Limit", fault))


def _text_of(value: Any) -> str:
    """Return a cell as it is written in the file; the end of a long one is left out."""
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    plain = text.strip()
    return plain if len(plain) <= _REFUSED_TEXT_MAX else f"{plain[: _REFUSED_TEXT_MAX - 1]}…"
