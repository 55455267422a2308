"""What the columns of a file mean, as somebody says it: names of fields, ids of types and statuses, forms of times."""

import unicodedata
from collections.abc import Sequence
from typing import Any, Final, Self
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, model_validator

from contracts.projects.imports import ImportedProject
from incidents.importing.times import Choice, DateOrder

FIELDS: Final = frozenset(ImportedProject.model_fields)
TIMES: Final = frozenset({"created_at", "start_time", "end_time"})
_KNOWN_AS: Final = {
    "number": ("no", "nr", "num", "numero", "n°"),
    "reference": ("ref", "référence"),
    "created_by": ("created by", "opened by", "author", "cree par", "ouvert par", "auteur"),
    "created_at": ("created", "created at", "opened", "opened at", "date de creation", "cree le", "ouvert le"),
    "type_id": ("type",),
    "status_id": ("status", "statut"),
    "start_time": ("start", "start time", "debut", "heure de debut"),
    "end_time": ("end", "end time", "fin", "heure de fin"),
}
"""What spreadsheets call the fields, in English and French; used where a file has no column of the field's own name."""


def plain(name: str) -> str:
    """Return a name of a column without case, accents, and marks between its words."""
    spread = unicodedata.normalize("NFKD", name.replace("_", " ").replace("°", "o")).casefold()
    return " ".join("".join(one for one in spread if not unicodedata.combining(one)).split())


_FIELD_OF: Final = {plain(name): field for field, names in _KNOWN_AS.items() for name in (field, *names)} | {
    field: field for field in ("description",)
}


class Mapping(BaseModel):
    """How another system's columns become fields; docs/importing.md explains each part."""

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

    @model_validator(mode="after")
    def _names_what_is_there(self) -> Self:
        unknown = [*filter(None, self.columns.values()), *self.defaults]
        unknown = [name for name in unknown if name not in FIELDS]
        unknown += [name for name in self.joined if name not in TIMES]
        if unknown:
            raise ValueError(f"no field: {', '.join(unknown)}")
        if self.timezone and self.timezone not in available_timezones():
            raise ValueError(f"no time zone: {self.timezone}")
        return self

    def fields_of(self, names: Sequence[str]) -> dict[str, str]:
        """Return the field of each column that has one: as the mapping says, by its name, or as such are called."""
        found = {name: field for field, parts in self.joined.items() for name in parts if name in names}
        found |= {name: field for name in names if name not in found and (field := self.columns.get(name))}
        left = [name for name in names if name not in found and name not in self.columns]
        found |= {name: name for name in left if name in FIELDS}
        taken = {*found.values(), *self.joined}
        others = {name: _FIELD_OF[plain(name)] for name in left if name not in found and plain(name) in _FIELD_OF}
        return found | {name: field for name, field in others.items() if field not in taken}

    def knows(self, names: Sequence[str]) -> int:
        """Tell how many fields these columns fill, which tells a header from the titles above it."""
        return len(set(self.fields_of(names).values()))
