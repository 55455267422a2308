"""Reactions: events of the stream, heard in order and in batches, each with one effect per event id."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Generic, TypeVar
from uuid import UUID

from nats.aio.msg import Msg
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import uuid7
from contracts.message import Event
from contracts.subjects import SYSTEM, read_event_type
from workers.common.tracing import HEADER, trace_of
from workers.runtime.admission import inbox
from workers.runtime.admission.batch_context import BatchContext, read_batch_context
from workers.runtime.admission.incoming import DeadLetter
from workers.runtime.bus.lane_places import ATTEMPTS, OwnedLane
from workers.runtime.bus.reader import place_of
from workers.runtime.commands import outbox
from workers.runtime.commands.envelopes import Origin, Post
from workers.runtime.commands.outcomes import write_decisions
from workers.runtime.commands.retries import FAILURES, bisect
from workers.runtime.commands.unit_of_work import MOMENT, Happened, Rows, Unit
from workers.runtime.storage import statements

EventT = TypeVar("EventT", bound=Event)


@dataclass(frozen=True, slots=True)
class Heard(Generic[EventT]):
    """An event as it arrived, with what travelled beside its body."""

    event: EventT
    id: UUID
    at: datetime
    actor: str
    project_id: UUID | None
    revision: int | None
    cause: UUID | None
    raw: Msg


ENDED = f"the process ended {ATTEMPTS} times"

Reaction = Callable[[Any, Unit[Any]], Awaitable[None]]


def read_event(raw: Msg) -> Heard[Event] | None:
    """Read an event; None for what is not one, which a client can make the server store (it is dropped)."""
    headers = raw.headers or {}
    kind = read_event_type(headers.get("ce-type", ""))
    known = Event.registry.get(kind)
    if known is None or raw.subject.split(".")[5:] != kind.split(".")[1:]:
        return None
    try:
        return Heard(
            event=known.model_validate_json(raw.data),
            id=UUID(headers["ce-id"]),
            at=datetime.fromisoformat(headers["ce-time"]),
            actor=headers["ce-actor"],
            project_id=_uuid(headers.get("ce-subject")),
            revision=int(headers["ce-revision"]) if "ce-revision" in headers else None,
            cause=_uuid(headers.get("ce-causationid")),
            raw=raw,
        )
    except (KeyError, ValueError, ValidationError):
        return None


def _uuid(told: str | None) -> UUID | None:
    return UUID(told) if told else None


class EventDelivery:
    """Handles the batches of one worker's consumer of events."""

    def __init__(
        self,
        site: str,
        worker: str,
        rows: type[Rows],
        reactions: dict[type[Event], Reaction],
        *,
        remember: bool,
    ) -> None:
        """Remember the reactions; `remember` keeps heard ids in the inbox, for rows that do not know them."""
        self._site = site
        self._worker = worker
        self._rows = rows
        self._reactions = reactions
        self._remember = remember
        self.heard = 0
        self.dropped = 0

    async def handle(self, owned: OwnedLane, raw: Sequence[Msg], *, deadly: bool = False) -> bool:
        """Handle a batch in order; True when it left messages to publish; raises only for passing faults.

        A lone message that is `deadly` has ended its process too often: it becomes a dead letter, and is not tried.
        """
        heard = [event for message in raw if (event := read_event(message))]
        self.dropped += len(raw) - len(heard)
        left: list[bool] = []
        if heard and deadly:
            left = await self._transact(owned, heard, given_up=ENDED)
        elif heard:
            left = await bisect(heard, partial(self._transact, owned))
        if not heard or heard[-1].raw is not raw[-1]:
            await owned.advance(place_of(raw[-1]))
        self.heard += len(heard)
        return any(left)

    async def _transact(
        self,
        owned: OwnedLane,
        batch: Sequence[Heard[Event]],
        given_up: str | None = None,
    ) -> list[bool]:
        connection, post = owned.connection, Post(self._site, self._worker, owned.lane)
        async with statements.transaction(connection):
            await owned.advance(place_of(batch[-1].raw))
            context = await read_batch_context(connection, [one.id for one in batch] if self._remember else [], [])
            if given_up:
                reason = f"Its reaction failed {FAILURES} times: {given_up}"
                await outbox.post(connection, [post.dead(DeadLetter(one.raw, reason)) for one in batch])
                return [True]
            return [await self._react(connection, post, batch, context)]

    async def _react(
        self, connection: AsyncConnection, post: Post, batch: Sequence[Heard[Event]], context: BatchContext
    ) -> bool:
        now = context.now
        once = {one.id: one for one in reversed(batch) if (self._name, one.id) not in context.known}
        fresh = list(reversed(once.values()))
        rows = await self._rows.load(connection, [one.event for one in fresh])
        posted: list[dict[str, Any]] = []
        for place, one in enumerate(fresh):
            unit = Unit(one.id, SYSTEM, now + place * MOMENT, rows, connection)
            for kind in type(one.event).__mro__:
                if reaction := self._reactions.get(kind):
                    await reaction(one, unit)
            posted += _posted(unit, one, post)
        await rows.save(connection)
        await write_decisions(connection, [self._row(one, now) for one in fresh] if self._remember else [], posted)
        return bool(posted)

    @property
    def _name(self) -> str:
        return f"~{self._worker}"

    def _row(self, one: Heard[Event], now: datetime) -> dict[str, Any]:
        return inbox.row(command_id=one.id, principal=self._name, fingerprint=b"", outcome=b"", now=now)


def _posted(unit: Unit[Any], one: Heard[Event], post: Post) -> list[dict[str, Any]]:
    if not unit.happened and not unit.sent:
        return []
    trace = trace_of((one.raw.headers or {}).get(HEADER, ""))
    origin = Origin(SYSTEM, unit.now.isoformat(), one.id, trace)
    events = [post.event(Happened(event, uuid7(), key or "-", None), origin) for event, key in unit.happened]
    return events + [post.command(command, command_id, trace) for command, command_id in unit.sent]
