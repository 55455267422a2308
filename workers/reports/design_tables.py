"""The tables of the design of reports, and the statements on them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, Integer, LargeBinary, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from workers.runtime.storage.database import Base


class Design(Base):
    """Something that the organisation adds to the form of its reports; without content it was removed."""

    __tablename__ = "design"
    __table_args__ = {"schema": "reports"}

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int] = mapped_column(Integer)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    set_by: Mapped[str] = mapped_column(Text)
    set_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class DesignRequest(Base):
    """A design that is to be tried, and the command that asked for it."""

    __tablename__ = "design_request"
    __table_args__ = (Index("design_request_by_principal", "principal", "requested_at"), {"schema": "reports"})

    command_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    principal: Mapped[str] = mapped_column(Text, primary_key=True)
    trace: Mapped[str | None] = mapped_column(Text)
    letter: Mapped[Any] = mapped_column(JSONB, nullable=True)
    requested_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    refusal_language: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)


DESIGNS = text("SELECT * FROM reports.design WHERE content IS NOT NULL")
LOGO = text("SELECT * FROM reports.design WHERE kind = 'logo' AND content IS NOT NULL")
WAITS = text("SELECT EXISTS (SELECT FROM reports.design_request WHERE kind = :kind)")
ADD_REQUEST = text(
    """
    INSERT INTO reports.design_request
        (command_id, principal, trace, letter, requested_at, refusal_language, kind, content, facts)
    VALUES (:command_id, :principal, :trace, :letter, :requested_at, :refusal_language, :kind, :content, :facts)
    """
).bindparams(bindparam("letter", type_=JSONB(none_as_null=True)), bindparam("facts", type_=JSONB))
CLAIM_REQUEST = text(
    """
    SELECT * FROM reports.design_request
    WHERE principal = :principal ORDER BY requested_at, command_id LIMIT 1 FOR UPDATE SKIP LOCKED
    """
)
DROP_REQUEST = text("DELETE FROM reports.design_request WHERE command_id = :command_id AND principal = :principal")
OF_KIND = text("SELECT * FROM reports.design WHERE kind = :kind FOR NO KEY UPDATE")
SET_DESIGN = text(
    """
    INSERT INTO reports.design (kind, number, content, sha256, facts, set_by, set_at)
    VALUES (:kind, 1, :content, :sha256, :facts, :set_by, :set_at)
    ON CONFLICT (kind) DO UPDATE SET number = design.number + 1, content = excluded.content, sha256 = excluded.sha256,
        facts = excluded.facts, set_by = excluded.set_by, set_at = excluded.set_at
    RETURNING *
    """
).bindparams(bindparam("facts", type_=JSONB))
REMOVE_DESIGN = text(
    "UPDATE reports.design SET content = NULL WHERE kind = :kind AND content IS NOT NULL RETURNING kind"
)
