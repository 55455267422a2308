"""The relay: publishes the outbox after the commit, in the order of each lane, at least once."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from heapq import merge
from typing import Any
from uuid import uuid4

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from pydantic_core import from_json
from sqlalchemy import SmallInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from workers.common.asyncio_cancellation import end
from workers.common.logs import describe
from workers.common.trace_context import Tracing
from workers.runtime.bus.frame_writing import frame, publish_frames
from workers.runtime.bus.outbox import (
    ROWS_PER_READ_MAX,
    Committed,
    CommittedRows,
    Numbered,
    WaitingRow,
    is_event,
    numbered,
    numbered_from_memory,
)
from workers.runtime.bus.streams import is_full
from workers.runtime.storage.database import connect_autocommit
from workers.runtime.storage.identity_map import read_rows
from workers.runtime.storage.statement_execution import keep_prepared, read, write

ATOMIC_MESSAGES_MAX = 1_000
"""The server's limit for an atomic batch."""

ATOMIC_MESSAGES_MIN = 20
"""Fewer messages are published singly: an atomic batch costs the server a folder, which takes as long as 30 of them."""

_KNOWN_ID = 10201
"""JetStream's error code if a message id of an atomic batch is already stored."""

_URGENT_DELAY_SECONDS = 0.005
"""Between a commit with commands and its relay: the outcome leaves first, and other rows join."""

_SPACING_DELAYS = 4
"""Delays between two publications of events alone, while commands follow: each costs its hearers a transaction."""

_POLL_SECONDS = 0.5
"""Between two reads of the table: finds the rows of a killed process and of other sessions."""

_CONNECTION_POLL_SECONDS = 0.25
"""Between two checks for a reconnect while a message is being published."""

log = structlog.get_logger()


_SELECT_WAITING = text(
    """
    SELECT o.lane, o.first, o.size, o.messages, o.posted_at FROM runtime.posted p CROSS JOIN LATERAL (
        SELECT lane, first, size, messages, posted_at FROM runtime.outbox
        WHERE worker = p.worker AND lane = p.lane AND first > p.published ORDER BY first LIMIT :at_once
    ) o
    WHERE p.worker = :worker AND p.lane = ANY(:lanes) AND p.posted > p.published
    """
).bindparams(bindparam("lanes", type_=ARRAY(SmallInteger)))
_SELECT_PUBLISHED = text("SELECT lane, published FROM runtime.posted WHERE worker = :worker")

# If a crash loses this, the messages are only published again, under ids that consumers know.
_COMMIT_ASYNCHRONOUSLY = text("SET synchronous_commit = off")
_SET_PUBLISHED = text(
    """
    UPDATE runtime.posted SET published = :number
    WHERE worker = :worker AND lane = CAST(:lane AS smallint) AND published < :number
    """
)


