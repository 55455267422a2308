"""The inbox: one row for each command id that has an outcome, kept for 30 days.

A command that was taken, and whose outcome follows, has an empty one until then.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic_core import from_json, to_json
from sqlalchemy import Date, DateTime, LargeBinary, Text, Uuid, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from contracts.errors import Code
from workers.runtime.storage.database import Base
from workers.runtime.storage.statement_execution import read, write

INBOX_RETENTION = timedelta(days=30)


class Inbox(Base):
    """A decided command. The table is partitioned by `month`, so that old months are dropped as a whole."""

    __tablename__ = "inbox"
    __table_args__ = {"schema": "runtime", "postgresql_partition_by": "RANGE (month)"}

    command_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    principal: Mapped[str] = mapped_column(Text, primary_key=True)
    month: Mapped[date] = mapped_column(Date, primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    outcome: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True, slots=True)
class PastDecision:
    """An earlier decision about a command id."""

    fingerprint: bytes
    outcome: bytes

    @property
    def is_dead_letter(self) -> bool:
        """Return whether the command became a dead letter."""
        error = from_json(self.outcome).get("error") or {} if self.outcome else {}
        return bool(error.get("code") == Code.UNAVAILABLE)


_IS_DECIDED = text(
    """
    SELECT 1 FROM runtime.inbox
    WHERE command_id = :command_id AND principal = :principal AND fingerprint = :mark
    """
)
_OUTCOMES = text(
    """
    SELECT i.principal, i.command_id, i.outcome
    FROM json_to_recordset(CAST(:asked AS json)) AS asked(principal text, command_id uuid)
    JOIN runtime.inbox i USING (principal, command_id)
    WHERE i.month >= date_trunc('month', now() - CAST(:kept AS interval))::date AND i.outcome <> ''
    """
)
_CONCLUDE = text(
    """
    UPDATE runtime.inbox SET outcome = :outcome, decided_at = now()
    WHERE command_id = :command_id AND principal = :principal AND outcome = ''
    RETURNING now()
    """
)
_FORGET = text("DELETE FROM runtime.inbox WHERE command_id = :command_id AND principal = :principal")


async def reopen(
    connection: AsyncConnection, key: tuple[str, UUID], fingerprint: bytes, known: dict[tuple[str, UUID], PastDecision]
) -> bool:
    """Delete the decision that made a command a dead letter, in the transaction that handles it again.

    Other decisions are kept, so that a letter delivered twice takes effect once. Return False if the inbox has no
    such command: then no worker wrote the letter.
    """
    decision = known.get(key)
    if decision is None or decision.fingerprint != fingerprint:
        return False
    if decision.is_dead_letter:
        await write(connection, _FORGET, {"command_id": key[1], "principal": key[0]})
        del known[key]
    return True


async def is_decided(connection: AsyncConnection, principal: str, command_id: UUID, fingerprint: bytes) -> bool:
    """Return whether exactly this command is in the inbox."""
    parameters = {"command_id": command_id, "principal": principal, "mark": fingerprint}
    return bool(await read(connection, _IS_DECIDED, parameters))


async def conclude(connection: AsyncConnection, principal: str, command_id: UUID, outcome: bytes) -> datetime | None:
    """Store the outcome of a command that was taken; return the time, or None if it has an outcome already."""
    parameters = {"command_id": command_id, "principal": principal, "outcome": outcome.decode()}
    concluded_at: datetime | None = (await connection.execute(_CONCLUDE, parameters)).scalar_one_or_none()
    return concluded_at


async def decided_outcomes(
    connection: AsyncConnection, asked: Sequence[tuple[str, UUID]]
) -> dict[tuple[str, UUID], bytes]:
    """Return the outcomes of those commands that have one, by principal and id."""
    keys = [{"principal": principal, "command_id": command_id} for principal, command_id in asked]
    parameters = {"asked": to_json(keys).decode(), "kept": INBOX_RETENTION}
    rows = await connection.execute(_OUTCOMES, parameters)
    return {(principal, command_id): outcome.encode() for principal, command_id, outcome in rows}


def fingerprint(subject: str, body: bytes) -> bytes:
    """Return SHA-256 over the subject's tail and the body, which distinguishes two commands with the same id."""
    return hashlib.sha256(subject.encode() + b"\n" + body).digest()


def row(*, command_id: UUID, principal: str, fingerprint: bytes, outcome: bytes, now: datetime) -> dict[str, Any]:
    """Return the inbox row of one outcome."""
    return {
        "command_id": command_id,
        "principal": principal,
        "month": now.date().replace(day=1),
        "fingerprint": f"\\x{fingerprint.hex()}",
        "outcome": outcome.decode(),
        "decided_at": now,
    }
