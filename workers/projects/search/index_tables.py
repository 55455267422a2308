"""The tables of lists and searches, derived from projects and in the order of pages, and what filters selected."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, DateTime, ForeignKey, Index, Integer, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from workers.runtime.storage.database import Base

SOURCES = {
    "description": "main-details",
    "comments": "comments",
    "calls": "calls",
    "data": "categories",
    "cameras": "sequences",
}
"""The sources of searched words in the order of their lines, and the section that each is visible with."""

COLUMNS = {"description": ("description", "reference"), "data": ("text_1", "text_2", "text_3")}
"""The columns of a project that are searched, by source; the other sources are its parts."""

_SCHEMA = {"schema": "projects"}


def _of_project() -> Mapped[UUID]:
    return mapped_column(Uuid, ForeignKey("projects.project.id", ondelete="CASCADE"), primary_key=True)


class Camera(Base):
    """A camera of a project's sequences, with the project's date, which orders lists."""

    __tablename__ = "camera"
    __table_args__ = (Index("camera_by_creation", "camera_id", "created_at", "project_id"), _SCHEMA)

    project_id: Mapped[UUID] = _of_project()
    camera_id: Mapped[str] = mapped_column(Text, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Search(Base):
    """The index row of a project: its words, a line for each source, and their numbers.

    `described` is the sort key of its description. A trigger deletes the row with its project.
    """

    __tablename__ = "search"
    __table_args__ = (
        Index("search_by_creation", "created_at", "project_id"),
        Index("search_by_description", "described", "created_at", "project_id"),
        Index("search_by_grams", "grams", postgresql_using="gin"),
        _SCHEMA,
    )

    project_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    words: Mapped[str] = mapped_column(Text)
    grams: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    described: Mapped[str] = mapped_column(Text(collation="C"))


class Indexing(Base):
    """The progress of indexing all projects again, and the version of the index."""

    __tablename__ = "indexing"
    __table_args__ = _SCHEMA

    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    after: Mapped[UUID] = mapped_column(Uuid)


class Selection(Base):
    """The projects that a filter selected for another slice, once and for all; `matches` counts them.

    It names no project if more match than were to be selected, or if its author lacks permissions (`missing_nodes`),
    or if its search cannot be searched for (`refusal`).
    """

    __tablename__ = "selection"
    __table_args__ = _SCHEMA

    selection_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    project_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    matches: Mapped[int] = mapped_column(BigInteger)
    missing_nodes: Mapped[list[Any]] = mapped_column(JSONB)
    is_failed: Mapped[bool] = mapped_column(Boolean)
    refusal: Mapped[str | None] = mapped_column(Text)