class Relay:
    """Publishes the outbox rows of the lanes that this process owns.

    What this process commits leaves from memory. The table is read for the rest: what a former owner of a lane left
    behind, which goes first, and what other sessions posted.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        nats: Callable[[], Client],
        worker: str,
        lanes: Callable[[], Mapping[int, int]],
        tracing: Tracing,
        *,
        event_delay_seconds: float,
    ) -> None:
        """Set the database, the bus and the lanes with their epochs; `run` does the work.

        Events alone wait `event_delay_seconds` after their commit, and longer while others have just left: nobody waits
        for them, and ten cost as much as one.
        """
        self._engine = engine
        self._nats = nats
        self._worker = worker
        self._lanes = lanes
        self._tracing = tracing
        self._event_delay_seconds = event_delay_seconds
        self._woken = asyncio.Event()
        self._committed = CommittedRows()
        self._read_at = self._published_at = 0.0
        self._must_read = True
        self.published = 0
        self.stuck = False
        """Whether JetStream refused a message for another reason than the limit of its stream."""

    def add(self, row: Committed) -> None:
        """Keep what was committed, so that it need not be read back; `wake` follows."""
        self._committed.add(row)

    def wake(self, *, urgent: bool = False, read: bool = True) -> None:
        """Relay soon after a commit, together with the rows that are committed meanwhile.

        Whoever did not `add` what was committed has it read.
        """
        self._must_read |= read
        loop = asyncio.get_running_loop()
        spacing_seconds = self._published_at + _SPACING_DELAYS * self._event_delay_seconds - loop.time()
        delay_seconds = _URGENT_DELAY_SECONDS if urgent else max(self._event_delay_seconds, spacing_seconds)
        loop.call_later(delay_seconds, self._woken.set)

    async def run(self) -> None:
        """Publish until cancelled, and wait for unreachable servers."""
        while True:
            try:
                async with connect_autocommit(self._engine) as connection:
                    await connection.execute(_COMMIT_ASYNCHRONOUSLY)
                    keep_prepared(connection)
                    await self._relay(connection)
            except (NatsError, SQLAlchemyError, OSError, TimeoutError) as error:
                self.stuck = isinstance(error, NatsError) and not getattr(error, "full", False)
                log.warning("relay_delayed", worker=self._worker, **describe(error))
                await asyncio.sleep(_POLL_SECONDS)

    async def _relay(self, connection: AsyncConnection) -> None:
        self._must_read = True
        while True:
            self._woken.clear()
            while await self._publish_rows(connection):
                pass
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._woken.wait()

    async def _publish_rows(self, connection: AsyncConnection) -> bool:
        """Publish some rows of each lane, in their order; return whether there may be more."""
        lanes = self._lanes()
        now = time.monotonic()
        if self._must_read or now - self._read_at > _POLL_SECONDS or not self._committed.knows(lanes):
            self._must_read, self._read_at = False, now
            return await self._publish_stored(connection, lanes)
        rows = self._committed.take(lanes)
        if rows is None:
            self._must_read = True
            return True
        messages = [message for row in rows for message in numbered_from_memory(row)]
        await self._publish(connection, messages, {row.lane: row.first + len(row.messages) - 1 for row in rows})
        self.stuck = False
        return bool(rows)

    async def _publish_stored(self, connection: AsyncConnection, lanes: Mapping[int, int]) -> bool:
        """Publish what the table has, and learn how far each lane is published."""
        if not lanes:
            self.stuck = False
            return False
        parameters = {"worker": self._worker, "lanes": list(lanes), "at_once": ROWS_PER_READ_MAX}
        published = await read(connection, _SELECT_PUBLISHED, {"worker": self._worker})
        self._committed.begin(lanes, {row["lane"]: row["published"] for row in published})
        rows = await read_rows(connection, _SELECT_WAITING, parameters, WaitingRow)
        by_lane = [[row for row in rows if row["lane"] == lane] for lane in {row["lane"] for row in rows}]
        in_order = list(merge(*by_lane, key=lambda row: row["posted_at"]))
        messages = [message for row in in_order for message in numbered(row)]
        await self._publish(connection, messages, {row["lane"]: row["first"] + row["size"] - 1 for row in in_order})
        self.stuck = False
        more = any(len(of_lane) == ROWS_PER_READ_MAX for of_lane in by_lane)
        self._must_read |= more
        return more

    async def _publish(
        self, connection: AsyncConnection, messages: Sequence[Numbered], ends: Mapping[int, int]
    ) -> None:
        """Publish the messages of all lanes together, for a batch costs the server as much, however large it is.

        The order of each lane is kept; among lanes, rows are in the order of their time. `ends` are the last numbers.
        """
        for batch in _batches(messages):
            with self._tracing.publish_spans(batch):
                while not await self._publish_on_connection(batch):
                    pass
            self.published += len(batch)
            self._published_at = asyncio.get_running_loop().time()
            reached = {m["lane"]: m["number"] for m in batch}
            for lane, number in reached.items():
                if number == ends[lane]:
                    await write(connection, _SET_PUBLISHED, {"worker": self._worker, "lane": lane, "number": number})
                    self._committed.reach(lane, number)

    async def _publish_on_connection(self, batch: Sequence[Numbered]) -> bool:
        """Publish a batch; return False after a reconnect, which loses the acknowledgements."""
        before = self._nats().stats["reconnects"]
        publishing = asyncio.create_task(self._publish_batch(batch))
        try:
            while not publishing.done() and self._nats().stats["reconnects"] == before:
                await asyncio.wait({publishing}, timeout=_CONNECTION_POLL_SECONDS)
        finally:
            await end([publishing])
        if publishing.cancelled():
            return False
        publishing.result()
        return True

    async def _publish_batch(self, batch: Sequence[Numbered]) -> None:
        if len(batch) >= ATOMIC_MESSAGES_MIN:
            answer = await self._publish_atomically(batch)
            if _is_stored(answer) and answer.get("count") == len(batch):
                return
            code = _code(answer)
            if code != _KNOWN_ID:
                log.warning("atomic_batch_refused", worker=self._worker, code=code)
        for row in batch:
            reply = await self._nats().request(row["subject"], row["body"].encode(), 5, headers=row["headers"])
            if not _is_stored(answer := from_json(reply.data)):
                raise UnpublishedError(row["subject"], answer)

    async def _publish_atomically(self, batch: Sequence[Numbered]) -> dict[str, Any]:
        batch_id = uuid4().hex
        frames = []
        for number, row in enumerate(batch[:-1], 1):
            headers = {**row["headers"], "Nats-Batch-Id": batch_id, "Nats-Batch-Sequence": str(number)}
            frames.append(frame(row["subject"], row["body"].encode(), headers))
        await publish_frames(self._nats(), frames)
        last = batch[-1]
        headers = {
            **last["headers"],
            "Nats-Batch-Id": batch_id,
            "Nats-Batch-Sequence": str(len(batch)),
            "Nats-Batch-Commit": "1",
        }
        reply = await self._nats().request(last["subject"], last["body"].encode(), 5, headers=headers)
        answer: dict[str, Any] = from_json(reply.data)
        return answer


class UnpublishedError(NatsError):
    """JetStream refused a message of the outbox; it is retried."""

    def __init__(self, subject: str, answer: Any) -> None:
        """Name the subject and JetStream's own code."""
        super().__init__(f"{subject}: {_error(answer).get('err_code')}")
        self.full = is_full(_error(answer))


def _is_stored(answer: Any) -> bool:
    """Return whether an answer acknowledges a message with a place; any other answer counts as not stored."""
    return (
        isinstance(answer, dict) and not answer.get("error") and bool(answer.get("stream")) and bool(answer.get("seq"))
    )


def _error(answer: Any) -> dict[str, Any]:
    error = answer.get("error") if isinstance(answer, dict) else None
    return error if isinstance(error, dict) else {}


def _code(answer: Any) -> object:
    return _error(answer).get("err_code")


def _batches(rows: Sequence[Numbered]) -> list[Sequence[Numbered]]:
    """Split rows into batches: consecutive events may be published atomically, other messages singly."""
    cut: list[list[Numbered]] = []
    for row in rows:
        joins = (
            cut and len(cut[-1]) < ATOMIC_MESSAGES_MAX and is_event(row["subject"]) and is_event(cut[-1][-1]["subject"])
        )
        if joins:
            cut[-1].append(row)
        else:
            cut.append([row])
    return list(cut)
