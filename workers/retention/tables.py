"""The table of retention and the statements that read it and what others publish."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Integer, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from workers.runtime.database import Base


class Sweep(Base):
    """A sweep under way: how many of its chains go on, and what they have deleted so far."""

    __tablename__ = "sweep"
    __table_args__ = {"schema": "retention"}

    sweep_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    created_before: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    progressed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    chains_left: Mapped[int] = mapped_column(Integer)
    deleted: Mapped[int] = mapped_column(BigInteger)


SWEEPS = text(
    "SELECT * FROM retention.sweep WHERE :all OR sweep_id = ANY(:ids) ORDER BY sweep_id FOR UPDATE"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
RETENTION_DAYS = text("SELECT retention_days FROM published.settings")
DUE = text(
    """
    SELECT count(*) FROM (
        SELECT 1 FROM published.projects
        WHERE created_at < :created_before AND NOT retention_exempt LIMIT :at_most
    ) AS due
    """
)
