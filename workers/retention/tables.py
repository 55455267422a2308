"""The tables of retention, and the statements on them and on published views."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, DateTime, ForeignKey, Index, Integer, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from workers.runtime.storage.database import Base


class Sweep(Base):
    """A sweep in progress: its remaining chains, and the number of projects that they have deleted."""

    __tablename__ = "sweep"
    __table_args__ = {"schema": "retention"}

    sweep_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    created_before: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    progressed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    chains_left: Mapped[int] = mapped_column(Integer)
    deleted: Mapped[int] = mapped_column(BigInteger)


class LastSweep(Base):
    """The time at which a sweep last ended, or found nothing to delete: one row."""

    __tablename__ = "last_sweep"
    __table_args__ = {"schema": "retention"}

    one: Mapped[bool] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class LastErasure(Base):
    """When the last complete clean-up after deletions began and ended, and when nothing was deleted since: one row."""

    __tablename__ = "last_erasure"
    __table_args__ = {"schema": "retention"}

    one: Mapped[bool] = mapped_column(primary_key=True)
    began_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    completed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    clean_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class PartialErasure(Base):
    """When the last clean-up began that left large tables alone, and when the quiet hours end that it waits for.

    There is one row, or none after a complete clean-up.
    """

    __tablename__ = "partial_erasure"
    __table_args__ = {"schema": "retention"}

    one: Mapped[bool] = mapped_column(primary_key=True)
    began_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    quiet_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


_OPEN: Final = text("released_at IS NULL AND NOT lapsed")


class Hold(Base):
    """A hold of a project; the view `retention.current_hold` decides which one is in force."""

    __tablename__ = "hold"
    __table_args__ = (
        Index("hold_in_force", "project_id", unique=True, postgresql_where=_OPEN),
        Index("hold_by_project", "project_id", "held_at", "hold_id"),
        Index("hold_by_time", "held_at", "hold_id", postgresql_where=_OPEN),
        {"schema": "retention"},
    )

    hold_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    project_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("projects.project.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(Text)
    held_by: Mapped[str] = mapped_column(Text)
    held_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    released_by: Mapped[str | None] = mapped_column(Text)
    released_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    release_reason: Mapped[str | None] = mapped_column(Text)
    until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reference: Mapped[str | None] = mapped_column(Text)
    lapsed: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    release_requested_by: Mapped[str | None] = mapped_column(Text)
    release_requested_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    release_request_reason: Mapped[str | None] = mapped_column(Text)


class Policy(Base):
    """A retention time of its own for the projects with a property; of several the longest counts."""

    __tablename__ = "policy"
    __table_args__ = {"schema": "retention"}

    policy_id: Mapped[str] = mapped_column(Text, primary_key=True)
    property_id: Mapped[int] = mapped_column(Integer)
    days: Mapped[int] = mapped_column(Integer)
    years: Mapped[int] = mapped_column(Integer)
    exempt: Mapped[bool] = mapped_column(Boolean)
    counted_from: Mapped[str] = mapped_column(Text)
    set_by: Mapped[str] = mapped_column(Text)
    set_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


_IDS = bindparam("ids", type_=ARRAY(Uuid))

SWEEPS = text(
    "SELECT * FROM retention.sweep WHERE :all OR sweep_id = ANY(:ids) ORDER BY sweep_id FOR UPDATE"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
SETTINGS = text("SELECT retention_days, timezone FROM published.settings")
# Settings and policies shorten each other's times: one change waits for the other, and then sees it.
SETTINGS_HELD = text("SELECT retention_days, timezone FROM published.settings FOR SHARE")
POLICIES = text("SELECT * FROM retention.policy ORDER BY policy_id")
POLICIES_LOCKED = text("SELECT * FROM retention.policy ORDER BY policy_id FOR UPDATE")
PROPERTIES = text("SELECT id, name FROM published.properties WHERE id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(Integer))
)
# A property is in one of these columns, each of which has an index.
LISTED_POLICIES = text(
    """
    SELECT y.*, (
        SELECT count(*) FROM (
            SELECT FROM published.projects p WHERE p.type_id = y.property_id
            UNION ALL SELECT FROM published.projects p WHERE p.status_id = y.property_id
            UNION ALL SELECT FROM published.projects p WHERE p.category_1 = y.property_id
            UNION ALL SELECT FROM published.projects p WHERE p.category_2 = y.property_id
            UNION ALL SELECT FROM published.projects p WHERE p.category_3 = y.property_id
            UNION ALL SELECT FROM published.projects p WHERE p.category_4 = y.property_id
            UNION ALL SELECT FROM published.projects p WHERE p.category_5 = y.property_id
            LIMIT :at_most
        ) AS its
    ) AS projects
    FROM retention.policy y ORDER BY policy_id
    """
)
DUE = text(
    """
    SELECT type_id, count(*) AS due, min(created_at) AS oldest, min(expires_at) AS overdue_since FROM (
        SELECT due.type_id, due.created_at, due.expires_at FROM (
            SELECT array_agg(y) AS policies FROM json_populate_recordset(
                CAST(NULL AS published.retention_policies), CAST(:policies AS json)
            ) y
        ) rules
        CROSS JOIN LATERAL published.due_projects(rules.policies, :days, :zone, :scan_before) due
        LIMIT :at_most
    ) AS counted
    GROUP BY type_id ORDER BY due DESC, type_id
    """
)

ENDED = text(
    """
    INSERT INTO retention.last_sweep (ended_at) VALUES (:ended_at)
    ON CONFLICT (one) DO UPDATE SET ended_at = excluded.ended_at
    """
).bindparams(bindparam("ended_at", type_=DateTime(timezone=True)))
LAST_SWEEP = text("SELECT extract(epoch FROM ended_at)::float8 FROM retention.last_sweep")

ERASED = text(
    """
    WITH no_longer_partial AS (DELETE FROM retention.partial_erasure)
    INSERT INTO retention.last_erasure (began_at, completed_at) VALUES (:began_at, :completed_at)
    ON CONFLICT (one) DO UPDATE SET began_at = excluded.began_at, completed_at = excluded.completed_at
    """
).bindparams(
    bindparam("began_at", type_=DateTime(timezone=True)), bindparam("completed_at", type_=DateTime(timezone=True))
)
# The first quiet hours count: later ones do not excuse that these were missed.
PARTIALLY_ERASED = text(
    """
    INSERT INTO retention.partial_erasure (began_at, quiet_until) VALUES (:began_at, :quiet_until)
    ON CONFLICT (one) DO UPDATE SET began_at = excluded.began_at,
        quiet_until = coalesce(partial_erasure.quiet_until, excluded.quiet_until)
    """
).bindparams(
    bindparam("began_at", type_=DateTime(timezone=True)), bindparam("quiet_until", type_=DateTime(timezone=True))
)
STILL_ERASED = text("UPDATE retention.last_erasure SET clean_at = :clean_at").bindparams(
    bindparam("clean_at", type_=DateTime(timezone=True))
)
LAST_ERASURE = text("SELECT extract(epoch FROM began_at)::float8 FROM retention.last_erasure")

# A deletion locks the project first and then looks for holds; this lock waits for it.
LOCK_PROJECTS = text(
    "SELECT project_id FROM published.projects WHERE project_id = ANY(:ids) ORDER BY project_id FOR SHARE"
).bindparams(_IDS)
RELEASE_RULES = text("SELECT two_person_release FROM published.settings")
IN_FORCE = text(
    "SELECT * FROM retention.current_hold WHERE project_id = ANY(:ids) ORDER BY project_id FOR UPDATE"
).bindparams(_IDS)
# A project has at most one hold that is neither released nor lapsed. What its end has ended lapses when another comes.
LAPSE = text(
    """
    UPDATE retention.hold h SET lapsed = true
    WHERE project_id = ANY(:ids) AND released_at IS NULL AND NOT lapsed
        AND NOT EXISTS (SELECT FROM retention.current_hold c WHERE c.hold_id = h.hold_id)
    """
).bindparams(_IDS)
TOMBSTONES = text("SELECT * FROM published.tombstones WHERE project_id = ANY(:ids)").bindparams(_IDS)
ERASED_PROJECTS = text("SELECT project_id FROM published.erased_projects WHERE project_id = ANY(:ids)").bindparams(_IDS)
REDACTIONS = text(
    "SELECT project_id, field, part_id, at FROM published.redactions WHERE project_id = ANY(:ids)"
).bindparams(_IDS)
PRESENT = text("SELECT FROM published.projects WHERE project_id = :project_id")

HOLDS_IN_FORCE = text(
    """
    SELECT h.*, true AS in_force, p.number FROM retention.current_hold h JOIN published.projects p USING (project_id)
    WHERE (h.held_at, h.hold_id) < (:at, :id)
    ORDER BY h.held_at DESC, h.hold_id DESC LIMIT :limit
    """
).bindparams(bindparam("at", type_=DateTime(timezone=True)), bindparam("id", type_=Uuid))
HOLDS_OF_PROJECT = text(
    """
    SELECT h.*, EXISTS (SELECT FROM retention.current_hold c WHERE c.hold_id = h.hold_id) AS in_force, p.number
    FROM retention.hold h JOIN published.projects p USING (project_id)
    WHERE h.project_id = :project_id AND (h.held_at, h.hold_id) < (:at, :id)
    ORDER BY h.held_at DESC, h.hold_id DESC LIMIT :limit
    """
).bindparams(bindparam("at", type_=DateTime(timezone=True)), bindparam("id", type_=Uuid))
NEXT_DUE = text(
    """
    SELECT project_id, number, created_at, created_at + :days * interval '24 hours' AS expires_at
    FROM published.projects p
    WHERE NOT retention_exempt AND created_at < :created_before AND (created_at, project_id) > (:at, :id)
        AND NOT EXISTS (SELECT FROM published.holds h WHERE h.project_id = p.project_id)
    ORDER BY created_at, project_id LIMIT :limit
    """
).bindparams(bindparam("at", type_=DateTime(timezone=True)), bindparam("id", type_=Uuid))
DUE_OF_PROJECT = text(
    """
    SELECT e.project_id, e.number, e.created_at, e.expires_at FROM (
            SELECT array_agg(y) AS policies FROM json_populate_recordset(
                CAST(NULL AS published.retention_policies), CAST(:policies AS json)
            ) y
        ) rules
    CROSS JOIN LATERAL published.expiries(rules.policies, :days, :zone) e
    WHERE e.project_id = :project_id AND NOT e.retention_exempt AND e.expires_at < :expires_before
        AND NOT EXISTS (SELECT FROM published.holds h WHERE h.project_id = e.project_id)
    """
).bindparams(bindparam("project_id", type_=Uuid))
# Policies have no order of their own that an index knows: every project that may expire in time is looked at.
NEXT_DUE_BY_POLICIES = text(
    """
    SELECT e.project_id, e.number, e.created_at, e.expires_at FROM (
            SELECT array_agg(y) AS policies FROM json_populate_recordset(
                CAST(NULL AS published.retention_policies), CAST(:policies AS json)
            ) y
        ) rules
    CROSS JOIN LATERAL published.expiries(rules.policies, :days, :zone) e
    WHERE NOT e.retention_exempt AND e.created_at < :created_before AND e.expires_at < :expires_before
        AND (e.expires_at, e.project_id) > (:at, :id)
        AND NOT EXISTS (SELECT FROM published.holds h WHERE h.project_id = e.project_id)
    ORDER BY e.expires_at, e.project_id LIMIT :limit
    """
).bindparams(bindparam("at", type_=DateTime(timezone=True)), bindparam("id", type_=Uuid))
