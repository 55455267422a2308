"""The tables of what was announced before it expires, and of what is overdue; and the statements on them."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import DateTime, Index, Uuid, bindparam, text
from sqlalchemy.orm import Mapped, mapped_column

from workers.runtime.storage.database import Base


class ExpiryWarning(Base):
    """A project whose expiry was announced, and for which time; kept until a day after that time."""

    __tablename__ = "expiry_warning"
    __table_args__ = (Index("expiry_warning_by_expiry", "expires_at"), {"schema": "retention"})

    project_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Overdue(Base):
    """Since when a project has expired that the last count for a sweep found; null if it found none: one row."""

    __tablename__ = "overdue"
    __table_args__ = {"schema": "retention"}

    one: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


_TIME: Final = DateTime(timezone=True)
# A project is announced at most as long before its expiry as it has existed by then: never when it is created. What was
# announced for another time is announced again. The bounds of creation let the index leave out what cannot be near, and
# OFFSET lets each expiry be computed once.
ANNOUNCE: Final = text(
    """
    WITH near AS MATERIALIZED (
        SELECT e.project_id, e.number, e.expires_at FROM (
            SELECT e.* FROM (
                SELECT array_agg(y) AS policies FROM json_populate_recordset(
                    CAST(NULL AS published.retention_policies), CAST(:policies AS json)
                ) y
            ) rules
            CROSS JOIN LATERAL published.expiries(rules.policies, :days, :zone) e
            WHERE NOT e.retention_exempt AND e.created_at >= :created_after AND e.created_at < :created_before
            OFFSET 0
        ) e
        WHERE e.expires_at > now()
            AND e.expires_at <= now() + least(:warning_days * interval '24 hours', now() - e.created_at)
            AND NOT EXISTS (SELECT FROM published.holds h WHERE h.project_id = e.project_id)
            AND NOT EXISTS (
                SELECT FROM retention.expiry_warning w WHERE (w.project_id, w.expires_at) = (e.project_id, e.expires_at)
            )
        ORDER BY e.expires_at, e.project_id LIMIT :limit
    ), announced AS (
        INSERT INTO retention.expiry_warning (project_id, expires_at) SELECT project_id, expires_at FROM near
        ON CONFLICT (project_id) DO UPDATE SET expires_at = excluded.expires_at
    )
    SELECT project_id, number, expires_at, now() AS at FROM near ORDER BY expires_at, project_id
    """
).bindparams(bindparam("created_after", type_=_TIME), bindparam("created_before", type_=_TIME))
# A time that has passed is not announced again, so its row says nothing any more.
FORGET: Final = text("DELETE FROM retention.expiry_warning WHERE expires_at < now() - interval '1 day'")
TURN: Final = text("SELECT pg_advisory_xact_lock(hashtext('incidents.expiry-warnings'))")
WARNING_DAYS: Final = text("SELECT expiry_warning_days, now() AS now FROM published.settings")

NOTE_OVERDUE: Final = text(
    """
    INSERT INTO retention.overdue (since) VALUES (:since)
    ON CONFLICT (one) DO UPDATE SET since = excluded.since
    """
).bindparams(bindparam("since", type_=_TIME))
