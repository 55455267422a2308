"""The table of values, and the statements on it."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import DateTime, Index, Integer, LargeBinary, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from workers.runtime.storage.database import Base


class EntryValues(Base):
    """The values of an entry, and the salt of their hash in the entry."""

    __tablename__ = "entry_values"
    __table_args__ = (
        Index("entry_values_by_project", "project_id"),
        Index("entry_values_by_time", "at", postgresql_using="brin"),
        {"schema": "audit"},
    )

    event_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    project_id: Mapped[UUID] = mapped_column(Uuid)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)


class TextSalt(Base):
    """The salt of the hash that an entry has of a text."""

    __tablename__ = "text_salt"
    __table_args__ = (Index("text_salt_by_project", "project_id"), {"schema": "audit"})

    event_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    field: Mapped[str] = mapped_column(Text, primary_key=True)
    project_id: Mapped[UUID] = mapped_column(Uuid)
    part_id: Mapped[UUID | None] = mapped_column(Uuid)
    revision: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    salt: Mapped[bytes] = mapped_column(LargeBinary)


HAS_VALUES: Final = text("SELECT has_values FROM published.log_contents")

# A project may have been deleted while its last events were on their way.
INSERT: Final = text(
    """
    INSERT INTO audit.entry_values (event_id, at, project_id, salt, content)
    SELECT event_id, at, project_id, salt, content
    FROM json_to_recordset(CAST(:rows AS json)) AS given(event_id uuid, at timestamptz, project_id uuid, salt bytea,
        content jsonb)
    WHERE NOT EXISTS (SELECT FROM published.erased_projects t WHERE t.project_id = given.project_id)
    """
)
INSERT_SALTS: Final = text(
    """
    INSERT INTO audit.text_salt (event_id, field, project_id, part_id, revision, at, salt)
    SELECT event_id, field, project_id, part_id, revision, at, salt
    FROM json_to_recordset(CAST(:rows AS json)) AS given(event_id uuid, field text, project_id uuid, part_id uuid,
        revision integer, at timestamptz, salt bytea)
    WHERE NOT EXISTS (SELECT FROM published.erased_projects t WHERE t.project_id = given.project_id)
    """
)
WORDINGS: Final = text(
    "SELECT project_id, revision, field, part_id, wording FROM published.wordings(:projects, :revisions)"
).bindparams(bindparam("projects", type_=ARRAY(Uuid)), bindparam("revisions", type_=ARRAY(Integer)))
# Of a project that is set aside the values are not shown.
READ: Final = text(
    """
    SELECT event_id, content FROM audit.entry_values v WHERE event_id = ANY(:ids)
        AND NOT EXISTS (SELECT FROM published.tombstones t WHERE t.project_id = v.project_id)
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
FORGET_PROJECTS: Final = text(
    """
    WITH salts AS (DELETE FROM audit.text_salt WHERE project_id = ANY(:ids))
    DELETE FROM audit.entry_values WHERE project_id = ANY(:ids)
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))

_FORGET: Final = """
    DELETE FROM audit.{0} WHERE ctid = ANY(ARRAY(SELECT v.ctid FROM audit.{0} v WHERE {1} LIMIT :at_most))
"""
_NOT_ALLOWED: Final = "NOT (SELECT has_values FROM published.log_contents)"
_LEFT: Final = """
    EXISTS (SELECT FROM published.erased_projects t WHERE t.project_id = v.project_id)
    OR v.at < (SELECT max(before) FROM audit.dropped WHERE store = 'incident_manager')
        AND NOT EXISTS (SELECT FROM audit.activity a WHERE a.event_id = v.event_id AND a.at = v.at)
"""
_TABLES: Final = ("entry_values", "text_salt")

FORGET_NOT_ALLOWED: Final = [text(_FORGET.format(table, _NOT_ALLOWED)) for table in _TABLES]
"""What no rule keeps for long; where one does, no row is read."""

FORGET_LEFT: Final = [text(_FORGET.format(table, _LEFT)) for table in _TABLES]
"""What was dropped with its entry, and what a deletion has left: all rows are read."""
