"""The tables of summaries, and the statements on them and on the published figures of projects."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
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


class Summary(Base):
    """The figures of a period, or its register of disclosures: what was asked for, and what was made."""

    __tablename__ = "summary"
    __table_args__ = (
        Index("summary_by_principal", "principal", "created_at"),
        Index("summary_by_command", "command_id"),
        Index("summary_unfinished", "created_at", postgresql_where=text("finished_at IS NULL")),
        {"schema": "reports"},
    )

    report_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    command_id: Mapped[UUID] = mapped_column(Uuid)
    principal: Mapped[str] = mapped_column(Text)
    trace: Mapped[str | None] = mapped_column(Text)
    letter: Mapped[Any] = mapped_column(JSONB, nullable=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    compare: Mapped[str] = mapped_column(Text)
    place: Mapped[str | None] = mapped_column(Text)
    timezone: Mapped[str] = mapped_column(Text)
    language: Mapped[Language] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    refusal_language: Mapped[str] = mapped_column(Text)
    show_user_names: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[str] = mapped_column(Text)
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created: Mapped[int | None] = mapped_column(Integer)
    complete: Mapped[bool | None] = mapped_column(Boolean)
    missing: Mapped[list[Any]] = mapped_column(JSONB)
    bytes: Mapped[int | None] = mapped_column(Integer)
    sha256: Mapped[str | None] = mapped_column(Text)
    pages: Mapped[int | None] = mapped_column(Integer)
    content: Mapped[str] = mapped_column(Text, server_default=text("'figures'"))
    entries: Mapped[int | None] = mapped_column(Integer)
    project_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))
    is_stamped: Mapped[bool | None] = mapped_column(Boolean)


class SummaryChunk(Base):
    """Some bytes of the file of a summary."""

    __tablename__ = "summary_chunk"
    __table_args__ = {"schema": "reports"}

    report_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("reports.summary.report_id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class SummaryDownload(DownloadColumns, Base):
    """A download in progress: who fetches the file of a summary, and since when."""

    __tablename__ = "summary_download"
    __table_args__ = {"schema": "reports"}

    report_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("reports.summary.report_id", ondelete="CASCADE"), primary_key=True
    )


LOCK_SUMMARIES = text(
    "SELECT * FROM reports.summary WHERE report_id = ANY(:ids) ORDER BY report_id FOR NO KEY UPDATE"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
COUNT_UNFINISHED_SUMMARIES = text(
    "SELECT count(*) FROM reports.summary WHERE principal = :principal AND finished_at IS NULL"
)
# One process makes a file; the lock is no row's, because a summary that is being made can be cancelled.
WAITING_SUMMARIES = text(
    """
    SELECT report_id FROM reports.summary
    WHERE principal = :principal AND finished_at IS NULL ORDER BY created_at, report_id
    """
)
SUMMARY = text("SELECT * FROM reports.summary WHERE report_id = :report_id")
FINISH_SUMMARY = text(
    """
    UPDATE reports.summary SET state = :state, finished_at = now(), created = :created, entries = :entries,
        complete = :complete, missing = :missing, bytes = :bytes, sha256 = :sha256, pages = :pages,
        is_stamped = :is_stamped
    WHERE report_id = :report_id AND finished_at IS NULL AND state = :before
    RETURNING report_id
    """
).bindparams(bindparam("missing", type_=JSONB))
DROP_SUMMARY = text("DELETE FROM reports.summary WHERE report_id = :report_id")
SUMMARIES_OF = text(
    """
    SELECT * FROM reports.summary
    WHERE principal = :principal AND (CAST(:report_id AS uuid) IS NULL OR report_id = :report_id)
        AND (created_at, report_id) < (CAST(:at AS timestamptz), CAST(:id AS uuid))
    ORDER BY created_at DESC, report_id DESC LIMIT :limit
    """
)
SUMMARY_CHUNKS = text(
    """
    SELECT data FROM reports.summary_chunk
    WHERE report_id = :report_id AND number BETWEEN :first AND :last ORDER BY number
    """
)
SUMMARY_DOWNLOADED = download_statement("reports.summary_download", "report_id")
PURGE_SUMMARIES = text("DELETE FROM reports.summary WHERE finished_at <= now() - :kept").bindparams(
    bindparam("kept", type_=Interval)
)

PROPERTY_NAMES = text("SELECT id, name FROM published.properties")

GROUPS: Final = {"type": "type_id", "status": "status_id", **{f"category_{n}": f"category_{n}" for n in range(1, 6)}}
"""The columns of the properties by which a summary counts."""

GROUPS_MAX: Final = 5_000
"""Values of one property, or pairs of a type and a place, that are read: the commonest."""

_COUNTS = """
    count(*) FILTER (WHERE is_new) AS created, count(*) FILTER (WHERE is_ended) AS closed,
    count(*) FILTER (WHERE NOT is_closed) AS open,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS ninetieth
