"""The tables of audit, in both databases, and the statements that read them."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    Uuid,
    bindparam,
    inspect,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from workers.audit.log_server_functions import PROTECT_ENTRIES
from workers.runtime.storage.database import Base, LogBase

_BRIN: Final[dict[str, Any]] = {
    "postgresql_using": "brin",
    "postgresql_with": {"pages_per_range": 16, "autosummarize": True},
}
"""Entries are stored in the order of their numbers, so that the smallest kind of index finds them."""


class EntryColumns:
    """The columns of an entry in both stores."""

    event_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    actor: Mapped[str] = mapped_column(Text)
    activity: Mapped[str] = mapped_column(Text)
    project_id: Mapped[UUID | None] = mapped_column(Uuid)
    command_id: Mapped[UUID | None] = mapped_column(Uuid)
    revision: Mapped[int | None] = mapped_column(Integer)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    log_index: Mapped[int | None] = mapped_column(BigInteger)
    """Its place among the leaves of the store's tree, from 0; the log server has none for entries of old versions."""

    hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The hash of its leaf (RFC 6962)."""


class Activity(EntryColumns, Base):
    """An entry of the database incident_manager. Partitioned by `at`, which is therefore part of the key."""

    __tablename__ = "activity"
    __table_args__ = (
        Index("activity_by_project", "project_id", "at", "event_id"),
        Index("activity_by_actor", "actor", "at", "event_id"),
        Index("activity_by_name", "activity", "at", "event_id"),
        Index("activity_by_log_index", "log_index", **_BRIN),
        Index(
            "activity_by_shown_project",
            text("audit.page_projects(details)"),
            postgresql_using="gin",
            postgresql_where=text("activity = 'audit.page-viewed'"),
        ),
        {"schema": "audit", "postgresql_partition_by": "RANGE (at)"},
    )

    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)


class Undelivered(Base):
    """Entries of one batch that wait for the log server, as a JSON array of its rows (LOG-06, LOG-07)."""

    __tablename__ = "undelivered"
    __table_args__ = {"schema": "audit"}

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    size: Mapped[int] = mapped_column(Integer)
    oldest_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    entries: Mapped[str] = mapped_column(Text)
    are_deletions: Mapped[bool] = mapped_column(Boolean)
    """Whether it has the deletions of steps of sweeps, with their ids and numbers as arrays."""

    first_index: Mapped[int] = mapped_column(BigInteger)
    """The place of the first entry in the tree of the log server; the others follow."""

    hashes: Mapped[bytes] = mapped_column(LargeBinary)
    """The hashes of the entries' leaves, one after the other."""


class Log(Base):
    """How many entries of a store are recorded; each gets the next number in the transaction that records it."""

    __tablename__ = "log"
    __table_args__ = {"schema": "audit"}

    store: Mapped[str] = mapped_column(Text, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)


class Tree(Base):
    """The right edge of a store's tree: its size, and the hashes of each level beyond its last full tile."""

    __tablename__ = "tree"
    __table_args__ = {"schema": "audit"}

    store: Mapped[str] = mapped_column(Text, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    edge: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary))


class TreeTile(Base):
    """A full tile of a store's tree (C2SP tlog-tiles): 256 hashes, written once."""

    __tablename__ = "tile"
    __table_args__ = {"schema": "audit"}

    store: Mapped[str] = mapped_column(Text, primary_key=True)
    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    index: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)


