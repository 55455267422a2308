"""The tables of reports, and the statements on them and on published views."""

from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    TextClause,
    Uuid,
    bindparam,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from contracts.values import Language
from workers.runtime.queries.download_audit import DownloadColumns, download_statement
from workers.runtime.storage.database import Base


class Report(Base):
    """A report as it was generated."""

    __tablename__ = "report"
    __table_args__ = (
        Index("report_by_project", "project_id", "requested_at"),
        Index("report_by_author", "created_by", "requested_at"),
        Index("report_by_time", "requested_at"),
        {"schema": "reports"},
    )

    report_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    project_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("projects.project.id", ondelete="CASCADE"))
    created_by: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    language: Mapped[str] = mapped_column(Text)
    show_user_names: Mapped[bool] = mapped_column(Boolean)
    complete: Mapped[bool] = mapped_column(Boolean)
    missing: Mapped[list[Any]] = mapped_column(JSONB)
    bytes: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(Text)
    pages: Mapped[int] = mapped_column(Integer)
    restricted_nodes: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    recipient: Mapped[str | None] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)
    legal_basis: Mapped[str | None] = mapped_column(Text)
    template: Mapped[Any] = mapped_column(JSONB, nullable=True)
    template_failure: Mapped[str | None] = mapped_column(Text)
    is_stamped: Mapped[bool | None] = mapped_column(Boolean)


class Chunk(Base):
    """Some bytes of a report."""

    __tablename__ = "chunk"
    __table_args__ = {"schema": "reports"}

    report_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("reports.report.report_id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Download(DownloadColumns, Base):
    """A download in progress: who fetches a report, and since when."""

    __tablename__ = "download"
    __table_args__ = {"schema": "reports"}

    report_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("reports.report.report_id", ondelete="CASCADE"), primary_key=True
    )


class Request(Base):
    """A report that is to be made, and the command that asked for it."""

    __tablename__ = "request"
    __table_args__ = (Index("request_by_principal", "principal", "requested_at"), {"schema": "reports"})

    command_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    principal: Mapped[str] = mapped_column(Text, primary_key=True)
    trace: Mapped[str | None] = mapped_column(Text)
    letter: Mapped[Any] = mapped_column(JSONB, nullable=True)
    requested_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    report_id: Mapped[UUID] = mapped_column(Uuid)
    project_id: Mapped[UUID] = mapped_column(Uuid)
    language: Mapped[Language | None] = mapped_column(Text)
    refusal_language: Mapped[str] = mapped_column(Text)
    show_user_names: Mapped[bool] = mapped_column(Boolean)
    activity: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    recipient: Mapped[str | None] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)
    legal_basis: Mapped[str | None] = mapped_column(Text)
    template: Mapped[str | None] = mapped_column(Text)
    log_size: Mapped[int | None] = mapped_column(BigInteger)
    log_awaited_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


DOWNLOADED = download_statement("reports.download", "report_id")
_IDS = bindparam("ids", type_=ARRAY(Uuid))

