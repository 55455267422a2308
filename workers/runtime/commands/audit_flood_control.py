"""Limits on recording refused attempts and dead letters: beyond so many a minute, they are only counted.

A client that is refused a thousand times a second must not fill the audit stores. The counts are written in the
transaction of the refusals, so that they are exact whatever process is killed.
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
from workers.runtime.bus import outbox
from workers.runtime.commands.envelopes import LaneOutbox, Origin
from workers.runtime.commands.unit_of_work import EmittedEvent
from workers.runtime.storage.database import Base, as_json
from workers.runtime.storage.statement_execution import read

RECORDED_PER_MINUTE_MAX: Final = 20
"""For one principal in one lane."""

ATTEMPTS: Final = "refused-attempts"
LETTERS: Final = "dead-letters"
_SETTLING_TIME: Final = timedelta(minutes=1)
"""A transaction that began within the minute may raise its count until so long afterwards."""


class ExcessCount(Base):
    """The numbers of recorded and of further occurrences in a minute."""

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
_TAKE_PAST = text(
    """
    DELETE FROM runtime.surplus WHERE worker = :worker AND lane = ANY(:lanes) AND minute < :before
    RETURNING lane, principal, what, minute, more
    """
).bindparams(bindparam("lanes", type_=ARRAY(SmallInteger)))


@dataclass(slots=True)
class RecordedRows:
    """The rows that one transaction would record, by principal and kind."""

    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _rows: list[tuple[tuple[str, str], outbox.PostedRow]] = field(default_factory=list)
    _last: tuple[str, str] = ("", "")

    def admits(self, principal: str, what: str) -> bool:
        """Count an occurrence, and return whether its row may be recorded."""
        self._last = (principal, what)
        self._counts[self._last] += 1
        return self._counts[self._last] <= RECORDED_PER_MINUTE_MAX

    def add(self, row: outbox.PostedRow) -> None:
        """Add the row of the occurrence counted last; `find_excess` may return it."""
        self._rows.append((self._last, row))

    async def find_excess(self, connection: AsyncConnection, worker: str, lane: int, now: datetime) -> set[int]:
        """Add the counts to this minute, and return the identities of the rows beyond the limit."""
        if not self._counts:
            return set()
        counts = [{"principal": name, "what": what, "number": number} for (name, what), number in self._counts.items()]
        parameters = {
            "worker": worker,
            "lane": lane,
            "minute": now.replace(second=0, microsecond=0),
            "most": RECORDED_PER_MINUTE_MAX,
        }
        rows = await read(connection, _ADMIT, {**parameters, "asked": as_json(counts)})
        left = {(row["principal"], row["what"]): row["allowed"] for row in rows}
        return {id(row) for whose, row in self._rows if _spend(left, whose) < 0}


def _spend(left: dict[tuple[str, str], int], whose: tuple[str, str]) -> int:
    left[whose] -= 1
    return left[whose]


async def report(connection: AsyncConnection, site: str, worker: str, lanes: Iterable[int], now: datetime) -> int:
    """Post an event for each count of a past minute, and delete the count; return how many events were posted."""
    before = now.replace(second=0, microsecond=0) - _SETTLING_TIME
    past = await read(connection, _TAKE_PAST, {"worker": worker, "lanes": list(lanes), "before": before})
    rows = [_surplus_event(LaneOutbox(site, worker, row["lane"]), row, now) for row in past if row["more"]]
    await outbox.post(connection, rows)
    return len(rows)


def _surplus_event(post: LaneOutbox, row: Any, now: datetime) -> outbox.PostedRow:
    event = SurplusCounted(worker=post.worker, what=row["what"], count=row["more"], since=row["minute"])
    return post.event(EmittedEvent(event, uuid7(), "-", None), Origin(row["principal"], now.isoformat()))


def remove_excess(rows: Sequence[outbox.PostedRow], surplus: set[int]) -> list[outbox.PostedRow]:
    """Return the rows in order, without those beyond the limit."""
    return [row for row in rows if id(row) not in surplus] if surplus else list(rows)
