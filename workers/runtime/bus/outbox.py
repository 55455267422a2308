"""The transactional outbox: an append-only log of the messages of each lane, written with their effects."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict

from pydantic_core import from_json
from sqlalchemy import BigInteger, DateTime, Integer, SmallInteger, Text, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from workers.runtime.storage.database import Base, as_json
from workers.runtime.storage.statements import write

LANE, NUMBER = "ce-lane", "ce-sequence"
"""Headers of an event: the lane of its worker, and its number among the messages of that lane."""


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


def append_and(statement: str) -> str:
    """Return the SQL that appends the messages of the parameter `posted`, and runs another statement with them."""
    return f"WITH {_COUNTED}, appended AS ({_APPENDED}) {statement}"


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
    messages: list[Numbered] = []
    for number, message in enumerate(from_json(row["messages"]), row["first"]):
        place = {LANE: str(row["lane"]), NUMBER: str(number)} if is_event(message["subject"]) else {}
        headers = {**message["headers"], **place}
        messages.append(
            Numbered(lane=row["lane"], number=number, subject=message["subject"], headers=headers, body=message["body"])
        )
    return messages


def is_event(subject: str) -> bool:
    """Return whether a subject is that of an event."""
    return subject.split(".")[2] == "evt"
