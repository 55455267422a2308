"""Events have numbers: a hearer that counts them finds what the bus did not deliver in the outbox.

The bus may lose what it acknowledged, and a whole stream may be lost. A gap in the numbers of a lane is filled before
the event behind it is handled. Numbers that nobody delivers although they were posted are filled after some seconds.
"""

import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypedDict

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from sqlalchemy import BigInteger, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from workers.runtime.bus.lane_progress import OwnedLane
from workers.runtime.bus.outbox import LANE, NUMBER, LaneRow, is_event, numbered
from workers.runtime.storage.database import Base, as_json
from workers.runtime.storage.identity_map import read_rows
from workers.runtime.storage.statement_execution import write

LOOK_SECONDS = 10.0
"""Between two looks at what was posted: a lane that was not heard of from one to the next is read from the outbox."""

_ROWS_PER_READ_MAX = 10
_FROM_OUTBOX = "$JS.ACK.outbox-"

log = structlog.get_logger()


class HeardLane(Base):
    """How far a hearer has heard the messages of a lane; `missing` were neither in the bus nor in the outbox."""

    __tablename__ = "heard"
    __table_args__ = {"schema": "runtime"}

    hearer: Mapped[str] = mapped_column(Text, primary_key=True)
    worker: Mapped[str] = mapped_column(Text, primary_key=True)
    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    missing: Mapped[int] = mapped_column(BigInteger)


_PLACES = text(
    """
    SELECT p.worker, p.lane, p.posted, coalesce(h.number, 0) AS number
    FROM runtime.posted p
    LEFT JOIN runtime.heard h ON h.hearer = :hearer AND h.worker = p.worker AND h.lane = p.lane
    """
)
_ROWS = text(
    """
    SELECT lane, first, size, messages FROM runtime.outbox
    WHERE worker = :worker AND lane = CAST(:lane AS smallint) AND first <= :last AND first >= coalesce((
        SELECT max(first) FROM runtime.outbox
        WHERE worker = :worker AND lane = CAST(:lane AS smallint) AND first <= :after + 1
    ), 0)
    ORDER BY first LIMIT :at_once
    """
)
_SAVE = text(
    """
    INSERT INTO runtime.heard AS h (hearer, worker, lane, number, missing)
    SELECT :hearer, worker, lane, number, missing
    FROM json_to_recordset(CAST(:rows AS json)) AS given(worker text, lane smallint, number bigint, missing bigint)
    ORDER BY worker, lane
    ON CONFLICT (hearer, worker, lane)
    DO UPDATE SET number = greatest(h.number, excluded.number), missing = h.missing + excluded.missing
    """
)


class PlaceRow(TypedDict):
    """A row of the statement that compares what was posted with what was heard."""

    worker: str
    lane: int
    posted: int
    number: int


class PostingLane(NamedTuple):
    """A lane of the worker that posts."""

    worker: str
    lane: int


