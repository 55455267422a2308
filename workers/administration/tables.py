"""The tables of administration and the statements that read them."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    bindparam,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from contracts.permissions import LevelName, Node
from workers.runtime.storage.database import Base

_SCHEMA = {"schema": "administration"}
_NEXT_ID = text("nextval('administration.property_id')")


class Property(Base):
    """A type, a status, or a value of the category in `slot`."""

    __tablename__ = "property"
    __table_args__ = _SCHEMA

    id: Mapped[int] = mapped_column(Integer, primary_key=True, server_default=_NEXT_ID)
    kind: Mapped[str] = mapped_column(Text)
    slot: Mapped[int | None] = mapped_column(SmallInteger)
    name: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    closing: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))


class Category(Base):
    """One of the five categories, from its first definition on."""

    __tablename__ = "category"
    __table_args__ = _SCHEMA

    slot: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Integer, unique=True, server_default=_NEXT_ID)
    enabled: Mapped[bool] = mapped_column(Boolean)
    name: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)


class DataField(Base):
    """One of the fifteen data fields, from its first definition on."""

    __tablename__ = "data_field"
    __table_args__ = _SCHEMA

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    slot: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Integer, unique=True, server_default=_NEXT_ID)
    enabled: Mapped[bool] = mapped_column(Boolean)
    name: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)


class Settings(Base):
    """The site's settings: always one row."""

    __tablename__ = "settings"
    __table_args__ = _SCHEMA

    one: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default=text("true"))
    retention_days: Mapped[int] = mapped_column(Integer, server_default=text("7"))
    report_title: Mapped[str] = mapped_column(Text, server_default=text("''"))
    timezone: Mapped[str] = mapped_column(Text, server_default=text("'UTC'"))
    language: Mapped[str] = mapped_column(Text, server_default=text("'en'"))
    log_archive_bytes: Mapped[int] = mapped_column(BigInteger, server_default=text("10000000"))
    child_sites: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    export_details_required: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    report_confidentiality: Mapped[str] = mapped_column(Text, server_default=text("''"))
    report_signatories: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    activity_days: Mapped[int] = mapped_column(Integer, server_default=text("365"))
    log_days: Mapped[int] = mapped_column(Integer, server_default=text("365"))
    deletion_reason_required: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    two_person_release: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    undo_days: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    expiry_warning_days: Mapped[int] = mapped_column(Integer, server_default=text("7"))


class Role(Base):
    """A role and the level that it gives on each node; `administrators` lists none."""

    __tablename__ = "role"
    __table_args__ = _SCHEMA

    role_id: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    permissions: Mapped[dict[Node, LevelName]] = mapped_column(JSONB)


class Member(Base):
    """A principal that has a role."""

    __tablename__ = "member"
    __table_args__ = (Index("member_by_role", "role_id"), _SCHEMA)

    principal: Mapped[str] = mapped_column(Text, primary_key=True)
    role_id: Mapped[str] = mapped_column(
        Text, ForeignKey("administration.role.role_id", ondelete="CASCADE"), primary_key=True
    )


class Licence(Base):
    """The activated licence: at most one row."""

    __tablename__ = "licence"
    __table_args__ = _SCHEMA

    one: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default=text("true"))
    token: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    edition: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    activated_by: Mapped[str] = mapped_column(Text)
    activated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class DefinitionChange(Base):
    """A change of a definition or a setting: old and new state, by whom and when."""

    __tablename__ = "definition_change"
    __table_args__ = (Index("definition_change_by_key", "kind", "key", "number"), _SCHEMA)

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    by: Mapped[str] = mapped_column(Text)
    old: Mapped[Any | None] = mapped_column(JSONB)
    new: Mapped[Any | None] = mapped_column(JSONB)


_IDS = bindparam("ids", type_=ARRAY(Integer))

# Administration is serialised by a lock on this row. Nothing that a batch has read of properties, settings and
# roles changes before its commit: an administrator is left, and a first definition is made once.
TURN = text("SELECT * FROM administration.settings FOR NO KEY UPDATE")

