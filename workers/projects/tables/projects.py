"""The table of projects, and the view of those that are not set aside."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, DateTime, Index, Integer, Numeric, Text, TextClause, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from workers.runtime.storage.database import Base

CATEGORY_SLOTS = ("1", "2", "3", "4", "5")
START_WEEK = text("date_bin('7 days', start_time, '2000-01-03 00:00:00+00')")
"""The Monday before a project started, by the clock of UTC."""

_SCHEMA = "projects"
_WEEKLY = ("created_at", "id", "start_time")


def _index(name: str, *columns: str | TextClause, where: str = "") -> Index:
    """Describe an index of the projects that are not set aside."""
    condition = "NOT set_aside" + (f" AND {where}" if where else "")
    return Index(f"project_by_{name}", *columns, postgresql_where=text(condition))


def _by_category(slot: str) -> Index:
    name = f"category_{slot}"
    return _index(name, name, "created_at", "id", where=f"{name} IS NOT NULL")


class _Columns:
    """The columns of a project: its main details, categories and data fields."""

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


class StoredProject(_Columns, Base):
    """Every project; one that is set aside was deleted and can still be restored, or is restricted."""

    __tablename__ = "project"
    __table_args__ = (
        _index("creation", "created_at", "id"),
        _index("type", "type_id", "created_at", "id"),
        _index("status", "status_id", "created_at", "id"),
        _index("creator", "created_by", "created_at", "id"),
        _index("start", "start_time", "created_at", "id"),
        _index("start_week", START_WEEK, *_WEEKLY, where="start_time IS NOT NULL"),
        _index("end", "end_time", "created_at", "id"),
        _index("update", "updated_at", "created_at", "id"),
        *(_by_category(slot) for slot in CATEGORY_SLOTS),
        _index("reference", text("lower(reference)"), where="reference IS NOT NULL"),
        _index("expiry", "created_at", "id", where="NOT retention_exempt"),
        {"schema": _SCHEMA},
    )

    set_aside: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))


class Project(_Columns, Base):
    """A project that is not set aside: what lists, searches, figures, commands and other workers see.

    The view can be written, too.
    """

    __tablename__ = "visible_project"
    __table_args__ = ({"schema": _SCHEMA, "info": {"is_view": True}},)
