"""The keys of dead letters, and what is remembered of a key that died."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, Literal, TypedDict
from uuid import UUID

from sqlalchemy import DateTime, Index, LargeBinary, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from contracts.dead_letters import ContentErasure
from workers.runtime.storage.bulk_writes import insert_rows
from workers.runtime.storage.database import Base
from workers.runtime.storage.identity_map import rows_of


class LetterKey(Base):
    """The key of one dead letter, with the ids and the redactable fields that its message names."""

    __tablename__ = "letter_key"
    __table_args__ = (Index("letter_key_by_name", "named", postgresql_using="gin"), {"schema": "runtime"})

    key_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary)
    written_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    named: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))


class LetterErasure(Base):
    """When and why the key of a letter died; it is remembered for longer than the letter is kept."""

    __tablename__ = "letter_erasure"
    __table_args__ = (Index("letter_erasure_by_time", "erased_at"), {"schema": "runtime"})

    key_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    erased_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    cause: Mapped[str] = mapped_column(Text)


class NewKey(TypedDict):
    """A key that is written in the transaction of its letter."""

    key_id: UUID
    key: str
    named: list[UUID]
    fields: list[str]


class KeyState(TypedDict):
    """A key, or when and why it died."""

    key_id: UUID
    key: bytes | None
    erased_at: datetime | None
    cause: ContentErasure | Literal["removed"] | None


REMOVED: Final = "removed"
"""Why the key of a letter died that was replayed or discarded."""

_IDS: Final = bindparam("ids", type_=ARRAY(Uuid))
_READ: Final = text(
    """
    SELECT key_id, key, NULL AS erased_at, NULL AS cause FROM runtime.letter_key WHERE key_id = ANY(:ids)
    UNION ALL SELECT key_id, NULL, erased_at, cause FROM runtime.letter_erasure WHERE key_id = ANY(:ids)
    """
).bindparams(_IDS)
_ERASE: Final = text("SELECT runtime.erase_letters(:ids, :cause)").bindparams(_IDS)


async def write(connection: AsyncConnection, keys: Sequence[NewKey]) -> None:
    """Write the keys of letters in the transaction that posts them, so that no letter leaves without its key."""
    await insert_rows(connection, LetterKey, list[Any](keys))


async def read(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, KeyState]:
    """Return the state of each key that this database knows."""
    rows = rows_of(await connection.execute(_READ, {"ids": list(ids)}), KeyState) if ids else []
    return {row["key_id"]: row for row in rows}


async def erase(connection: AsyncConnection, key_id: UUID) -> None:
    """Erase the key of a letter that is replayed or discarded."""
    await connection.execute(_ERASE, {"ids": [key_id], "cause": REMOVED})
