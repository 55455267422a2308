"""What is recorded one by one only so many times a minute, and counted beyond: refused attempts and dead letters.

Somebody who is refused a thousand times a second must not fill the stores in which refusals are looked for. The counts
are written in the transaction that they belong to, so that they are exact whatever is killed.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import DateTime, Integer, SmallInteger, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from contracts.audit import SurplusCounted
from contracts.ids import uuid7
from workers.runtime.commands import outbox
from workers.runtime.commands.envelopes import Origin, Post
from workers.runtime.commands.unit_of_work import Happened
from workers.runtime.storage.database import Base, as_json
from workers.runtime.storage.statements import read

MOST: Final = 20
"""Recorded one by one, at most: of one principal, in one lane, in one minute."""

ATTEMPTS: Final = "refused-attempts"
LETTERS: Final = "dead-letters"
_SETTLED: Final = timedelta(minutes=1)
"""How long after its minute a count may still grow, by a transaction that began in it."""


class Surplus(Base):
    """How much of a minute was recorded one by one, and how much more there was."""

    __tablename__ = "surplus"
    __table_args__ = {"schema": "runtime"}

    worker: Mapped[str] = mapped_column(Text, primary_key=True)
    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    principal: Mapped[str] = mapped_column(Text, primary_key=True)
    what: Mapped[str] = mapped_column(Text, primary_key=True)
    minute: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    recorded: Mapped[int] = mapped_column(Integer)
    more: Mapped[int] = mapped_column(Integer)


_ADMIT = text(
    """
    WITH asked AS (
        SELECT given.*, LEAST(given.number, GREATEST(:most - COALESCE(kept.recorded, 0), 0)) AS allowed
        FROM json_to_recordset(CAST(:asked AS json)) AS given(principal text, what text, number int)
        LEFT JOIN runtime.surplus kept ON kept.worker = :worker AND kept.lane = :lane AND kept.minute = :minute
            AND kept.principal = given.principal AND kept.what = given.what
    ), written AS (
        INSERT INTO runtime.surplus AS kept (worker, lane, principal, what, minute, recorded, more)
        SELECT :worker, :lane, principal, what, :minute, allowed, number - allowed FROM asked
        ON CONFLICT (worker, lane, principal, what, minute)
        DO UPDATE SET recorded = kept.recorded + excluded.recorded, more = kept.more + excluded.more
    )
    SELECT principal, what, allowed FROM asked
    """
)
_PAST = text(
    """
    DELETE FROM runtime.surplus WHERE worker = :worker AND lane = ANY(:lanes) AND minute < :before
    RETURNING lane, principal, what, minute, more
    """
).bindparams(bindparam("lanes", type_=ARRAY(SmallInteger)))


@dataclass(slots=True)
class Record:
    """What one transaction would record one by one, by whose and what it is."""

    _asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    _rows: list[tuple[tuple[str, str], dict[str, Any]]] = field(default_factory=list)
    _last: tuple[str, str] = ("", "")

    def takes(self, principal: str, what: str) -> bool:
        """Count one more, and tell whether its row is worth making."""
        self._last = (principal, what)
        self._asked[self._last] += 1
        return self._asked[self._last] <= MOST

    def add(self, row: dict[str, Any]) -> None:
        """Keep the row of what was counted last: `surplus` may find it to be too many."""
        self._rows.append((self._last, row))

    async def surplus(self, connection: AsyncConnection, worker: str, lane: int, now: datetime) -> set[int]:
        """Count all of this minute, and return the identities of the rows that are too many."""
        if not self._asked:
            return set()
        asked = [{"principal": name, "what": what, "number": number} for (name, what), number in self._asked.items()]
        given = {"worker": worker, "lane": lane, "minute": now.replace(second=0, microsecond=0), "most": MOST}
        found = await read(connection, _ADMIT, {**given, "asked": as_json(asked)})
        left = {(row["principal"], row["what"]): row["allowed"] for row in found}
        return {id(row) for whose, row in self._rows if _spend(left, whose) < 0}


def _spend(left: dict[tuple[str, str], int], whose: tuple[str, str]) -> int:
    left[whose] -= 1
    return left[whose]


async def report(connection: AsyncConnection, site: str, worker: str, lanes: Iterable[int], now: datetime) -> int:
    """Post an event for each count of a minute that is over, and forget the minute; return how many were posted."""
    before = now.replace(second=0, microsecond=0) - _SETTLED
    past = await read(connection, _PAST, {"worker": worker, "lanes": list(lanes), "before": before})
    rows = [_event(Post(site, worker, one["lane"]), one, now) for one in past if one["more"]]
    await outbox.post(connection, rows)
    return len(rows)


def _event(post: Post, counted: Any, now: datetime) -> dict[str, Any]:
    happened = SurplusCounted(worker=post.worker, what=counted["what"], count=counted["more"], since=counted["minute"])
    return post.event(Happened(happened, uuid7(), "-", None), Origin(counted["principal"], now.isoformat()))


def without(rows: Sequence[dict[str, Any]], surplus: set[int]) -> list[dict[str, Any]]:
    """Return rows in order, without those that are too many."""
    return [row for row in rows if id(row) not in surplus] if surplus else list(rows)
