"""The transactional outbox: an append-only log of the messages of each lane, written with their effects."""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from heapq import merge
from typing import Any, NamedTuple, TypedDict

from pydantic_core import from_json
from sqlalchemy import BigInteger, DateTime, Integer, SmallInteger, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from workers.runtime.storage.database import Base, as_json
from workers.runtime.storage.statement_execution import write

LANE, NUMBER = "ce-lane", "ce-sequence"
"""Headers of an event: the lane of its worker, and its number among the messages of that lane."""


ROWS_PER_READ_MAX = 20
"""Rows of a lane that are published at once; a row has the messages of a whole transaction."""

ROWS_IN_MEMORY_MAX = 40
"""Rows of a lane that are kept until they are published."""


class Outbox(Base):
    """The messages of one transaction in one lane: a row of an append-only log.

    Numbers of a lane have no gap: whoever draws one keeps `Posted` locked until the commit. The table is partitioned
    by `posted_at`, which is therefore part of the key; a partition is dropped, and no row is ever deleted.
    """

    __tablename__ = "outbox"
    __table_args__ = {"schema": "runtime", "postgresql_partition_by": "RANGE (posted_at)"}

    worker: Mapped[str] = mapped_column(Text, primary_key=True)
    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    first: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    size: Mapped[int] = mapped_column(Integer)
    posted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    messages: Mapped[str] = mapped_column(Text)


class Posted(Base):
    """How many messages a lane has posted, and up to which number they are published."""

    __tablename__ = "posted"
    __table_args__ = {"schema": "runtime"}

    worker: Mapped[str] = mapped_column(Text, primary_key=True)
    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    posted: Mapped[int] = mapped_column(BigInteger)
    published: Mapped[int] = mapped_column(BigInteger)


class PostedRow(TypedDict):
    """A message before it has a number, and the lane that posts it."""

    worker: str
    lane: int
    subject: str
    headers: dict[str, str]
    body: str


class LaneRow(TypedDict):
    """A row of the statement that reads a lane's messages."""

    lane: int
    first: int
    size: int
    messages: str


class WaitingRow(LaneRow):
    """A row that is not published, with the time of its transaction."""

    posted_at: datetime


class Committed(NamedTuple):
    """Messages that this process has just committed in a lane that it owns, as the outbox has them."""

    lane: int
    epoch: int
    first: int
    posted_at: datetime
    messages: Sequence[PostedRow]


class Numbered(TypedDict):
    """A message with its number in its lane."""

    lane: int
    number: int
    subject: str
    headers: dict[str, str]
    body: str


_COUNTED = """
    given AS (
        SELECT * FROM json_to_recordset(CAST(:posted AS json)) AS given(worker text, lane smallint, messages json)
    ), counted AS (
        INSERT INTO runtime.posted AS p (worker, lane, posted)
        SELECT worker, lane, json_array_length(messages) FROM given ORDER BY worker, lane
        ON CONFLICT (worker, lane) DO UPDATE SET posted = p.posted + excluded.posted
        RETURNING p.worker, p.lane, p.posted
    )
"""
_APPENDED = """
    INSERT INTO runtime.outbox (worker, lane, first, size, posted_at, messages)
    SELECT worker, lane, posted - json_array_length(messages) + 1, json_array_length(messages), now(), messages
    FROM counted JOIN given USING (worker, lane)
"""
_APPEND = text(f"WITH {_COUNTED} {_APPENDED}")


def append_with(statement: str) -> str:
    """Return the SQL that appends the messages of the parameter `posted`, and runs a statement without a result.

    Its rows name the last number of each lane, and the time of the transaction.
    """
    with_ = f"WITH {_COUNTED}, appended AS ({_APPENDED}), accompanying AS ({statement})"
    return f"{with_} SELECT lane, posted, now() AS posted_at FROM counted"  # noqa: S608 - statements of the program


_BLANK_LETTERS = text(
    """
    UPDATE runtime.outbox o SET messages = (
        SELECT json_agg(CASE WHEN message ->> 'subject' ~ '^im\\.[^.]+\\.(dead\\.|cmd\\.system\\..*\\.redeliver$)'
            THEN json_build_object('subject', message -> 'subject', 'headers', '{}'::json, 'body', '')
            ELSE message END ORDER BY number)::text
        FROM json_array_elements(o.messages::json) WITH ORDINALITY AS given(message, number))
    FROM runtime.posted p
    WHERE p.worker = o.worker AND p.lane = o.lane AND o.first + o.size - 1 <= p.published
        AND o.posted_at >= :since
        AND o.messages ~ '"subject": ?"im\\.[^."]+\\.(dead\\.|cmd\\.system\\.[^"]*\\.redeliver")'
        AND o.messages !~ '"body" : ""'
    """
).bindparams(bindparam("since", type_=DateTime(timezone=True)))


