"""The tables of projects and the statements that read them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    Uuid,
    bindparam,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from workers.runtime.queries.download_audit import DownloadColumns
from workers.runtime.storage.database import Base

_SCHEMA = {"schema": "projects"}
_STATUSES = ("at", "old_status_id", "new_status_id")
_OF_STATUS = text("new_status_id IS NOT NULL")


def _of_project() -> Mapped[UUID]:
    return mapped_column(Uuid, ForeignKey("projects.project.id", ondelete="CASCADE"), primary_key=True)


def _of_package() -> Mapped[UUID]:
    return mapped_column(Uuid, ForeignKey("projects.package.package_id", ondelete="CASCADE"), primary_key=True)


class Comment(Base):
    """A comment on a project."""

    __tablename__ = "comment"
    __table_args__ = _SCHEMA

    project_id: Mapped[UUID] = _of_project()
    comment_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    edited_by: Mapped[str | None] = mapped_column(Text)
    edited_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revision: Mapped[int] = mapped_column(Integer)
    place: Mapped[int] = mapped_column(SmallInteger)


class Call(Base):
    """A call made or received."""

    __tablename__ = "call"
    __table_args__ = _SCHEMA

    project_id: Mapped[UUID] = _of_project()
    call_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    direction: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    party: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    duration_seconds: Mapped[int | None] = mapped_column(Integer)
    reference: Mapped[str] = mapped_column(Text)
    notes: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    edited_by: Mapped[str | None] = mapped_column(Text)
    edited_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revision: Mapped[int] = mapped_column(Integer)
    place: Mapped[int] = mapped_column(SmallInteger)


class Sequence(Base):
    """A reference to a recording."""

    __tablename__ = "sequence"
    __table_args__ = _SCHEMA

    project_id: Mapped[UUID] = _of_project()
    sequence_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    camera_id: Mapped[str] = mapped_column(Text)
    camera_name: Mapped[str] = mapped_column(Text)
    site: Mapped[str | None] = mapped_column(Text)
    start: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    end: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    media_expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    added_by: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revision: Mapped[int] = mapped_column(Integer)
    place: Mapped[int] = mapped_column(SmallInteger)


class Tombstone(Base):
    """Who took a project away, and when: it is deleted, or restricted.

    Until `erase_after` a deleted project can be restored; afterwards this is all that remains.
    """

    __tablename__ = "tombstone"
    __table_args__ = (
        Index("tombstone_by_number", "number"),
        Index("tombstone_by_erasure", "erase_after", postgresql_where=text("erase_after IS NOT NULL")),
        Index("tombstone_of_restricted", "deleted_at", postgresql_where=text("restricted")),
        _SCHEMA,
    )

    project_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    deleted_by: Mapped[str] = mapped_column(Text)
    deleted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expired: Mapped[bool] = mapped_column(Boolean)
    erase_after: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    restricted: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    reason: Mapped[str | None] = mapped_column(Text)


class ChangeSet(Base):
    """The changes of one command to a project; of a creation, only those of imports and drafts are stored.

    The view `projects.history` has a row for each change. A trigger deletes the rows with their project.
    """

    __tablename__ = "change_set"
    __table_args__ = (
        Index("change_set_of_status", "project_id", postgresql_include=_STATUSES, postgresql_where=_OF_STATUS),
        _SCHEMA,
    )

    project_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    revision: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    first_place: Mapped[int] = mapped_column(SmallInteger)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    by: Mapped[str] = mapped_column(Text)
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    changes: Mapped[list[Any]] = mapped_column(JSONB)
    old_status_id: Mapped[int | None] = mapped_column(Integer)
    new_status_id: Mapped[int | None] = mapped_column(Integer)


class Draft(Base):
    """A recording on the draft list of a principal."""

    __tablename__ = "draft"
    __table_args__ = (Index("draft_by_time", "drafted_at"), _SCHEMA)

    principal: Mapped[str] = mapped_column(Text, primary_key=True)
    sequence_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    camera_id: Mapped[str] = mapped_column(Text)
    camera_name: Mapped[str] = mapped_column(Text)
    site: Mapped[str | None] = mapped_column(Text)
    start: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    end: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    media_expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    drafted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True))


class Package(Base):
    """A package of exported projects; its password is not stored."""

    __tablename__ = "package"
    __table_args__ = (Index("package_by_time", "created_at"), _SCHEMA)

    package_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    includes: Mapped[list[Any]] = mapped_column(JSONB)
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(Text)
    report_nodes: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))


class PackageChunk(Base):
    """Some bytes of a package."""

    __tablename__ = "package_chunk"
    __table_args__ = _SCHEMA

    package_id: Mapped[UUID] = _of_package()
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class PackageDownload(DownloadColumns, Base):
    """A download in progress: who fetches a package, and since when."""

    __tablename__ = "package_download"
    __table_args__ = _SCHEMA

    package_id: Mapped[UUID] = _of_package()


class SweepStep(Base):
    """A step of a sweep that was taken and is to be made (`expired_project_deletion`)."""

    __tablename__ = "sweep_step"
    __table_args__ = _SCHEMA

    command_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    principal: Mapped[str] = mapped_column(Text, primary_key=True)
    trace: Mapped[str | None] = mapped_column(Text)
    letter: Mapped[Any] = mapped_column(JSONB, nullable=True)
    taken_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    refusal_language: Mapped[str] = mapped_column(Text)
    sweep_id: Mapped[UUID] = mapped_column(Uuid)
    chain: Mapped[int] = mapped_column(SmallInteger)
    created_before: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    projects_max: Mapped[int] = mapped_column(Integer)


_IDS, _PARTS = (bindparam(name, type_=ARRAY(Uuid)) for name in ("ids", "parts"))

LOCK_PROJECTS = text(
    "SELECT * FROM projects.visible_project WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"
).bindparams(_IDS)
TOMBSTONES = text("SELECT * FROM projects.tombstone WHERE project_id = ANY(:ids)").bindparams(_IDS)
PRESENT = text("SELECT FROM projects.visible_project WHERE id = ANY(:ids)").bindparams(_IDS)
COMMENTS = text("SELECT * FROM projects.comment WHERE project_id = ANY(:ids) AND comment_id = ANY(:parts)").bindparams(
    _IDS, _PARTS
)
CALLS = text("SELECT * FROM projects.call WHERE project_id = ANY(:ids) AND call_id = ANY(:parts)").bindparams(
    _IDS, _PARTS
)
SEQUENCES = text("SELECT * FROM projects.sequence WHERE project_id = ANY(:ids)").bindparams(_IDS)
DOCUMENT = text("SELECT published.project_document(:project_id, :sections)")
