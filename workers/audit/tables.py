"""The tables of audit, in both databases, and the statements that read them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, DateTime, Identity, Index, Integer, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from workers.runtime.storage.database import Base, LogBase


class EntryColumns:
    """The columns of an entry in both stores."""

    event_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    actor: Mapped[str] = mapped_column(Text)
    activity: Mapped[str] = mapped_column(Text)
    project_id: Mapped[UUID | None] = mapped_column(Uuid)
    command_id: Mapped[UUID | None] = mapped_column(Uuid)
    revision: Mapped[int | None] = mapped_column(Integer)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)


class Activity(EntryColumns, Base):
    """An entry of the database incident_manager. Partitioned by `at`, which is therefore part of the key."""

    __tablename__ = "activity"
    __table_args__ = (
        Index("activity_by_project", "project_id", "at", "event_id"),
        Index("activity_by_actor", "actor", "at", "event_id"),
        Index("activity_by_name", "activity", "at", "event_id"),
        {"schema": "audit", "postgresql_partition_by": "RANGE (at)"},
    )

    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)


class Undelivered(Base):
    """Entries of one batch that wait for the log server, as a JSON array of its rows (LOG-06, LOG-07)."""

    __tablename__ = "undelivered"
    __table_args__ = {"schema": "audit"}

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    size: Mapped[int] = mapped_column(Integer)
    oldest_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    entries: Mapped[str] = mapped_column(Text)
    are_deletions: Mapped[bool] = mapped_column(Boolean)
    """Whether it has the deletions of steps of sweeps, with the ids and numbers of each as two arrays."""


class LogEntry(EntryColumns, LogBase):
    """An entry of the database log_server."""

    __tablename__ = "entry"
    __table_args__ = (
        Index("entry_by_time", "at", "event_id"),
        Index("entry_by_actor", "actor", "at", "event_id"),
        Index("entry_by_activity", "activity", "at", "event_id"),
        Index("entry_by_project", "project_id", "at", "event_id"),
    )


_DELETIONS = """
    INSERT INTO {table} (event_id, at, actor, activity, project_id, command_id, details)
    SELECT CAST(overlay(overlay(digits PLACING '3' FROM 13) PLACING
            translate(substr(digits, 17, 1), '0123456789abcdef', '89ab89ab89ab89ab') FROM 17) AS uuid) AS event_id,
        at, actor, activity, project_id, command_id, jsonb_build_object('number', number, 'expired', true)
    FROM json_to_recordset(CAST(:steps AS json)) AS s(event_id uuid, at timestamptz, actor text, activity text,
        command_id uuid, project_ids uuid[], numbers bigint[])
    CROSS JOIN LATERAL unnest(s.project_ids, s.numbers) AS d(project_id, number)
    CROSS JOIN LATERAL md5(uuid_send(s.event_id) || convert_to(CAST(project_id AS text), 'UTF8')) AS digits
    ORDER BY at, event_id
    ON CONFLICT DO NOTHING
"""
"""Makes the entries of steps of sweeps. Their ids are those of `individual_events`, derived by the database, which is
quicker. They are inserted in the order of their ids, which is the fastest."""

INSERT_DELETIONS = text(_DELETIONS.format(table="audit.activity"))
INSERT_LOGGED_DELETIONS = text(_DELETIONS.format(table="entry"))

NEXT_BATCHES = text("SELECT id, size, entries, are_deletions FROM audit.undelivered ORDER BY id LIMIT :at_once")
DELETE_DELIVERED = text("DELETE FROM audit.undelivered WHERE id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger))
)
BACKLOG = text(
    """
    SELECT (SELECT CAST(coalesce(sum(size), 0) AS bigint)
            FROM (SELECT size FROM audit.undelivered ORDER BY id LIMIT :at_most) AS oldest) AS waiting,
        (SELECT CAST(extract(epoch FROM now() - oldest_at) AS double precision)
         FROM audit.undelivered ORDER BY id LIMIT 1) AS seconds
    """
)
PROJECT_NUMBERS = text(
    """
    SELECT project_id, number FROM published.projects WHERE project_id = ANY(:ids)
    UNION ALL
    SELECT project_id, number FROM published.tombstones WHERE project_id = ANY(:ids)
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
NAMES_AT = text(
    """
    SELECT kind, key, at, published.name_at(kind, key, at) AS name
    FROM unnest(:kinds, :keys, :moments) AS wanted(kind, key, at)
    """
).bindparams(
    bindparam("kinds", type_=ARRAY(Text)),
    bindparam("keys", type_=ARRAY(Text)),
    bindparam("moments", type_=ARRAY(DateTime(timezone=True))),
)
LOCK_TABLES = text("SELECT pg_advisory_xact_lock(hashtext('incidents.log_server'))")