class SignedCheckpoint(Base):
    """A checkpoint of a store's tree: a signed note, written once."""

    __tablename__ = "checkpoint"
    __table_args__ = {"schema": "audit"}

    store: Mapped[str] = mapped_column(Text, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    note: Mapped[str] = mapped_column(Text)


class Dropped(Base):
    """A range of entries that was dropped under retention, with a signed statement about it, written once."""

    __tablename__ = "dropped"
    __table_args__ = {"schema": "audit"}

    store: Mapped[str] = mapped_column(Text, primary_key=True)
    first: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    before: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    note: Mapped[str] = mapped_column(Text)


class Witness(Base):
    """A witness that the settings name, and since when and why it attests no checkpoints."""

    __tablename__ = "witness"
    __table_args__ = {"schema": "audit"}

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    failing_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    problem: Mapped[str | None] = mapped_column(Text)


class Attestation(Base):
    """What a witness has said about a checkpoint, written once: a cosignature, a time stamp, or the id of a letter."""

    __tablename__ = "attestation"
    __table_args__ = {"schema": "audit"}

    store: Mapped[str] = mapped_column(Text, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    witness: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    content: Mapped[str] = mapped_column(Text)


class LogEntry(EntryColumns, LogBase):
    """An entry of the database log_server."""

    __tablename__ = "entry"
    __table_args__ = (
        Index("entry_by_time", "at", "event_id"),
        Index("entry_by_actor", "actor", "at", "event_id"),
        Index("entry_by_activity", "activity", "at", "event_id"),
        Index("entry_by_project", "project_id", "at", "event_id"),
        Index("entry_by_log_index", "log_index", **_BRIN),
    )


_COLUMNS: Final = "event_id, at, actor, activity, project_id, command_id, revision, details"
_ENTRIES: Final = f"""
    SELECT {_COLUMNS}, {{index}}, substring(CAST(:hashes AS bytea) FROM CAST(place - 1 AS integer) * 32 + 1 FOR 32)
    FROM ROWS FROM (json_to_recordset(CAST(:entries AS json)) AS (event_id uuid, at timestamptz, actor text,
        activity text, project_id uuid, command_id uuid, revision integer, details jsonb)
    ) WITH ORDINALITY AS given({_COLUMNS}, place)
"""  # noqa: S608 - from constants
_DELETIONS: Final = """
    SELECT event_id, at, actor, activity, project_id, command_id, NULL,
        jsonb_build_object('number', number, 'expired', true),
        {index}, substring(CAST(:hashes AS bytea) FROM CAST(place - 1 AS integer) * 32 + 1 FOR 32)
    FROM (
        SELECT *, row_number() OVER (ORDER BY step, place_in_step) AS place
        FROM ROWS FROM (json_to_recordset(CAST(:steps AS json)) AS (at timestamptz, actor text, activity text,
            command_id uuid, event_ids uuid[], project_ids uuid[], numbers bigint[])
        ) WITH ORDINALITY AS s(at, actor, activity, command_id, event_ids, project_ids, numbers, step)
        CROSS JOIN LATERAL unnest(event_ids, project_ids, numbers)
            WITH ORDINALITY AS d(event_id, project_id, number, place_in_step)
    ) AS given
"""
"""Makes the entries of steps of sweeps, which come in the order of their ids, the fastest to insert."""

_RECORDED: Final = "(SELECT size FROM audit.log WHERE store = 'incident_manager') + place - 1"
_DELIVERED: Final = "(CAST(:indexes AS bigint[]))[place]"
_INTO_ACTIVITY: Final = f"INSERT INTO audit.activity ({_COLUMNS}, log_index, hash)"
_INTO_LOG_SERVER: Final = f"INSERT INTO entry ({_COLUMNS}, log_index, hash)"
_IF_ABSENT: Final = "ON CONFLICT DO NOTHING"
"""The id of an event is the key of its entry, so that a repeated delivery changes nothing."""

INSERT_ENTRIES = text(_INTO_ACTIVITY + _ENTRIES.format(index=_RECORDED))
INSERT_DELETIONS = text(_INTO_ACTIVITY + _DELETIONS.format(index=_RECORDED))
INSERT_LOGGED_ENTRIES = text(_INTO_LOG_SERVER + _ENTRIES.format(index=_DELIVERED) + _IF_ABSENT)
INSERT_LOGGED_DELETIONS = text(_INTO_LOG_SERVER + _DELETIONS.format(index=_DELIVERED) + _IF_ABSENT)
COUNT_RECORDED = text("UPDATE audit.log SET size = size + :count WHERE store = :store")
INSERT_UNDELIVERED = text(
    """
    INSERT INTO audit.undelivered (size, oldest_at, entries, are_deletions, hashes, first_index)
    SELECT given.size, oldest_at, entries, are_deletions, hashes,
        log.size + sum(given.size) OVER (ORDER BY place) - given.size
    FROM ROWS FROM (json_to_recordset(CAST(:rows AS json)) AS (size integer, oldest_at timestamptz, entries text,
        are_deletions boolean, hashes bytea)
    ) WITH ORDINALITY AS given(size, oldest_at, entries, are_deletions, hashes, place)
    CROSS JOIN audit.log WHERE store = 'log_server' ORDER BY place
    """
)

NEXT_BATCHES = text(
    """
    SELECT id, size, entries, are_deletions, first_index, hashes
    FROM audit.undelivered WHERE first_index + size <= (SELECT size FROM audit.tree WHERE store = 'log_server')
    ORDER BY id LIMIT :at_once
    """
)
"""Reads what waits for the log server and is in the tree: its hashes are only in the tree once it is delivered."""

DELETE_DELIVERED = text("DELETE FROM audit.undelivered WHERE id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger))
)
BACKLOG = text(
    """
    SELECT (SELECT CAST(coalesce(sum(size), 0) AS bigint)
            FROM (SELECT size FROM audit.undelivered ORDER BY id LIMIT :at_most) AS oldest) AS waiting,
        (SELECT CAST(extract(epoch FROM now() - oldest_at) AS double precision)
         FROM audit.undelivered ORDER BY id LIMIT 1) AS seconds
    """
)
PROJECT_NUMBERS = text(
    """
    SELECT project_id, number FROM published.projects WHERE project_id = ANY(:ids)
    UNION ALL
    SELECT project_id, number FROM published.tombstones WHERE project_id = ANY(:ids)
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
NAMES_AT = text(
    """
    SELECT kind, key, at, published.name_at(kind, key, at) AS name
    FROM unnest(:kinds, :keys, :moments) AS wanted(kind, key, at)
    """
).bindparams(
    bindparam("kinds", type_=ARRAY(Text)),
    bindparam("keys", type_=ARRAY(Text)),
    bindparam("moments", type_=ARRAY(DateTime(timezone=True))),
)
LOCK_TABLES = text("SELECT pg_advisory_xact_lock(hashtext('incidents.log_server'))")


def create_log_server_tables(connection: Connection) -> None:
    """Create missing tables of the log server, the columns that those of an older version lack, and what protects them.

    What is protected is refused to its owner, too, who would have to take the protection away first.
    """
    LogBase.metadata.create_all(connection)
    known = {column["name"] for column in inspect(connection).get_columns(LogEntry.__tablename__)}
    for column in LogEntry.__table__.columns:
        if column.name not in known:
            kind = column.type.compile(connection.dialect)
            connection.execute(text(f"ALTER TABLE {LogEntry.__tablename__} ADD COLUMN {column.name} {kind}"))
    connection.execute(PROTECT_ENTRIES)