# A project locks the properties that it assigns FOR KEY SHARE. This lock waits for assignments in progress and
# blocks new ones until the commit. Only a later statement sees those assignments: lock first, then count.
LOCK_PROPERTIES = text("SELECT * FROM administration.property WHERE id = ANY(:ids) ORDER BY id FOR UPDATE").bindparams(
    _IDS
)
ASSIGNED = text(
    """
    SELECT p.id, CASE
        WHEN p.kind = 'type' THEN
            (SELECT count(*) FROM (SELECT FROM published.projects WHERE type_id = p.id LIMIT 1001) AS has)
        WHEN p.kind = 'status' THEN
            (SELECT count(*) FROM (SELECT FROM published.projects WHERE status_id = p.id LIMIT 1001) AS has)
        WHEN p.slot = 1 THEN
            (SELECT count(*) FROM (SELECT FROM published.projects WHERE category_1 = p.id LIMIT 1001) AS has)
        WHEN p.slot = 2 THEN
            (SELECT count(*) FROM (SELECT FROM published.projects WHERE category_2 = p.id LIMIT 1001) AS has)
        WHEN p.slot = 3 THEN
            (SELECT count(*) FROM (SELECT FROM published.projects WHERE category_3 = p.id LIMIT 1001) AS has)
        WHEN p.slot = 4 THEN
            (SELECT count(*) FROM (SELECT FROM published.projects WHERE category_4 = p.id LIMIT 1001) AS has)
        WHEN p.slot = 5 THEN
            (SELECT count(*) FROM (SELECT FROM published.projects WHERE category_5 = p.id LIMIT 1001) AS has)
        END AS projects
    FROM administration.property AS p WHERE p.id = ANY(:ids)
    """
).bindparams(_IDS)
NEW_IDS = text("SELECT nextval('administration.property_id') FROM generate_series(1, :count)")
CATEGORIES = text("SELECT * FROM administration.category ORDER BY slot")
DATA_FIELDS = text("SELECT * FROM administration.data_field ORDER BY kind, slot")
NAMED_ROLES = text("SELECT * FROM administration.role WHERE role_id = ANY(:role_ids)").bindparams(
    bindparam("role_ids", type_=ARRAY(Text))
)
MEMBERS = text("SELECT * FROM administration.member WHERE role_id = ANY(:role_ids)").bindparams(
    bindparam("role_ids", type_=ARRAY(Text))
)
LICENCE = text("SELECT * FROM administration.licence")

PROPERTIES = text("SELECT id, kind, slot, name, description, closing FROM administration.property ORDER BY id")
SETTINGS = text(
    """
    SELECT retention_days, report_title, timezone, language, log_archive_bytes, child_sites, export_details_required,
        report_confidentiality, report_signatories, activity_days, log_days, deletion_reason_required,
        two_person_release, undo_days, expiry_warning_days
    FROM administration.settings
    """
)
ROLES = text(
    """
    SELECT role_id, name, permissions, ARRAY(
        SELECT principal FROM administration.member AS m WHERE m.role_id = r.role_id ORDER BY principal
    ) AS members
    FROM administration.role AS r ORDER BY role_id
    """
)
ROLES_OF = text(
    """
    SELECT role_id, name FROM administration.member JOIN administration.role USING (role_id)
    WHERE principal = :principal ORDER BY role_id
    """
)
CHANGES = text(
    """
    SELECT number, kind, key, at, by, old, new FROM administration.definition_change
    WHERE kind = :kind AND (CAST(:key AS text) IS NULL OR key = :key) AND number < :number
    ORDER BY number DESC LIMIT :limit
    """
)
# The projects that retention would delete with this time and in this zone, counted up to a million. Those that are
# younger than the shortest time, less a day for the offsets of zones, are not read.
DUE = text(
    """
    WITH rules AS MATERIALIZED (
        SELECT policies, now() - least(CAST(:days AS integer), (
            SELECT min(years * 365 + days - 1) FROM published.retention_policies WHERE NOT exempt
        )) * interval '1 day' AS scan_before
        FROM published.retention_rules LIMIT 1
    )
    SELECT count(*) FROM (
        SELECT FROM rules
        CROSS JOIN LATERAL published.due_projects(
            rules.policies, CAST(:days AS integer), CAST(:zone AS text), rules.scan_before
        ) due
        LIMIT 1000000
    ) AS counted
    """
)
RETENTION_TIME = text("SELECT retention_days AS days, timezone AS zone FROM administration.settings")

# What a mark would delete is counted with it, in the transaction of its command, and the mark is taken back.
TRY = text("SAVEPOINT before_mark")
CLOSE = text("UPDATE administration.property SET closing = true WHERE id = :id AND kind = 'status'")
TAKE_BACK = text("ROLLBACK TO SAVEPOINT before_mark")
