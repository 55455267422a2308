"""The outbox: what a transaction decided to say, published after it, in order, as often as it takes."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from psycopg.rows import DictRow
from pydantic_core import from_json
from sqlalchemy import BigInteger, Identity, Index, SmallInteger, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from workers.common.logs import describe
from workers.common.tasks import end
from workers.common.tracing import Tracing
from workers.runtime.bus.streams import is_full
from workers.runtime.storage.database import Base, insert_rows
from workers.runtime.storage.statements import read, write

AT_ONCE = 1_000
ATOMIC = 1_000
"""Messages in one atomic batch at most, the server's limit."""

WORTH = 20
"""Messages in one atomic batch at least: the server makes, syncs and removes a folder for it, as long as 30 take."""

_KNOWN_ID = 10201
"""JetStream's answer when one message id of an atomic batch was stored before."""

_MOMENT = 0.005
"""Seconds between a commit and its relay: long enough for the outcome to leave first, and for company."""

_FLOOR = 0.5
"""Seconds between two looks without being woken: finds what a process left that was killed."""

_LOOK = 0.25
"""Seconds between two looks whether the bus was connected anew."""

log = structlog.get_logger()


class Outbox(Base):
    """A message that waits to be published."""

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_by_lane", "worker", "lane", "id"), {"schema": "runtime"})

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    worker: Mapped[str] = mapped_column(Text)
    lane: Mapped[int] = mapped_column(SmallInteger)
    subject: Mapped[str] = mapped_column(Text)
    headers: Mapped[dict[str, str]] = mapped_column(JSONB)
    body: Mapped[str] = mapped_column(Text)


_WAITING = text(
    """
    SELECT id, subject, headers, body FROM runtime.outbox
    WHERE worker = :worker AND lane = ANY(:lanes) ORDER BY id LIMIT :at_once
    """
).bindparams(bindparam("lanes", type_=ARRAY(SmallInteger)))

# Losing a deletion in a crash only publishes the messages again, under the ids that consumers know.
_RELAXED = text("SET synchronous_commit = off")
_DONE = text("DELETE FROM runtime.outbox WHERE id = ANY(:ids)").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))


async def post(connection: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    """Write messages into the caller's transaction."""
    await insert_rows(connection, Outbox, rows)


class Relay:
    """Publishes what lies in the outbox for the lanes that this process owns."""

    def __init__(
        self,
        engine: AsyncEngine,
        nats: Callable[[], Client],
        worker: str,
        lanes: Callable[[], Iterable[int]],
        tracing: Tracing,
        *,
        event_delay_seconds: float,
    ) -> None:
        """Remember where to read and where to publish; `run` does the work.

        Events alone wait `event_delay_seconds` after their commit: no caller waits for them as for an outcome, and
        publishing one costs as much as publishing ten.
        """
        self._engine = engine
        self._nats = nats
        self._worker = worker
        self._lanes = lanes
        self._tracing = tracing
        self._event_delay_seconds = event_delay_seconds
        self._woken = asyncio.Event()
        self.published = 0
        self.stuck = False
        """Whether JetStream did not take what is there, for another reason than that a stream has reached its limit."""

    def wake(self, *, urgent: bool = False) -> None:
        """Look soon: something was committed; what else is committed meanwhile travels with it."""
        asyncio.get_running_loop().call_later(_MOMENT if urgent else self._event_delay_seconds, self._woken.set)

    async def run(self) -> None:
        """Publish until cancelled; servers that are away are waited for."""
        while True:
            try:
                async with self._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                    await connection.execute(_RELAXED)
                    await self._relay(connection)
            except (NatsError, SQLAlchemyError, OSError, TimeoutError) as error:
                self.stuck = isinstance(error, NatsError) and not getattr(error, "full", False)
                log.warning("relay_delayed", worker=self._worker, **describe(error))
                await asyncio.sleep(_FLOOR)

    async def _relay(self, connection: AsyncConnection) -> None:
        while True:
            self._woken.clear()
            while await self._publish_some(connection) == AT_ONCE:
                pass
            with suppress(TimeoutError):
                async with asyncio.timeout(_FLOOR):
                    await self._woken.wait()

    async def _publish_some(self, connection: AsyncConnection) -> int:
        given = {"worker": self._worker, "lanes": list(self._lanes()), "at_once": AT_ONCE}
        if not given["lanes"]:
            self.stuck = False
            return 0
        rows = await read(connection, _WAITING, given)
        for batch in _batches(rows):
            with self._tracing.leaving(batch):
                while not await self._is_published(batch):
                    pass
            await write(connection, _DONE, {"ids": [row["id"] for row in batch]})
            self.published += len(batch)
        self.stuck = False
        return len(rows)

    async def _is_published(self, batch: Sequence[DictRow]) -> bool:
        """Publish, unless the bus is connected anew meanwhile: what went the old way is never acknowledged."""
        before = self._nats().stats["reconnects"]
        publishing = asyncio.create_task(self._publish(batch))
        try:
            while not publishing.done() and self._nats().stats["reconnects"] == before:
                await asyncio.wait({publishing}, timeout=_LOOK)
        finally:
            await end([publishing])
        if publishing.cancelled():
            return False
        publishing.result()
        return True

    async def _publish(self, batch: Sequence[DictRow]) -> None:
        if len(batch) >= WORTH:
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

    async def _publish_atomically(self, batch: Sequence[DictRow]) -> dict[str, Any]:
        batch_id = uuid4().hex
        for number, row in enumerate(batch[:-1], 1):
            headers = {**row["headers"], "Nats-Batch-Id": batch_id, "Nats-Batch-Sequence": str(number)}
            await self._nats().publish(row["subject"], row["body"].encode(), headers=headers)
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
    """JetStream refused a message of the outbox; it stays there and is tried again."""

    def __init__(self, subject: str, answer: Any) -> None:
        """Name the subject and JetStream's own code."""
        super().__init__(f"{subject}: {_error(answer).get('err_code')}")
        self.full = is_full(_error(answer))


def _is_stored(answer: Any) -> bool:
    """Tell whether an answer is an acknowledgement that names a place; anything else counts as not stored."""
    return (
        isinstance(answer, dict) and not answer.get("error") and bool(answer.get("stream")) and bool(answer.get("seq"))
    )


def _error(answer: Any) -> dict[str, Any]:
    error = answer.get("error") if isinstance(answer, dict) else None
    return error if isinstance(error, dict) else {}


def _code(answer: Any) -> object:
    return _error(answer).get("err_code")


def _batches(rows: Sequence[DictRow]) -> list[Sequence[DictRow]]:
    """Cut into runs that may be published atomically: events together, everything else alone."""
    cut: list[list[DictRow]] = []
    for row in rows:
        joins = cut and len(cut[-1]) < ATOMIC and _is_event(row) and _is_event(cut[-1][-1])
        if joins:
            cut[-1].append(row)
        else:
            cut.append([row])
    return list(cut)


def _is_event(row: DictRow) -> bool:
    return str(row["subject"]).split(".")[2] == "evt"