class MissedEventRecovery:
    """What one hearer has heard of every lane, kept with the effects of what it heard."""

    def __init__(self, hearer: str, nats: Callable[[], Client]) -> None:
        """Name the hearer; nothing is known before it owns its lane."""
        self._hearer = hearer
        self._nats = nats
        self._epoch: int | None = None
        self._known: dict[PostingLane, int] = {}
        self._before: dict[PostingLane, PlaceRow] = {}
        self._look_at = 0.0

    async def complete(self, owned: OwnedLane, messages: Sequence[Msg]) -> AsyncIterator[list[Msg]]:
        """Yield the messages of a batch, in parts, each behind the events of its lane that the bus did not deliver."""
        await self._load(owned)
        reached, part = dict(self._known), list[Msg]()
        for message in messages:
            source, number = place_of_event(message)
            if source and number > (after := reached.get(source, 0)) + 1:
                async for filled in self._fill(owned, source, after, number - 1):
                    yield [*part, *filled]
                    part = []
            if source:
                reached[source] = max(number, reached.get(source, 0))
            part.append(message)
        if part:
            yield part

    async def overdue(self, owned: OwnedLane) -> AsyncIterator[list[Msg]]:
        """Yield, now and then, the events of lanes that make no progress although more was posted."""
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + LOOK_SECONDS
        await self._load(owned)
        rows = await read_rows(owned.connection, _PLACES, {"hearer": self._hearer}, PlaceRow)
        before, self._before = self._before, {PostingLane(row["worker"], row["lane"]): row for row in rows}
        for source, row in self._before.items():
            earlier = before.get(source)
            if earlier and earlier["number"] == row["number"] < earlier["posted"]:
                log.info("events_read_from_outbox", source=source.worker, source_lane=source.lane, after=row["number"])
                async for filled in self._fill(owned, source, row["number"], earlier["posted"]):
                    yield filled
                await self._save(owned, [(source, earlier["posted"], 0)])

    def is_repeated(self, message: Msg) -> bool:
        """Return whether the effects of a message are committed: the bus may deliver an event again, and late."""
        source, number = place_of_event(message)
        return source is not None and number <= self._known.get(source, 0)

    async def save(self, owned: OwnedLane, messages: Iterable[Msg]) -> None:
        """Write, in the transaction of their effects, that messages are heard."""
        await self._save(owned, [(source, number, 0) for source, number in self._last_of(messages).items()])

    def note(self, messages: Iterable[Msg]) -> None:
        """Know of messages whose effects are committed."""
        self._known |= self._last_of(messages)

    def _last_of(self, messages: Iterable[Msg]) -> dict[PostingLane, int]:
        last: dict[PostingLane, int] = {}
        for source, number in map(place_of_event, messages):
            if source and number > max(last.get(source, 0), self._known.get(source, 0)):
                last[source] = number
        return last

    async def _load(self, owned: OwnedLane) -> None:
        if self._epoch != owned.epoch:
            rows = await read_rows(owned.connection, _PLACES, {"hearer": self._hearer}, PlaceRow)
            self._known = {PostingLane(row["worker"], row["lane"]): row["number"] for row in rows}
            self._epoch, self._before = owned.epoch, {}

    async def _fill(self, owned: OwnedLane, source: PostingLane, after: int, last: int) -> AsyncIterator[list[Msg]]:
        """Yield the events between two numbers as the outbox has them, and report those that it has no more."""
        while after < last:
            parameters: dict[str, Any] = {
                **source._asdict(),
                "after": after,
                "last": last,
                "at_once": _ROWS_PER_READ_MAX,
            }
            rows = await read_rows(owned.connection, _ROWS, parameters, LaneRow)
            messages = [message for row in rows for message in numbered(row) if after < message["number"] <= last]
            reached = messages[-1]["number"] if messages else last
            if missing := reached - after - len(messages):
                log.error(
                    "events_missing", source=source.worker, source_lane=source.lane, first=after + 1, count=missing
                )
                await self._save(owned, [(source, after + missing, missing)])
            yield [
                _as_received(self._nats(), source, message["number"], message)
                for message in messages
                if is_event(message["subject"])
            ]
            after = reached

    async def _save(self, owned: OwnedLane, places: Sequence[tuple[PostingLane, int, int]]) -> None:
        rows = [{**source._asdict(), "number": number, "missing": missing} for source, number, missing in places]
        if rows:
            await write(owned.connection, _SAVE, {"hearer": self._hearer, "rows": as_json(rows)})


def place_of_event(message: Msg) -> tuple[PostingLane | None, int]:
    """Return the lane of an event and its number there; an event of an older version has neither."""
    headers = message.headers or {}
    lane, number = headers.get(LANE, ""), headers.get(NUMBER, "")
    worker = headers.get("ce-source", "").rpartition("/")[2]
    if not (lane.isdecimal() and number.isdecimal() and worker):
        return None, 0
    return PostingLane(worker, int(lane)), int(number)


def is_from_outbox(message: Msg) -> bool:
    """Return whether a message was read from the outbox; it has no place in a stream."""
    return message.reply.startswith(_FROM_OUTBOX)


def _as_received(nats: Client, source: PostingLane, number: int, message: Any) -> Msg:
    """Return a message as the bus would have delivered it, with its number for a place."""
    reply = f"{_FROM_OUTBOX}{source.worker}-{source.lane}.outbox.1.{number}.{number}.{time.time_ns()}.0"
    return Msg(nats, message["subject"], reply, message["body"].encode(), message["headers"])
