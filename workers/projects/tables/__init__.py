"""The tables of projects and the statements that read them."""

from datetime import datetime
from decimal import Decimal
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
    Numeric,
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

CATEGORY_SLOTS = ("1", "2", "3", "4", "5")
START_WEEK = text("date_bin('7 days', start_time, '2000-01-03 00:00:00+00')")
"""The Monday before a project started, by the clock of UTC."""

_WEEKLY = ("created_at", "id", "start_time")

_SCHEMA = {"schema": "projects"}
_STATUSES = ("at", "old_status_id", "new_status_id")
_OF_STATUS = text("new_status_id IS NOT NULL")


def _by_category(slot: str) -> Index:
    name = f"category_{slot}"
    return Index(f"project_by_{name}", name, "created_at", "id", postgresql_where=text(f"{name} IS NOT NULL"))


class Project(Base):
    """A project: its main details, categories and data fields."""

    __tablename__ = "project"
    __table_args__ = (
        Index("project_by_creation", "created_at", "id"),
        Index("project_by_type", "type_id", "created_at", "id"),
        Index("project_by_status", "status_id", "created_at", "id"),
        Index("project_by_creator", "created_by", "created_at", "id"),
        Index("project_by_start", "start_time", "created_at", "id"),
        Index("project_by_start_week", START_WEEK, *_WEEKLY, postgresql_where=text("start_time IS NOT NULL")),
        Index("project_by_end", "end_time", "created_at", "id"),
        Index("project_by_update", "updated_at", "created_at", "id"),
        *(_by_category(slot) for slot in CATEGORY_SLOTS),
        Index("project_by_reference", text("lower(reference)"), postgresql_where=text("reference IS NOT NULL")),
        Index("project_by_expiry", "created_at", "id", postgresql_where=text("NOT retention_exempt")),
        _SCHEMA,
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, unique=True)
    revision: Mapped[int] = mapped_column(Integer)
    type_id: Mapped[int | None] = mapped_column(Integer)
    status_id: Mapped[int | None] = mapped_column(Integer)
    description: Mapped[str] = mapped_column(Text)
    start_time: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    end_time: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    category_1: Mapped[int | None] = mapped_column(Integer)
    category_2: Mapped[int | None] = mapped_column(Integer)
    category_3: Mapped[int | None] = mapped_column(Integer)
    category_4: Mapped[int | None] = mapped_column(Integer)
    category_5: Mapped[int | None] = mapped_column(Integer)
    integer_1: Mapped[int | None] = mapped_column(BigInteger)
    integer_2: Mapped[int | None] = mapped_column(BigInteger)
    integer_3: Mapped[int | None] = mapped_column(BigInteger)
    decimal_1: Mapped[Decimal | None] = mapped_column(Numeric)
    decimal_2: Mapped[Decimal | None] = mapped_column(Numeric)
    decimal_3: Mapped[Decimal | None] = mapped_column(Numeric)
    text_1: Mapped[str | None] = mapped_column(Text)
    text_2: Mapped[str | None] = mapped_column(Text)
    text_3: Mapped[str | None] = mapped_column(Text)
    checkbox_1: Mapped[bool | None] = mapped_column(Boolean)
    checkbox_2: Mapped[bool | None] = mapped_column(Boolean)
    checkbox_3: Mapped[bool | None] = mapped_column(Boolean)
    datetime_1: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    datetime_2: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    datetime_3: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_by: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    imported: Mapped[bool] = mapped_column(Boolean)
    retention_exempt: Mapped[bool] = mapped_column(Boolean)
    status_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    status_before: Mapped[int | None] = mapped_column(Integer)
    reference: Mapped[str | None] = mapped_column(Text)


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
    """The remains of a deleted project: its number, when it was deleted and by whom."""

    __tablename__ = "tombstone"
    __table_args__ = (Index("tombstone_by_number", "number"), _SCHEMA)

    project_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    deleted_by: Mapped[str] = mapped_column(Text)
    deleted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expired: Mapped[bool] = mapped_column(Boolean)


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

LOCK_PROJECTS = text("SELECT * FROM projects.project WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE").bindparams(
    _IDS
)
TOMBSTONES = text("SELECT * FROM projects.tombstone WHERE project_id = ANY(:ids)").bindparams(_IDS)
PRESENT = text("SELECT FROM projects.project WHERE id = ANY(:ids)").bindparams(_IDS)
COMMENTS = text("SELECT * FROM projects.comment WHERE project_id = ANY(:ids) AND comment_id = ANY(:parts)").bindparams(
    _IDS, _PARTS
)
CALLS = text("SELECT * FROM projects.call WHERE project_id = ANY(:ids) AND call_id = ANY(:parts)").bindparams(
    _IDS, _PARTS
)
SEQUENCES = text("SELECT * FROM projects.sequence WHERE project_id = ANY(:ids)").bindparams(_IDS)
DOCUMENT = text("SELECT published.project_document(:project_id, :sections)")
