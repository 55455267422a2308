"""The database's clock, and whether it is believed: rows deleted by age cannot be restored."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Boolean, DateTime, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from workers.runtime.storage.database import Base

JUMP_MAX = timedelta(hours=1)
"""How far the clock may be from the newest believed time, as in `runtime.is_believed`."""

PROBATION = timedelta(hours=1)
"""How long a clock must run steadily after a jump, in agreement with the other clocks, to be believed again."""

_READ = text("SELECT now(), (SELECT believed_at FROM runtime.clock)")
_BELIEVE = text("UPDATE runtime.clock SET believed_at = now()")
_IS_BELIEVED = text("SELECT runtime.is_believed(now())")


class Clock(Base):
    """The newest believed time, in a single row."""

    __tablename__ = "clock"
    __table_args__ = {"schema": "runtime"}

    one: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default=text("true"))
    believed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


@dataclass(slots=True)
class _Doubt:
    """When a doubt began, by the doubted clock and by a monotonic clock."""

    at: datetime
    seconds: float


class ClockJudge:
    """Judges the database's clock from one round of housekeeping to the next."""

    def __init__(self) -> None:
        """Start without a doubt."""
        self._doubt: _Doubt | None = None

    @property
    def doubts(self) -> bool:
        """Return whether the clock is doubted."""
        return self._doubt is not None

    def believes(self, at: datetime, believed: datetime, others: list[datetime], seconds: float) -> bool:
        """Judge a time by the newest believed one, by other clocks, and by `seconds` of a monotonic clock."""
        if abs(at - believed) <= JUMP_MAX:
            self._doubt = None
            return True
        agreed = all(abs(at - other) <= JUMP_MAX for other in others)
        if self._doubt is None or not agreed or not self._is_steady(self._doubt, at, seconds):
            self._doubt = _Doubt(at, seconds)
            return False
        if timedelta(seconds=seconds - self._doubt.seconds) < PROBATION:
            return False
        self._doubt = None
        return True

    def _is_steady(self, doubt: _Doubt, at: datetime, seconds: float) -> bool:
        return abs((at - doubt.at) - timedelta(seconds=seconds - doubt.seconds)) <= JUMP_MAX


async def read_clock(connection: AsyncConnection) -> tuple[datetime, datetime]:
    """Return the database's time and the newest believed time."""
    now, believed = (await connection.execute(_READ)).one()
    return now, believed


async def believe(connection: AsyncConnection) -> None:
    """Store the database's time as believed."""
    await connection.execute(_BELIEVE)


async def is_believed(connection: AsyncConnection) -> bool:
    """Return whether rows may be deleted by age."""
    believed: bool = (await connection.execute(_IS_BELIEVED)).scalar_one()
    return believed
