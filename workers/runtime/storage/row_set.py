"""Rows of one table during a batch: what was read, and what will be written, set by set."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase

from workers.runtime.storage.database import delete_rows, insert_rows, update_rows

Row = Mapping[Any, Any]


class RowSet:
    """The rows of one table that a batch touches, by their key; never changed in place, only replaced."""

    def __init__(self, mapped: type[DeclarativeBase], *keys: str) -> None:
        """Start empty; `keys` name the columns of the key."""
        self._mapped = mapped
        self._keys = keys
        self._rows: dict[tuple[Any, ...], Row] = {}
        self._stored: set[tuple[Any, ...]] = set()
        self._dirty: set[tuple[Any, ...]] = set()
        self._removed: set[tuple[Any, ...]] = set()

    def found(self, rows: Iterable[Row]) -> None:
        """Take over what was read from the table."""
        for row in rows:
            key = self._key(row)
            self._rows[key] = row
            self._stored.add(key)

    def _key(self, row: Row) -> tuple[Any, ...]:
        return tuple(row[name] for name in self._keys)

    def get(self, *key: Any) -> Row | None:
        """Return the row of this key as it stands within the batch."""
        return self._rows.get(key)

    def all(self) -> list[Row]:
        """Return every row that is there, as it stands within the batch."""
        return list(self._rows.values())

    def put(self, row: Row) -> None:
        """Insert the row, or write every column of it."""
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
        """Drop what was to be written below this first part of the key: the table's cascade deletes the rest."""
        gone = [key for key in self._rows if key[0] == first]
        for key in gone:
            del self._rows[key]
            self._dirty.discard(key)

    def new(self) -> list[Row]:
        """Return the rows that will be inserted."""
        return [self._rows[key] for key in self._dirty - self._stored]

    def written(self) -> list[Row]:
        """Return the rows that will be inserted or changed."""
        return [self._rows[key] for key in self._dirty]

    def removed(self) -> set[tuple[Any, ...]]:
        """Return the keys of the rows that will be deleted."""
        return set(self._removed)

    async def save(self, connection: AsyncConnection) -> None:
        """Write removals, then new rows, then changed ones: at most three statements."""
        removed = [dict(zip(self._keys, key, strict=True)) for key in self._removed]
        await delete_rows(connection, self._mapped, removed)
        changed = self._dirty & self._stored - self._removed
        new = [dict(self._rows[key]) for key in sorted(self._dirty - changed, key=str)]
        await insert_rows(connection, self._mapped, new)
        await update_rows(
            connection,
            self._mapped,
            [dict(self._rows[key]) for key in sorted(changed, key=str)],
            keys=self._keys,
        )
