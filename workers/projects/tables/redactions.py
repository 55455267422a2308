"""The table of redactions, and the statements that erase words."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, DateTime, ForeignKey, Integer, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from workers.runtime.storage.database import Base


class Redaction(Base):
    """What was redacted in a project, when, by whom and why; the words are nowhere."""

    __tablename__ = "redaction"
    __table_args__ = {"schema": "projects"}

    project_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("projects.project.id", ondelete="CASCADE"), primary_key=True
    )
    revision: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    field: Mapped[str] = mapped_column(Text)
    part_id: Mapped[UUID | None] = mapped_column(Uuid)
    earlier_only: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)


# The creation has fields of its own in one entry.
CHANGES = text(
    """
    SELECT revision, changes FROM projects.change_set
    WHERE project_id = :project_id AND fields && ARRAY[:field, 'project'] ORDER BY revision
    """
)
REWRITE = text(
    "UPDATE projects.change_set SET changes = :changes WHERE project_id = :project_id AND revision = :revision"
).bindparams(bindparam("changes", type_=JSONB))
DROP_FILES = text("SELECT projects.drop_files(:project_id)")
REASONS = text("SELECT revision, reason FROM projects.redaction WHERE project_id = :project_id")
