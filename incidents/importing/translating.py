"""Making a project of a row: which field each cell fills, and what it says there."""

import re
from collections.abc import Mapping as Named
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from pydantic_core import to_json

from contracts.projects.imports import ImportedProject
from incidents.importing import times
from incidents.importing.mapping import TIMES, Mapping
from incidents.importing.times import DateOrder, Moment, NotATimeError

_NAMESPACE: Final = UUID("6f0d7c1e-58b1-5d5b-9e0a-3f6d2b7a4c10")
_WHOLE: Final = re.compile(r"[0-9]{1,19}")
_AS_A_NUMBER: Final = re.compile(r"[='\"+\-\s]*[\d\s.,'’]+([eE][+-]?\d+)?[\"'\s]*")
_NUMBERED: Final = re.compile(r"(?=.*\d)(?=.*([^\W\d_]|\d[-/_.:]\w))", flags=re.DOTALL)
_YES: Final = frozenset({"1", "true", "yes", "oui", "on", "vrai"})
_NO: Final = frozenset({"0", "false", "no", "non", "off", "faux"})


class MisfitError(Exception):
    """A row that does not fit: the field, the kind of what is wrong, and the numbers by which the row is known."""

    def __init__(self, field: str, kind: str, number: object = None, reference: object = None) -> None:
        super().__init__(f"{field}: {kind}")
        self.number = number if isinstance(number, int) else None
        self.reference = reference if isinstance(reference, str) else None
        self.field = field
        self.kind = kind


def is_reference(text: str) -> bool:
    """Tell a number that is a text, such as 2020-001 or INC0000060, from a number however it is written."""
    return not _AS_A_NUMBER.fullmatch(text) and bool(_NUMBERED.match(text))


@dataclass(frozen=True, slots=True)
class Findings:
    """What the whole file says and no row by itself: see `surveying`."""

    order: DateOrder | None = None
    numbers_are_texts: bool = False
    joined: Named[str, tuple[str, ...]] = field(default_factory=dict)
    local_times: int = 0


@dataclass(frozen=True, slots=True)
class Translator:
    """Makes projects of rows; names of types and statuses are those of the mapping, then those of the site."""

    mapping: Mapping
    site: str
    findings: Findings = Findings()
    names: Named[str, Named[str, int]] = field(default_factory=dict)
    _fields: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)

    def project(self, values: Named[str, Any]) -> ImportedProject:
        """Make a project of a row.

        Raises:
            MisfitError: The row does not fit.
        """
        given = {name: value for name, value in self.fields(values).items() if value not in ("", None)}
        given = self._numbered({**self.mapping.defaults, **given})
        number, reference = given.get("number"), given.get("reference")
        try:
            read = self._timed({name: self._read(name, value) for name, value in given.items()})
            if "project_id" not in read:
                read["project_id"] = self._id_of(reference if number is None else number)
            return ImportedProject.model_validate_json(to_json(read))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            raise MisfitError(".".join(map(str, first["loc"])), first["type"], number, reference) from error
        except MisfitError as error:
            raise MisfitError(error.field, error.kind, number, reference) from error
        except ValueError as error:
            raise MisfitError("", "not_utf8") from error

    def _id_of(self, key: object) -> UUID:
        """Return the id that follows from what a row is known by, whatever else is corrected in it."""
        if key is None:
            raise MisfitError("number", "missing")
        return uuid5(_NAMESPACE, f"{self.site}/{self.mapping.source}/{key}")

    def fields(self, values: Named[str, Any]) -> dict[str, Any]:
        """Return what a row says by field: a cell each, or several cells that are joined."""
        fields = self._columns(tuple(values))
        joined = {**self.mapping.joined, **self.findings.joined}
        apart = {part for parts in joined.values() for part in parts}
        read = {field: values[name] for name, field in fields.items() if name not in apart}
        for name, parts in joined.items():
            cells = [str(values.get(part) or "").strip() for part in parts]
            if cells[0]:
                cells[0] = times.date_only(cells[0]) if any(cells[1:]) else cells[0]
            if any(cells):
                read[name] = " ".join(filter(None, cells))
        return read

    def left_out(self, values: Named[str, Any]) -> set[str]:
        """Name the columns that fill no field."""
        used = {part for parts in self.findings.joined.values() for part in parts}
        return values.keys() - self._columns(tuple(values)).keys() - used

    def _columns(self, names: tuple[str, ...]) -> dict[str, str]:
        fields = self._fields.get(names)
        if fields is None:
            fields = self._fields[names] = self.mapping.fields_of(names)
        return fields

    def _numbered(self, given: dict[str, Any]) -> dict[str, Any]:
        """Read the number; in a file in which numbers are texts they are the other system's."""
        text = given.get("number")
        if not isinstance(text, str):
            return given
        if self.findings.numbers_are_texts and "reference" not in given:
            rest = {name: value for name, value in given.items() if name != "number"}
            return {**rest, "reference": text.strip()}
        return {**given, "number": int(text) if _WHOLE.fullmatch(text.strip()) else text}

    def _read(self, name: str, value: Any) -> Any:
        if not isinstance(value, str):
            return str(value) if name == "reference" and isinstance(value, int) else value
        text = value.strip()
        if name in {"type_id", "status_id"}:
            return self._property(name, text)
        if name == "retention_exempt":
            return True if text.lower() in _YES else False if text.lower() in _NO else value
        return text if name in TIMES or name == "reference" else value

    def _property(self, name: str, text: str) -> int:
        ids = self.mapping.types if name == "type_id" else self.mapping.statuses
        if text in ids:
            return ids[text]
        if _WHOLE.fullmatch(text):
            return int(text)
        found = self.names.get(name, {}).get(text.casefold())
        if found is None:
            raise MisfitError(name, "unknown_name")
        return found

    def _timed(self, read: dict[str, Any]) -> dict[str, Any]:
        """Place the times; those of the start and the end decide about each other."""
        written = {name: read[name] for name in TIMES & read.keys() if isinstance(read[name], str)}
        moments = {name: self._moment(text) for name, text in written.items()}
        for group in (("created_at",), ("start_time", "end_time")):
            named = {name: found for name in group if isinstance(found := moments.get(name), Moment)}
            decided = times.decided(named.values(), self.mapping.clock_changes)
            if decided is None:
                name, doubted = next(one for one in named.items() if len(one[1].possible) > 1)
                raise MisfitError(name, doubted.kind)
            read |= {name: at.isoformat() for name, at in zip(named, decided, strict=True)}
        return read

    def _moment(self, text: str) -> Moment | str:
        """Return when it was, or the text as it is where no time can be made of it: the contract says why."""
        zone = ZoneInfo(self.mapping.timezone) if self.mapping.timezone else None
        try:
            at: datetime = times.read(text, self.mapping.time_format, self.findings.order or self.mapping.dates)
            return times.moment(at, zone)
        except (NotATimeError, OverflowError):
            return text
