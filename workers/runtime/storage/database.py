"""PostgreSQL: the engine, the timeouts of its sessions, and the bases of the mapped classes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from workers.runtime.storage.statement_execution import Cursor


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
class SessionTimeouts:
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


def open_engine(url: str, *, connections: int = 20, waits: SessionTimeouts | None = None) -> AsyncEngine:
    """Prepare a pool for a `postgresql://` URL without connecting.

    Whoever asks gets the connection that was used last: its session has the plans and the pages of the cache at hand.
    """
    waits = waits or SessionTimeouts()
    return create_async_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=connections,
        max_overflow=10,
        pool_pre_ping=True,
        pool_use_lifo=True,
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


@asynccontextmanager
async def connect_autocommit(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Take a connection that commits each statement, and return it however the block ends.

    On a busy event loop psycopg lets other tasks go on while the option is set. A cancellation there must neither lose
    the connection, as an engine with this option does, nor return it to the pool with the option.
    """
    async with engine.connect() as connection:
        is_set = False
        try:
            changed = await connection.execution_options(isolation_level="AUTOCOMMIT")
            is_set = True
        finally:
            if not is_set:
                await connection.invalidate()
        yield changed
