"""The database's clock, and when it is believed: what is deleted because of its age cannot be restored."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Boolean, DateTime, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from workers.runtime.storage.database import Base

JUMP = timedelta(hours=1)
"""How far the clock may be from the newest time that was believed, as `runtime.is_believed` says, too."""

PROVED = timedelta(hours=1)
"""How long a clock must go steadily after a jump, and agree with the other clocks, before it is believed again."""

_READ = text("SELECT now(), (SELECT believed_at FROM runtime.clock)")
_BELIEVE = text("UPDATE runtime.clock SET believed_at = now()")
_IS_BELIEVED = text("SELECT runtime.is_believed(now())")


class Clock(Base):
    """The newest time that was believed, in one row."""

    __tablename__ = "clock"
    __table_args__ = {"schema": "runtime"}

    one: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default=text("true"))
    believed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


@dataclass(slots=True)
class _Doubt:
    """Since when a clock is doubted, by itself and by a clock that cannot jump."""

    at: datetime
    seconds: float


class Judge:
    """Judges the database's clock from one round of housekeeping to the next."""

    def __init__(self) -> None:
        """Doubt nothing yet."""
        self._doubt: _Doubt | None = None

    @property
    def doubts(self) -> bool:
        """Tell whether the clock is doubted now."""
        return self._doubt is not None

    def believes(self, at: datetime, believed: datetime, others: list[datetime], seconds: float) -> bool:
        """Judge a time by the newest one that was believed, by other clocks, and by `seconds` of a steady clock."""
        if abs(at - believed) <= JUMP:
            self._doubt = None
            return True
        agreed = all(abs(at - other) <= JUMP for other in others)
        if self._doubt is None or not agreed or not self._is_steady(self._doubt, at, seconds):
            self._doubt = _Doubt(at, seconds)
            return False
        if timedelta(seconds=seconds - self._doubt.seconds) < PROVED:
            return False
        self._doubt = None
        return True

    def _is_steady(self, doubt: _Doubt, at: datetime, seconds: float) -> bool:
        return abs((at - doubt.at) - timedelta(seconds=seconds - doubt.seconds)) <= JUMP


async def read_clock(connection: AsyncConnection) -> tuple[datetime, datetime]:
    """Return the database's time, and the newest one that was believed."""
    now, believed = (await connection.execute(_READ)).one()
    return now, believed


async def believe(connection: AsyncConnection) -> None:
    """Believe the database's time."""
    await connection.execute(_BELIEVE)


async def is_believed(connection: AsyncConnection) -> bool:
    """Tell whether what is old by the database's clock may be deleted."""
    believed: bool = (await connection.execute(_IS_BELIEVED)).scalar_one()
    return believed
