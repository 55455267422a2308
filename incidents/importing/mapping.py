"""The mapping of a file's columns: names of fields, ids of types and statuses, forms of times."""

import unicodedata
from collections.abc import Sequence
from typing import Any, Final, Self
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, field_validator, model_validator
from pydantic_core import PydanticCustomError

from contracts.projects.imports import ImportedProject
from contracts.values import compose
from incidents.importing.times import Choice, DateOrder

FIELDS: Final = frozenset(ImportedProject.model_fields)
TIMES: Final = frozenset({"created_at", "start_time", "end_time"})
COMMON_NAMES: Final = {
    "number": ("no", "nr", "num", "numero", "n°"),
    "reference": ("ref", "référence"),
    "created_by": ("created by", "opened by", "author", "cree par", "ouvert par", "auteur"),
    "created_at": (
        *("created", "created at", "created on", "creation date", "creation time", "date created"),
        *("opened", "opened at", "opened on", "date opened", "date de creation", "creation", "cree"),
        *("cree le", "ouvert le", "date d'ouverture"),
    ),
    "type_id": ("type",),
    "status_id": ("status", "statut"),
    "start_time": ("start", "start time", "debut", "heure de debut"),
    "end_time": ("end", "end time", "fin", "heure de fin"),
}
"""Usual names of fields in spreadsheets, used if a file has no column with the field's own name."""


def normalise(name: str) -> str:
    """Return the name of a column without case, accents and punctuation."""
    spread = unicodedata.normalize("NFKD", name.replace("_", " ").replace("°", "o")).casefold()
    return " ".join("".join(letter for letter in spread if not unicodedata.combining(letter)).split())


_FIELD_OF: Final = {normalise(name): field for field, names in COMMON_NAMES.items() for name in (field, *names)} | {
    field: field for field in ("description",)
}


_SHOWN_NAMES: Final = {
    "creation time": "created_at",
    "exempt from retention": "retention_exempt",
    "exempte de la conservation": "retention_exempt",
    "exempte de la purge": "retention_exempt",
    "project": "project_id",
    "projet": "project_id",
}
"""Names of fields in refusals, which may be typed; a column with such a name may contain something else."""


def field_named(text: str) -> str:
    """Return the field of an import that has this name, on the wire or for people; an unknown name stays unchanged."""
    name = normalise(text)
    return text if text in FIELDS else _FIELD_OF.get(name) or _SHOWN_NAMES.get(name, text)


class Mapping(BaseModel):
    """The mapping of another system's columns to fields; docs/importing.md explains each part."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = "import"
    columns: dict[str, str | None] = {}
    joined: dict[str, list[str]] = {}
    types: dict[str, int] = {}
    statuses: dict[str, int] = {}
    defaults: dict[str, Any] = {}
    time_format: str | None = None
    dates: DateOrder | None = None
    timezone: str | None = None
    clock_changes: Choice | None = None

    @field_validator("columns", "joined", "types", "statuses", mode="before")
    @classmethod
    def _composes_names(cls, names: Any) -> Any:
        """Write names in normal form C, as those of the file."""
        if not isinstance(names, dict):
            return names
        return {
            compose(name): [compose(part) for part in value] if isinstance(value, list) else value
            for name, value in names.items()
        }

    @model_validator(mode="after")
    def _names_what_is_there(self) -> Self:
        named = {"columns": filter(None, self.columns.values()), "defaults": self.defaults, "joined": self.joined}
        for part, names in named.items():
            if unknown := [name for name in names if name not in (TIMES if part == "joined" else FIELDS)]:
                allowed = ", ".join(sorted(TIMES if part == "joined" else FIELDS))
                values = {"value": ", ".join(unknown), "part": part, "expected": allowed}
                kind = "not_a_field"
                raise PydanticCustomError(kind, "no field: {value}", values)
        if self.timezone and self.timezone not in available_timezones():
            kind = "unknown_timezone"
            raise PydanticCustomError(kind, "no time zone: {value}", {"value": self.timezone, "part": "timezone"})
        return self

    def fields_of(self, names: Sequence[str]) -> dict[str, str]:
        """Return the fields of columns: by the mapping, by their own name, or by a common name."""
        fields = {name: field for field, parts in self.joined.items() for name in parts if name in names}
        fields |= {name: field for name in names if name not in fields and (field := self.columns.get(name))}
        left = [name for name in names if name not in fields and name not in self.columns]
        own = {normalise(name): name for name in left if name in FIELDS}
        fields |= {name: own[normalise(name)] for name in left if normalise(name) in own}
        taken = {*fields.values(), *self.joined}
        others = {
            name: _FIELD_OF[normalise(name)] for name in left if name not in fields and normalise(name) in _FIELD_OF
        }
        return fields | {name: field for name, field in others.items() if field not in taken}

    def knows(self, names: Sequence[str]) -> int:
        """Return how many fields these columns fill, which distinguishes a header from titles above it."""
        return len(set(self.fields_of(names).values()))
