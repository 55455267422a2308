"""The tables of what was erased and of its certificates, and the statements on them."""

from datetime import datetime
from typing import Any, Final
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
    UniqueConstraint,
    Uuid,
    bindparam,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, INT8MULTIRANGE, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from workers.runtime.storage.database import Base

STATISTICS_SECONDS: Final = 11
"""The database counts a deletion at most ten seconds late, and a clean-up looks at these counts."""


class Destruction(Base):
    """What was erased and has no certificate yet: a sweep, a deletion by hand, or a redaction."""

    __tablename__ = "destruction"
    __table_args__ = {"schema": "retention"}

    destruction_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    erased_from: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    erased_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    known_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended: Mapped[bool] = mapped_column(Boolean)
    rule: Mapped[dict[str, Any]] = mapped_column(JSONB)
    field: Mapped[str | None] = mapped_column(Text)


class Destroyed(Base):
    """The projects of one event of a destruction; the event id is that of its last entry in the activity log."""

    __tablename__ = "destroyed"
    __table_args__ = {"schema": "retention"}

    destruction_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("retention.destruction.destruction_id", ondelete="CASCADE"), primary_key=True
    )
    event_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    numbers: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))


class Certificate(Base):
    """A certificate as it was signed; a row is never changed."""

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("destruction_id", "part"),
        Index("certificate_by_project", "projects", postgresql_using="gist"),
        Index("certificate_without_cleanup", "erased_until", postgresql_where=text("overwritten_at IS NULL")),
        {"schema": "retention"},
    )

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    destruction_id: Mapped[UUID] = mapped_column(Uuid)
    part: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    erased_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    overwritten_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    issued_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    count: Mapped[int] = mapped_column(BigInteger)
    projects: Mapped[Any] = mapped_column(INT8MULTIRANGE)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    key: Mapped[bytes] = mapped_column(LargeBinary)


class CertificateSupplement(Base):
    """What a certificate lacks: the clean-up that was complete after it was issued; a row is never changed."""

    __tablename__ = "certificate_supplement"
    __table_args__ = {"schema": "retention"}

    number: Mapped[int] = mapped_column(BigInteger, ForeignKey("retention.certificate.number"), primary_key=True)
    overwritten_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    issued_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    key: Mapped[bytes] = mapped_column(LargeBinary)


_IDS: Final = bindparam("ids", type_=ARRAY(Uuid))
_TIME: Final = DateTime(timezone=True)

DESTRUCTIONS: Final = text("SELECT * FROM retention.destruction WHERE destruction_id = ANY(:ids)").bindparams(_IDS)
CERTIFIED: Final = text(
    "SELECT DISTINCT destruction_id FROM retention.certificate WHERE destruction_id = ANY(:ids)"
).bindparams(_IDS)
NUMBERS: Final = text(
    """
    SELECT project_id, number FROM published.projects WHERE project_id = ANY(:ids)
    UNION SELECT project_id, number FROM published.tombstones WHERE project_id = ANY(:ids)
    """
).bindparams(_IDS)

DROP_EMPTY: Final = text(
    """
    DELETE FROM retention.destruction d WHERE destruction_id = ANY(:ids) AND ended
        AND NOT EXISTS (SELECT FROM retention.destroyed p WHERE p.destruction_id = d.destruction_id)
    """
).bindparams(_IDS)
LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtext('incidents.certificates'))")
KEYS: Final = text("SELECT key FROM retention.certificate UNION SELECT key FROM runtime.erasure_journal")
ISSUED_PARTS: Final = text("SELECT part FROM retention.certificate WHERE destruction_id = :destruction_id")
LAST: Final = text("SELECT coalesce(max(number), 0) FROM retention.certificate")
_OVERWRITTEN: Final = f"""
    (c.completed_at >= d.erased_until
        AND greatest(c.began_at, c.clean_at) >= d.known_at + interval '{STATISTICS_SECONDS} seconds')
"""
DUE: Final = text(
    f"""
    SELECT d.*, now() AS now, CASE WHEN {_OVERWRITTEN} THEN c.completed_at END AS overwritten_at
    FROM retention.destruction d LEFT JOIN retention.last_erasure c ON true
    WHERE d.ended AND ({_OVERWRITTEN} OR d.known_at <= now() - make_interval(secs => :wait_seconds))
    ORDER BY d.erased_until, d.destruction_id LIMIT :limit
    """  # noqa: S608 - a constant
)
PARTS: Final = text(
    """
    SELECT p.numbers, a.log_index FROM retention.destroyed p
    LEFT JOIN published.activity a ON a.event_id = p.event_id AND a.at = p.at
    WHERE p.destruction_id = :destruction_id
    """
)
CHECKPOINTS: Final = text(
    """
    SELECT size, note FROM published.log_checkpoints
    WHERE store = 'incident_manager' AND size >= :size ORDER BY size LIMIT :limit
    """
)
ADD: Final = text(
    """
    INSERT INTO retention.certificate (number, destruction_id, part, kind, erased_until, overwritten_at, issued_at,
        count, projects, content, signature, key)
    VALUES (:number, :destruction_id, :part, :kind, :erased_until, :overwritten_at, :issued_at, :count,
        CAST(:projects AS int8multirange), :content, :signature, :key)
    """
).bindparams(
    bindparam("erased_until", type_=_TIME),
    bindparam("overwritten_at", type_=_TIME),
    bindparam("issued_at", type_=_TIME),
)
# A clean-up counts that began after the certificate was issued, when the database had counted what was erased.
DUE_SUPPLEMENTS: Final = text(
    f"""
    SELECT c.number, c.content, c.erased_until, e.completed_at AS overwritten_at, now() AS now
    FROM retention.certificate c JOIN retention.last_erasure e ON e.completed_at >= c.erased_until
        AND greatest(e.began_at, e.clean_at) >= c.issued_at + interval '{STATISTICS_SECONDS} seconds'
    WHERE c.overwritten_at IS NULL
        AND NOT EXISTS (SELECT FROM retention.certificate_supplement s WHERE s.number = c.number)
    ORDER BY c.number LIMIT :limit
    """  # noqa: S608 - a constant
)
ADD_SUPPLEMENT: Final = text(
    """
    INSERT INTO retention.certificate_supplement (number, overwritten_at, issued_at, content, signature, key)
    VALUES (:number, :overwritten_at, :issued_at, :content, :signature, :key)
    """
).bindparams(bindparam("overwritten_at", type_=_TIME), bindparam("issued_at", type_=_TIME))
FORGET: Final = text("DELETE FROM retention.destruction WHERE destruction_id = :destruction_id")
NEWEST: Final = text(
    """
    SELECT c.number, kind, erased_until, c.overwritten_at, c.issued_at, count, c.content, c.signature, c.key,
        s.overwritten_at AS supplement_overwritten_at, s.issued_at AS supplemented_at, s.content AS supplement_content,
        s.signature AS supplement_signature, s.key AS supplement_key
    FROM retention.certificate c LEFT JOIN retention.certificate_supplement s ON s.number = c.number
    WHERE c.number < :before AND (CAST(:project AS bigint) IS NULL OR projects @> CAST(:project AS bigint))
        AND erased_until >= :since
    ORDER BY c.number DESC LIMIT :limit
    """
).bindparams(bindparam("since", type_=_TIME))
WAITING: Final = text("SELECT count(*) FROM retention.destruction")