"""


def _part(part: str, key: str, other: str, source: str, having: str = "count(*) FILTER (WHERE is_new) > 0") -> str:
    """Return the statement of one part: its counts by one or two texts, the commonest first."""
    return f"""
    (SELECT '{part}' AS part, {key} AS key, {other} AS other, {_COUNTS}
    FROM {source} GROUP BY 2, 3 HAVING {having} ORDER BY 4 DESC, 2, 3 LIMIT {GROUPS_MAX})
    """  # noqa: S608 - these are names of columns


def _local_start(time: str) -> str:
    return f"date_trunc(:interval, {time} AT TIME ZONE :timezone)::date::text"


_LOCAL = "(created_at AT TIME ZONE :timezone)"
_IS_ENDED = "count(*) FILTER (WHERE is_ended) > 0"
_PARTS = (
    f"SELECT 'total' AS part, NULL::text AS key, NULL::text AS other, {_COUNTS} FROM fact",  # noqa: S608 - these are names of columns
    _part("interval", _local_start("created_at"), "NULL", "fact"),
    _part("interval-closed", _local_start("coalesce(closed_at, created_at)"), "NULL", "fact", _IS_ENDED),
    *(_part(field, f"{column}::text", "NULL", "fact") for field, column in GROUPS.items()),
    _part("type-closed", "type_id::text", "NULL", "fact", _IS_ENDED),
    _part("hour", f"extract(isodow FROM {_LOCAL})::text", f"extract(hour FROM {_LOCAL})::text", "fact"),
    _part("camera", "camera_id", "NULL", "filmed"),
    _part("recurrence", "type_id::text", "place", "placed", "count(*) FILTER (WHERE is_new AND place IS NOT NULL) > 0"),
)
FIGURES = text(
    f"""
    WITH fact AS MATERIALIZED (
        SELECT f.*, CASE WHEN is_ended THEN extract(epoch FROM closed_at - created_at)::float8 END AS seconds
        FROM (
            SELECT *, created_at >= :since AS is_new,
                is_closed AND coalesce(closed_at, created_at) >= :since AS is_ended
            FROM published.project_states(:until)
        ) f WHERE is_new OR is_ended OR NOT is_closed
    ), filmed AS (
        SELECT f.*, c.camera_id, c.camera_name FROM fact f JOIN published.project_cameras c USING (project_id)
        WHERE f.is_new
    ), placed AS (
        SELECT project_id, is_new, is_ended, is_closed, seconds, type_id, CASE CAST(:place AS text)
            {" ".join(f"WHEN 'category_{n}' THEN category_{n}::text" for n in range(1, 6))} END AS place
        FROM fact WHERE is_new AND CAST(:place AS text) LIKE 'category%'
        UNION ALL
        SELECT project_id, is_new, is_ended, is_closed, seconds, type_id, camera_id FROM filmed
        WHERE CAST(:place AS text) = 'camera'
    )
    {" UNION ALL ".join(_PARTS)}
    """  # noqa: S608 - these are names of columns
).bindparams(bindparam("since", type_=DateTime(timezone=True)), bindparam("until", type_=DateTime(timezone=True)))
CAMERA_NAMES = text(
    """
    SELECT DISTINCT ON (camera_id) camera_id, camera_name FROM published.project_cameras c
    JOIN published.projects p USING (project_id)
    WHERE camera_id = ANY(:cameras) ORDER BY camera_id, p.number DESC
    """
).bindparams(bindparam("cameras", type_=ARRAY(Text)))
