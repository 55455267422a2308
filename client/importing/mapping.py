"""What the columns of a file mean: names of fields, ids of types and statuses, forms of times."""

import re
from collections.abc import Mapping as Named
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import to_json

from contracts.project_imports import ImportedProject

_NAMESPACE: Final = UUID("6f0d7c1e-58b1-5d5b-9e0a-3f6d2b7a4c10")
_WHOLE: Final = re.compile(r"[0-9]{1,19}")
_TIMES: Final = frozenset({"created_at", "start_time", "end_time"})
_YES: Final = frozenset({"1", "true", "yes", "oui", "on"})
_NO: Final = frozenset({"0", "false", "no", "non", "off"})


class MisfitError(Exception):
    """A row that does not fit: the field, the kind of what is wrong, and the project's number where it is known."""

    def __init__(self, field: str, kind: str, number: int | None = None) -> None:
        super().__init__(f"{field}: {kind}")
        self.number = number
        self.field = field
        self.kind = kind


class Mapping(BaseModel):
    """How another system's columns become fields; docs/importing.md explains each part."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = "import"
    columns: dict[str, str] = {}
    types: dict[str, int] = {}
    statuses: dict[str, int] = {}
    defaults: dict[str, Any] = {}
    time_format: str | None = None
    timezone: str | None = None

    @model_validator(mode="after")
    def _names_what_is_there(self) -> Self:
        unknown = [*self.columns.values(), *self.defaults]
        unknown = [name for name in unknown if name not in ImportedProject.model_fields]
        if unknown:
            raise ValueError(f"no field: {', '.join(unknown)}")
        if self.timezone and self.timezone not in available_timezones():
            raise ValueError(f"no time zone: {self.timezone}")
        return self

    def field_of(self, column: str) -> str | None:
        """Name the field that a column fills; None for a column that is left out."""
        field = self.columns.get(column, column)
        return field if field in ImportedProject.model_fields else None

    def project(self, values: Named[str, Any], site: str) -> ImportedProject:
        """Make a project of a row.

        Raises:
            MisfitError: The row does not fit.
        """
        named = {field: value for column, value in values.items() if (field := self.field_of(column))}
        given = {field: value for field, value in named.items() if value not in ("", None)}
        read = {field: self._read(field, value) for field, value in {**self.defaults, **given}.items()}
        number = read.get("number")
        read.setdefault("project_id", uuid5(_NAMESPACE, f"{site}/{self.source}/{number}"))
        try:
            return ImportedProject.model_validate_json(to_json(read))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            told = number if isinstance(number, int) else None
            raise MisfitError(".".join(map(str, first["loc"])), first["type"], told) from error
        except ValueError as error:
            raise MisfitError("", "not_utf8") from error

    def _read(self, field: str, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = value.strip()
        if field == "number":
            return int(text) if _WHOLE.fullmatch(text) else value
        if field in {"type_id", "status_id"}:
            return self._property(field, text)
        if field == "retention_exempt":
            return True if text.lower() in _YES else False if text.lower() in _NO else value
        return self._time(text) if field in _TIMES else value

    def _property(self, field: str, text: str) -> int:
        ids = self.types if field == "type_id" else self.statuses
        if text in ids:
            return ids[text]
        if _WHOLE.fullmatch(text):
            return int(text)
        raise MisfitError(field, "unknown_name")

    def _time(self, text: str) -> str:
        """Return RFC 3339, or the text as it is where nothing else can be made of it: the contract says why."""
        try:
            form = self.time_format
            time = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007 - zoned below
        except ValueError:
            return text
        if time.tzinfo is None and self.timezone:
            time = time.replace(tzinfo=ZoneInfo(self.timezone))
        return time.isoformat()
