"""How much of the erasure journal the database knows, and what was erased and is not in the journal yet."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, NamedTuple, TypedDict
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, DateTime, Identity, Integer, LargeBinary, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from workers.common.erasure_journal.entries import Entry, Head
from workers.runtime.storage.database import Base
from workers.runtime.storage.identity_map import rows_of


class Erasure(Base):
    """What was erased and is not in the journal yet: written with the erasure, deleted when the journal has it."""

    __tablename__ = "erasure"
    __table_args__ = {"schema": "runtime"}

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    project_id: Mapped[UUID] = mapped_column(Uuid)
    number: Mapped[int | None] = mapped_column(BigInteger)
    erased_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))
    revision: Mapped[int | None] = mapped_column(Integer)


class JournalPlace(Base):
    """The end of the journal when this database last knew it: one row. An older database has an older one."""

    __tablename__ = "erasure_journal"
    __table_args__ = {"schema": "runtime"}

    one: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default=text("true"))
    size: Mapped[int] = mapped_column(BigInteger)
    chain: Mapped[bytes] = mapped_column(LargeBinary)
    key: Mapped[bytes] = mapped_column(LargeBinary)


class ErasureRow(TypedDict):
    """A row of the statement that reads what waits for the journal."""

    id: int
    kind: str
    project_id: UUID
    number: int | None
    erased_at: datetime
    ids: list[UUID]
    revision: int | None


class JournalState(NamedTuple):
    """How much of the journal is known, how many erasures wait for it, and for how long the oldest has.

    Where no journal was begun, none is late.
    """

    known: int
    waiting: int
    late_seconds: float


_COUNTED_MAX: Final = 100_000
_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtext('incidents.erasure_journal'))")
_PLACE: Final = text("SELECT size, chain, key FROM runtime.erasure_journal")
_MOVE: Final = text(
    """
    INSERT INTO runtime.erasure_journal (size, chain, key) VALUES (:size, :chain, :key)
    ON CONFLICT (one) DO UPDATE SET size = excluded.size, chain = excluded.chain, key = excluded.key
    """
)
_WAITING: Final = text("SELECT * FROM runtime.erasure ORDER BY id LIMIT :limit")
_DROP: Final = text("DELETE FROM runtime.erasure WHERE id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger))
)
_DROP_RECORDED: Final = text(
    """
    DELETE FROM runtime.erasure e USING unnest(:kinds, :ids, :revisions) AS recorded(kind, project_id, revision)
    WHERE e.kind = recorded.kind AND e.project_id = recorded.project_id
        AND e.revision IS NOT DISTINCT FROM recorded.revision
    """
).bindparams(
    bindparam("kinds", type_=ARRAY(Text)),
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("revisions", type_=ARRAY(Integer)),
)
_STATE: Final = text(
    """
    SELECT coalesce((SELECT size FROM runtime.erasure_journal), 0) AS known, count(*) AS waiting,
        CAST(CASE WHEN EXISTS (SELECT FROM runtime.erasure_journal) AND count(*) > 0
            THEN extract(epoch FROM now() - greatest(min(erased_at), pg_postmaster_start_time())) ELSE 0
        END AS double precision) AS late_seconds
    FROM (SELECT erased_at FROM runtime.erasure ORDER BY id LIMIT :at_most) AS oldest
    """
)
_IS_BEHIND: Final = text(
    """
    SELECT EXISTS (SELECT FROM runtime.erasure_journal)
        AND EXISTS (SELECT FROM runtime.erasure WHERE erased_at <= :at)
    """
).bindparams(bindparam("at", type_=DateTime(timezone=True)))


async def lock(connection: AsyncConnection) -> Head | None:
    """Let nobody else write the journal or move the place until the transaction ends; return the place."""
    await connection.execute(_LOCK)
    return await read(connection)


async def read(connection: AsyncConnection) -> Head | None:
    """Return the place; None if this database has never had a journal."""
    row = (await connection.execute(_PLACE)).one_or_none()
    return Head(row.size, bytes(row.chain), bytes(row.key)) if row else None


async def move(connection: AsyncConnection, place: Head) -> None:
    """Remember how much of the journal is known."""
    await connection.execute(_MOVE, place._asdict())


async def waiting(connection: AsyncConnection, limit: int) -> list[ErasureRow]:
    """Return what has waited for longest."""
    return rows_of(await connection.execute(_WAITING, {"limit": limit}), ErasureRow)


async def drop(connection: AsyncConnection, rows: Collection[ErasureRow]) -> None:
    """Remove what the journal has now."""
    await connection.execute(_DROP, {"ids": [row["id"] for row in rows]})


async def drop_recorded(connection: AsyncConnection, entries: Sequence[Entry]) -> None:
    """Remove erasures that are entries of the journal, so that they do not become others."""
    parameters = {
        "kinds": [each.kind for each in entries],
        "ids": [each.project_id for each in entries],
        "revisions": [each.revision for each in entries],
    }
    await connection.execute(_DROP_RECORDED, parameters)


async def is_behind(connection: AsyncConnection, at: datetime) -> bool:
    """Return whether there is a journal that lacks something that was erased until then."""
    behind: bool = (await connection.execute(_IS_BEHIND, {"at": at})).scalar_one()
    return behind


async def state(connection: AsyncConnection) -> JournalState:
    """Return how far the journal is behind; the number of waiting erasures is counted up to 100,000."""
    row = (await connection.execute(_STATE, {"at_most": _COUNTED_MAX})).one()
    return JournalState(row.known, row.waiting, max(row.late_seconds, 0.0))


def entry_of(row: ErasureRow) -> Entry:
    """Return what waits as an entry."""
    return Entry(row["kind"], row["erased_at"], row["project_id"], row["number"], row["ids"], revision=row["revision"])
