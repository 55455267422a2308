"""The tables of batches of reports, and the statements on them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Interval,
    LargeBinary,
    Text,
    Uuid,
    bindparam,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from contracts.values import Language
from workers.runtime.queries.download_audit import DownloadColumns, download_statement
from workers.runtime.storage.database import Base


class Batch(Base):
    """The reports of many projects in one file: what was asked for, and what was made.

    While `selection_id` is set, the batch waits for the projects that its filter selects.
    """

    __tablename__ = "batch"
    __table_args__ = (
        Index("batch_by_principal", "principal", "created_at"),
        Index("batch_by_command", "command_id"),
        Index("batch_unfinished", "created_at", postgresql_where=text("finished_at IS NULL")),
        {"schema": "reports"},
    )

    report_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    command_id: Mapped[UUID] = mapped_column(Uuid)
    principal: Mapped[str] = mapped_column(Text)
    trace: Mapped[str | None] = mapped_column(Text)
    letter: Mapped[Any] = mapped_column(JSONB, nullable=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    form: Mapped[str] = mapped_column(Text)
    language: Mapped[Language] = mapped_column(Text)
    refusal_language: Mapped[str] = mapped_column(Text)
    show_user_names: Mapped[bool] = mapped_column(Boolean)
    activity: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    project_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    left_out: Mapped[list[Any]] = mapped_column(JSONB)
    total: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Text)
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    included: Mapped[int | None] = mapped_column(Integer)
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(Text)
    pages: Mapped[int | None] = mapped_column(Integer)
    conformance: Mapped[str | None] = mapped_column(Text)
    selection_id: Mapped[UUID | None] = mapped_column(Uuid)
    filter: Mapped[Any] = mapped_column(JSONB, nullable=True)
    sort: Mapped[str | None] = mapped_column(Text)
    projects_max: Mapped[int | None] = mapped_column(Integer)
    recipient: Mapped[str | None] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)
    legal_basis: Mapped[str | None] = mapped_column(Text)
    template: Mapped[str | None] = mapped_column(Text)
    template_numbers: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    template_failures: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    is_stamped: Mapped[bool | None] = mapped_column(Boolean)
    search: Mapped[str | None] = mapped_column(Text)


class BatchPart(Base):
    """A project of a batch, and its report until the file is made."""

    __tablename__ = "batch_part"
    __table_args__ = (
        Index("batch_part_by_project", "project_id"),
        Index("batch_part_waiting", "report_id", "place", postgresql_where=text("state = 'waiting'")),
        {"schema": "reports"},
    )

    report_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("reports.batch.report_id", ondelete="CASCADE"), primary_key=True
    )
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    project_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("projects.project.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    pdf: Mapped[bytes | None] = mapped_column(LargeBinary)


class BatchChunk(Base):
    """Some bytes of the file of a batch."""

    __tablename__ = "batch_chunk"
    __table_args__ = {"schema": "reports"}

    report_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("reports.batch.report_id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class BatchDownload(DownloadColumns, Base):
    """A download in progress: who fetches the file of a batch, and since when."""

    __tablename__ = "batch_download"
    __table_args__ = {"schema": "reports"}

    report_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("reports.batch.report_id", ondelete="CASCADE"), primary_key=True
    )


class PackageReport(Base):
    """A report that was made for a package of projects, until the package has taken it."""

    __tablename__ = "package_report"
    __table_args__ = (Index("package_report_by_project", "project_id"), {"schema": "reports"})

    report_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    project_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("projects.project.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(Text)
    revision: Mapped[int | None] = mapped_column(Integer)
    nodes: Mapped[list[Any]] = mapped_column(JSONB)
    pdf: Mapped[bytes | None] = mapped_column(LargeBinary)


_IDS = bindparam("ids", type_=ARRAY(Uuid))
_BATCH_COLUMNS = (
    "report_id, command_id, principal, trace, created_at, form, language, refusal_language,"
    " show_user_names, activity, left_out, total, state, finished_at, included, bytes, sha256, pages, conformance,"
    " selection_id, recipient, reference, legal_basis, template, template_numbers, template_failures, is_stamped"
)

# The lock of a deleted batch waits for nobody who only writes its file.
LOCK_BATCHES = text(
    "SELECT * FROM reports.batch WHERE report_id = ANY(:ids) ORDER BY report_id FOR NO KEY UPDATE"
).bindparams(_IDS)
ANY_PENDING = text(
    """
    SELECT EXISTS (SELECT FROM reports.request)
        OR EXISTS (SELECT FROM reports.summary WHERE finished_at IS NULL)
        OR EXISTS (SELECT FROM reports.design_request)
        OR EXISTS (SELECT FROM reports.batch WHERE finished_at IS NULL)
    """
)
PENDING_FIGURES = text(
    """
    SELECT (SELECT count(*) FROM reports.request) + (SELECT count(*) FROM reports.batch_part WHERE state = 'waiting')
            + (SELECT count(*) FROM reports.summary WHERE finished_at IS NULL),
        extract(epoch FROM clock_timestamp() - least((SELECT min(requested_at) FROM reports.request),
            (SELECT min(created_at) FROM reports.batch WHERE finished_at IS NULL),
            (SELECT min(created_at) FROM reports.summary WHERE finished_at IS NULL)))::float8
    """
)
COUNT_UNFINISHED_BATCHES = text(
    "SELECT count(*) FROM reports.batch WHERE principal = :principal AND finished_at IS NULL"
)
# A project that is deleted meanwhile gets no part: the locks wait for its deletion.
ADD_PARTS = text(
    """
    WITH asked AS (
        SELECT a.project_id, a.place FROM reports.batch b
        CROSS JOIN LATERAL unnest(b.project_ids) WITH ORDINALITY AS a(project_id, place)
        WHERE b.report_id = :report_id
    ), present AS MATERIALIZED (
        SELECT p.project_id FROM published.projects p WHERE p.project_id IN (SELECT project_id FROM asked)
        ORDER BY p.project_id FOR KEY SHARE
    )
    INSERT INTO reports.batch_part (report_id, place, project_id, state)
    SELECT CAST(:report_id AS uuid), place, project_id, 'waiting' FROM asked JOIN present USING (project_id)
    """
)

UNFINISHED_BATCHES = text(
    """
    SELECT report_id, principal, state, selection_id FROM reports.batch
    WHERE finished_at IS NULL ORDER BY created_at, report_id
    """
)
# Whoever takes the selection has the row; others leave it to them, and who cancels the batch waits.
CLAIM_UNSELECTED = text(
    f"""
    SELECT {_BATCH_COLUMNS} FROM reports.batch
    WHERE report_id = :report_id AND selection_id IS NOT NULL AND finished_at IS NULL AND state = 'pending'
    FOR NO KEY UPDATE SKIP LOCKED
    """  # noqa: S608 - these are names of columns
)
SELECTION = text(
    """
    SELECT project_ids, matches, missing_nodes, is_failed, refusal FROM published.selections
    WHERE selection_id = :selection_id
    """
)
NAME_PROJECTS = text(
    """
    UPDATE reports.batch SET project_ids = :project_ids, total = cardinality(:project_ids), selection_id = NULL
    WHERE report_id = :report_id
    """
).bindparams(bindparam("project_ids", type_=ARRAY(Uuid)))
# What others have locked is left to them, and nobody waits with a lock that whoever deletes a project needs.
CLAIM_PART = text(
    """
    SELECT place, project_id FROM reports.batch_part
    WHERE report_id = :report_id AND state = 'waiting' ORDER BY place LIMIT 1 FOR UPDATE SKIP LOCKED
    """
)
KEEP_PROJECT = text(
    "SELECT project_id FROM published.projects WHERE project_id = :project_id FOR KEY SHARE SKIP LOCKED"
)
STORE_PART = text(
    """
    UPDATE reports.batch_part SET state = :state, facts = :facts, pdf = :pdf
    WHERE report_id = :report_id AND place = :place
    """
).bindparams(bindparam("facts", type_=JSONB(none_as_null=True)))
BATCH = text(f"SELECT {_BATCH_COLUMNS} FROM reports.batch WHERE report_id = :report_id")  # noqa: S608 - these are names of columns

# One process makes a file; the lock is no row's, because a batch that is being made can be cancelled.
HOLD_BATCH = text("SELECT pg_try_advisory_xact_lock(hashtextextended(CAST(:report_id AS text), 0))")
PARTS_WAIT = text("SELECT EXISTS (SELECT FROM reports.batch_part WHERE report_id = :report_id AND state = 'waiting')")
LETTER = text("SELECT letter FROM reports.batch WHERE report_id = :report_id")
ASKED_PROJECTS = text("SELECT project_ids FROM reports.batch WHERE report_id = :report_id")
PARTS = text(
    """
    SELECT place, project_id, state, facts, number
    FROM reports.batch_part JOIN published.projects USING (project_id)
    WHERE report_id = :report_id ORDER BY place
    """
)
PART_PDF = text("SELECT pdf FROM reports.batch_part WHERE report_id = :report_id AND place = :place AND state = 'made'")
LEFT_PROJECTS = text(
    "SELECT project_id, number, restricted FROM published.tombstones WHERE project_id = ANY(:ids)"
).bindparams(_IDS)
ADD_BATCH_CHUNK = text("INSERT INTO reports.batch_chunk (report_id, number, data) VALUES (:report_id, :number, :data)")
# No project of the file can be deleted from here to the commit.
KEEP_PARTS = text(
    """
    WITH kept AS (SELECT FROM reports.batch_part WHERE report_id = :report_id AND state = 'made' FOR KEY SHARE)
    SELECT count(*) FROM kept
    """
)
CLEAR_PARTS = text("UPDATE reports.batch_part SET facts = NULL, pdf = NULL WHERE report_id = :report_id")
FINISH_BATCH = text(
    """
    UPDATE reports.batch SET state = :state, finished_at = now(), left_out = :left_out, included = :included,
        bytes = :bytes, sha256 = :sha256, pages = :pages, conformance = :conformance,
        template_numbers = coalesce(:template_numbers, '[]'), template_failures = coalesce(:template_failures, 0),
        is_stamped = :is_stamped
    WHERE report_id = :report_id AND finished_at IS NULL AND state = :before
    RETURNING report_id
    """
).bindparams(bindparam("left_out", type_=JSONB), bindparam("template_numbers", type_=JSONB(none_as_null=True)))
DROP_BATCH = text("DELETE FROM reports.batch WHERE report_id = :report_id")
DROP_PARTS = text("DELETE FROM reports.batch_part WHERE report_id = :report_id")

BATCHES_OF = text(
    f"""
    SELECT {_BATCH_COLUMNS}, total - (
        SELECT count(*) FROM reports.batch_part p WHERE p.report_id = b.report_id AND p.state = 'waiting'
    )::integer AS done
    FROM reports.batch b
    WHERE principal = :principal AND (CAST(:report_id AS uuid) IS NULL OR report_id = :report_id)
        AND (CAST(:project_id AS uuid) IS NULL OR :project_id = ANY(project_ids))
        AND (CAST(:since AS timestamptz) IS NULL OR created_at >= :since)
        AND (CAST(:until AS timestamptz) IS NULL OR created_at < :until)
        AND (created_at, report_id) < (CAST(:at AS timestamptz), CAST(:id AS uuid))
    ORDER BY created_at DESC, report_id DESC LIMIT :limit
    """  # noqa: S608 - these are names of columns
)
BATCH_CHUNKS = text(
    """
    SELECT data FROM reports.batch_chunk
    WHERE report_id = :report_id AND number BETWEEN :first AND :last ORDER BY number
    """
)
BATCH_DOWNLOADED = download_statement("reports.batch_download", "report_id")
PURGE_BATCHES = text("DELETE FROM reports.batch WHERE finished_at <= now() - :kept").bindparams(
    bindparam("kept", type_=Interval)
)
