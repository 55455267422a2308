"""Rows of one table during a batch: those that were read, and those to be written, set by set."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import Result, TextClause
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase

from workers.runtime.storage.bulk_writes import delete_rows, insert_rows, update_rows
from workers.runtime.storage.statement_execution import read

RowT = TypeVar("RowT", bound=Mapping[str, object])
"""The type of a table's or a statement's rows: a `TypedDict` with its columns."""


async def read_rows(
    connection: AsyncConnection, statement: TextClause, parameters: Mapping[str, Any], row_type: type[RowT]
) -> list[RowT]:
    """Return the rows of a statement of a batch, typed by the columns that it names."""
    return rows_as(row_type, await read(connection, statement, parameters))


def rows_of(result: Result[Any], row_type: type[RowT]) -> list[RowT]:
    """Return the rows of an executed statement, typed by the columns that it names."""
    return rows_as(row_type, result.mappings())


def row_of(result: Result[Any], row_type: type[RowT]) -> RowT | None:
    """Return the single row of an executed statement, or None."""
    row = result.mappings().one_or_none()
    return None if row is None else rows_as(row_type, [row])[0]


def rows_as(_row_type: type[RowT], rows: Iterable[Mapping[Any, Any]]) -> list[RowT]:
    """Cast the rows of a statement to their type; the author of the statement guarantees it."""
    return cast("list[RowT]", list(rows))


class RowSet(Generic[RowT]):
    """The rows of one table that a batch touches, by their key; never changed in place, only replaced."""

    def __init__(self, mapped: type[DeclarativeBase], *keys: str) -> None:
        """Start empty; `keys` name the columns of the key."""
        self._mapped = mapped
        self._keys = keys
        self._rows: dict[tuple[Any, ...], RowT] = {}
        self._stored: dict[tuple[Any, ...], RowT] = {}
        self._dirty: set[tuple[Any, ...]] = set()
        self._removed: set[tuple[Any, ...]] = set()

    def add_stored(self, rows: Iterable[RowT]) -> None:
        """Add rows that were read from the table."""
        for row in rows:
            key = self._key(row)
            self._rows[key] = self._stored[key] = row

    def _key(self, row: RowT) -> tuple[Any, ...]:
        return tuple(row[name] for name in self._keys)

    def get(self, *key: Any) -> RowT | None:
        """Return the current row of this key within the batch."""
        return self._rows.get(key)

    def all(self) -> list[RowT]:
        """Return all current rows within the batch."""
        return list(self._rows.values())

    def put(self, row: RowT) -> None:
        """Insert the row, or write what has changed of it."""
        key = self._key(row)
        self._rows[key] = row
        self._dirty.add(key)
        self._removed.discard(key)

    def remove(self, *key: Any) -> None:
        """Delete the row of this key."""
        self._rows.pop(key, None)
        self._dirty.discard(key)
        if key in self._stored:
            self._removed.add(key)

    def forget(self, first: Any) -> None:
        """Drop pending writes whose keys begin with this part: the table's cascade deletes stored rows."""
        gone = [key for key in self._rows if key[0] == first]
        for key in gone:
            del self._rows[key]
            self._dirty.discard(key)

    def new(self) -> list[RowT]:
        """Return the rows that will be inserted."""
        return [self._rows[key] for key in self._dirty - self._stored.keys()]

    def written(self) -> list[RowT]:
        """Return the rows that will be inserted or changed."""
        return [self._rows[key] for key in self._dirty]

    def removed(self) -> set[tuple[Any, ...]]:
        """Return the keys of the rows that will be deleted."""
        return set(self._removed)

    async def save(self, connection: AsyncConnection) -> None:
        """Write removals, then new rows, then changed ones: at most three statements."""
        removed = [dict(zip(self._keys, key, strict=True)) for key in self._removed]
        await delete_rows(connection, self._mapped, removed)
        changed = (self._dirty & self._stored.keys()) - self._removed
        new = [dict(self._rows[key]) for key in sorted(self._dirty - changed, key=str)]
        await insert_rows(connection, self._mapped, new)
        await self._update(connection, sorted(changed, key=str))

    async def _update(self, connection: AsyncConnection, keys: Sequence[tuple[Any, ...]]) -> None:
        """Write the columns in which a row differs from the stored one; the other rows keep theirs."""
        pairs = [(self._rows[key], self._stored[key]) for key in keys]
        names = {name for row, stored in pairs for name, value in row.items() if value != stored[name]}
        if names:
            ordered = [name for name in pairs[0][0] if name in names or name in self._keys]
            rows = [{name: row[name] for name in ordered} for row, _ in pairs]
            await update_rows(connection, self._mapped, rows, keys=self._keys)