# The report of a project that is set aside stays, but nobody sees or deletes it.
REPORTS = text(
    """
    SELECT r.* FROM reports.report r JOIN published.projects USING (project_id)
    WHERE report_id = ANY(:ids) ORDER BY report_id FOR UPDATE OF r
    """
).bindparams(_IDS)
# The lock prevents the deletion of the project until its report is stored.
PROJECTS = text(
    "SELECT project_id FROM published.projects WHERE project_id = ANY(:ids) ORDER BY project_id FOR KEY SHARE"
).bindparams(_IDS)
TOMBSTONES = text("SELECT * FROM published.tombstones WHERE project_id = ANY(:ids)").bindparams(_IDS)
PRESENT = text("SELECT FROM published.projects WHERE project_id = :project_id")
SIZE = text("SELECT * FROM published.project_sizes WHERE project_id = :project_id")
DOCUMENT = text(
    "SELECT document - :hidden AS document FROM published.project_documents WHERE project_id = :project_id"
).bindparams(bindparam("hidden", type_=ARRAY(Text)))
LABELS = text("SELECT published.project_labels(:project_id) AS labels")
CATEGORIES = text("SELECT slot, name, enabled FROM published.categories ORDER BY slot")
DATA_FIELDS = text("SELECT kind, slot, name, enabled FROM published.data_fields ORDER BY id")
LANGUAGE = text("SELECT language FROM published.settings")
SETTINGS = text(
    "SELECT report_title, timezone, language, report_confidentiality, report_signatories FROM published.settings"
)
COMMENT_CHANGES = text("SELECT * FROM published.comment_changes(:project_id, :wordings_max, :bytes_max)")
HOLD = text("SELECT held_by, held_at, reason, until, reference FROM published.holds WHERE project_id = :project_id")
EXPORTS = text(
    """
    SELECT package_id AS id, created_at AS at, created_by AS by FROM published.exports WHERE project_id = :project_id
    ORDER BY created_at DESC, package_id DESC LIMIT :files_max
    """
)
ACTIVITY = text(
    """
    SELECT at, actor AS by, activity, count(*) OVER ()::integer AS total FROM published.activity
    WHERE project_id = :project_id AND NOT activity = ANY(:hidden)
    ORDER BY at DESC, event_id DESC LIMIT :activities_max
    """
).bindparams(bindparam("hidden", type_=ARRAY(Text)))
EARLIER_REPORTS = text(
    """
    SELECT report_id AS id, created_at AS at, created_by AS by FROM reports.report WHERE project_id = :project_id
    ORDER BY requested_at DESC, report_id DESC LIMIT :files_max
    """
)

REQUESTING = text(
    """
    SELECT principal, 'report' AS kind, min(requested_at) AS since FROM reports.ready_request GROUP BY principal
    UNION ALL
    SELECT principal, 'summary', min(created_at) FROM reports.summary WHERE finished_at IS NULL GROUP BY principal
    UNION ALL
    SELECT principal, 'design', min(requested_at) FROM reports.design_request GROUP BY principal
    ORDER BY since, principal
    """
)
CLAIM_REQUEST = text(
    """
    SELECT * FROM reports.request
    WHERE principal = :principal AND command_id IN (
        SELECT command_id FROM reports.ready_request WHERE principal = :principal
    )
    ORDER BY requested_at, command_id LIMIT 1 FOR UPDATE SKIP LOCKED
    """
)
AWAIT_LOG = text(
    """
    UPDATE reports.request
    SET log_size = :log_size, log_awaited_until = coalesce(log_awaited_until, now() + make_interval(secs => :seconds))
    WHERE command_id = :command_id AND principal = :principal
    """
)
DROP_REQUEST = text("DELETE FROM reports.request WHERE command_id = :command_id AND principal = :principal")
_LISTED = "r.*, p.number AS project_number FROM reports.report r JOIN published.projects p USING (project_id)"
REPORT = text(
    "SELECT r.* FROM reports.report r JOIN published.projects USING (project_id) WHERE report_id = :report_id"
)
LISTED_REPORT = text(f"SELECT {_LISTED} WHERE r.report_id = :report_id")
CHUNKS = text(
    "SELECT data FROM reports.chunk WHERE report_id = :report_id AND number BETWEEN :first AND :last ORDER BY number"
)

_CONDITIONS = {
    "project_id": "r.project_id = :project_id",
    "created_by": "r.created_by = :created_by",
    "since": "r.requested_at >= :since",
    "until": "r.requested_at < :until",
}


@cache
def list_reports(*filters: str) -> TextClause:
    """Return the statement of a page of reports with some of the conditions.

    Its other parameters are the place `at` and `id` after which the page begins, and `limit`.
    """
    conditions = " AND ".join(["(r.requested_at, r.report_id) < (:at, :id)", *(_CONDITIONS[name] for name in filters)])
    statement = f"SELECT {_LISTED} WHERE {conditions} ORDER BY r.requested_at DESC, r.report_id DESC LIMIT :limit"
    times = ["at", *({"since", "until"} & set(filters))]
    typed = [bindparam(name, type_=DateTime(timezone=True)) for name in times]
    return text(statement).bindparams(*typed, bindparam("id", type_=Uuid))