async def blank_letters(connection: AsyncConnection, since: datetime) -> int:
    """Remove the contents of published and replayed dead letters from the log; return how many rows had some.

    The log is read for events alone.
    """
    return (await connection.execute(_BLANK_LETTERS, {"since": since})).rowcount


async def post(connection: AsyncConnection, rows: Sequence[PostedRow]) -> None:
    """Append messages in the caller's transaction."""
    if rows:
        await write(connection, _APPEND, {"posted": by_lane(rows)})


def by_lane(rows: Sequence[PostedRow]) -> str:
    """Return the messages by lane as JSON, in the order in which every transaction locks the lanes' counters."""
    lanes: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in rows:
        message = {"subject": row["subject"], "headers": row["headers"], "body": row["body"]}
        lanes.setdefault((row["worker"], row["lane"]), []).append(message)
    return as_json(
        [{"worker": worker, "lane": lane, "messages": lanes[worker, lane]} for worker, lane in sorted(lanes)]
    )


def numbered(row: LaneRow) -> list[Numbered]:
    """Return the messages of a row; events have their lane and number in their headers."""
    return _numbered(row["lane"], row["first"], from_json(row["messages"]))


def numbered_from_memory(row: Committed) -> list[Numbered]:
    """Return the same messages without reading the row back."""
    return _numbered(row.lane, row.first, row.messages)


def _numbered(lane: int, first: int, messages: Sequence[Any]) -> list[Numbered]:
    result: list[Numbered] = []
    for number, message in enumerate(messages, first):
        subject, headers = message["subject"], message["headers"]
        if is_event(subject):
            headers = {**headers, LANE: str(lane), NUMBER: str(number)}
        result.append(Numbered(lane=lane, number=number, subject=subject, headers=headers, body=message["body"]))
    return result


def is_event(subject: str) -> bool:
    """Return whether a subject is that of an event."""
    return subject.split(".")[2] == "evt"


class CommittedRows:
    """What this process has committed and not published, by lane, and up to which number each lane is published."""

    def __init__(self) -> None:
        """Know nothing: the first turn reads the table."""
        self._lanes: dict[int, int] = {}
        self._published: dict[int, int] = {}
        self._rows: dict[int, deque[Committed]] = {}

    def knows(self, lanes: Mapping[int, int]) -> bool:
        """Return whether it knows how far these lanes are published, in these epochs of their ownership."""
        return self._lanes == lanes

    def begin(self, lanes: Mapping[int, int], published: Mapping[int, int]) -> None:
        """Learn how far lanes are published, and forget what belongs to other lanes or epochs."""
        self._lanes = dict(lanes)
        self._published = {lane: published.get(lane, 0) for lane in lanes}
        self._rows = {lane: rows for lane, rows in self._rows.items() if lane in lanes}

    def add(self, row: Committed) -> None:
        """Keep a row, unless many wait: then the table has them, and gives them in turn."""
        rows = self._rows.setdefault(row.lane, deque())
        if len(rows) >= ROWS_IN_MEMORY_MAX:
            rows.clear()
        rows.append(row)

    def reach(self, lane: int, number: int) -> None:
        """Note that a lane is published up to a number."""
        if lane in self._published:
            self._published[lane] = max(number, self._published[lane])

    def take(self, lanes: Mapping[int, int]) -> list[Committed] | None:
        """Return the next rows of all lanes in the order of their time; None if numbers are missing before one."""
        taken: list[list[Committed]] = []
        for lane, epoch in lanes.items():
            rows, following = self._rows.get(lane, deque()), self._published[lane] + 1
            while rows and (rows[0].epoch != epoch or rows[0].first < following):
                rows.popleft()
            of_lane: list[Committed] = []
            while rows and rows[0].first == following and len(of_lane) < ROWS_PER_READ_MAX:
                of_lane.append(rows.popleft())
                following += len(of_lane[-1].messages)
            if rows and rows[0].first > following:
                return None
            taken.append(of_lane)
        return list(merge(*taken, key=lambda row: row.posted_at))
