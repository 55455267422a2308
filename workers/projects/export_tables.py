"""The tables of exports that are being made, and the statements on them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Interval,
    LargeBinary,
    SmallInteger,
    Text,
    Uuid,
    bindparam,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from contracts.values import Language
from workers.runtime.storage.database import Base


class Export(Base):
    """An export: while it is being made, its password is sealed here; for a day after that, what became of it."""

    __tablename__ = "export"
    __table_args__ = (
        Index("export_by_command", "command_id"),
        Index("export_by_principal", "principal", "taken_at"),
        Index("export_unfinished", "taken_at", postgresql_where=text("finished_at IS NULL")),
        {"schema": "projects"},
    )

    package_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    command_id: Mapped[UUID] = mapped_column(Uuid)
    principal: Mapped[str] = mapped_column(Text)
    trace: Mapped[str | None] = mapped_column(Text)
    letter: Mapped[Any] = mapped_column(JSONB, nullable=True)
    taken_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    command_key: Mapped[str] = mapped_column(Text)
    refusal_language: Mapped[str] = mapped_column(Text)
    language: Mapped[Language] = mapped_column(Text)
    project_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    has_folders: Mapped[bool] = mapped_column(Boolean)
    expected_revision: Mapped[int | None] = mapped_column(Integer)
    includes: Mapped[list[Any]] = mapped_column(JSONB)
    withheld: Mapped[list[Any]] = mapped_column(JSONB)
    recipient: Mapped[str | None] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)
    legal_basis: Mapped[str | None] = mapped_column(Text)
    access_reason: Mapped[str | None] = mapped_column(Text)
    sealed_password: Mapped[bytes | None] = mapped_column(LargeBinary)
    recipients: Mapped[list[Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text, server_default=text("'pending'"))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    media_bytes: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    media_read_bytes: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class ExportPart(Base):
    """A project of an export; while `report_id` is set, it waits for this report."""

    __tablename__ = "export_part"
    __table_args__ = (
        Index("export_part_by_project", "project_id"),
        Index("export_part_by_report", "report_id", postgresql_where=text("report_id IS NOT NULL")),
        {"schema": "projects"},
    )

    package_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("projects.export.package_id", ondelete="CASCADE"), primary_key=True
    )
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    project_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("projects.project.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(Text)
    report_id: Mapped[UUID | None] = mapped_column(Uuid)
    rounds: Mapped[int] = mapped_column(SmallInteger)
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    media: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class ExportFile(Base):
    """A file of a collected project, until the package is made."""

    __tablename__ = "export_file"
    __table_args__ = (
        ForeignKeyConstraint(
            ["package_id", "place"],
            ["projects.export_part.package_id", "projects.export_part.place"],
            ondelete="CASCADE",
        ),
        {"schema": "projects"},
    )

    package_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class ExportEntry(Base):
    """An entry of the activity of a collected project: its place in the log, and its hash as the package has it."""

    __tablename__ = "export_entry"
    __table_args__ = (
        ForeignKeyConstraint(
            ["package_id", "place"],
            ["projects.export_part.package_id", "projects.export_part.place"],
            ondelete="CASCADE",
        ),
        Index("export_entry_by_part", "package_id", "place"),
        {"schema": "projects"},
    )

    package_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    log_index: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    place: Mapped[int] = mapped_column(Integer)
    shown_hash: Mapped[bytes] = mapped_column(LargeBinary)


class PackageProject(Base):
    """A project in a package; a trigger deletes the package with it."""

    __tablename__ = "package_project"
    __table_args__ = (Index("package_project_by_project", "project_id"), {"schema": "projects"})

    package_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("projects.package.package_id", ondelete="CASCADE"), primary_key=True
    )
    project_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("projects.project.id", ondelete="CASCADE"), primary_key=True
    )


_IDS = bindparam("ids", type_=ARRAY(Uuid))
_FACTS = bindparam("facts", type_=JSONB(none_as_null=True))

COUNT_UNFINISHED = text("SELECT count(*) FROM projects.export WHERE principal = :principal AND finished_at IS NULL")
FIGURES = text(
    """
    SELECT count(*), extract(epoch FROM clock_timestamp() - min(taken_at))::float8
    FROM projects.export WHERE finished_at IS NULL
    """
)
PROJECT = text("SELECT * FROM projects.visible_project WHERE id = :project_id")
# A project that is deleted meanwhile gets no part: the locks wait for its deletion.
ADD_PARTS = text(
    """
    WITH present AS MATERIALIZED (
        SELECT id FROM projects.visible_project WHERE id = ANY(:ids) ORDER BY id FOR KEY SHARE
    )
    INSERT INTO projects.export_part (package_id, place, project_id, state, report_id, rounds)
    SELECT CAST(:package_id AS uuid), place, id, 'waiting', CASE WHEN :wants_reports THEN gen_random_uuid() END, 1
    FROM unnest(:ids) WITH ORDINALITY AS asked(id, place) JOIN present USING (id)
    """
).bindparams(_IDS)

UNFINISHED = text(
    """
    SELECT e.package_id, e.principal, e.state = 'pending' AND EXISTS (
        SELECT FROM projects.export_part p WHERE p.package_id = e.package_id AND p.state = 'waiting'
    ) AS is_waiting, (
        SELECT coalesce(sum((p.media->>'bytes')::bigint), 0)::bigint
        FROM projects.export_part p WHERE p.package_id = e.package_id
    ) AS media_bytes
    FROM projects.export e WHERE finished_at IS NULL ORDER BY cardinality(project_ids), taken_at, package_id
    """
)
EXPORT = text("SELECT * FROM projects.export WHERE package_id = :package_id AND finished_at IS NULL")
# The row of an export that is being concluded is waited for: then it has ended, or the conclusion sees this.
CANCEL = text(
    """
    UPDATE projects.export SET state = 'cancelled'
    WHERE command_id = :export_id AND principal = :principal AND state = 'pending' AND finished_at IS NULL
    RETURNING package_id, CASE WHEN has_folders THEN NULL ELSE project_ids[1] END AS project_id
    """
)
KNOWN = text("SELECT EXISTS (SELECT FROM projects.export WHERE command_id = :export_id AND principal = :principal)")
# What others have locked is left to them. A part whose report is not made waits.
CLAIM_PART = text(
    """
    SELECT place, project_id, report_id, rounds, media FROM projects.export_part p
    WHERE package_id = :package_id AND state = 'waiting' AND (media IS NOT NULL OR NOT CAST(:has_media AS boolean))
        AND (report_id IS NULL OR EXISTS (SELECT FROM published.package_reports r WHERE r.report_id = p.report_id))
    ORDER BY place LIMIT 1 FOR UPDATE SKIP LOCKED
    """
)
KEEP_PROJECT = text("SELECT number FROM projects.visible_project WHERE id = :project_id FOR KEY SHARE SKIP LOCKED")
REVISION = text("SELECT revision FROM projects.visible_project WHERE id = :project_id")
REPORT = text("SELECT state, revision, nodes FROM published.package_reports WHERE report_id = :report_id")
ASK_AGAIN = text(
    """
    UPDATE projects.export_part SET report_id = gen_random_uuid(), rounds = rounds + 1
    WHERE package_id = :package_id AND place = :place
    """
)
ADD_FILE = text(
    """
    INSERT INTO projects.export_file (package_id, place, name, number, data)
    VALUES (:package_id, :place, :name, :number, :data)
    """
)
ADD_REPORT = text(
    """
    INSERT INTO projects.export_file (package_id, place, name, number, data)
    SELECT :package_id, :place, :name, :number, pdf FROM published.package_reports WHERE report_id = :report_id
    """
)
ADD_ENTRIES = text(
    """
    INSERT INTO projects.export_entry (package_id, place, log_index, shown_hash)
    SELECT :package_id, :place, * FROM unnest(:indexes, :hashes) ON CONFLICT DO NOTHING
    """
).bindparams(bindparam("indexes", type_=ARRAY(BigInteger)), bindparam("hashes", type_=ARRAY(LargeBinary)))
STORE_PART = text(
    """
    UPDATE projects.export_part SET state = :state, facts = :facts, report_id = NULL
    WHERE package_id = :package_id AND place = :place
    """
).bindparams(_FACTS)

# One process makes a package.
HOLD = text("SELECT pg_try_advisory_xact_lock(hashtextextended(CAST(:package_id AS text), 0))")
PARTS = text(
    """
    SELECT place, project_id, state, facts, media FROM projects.export_part
    WHERE package_id = :package_id ORDER BY place
    """
)
FILES_BYTES = text(
    "SELECT coalesce(sum(octet_length(data)), 0) FROM projects.export_file WHERE package_id = :package_id"
)
FILES = text(
    """
    SELECT place, name, octet_length(data) AS bytes FROM projects.export_file
    WHERE package_id = :package_id AND place = :place ORDER BY number
    """
)
FILE_PIECE = text(
    """
    SELECT substring(data FROM CAST(:start AS integer) + 1 FOR CAST(:length AS integer)) FROM projects.export_file
    WHERE package_id = :package_id AND place = :place AND name = :name
    """
)
ENTRIES = text(
    """
    SELECT log_index, shown_hash FROM projects.export_entry
    WHERE package_id = :package_id AND log_index > :after ORDER BY log_index LIMIT :at_most
    """
)
NEEDED_LOG_SIZE = text("SELECT size FROM published.requested_checkpoints WHERE package_id = :package_id")
# No project of the package can be deleted from here to the commit.
KEEP_PARTS = text(
    """
    WITH kept AS (
        SELECT FROM projects.export_part WHERE package_id = :package_id AND state = 'collected' FOR KEY SHARE
    )
    SELECT count(*) FROM kept
    """
)
FINISH = text(
    """
    UPDATE projects.export SET state = :state, finished_at = now(), sealed_password = NULL, letter = NULL
    WHERE package_id = :package_id AND finished_at IS NULL AND state = :before
    RETURNING package_id
    """
)
DROP_PARTS = text("DELETE FROM projects.export_part WHERE package_id = :package_id")

PURGE = text("DELETE FROM projects.export WHERE finished_at <= now() - :kept").bindparams(
    bindparam("kept", type_=Interval)
)
