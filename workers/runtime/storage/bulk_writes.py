"""Statements that write a whole set of rows in one round trip."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from sqlalchemy import Table, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase

from workers.runtime.storage.database import as_json
from workers.runtime.storage.statement_execution import DIALECT, write


def _recordset(table: Table, names: Iterable[str], parameter: str = "rows") -> str:
    columns = ", ".join(f'"{name}" {table.c[name].type.compile(DIALECT)}' for name in names)
    return f"json_to_recordset(CAST(:{parameter} AS json)) AS given({columns})"


def insertion(
    mapped: type[DeclarativeBase], names: tuple[str, ...], conflict: str = "", parameter: str = "rows"
) -> str:
    """Return the SQL that inserts a set of rows, given as one JSON array, into a mapped class's table."""
    table = table_of(mapped)
    columns = ", ".join(f'"{name}"' for name in names)
    rows = _recordset(table, names, parameter)
    return f"INSERT INTO {table.fullname} ({columns}) SELECT {columns} FROM {rows} {conflict}"  # noqa: S608 - names come from mapped classes


@lru_cache(maxsize=256)
def _insert(mapped: type[DeclarativeBase], names: tuple[str, ...], conflict: str) -> TextClause:
    return text(insertion(mapped, names, conflict))


@lru_cache(maxsize=256)
def _update(table: Table, keys: tuple[str, ...], names: tuple[str, ...]) -> TextClause:
    changes = ", ".join(f'"{name}" = given."{name}"' for name in names)
    same = " AND ".join(f'kept."{key}" = given."{key}"' for key in keys)
    return text(
        f"UPDATE {table.fullname} kept SET {changes} FROM {_recordset(table, keys + names)} WHERE {same}"  # noqa: S608 - names come from mapped classes
    )


@lru_cache(maxsize=256)
def _delete(table: Table, keys: tuple[str, ...]) -> TextClause:
    same = " AND ".join(f'kept."{key}" = given."{key}"' for key in keys)
    return text(f"DELETE FROM {table.fullname} kept USING {_recordset(table, keys)} WHERE {same}")  # noqa: S608 - names come from mapped classes


def table_of(mapped: type[DeclarativeBase]) -> Table:
    """Return the table behind a mapped class."""
    table = mapped.__table__
    if not isinstance(table, Table):
        msg = f"{mapped.__name__} is not mapped to a table"
        raise TypeError(msg)
    return table


async def insert_rows(
    connection: AsyncConnection,
    mapped: type[DeclarativeBase],
    rows: Sequence[Mapping[str, object]],
    *,
    conflict: str = "",
) -> None:
    """Insert rows that all have the same columns, with one statement."""
    if rows:
        await insert_json(connection, mapped, tuple(rows[0]), as_json(rows), conflict=conflict)


async def insert_json(
    connection: AsyncConnection, mapped: type[DeclarativeBase], names: tuple[str, ...], rows: str, *, conflict: str = ""
) -> None:
    """Insert rows that are a JSON array of objects with these columns, with one statement."""
    await write(connection, _insert(mapped, names, conflict), {"rows": rows})


async def update_rows(
    connection: AsyncConnection,
    mapped: type[DeclarativeBase],
    rows: Sequence[Mapping[str, object]],
    *,
    keys: tuple[str, ...],
) -> None:
    """Update the given columns of rows, matched by `keys`, with one statement."""
    names = tuple(name for name in rows[0] if name not in keys) if rows else ()
    if not names:
        return
    await write(connection, _update(table_of(mapped), keys, names), {"rows": as_json(rows)})


async def delete_rows(
    connection: AsyncConnection, mapped: type[DeclarativeBase], rows: Sequence[Mapping[str, object]]
) -> None:
    """Delete the rows with these keys, with one statement."""
    if rows:
        await write(connection, _delete(table_of(mapped), tuple(rows[0])), {"rows": as_json(rows)})
