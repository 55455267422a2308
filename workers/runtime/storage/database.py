"""PostgreSQL: the engine, and statements that write a whole set of rows in one round trip."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import Table, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from workers.runtime.storage.statements import DIALECT, Cursor, write


class Base(DeclarativeBase):
    """The mapped classes of the database incident_manager."""


class LogBase(DeclarativeBase):
    """The mapped classes of the database log_server."""


def as_json(value: Any) -> str:
    """Return a value as JSON: times as RFC 3339, ids and decimals as strings."""
    return to_json(value).decode()


# Otherwise a session that waits for a lock would outlive its process and keep its own locks, such as a lane's.
_OPTIONS = "-c timezone=UTC -c client_connection_check_interval=1000"


@dataclass(frozen=True, slots=True)
class Waits:
    """The timeouts of a session, and its name in the database; 0 waits for ever."""

    name: str = "incidents"
    lock_seconds: float = 2.0
    """For a held lock: after a longer wait the batch gives way to others of its process, and is retried."""

    statement_seconds: float = 120.0
    idle_seconds: float = 120.0
    """Inside a transaction: a stopped process holds its locks until the database ends its session."""

    def options(self) -> str:
        """Return them as options of a session."""
        times = {
            "lock_timeout": self.lock_seconds,
            "statement_timeout": self.statement_seconds,
            "idle_in_transaction_session_timeout": self.idle_seconds,
        }
        return " ".join(f"-c {setting}={round(seconds * 1000)}" for setting, seconds in times.items())


_KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 15_000}
"""A silently broken connection is noticed within 25 seconds, instead of two hours."""


def open_engine(url: str, *, connections: int = 20, waits: Waits | None = None) -> AsyncEngine:
    """Prepare a pool for a `postgresql://` URL without connecting."""
    waits = waits or Waits()
    return create_async_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=connections,
        max_overflow=10,
        pool_pre_ping=True,
        json_serializer=as_json,
        json_deserializer=from_json,
        hide_parameters=True,
        connect_args={
            "connect_timeout": 5,
            "options": f"{_OPTIONS} {waits.options()}",
            "application_name": waits.name,
            "cursor_factory": Cursor,
            **_KEEPALIVE,
        },
    )


def autocommit(engine: AsyncEngine) -> AsyncEngine:
    """Return an engine that commits each statement."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


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
