"""The order of a list, and the place after which a page begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, TypeAdapter
from sqlalchemy import ColumnElement, Select, literal, select, tuple_
from sqlalchemy.orm import aliased

from contracts.values import AnyText, PropertyId, Time
from workers.projects.search.index_tables import Search
from workers.projects.tables.projects import Project
from workers.runtime.admission.incoming_messages import invalid
from workers.runtime.queries.result_pages import cursor, read_cursor

_Number = Annotated[int, Field(ge=1, le=2**63 - 1)]
_Described = aliased(Search, name="described")
_DESCRIBED: tuple[Any, ...] = (_Described.described, _Described.created_at, _Described.project_id)
_COLUMNS: dict[str, tuple[Any, Any]] = {
    "number": (Project.number, _Number),
    "type_id": (Project.type_id, PropertyId),
    "status_id": (Project.status_id, PropertyId),
    "description": (_Described.described, AnyText),
    "start_time": (Project.start_time, Time),
    "end_time": (Project.end_time, Time),
    "updated_at": (Project.updated_at, Time),
    "created_by": (Project.created_by, AnyText),
}
_NULLABLE = {"type_id", "status_id", "start_time", "end_time"}
_DATED: tuple[Any, ...] = (Project.created_at, Project.id)

Place = tuple[Any, ...]


@dataclass(frozen=True)
class Section:
    """A part of a list whose sorted column is filled throughout, or empty throughout; `key` orders its rows."""

    key: tuple[ColumnElement[Any], ...]
    conditions: tuple[ColumnElement[bool], ...] = ()
    after: Place | None = None

    def beyond(self, key: Sequence[ColumnElement[Any]], *, backward: bool) -> list[ColumnElement[bool]]:
        """Return the condition that skips the rows of earlier pages."""
        if self.after is None:
            return []
        values = [literal(value, column.type) for value, column in zip(self.after, key, strict=True)]
        return [tuple_(*key) < tuple_(*values) if backward else tuple_(*key) > tuple_(*values)]


@dataclass(frozen=True)
class Order:
    """How a list is sorted: by one column, then by date and id."""

    name: str
    backward: bool

    @classmethod
    def of(cls, sort: str) -> "Order":
        """Parse the `sort` of a query."""
        return cls(sort.removeprefix("-"), sort.startswith("-"))

    @property
    def key(self) -> tuple[ColumnElement[Any], ...]:
        """Return the columns that order the rows."""
        if self.name == "description":
            return _DESCRIBED
        return (_COLUMNS[self.name][0], *_DATED) if self.name in _COLUMNS else _DATED

    def linked(self, statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        """Return a statement on projects, joined with the table that has the columns of the order."""
        if self.name != "description":
            return statement
        return statement.join_from(Project, _Described, _Described.project_id == Project.id)

    @property
    def placing(self) -> tuple[ColumnElement[Any], ...]:
        """Return the columns that a row needs for its place in addition to those that it shows."""
        own = select(_Described.described).where(_Described.project_id == Project.id).scalar_subquery()
        return (own.label("described"),) if self.name == "description" else ()

    def sections(self, after: Place | None) -> list[Section]:
        """Return the sections still to show: the rows with a value, then those without."""
        if self.name not in _NULLABLE:
            return [Section(self.key, after=after)]
        column = self.key[0]
        empty = (column.is_(None),)
        if after and after[0] is None:
            return [Section(_DATED, empty, after[1:])]
        return [Section(self.key, (column.is_not(None),), after), Section(_DATED, empty)]

    def sort(self, columns: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
        """Return the columns in the direction of this order."""
        return [column.desc() if self.backward else column.asc() for column in columns]

    def cursor(self, row: Any) -> str:
        """Return the place of a row as a cursor for this order only."""
        values = [] if self.name not in _COLUMNS else [row[self.name]]
        if self.name == "description":
            values = [row["described"]]
        return cursor(self.name, *values, row["created_at"], row["project_id"])

    def place(self, after: str | None) -> Place | None:
        """Parse a cursor, or refuse one of another order."""
        if after is None:
            return None
        name, *place = read_cursor(_reader(self.name), after)
        if name != self.name:
            raise invalid(("after", "cursor"))
        return tuple(place)


@lru_cache
def _reader(name: str) -> TypeAdapter[Any]:
    kind: Any = _COLUMNS[name][1] if name in _COLUMNS else None
    kind = kind | None if name in _NULLABLE else kind
    columns: Any = (str, kind) if name in _COLUMNS else (str,)
    form: Any = tuple.__class_getitem__((*columns, Time, UUID))
    return TypeAdapter(form)
