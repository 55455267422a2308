"""The inbox: one row per command id that ever had an outcome, for 30 days."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic_core import from_json
from sqlalchemy import Date, DateTime, LargeBinary, Text, Uuid, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from contracts.errors import Code
from workers.runtime.storage.database import Base
from workers.runtime.storage.statements import read, write

REMEMBERED = timedelta(days=30)


class Inbox(Base):
    """A command that was decided. Partitioned by `month`, so that old months are dropped and not deleted."""

    __tablename__ = "inbox"
    __table_args__ = {"schema": "runtime", "postgresql_partition_by": "RANGE (month)"}

    command_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    principal: Mapped[str] = mapped_column(Text, primary_key=True)
    month: Mapped[date] = mapped_column(Date, primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    outcome: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about a command id before."""

    fingerprint: bytes
    outcome: bytes

    @property
    def was_put_aside(self) -> bool:
        """Tell whether nothing was decided but that it could not be handled."""
        error = from_json(self.outcome).get("error") or {} if self.outcome else {}
        return bool(error.get("code") == Code.UNAVAILABLE)


_IS_DECIDED = text(
    """
    SELECT 1 FROM runtime.inbox
    WHERE command_id = :command_id AND principal = :principal AND fingerprint = :mark
    """
)
_FORGET = text("DELETE FROM runtime.inbox WHERE command_id = :command_id AND principal = :principal")


async def reopen(
    connection: AsyncConnection, key: tuple[str, UUID], fingerprint: bytes, known: dict[tuple[str, UUID], Decided]
) -> bool:
    """Forget that a command could not be handled, in the transaction in which it is handled after all.

    Any other decision stands: the same letter twice takes effect once. False where nothing like it was ever decided:
    no worker wrote such a letter.
    """
    before = known.get(key)
    if before is None or before.fingerprint != fingerprint:
        return False
    if before.was_put_aside:
        await write(connection, _FORGET, {"command_id": key[1], "principal": key[0]})
        del known[key]
    return True


async def is_decided(connection: AsyncConnection, principal: str, command_id: UUID, fingerprint: bytes) -> bool:
    """Tell whether just this command was decided before."""
    given = {"command_id": command_id, "principal": principal, "mark": fingerprint}
    return bool(await read(connection, _IS_DECIDED, given))


def fingerprint(subject: str, body: bytes) -> bytes:
    """Return what tells two commands with one id apart: SHA-256 over the subject's tail and the body."""
    return hashlib.sha256(subject.encode() + b"\n" + body).digest()


def row(*, command_id: UUID, principal: str, fingerprint: bytes, outcome: bytes, now: datetime) -> dict[str, Any]:
    """Make the inbox row of one outcome."""
    return {
        "command_id": command_id,
        "principal": principal,
        "month": now.date().replace(day=1),
        "fingerprint": f"\\x{fingerprint.hex()}",
        "outcome": outcome.decode(),
        "decided_at": now,
    }
