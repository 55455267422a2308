"""Reactions to events: handled in order and in batches, idempotent by event id."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Generic, TypeVar
from uuid import UUID

from nats.aio.msg import Msg
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import derived_ids, uuid7
from contracts.message import Event
from contracts.subjects import SYSTEM, read_event_type
from workers.common.trace_context import HEADER, trace_of
from workers.runtime.admission import inbox
from workers.runtime.admission.batch_preload import BatchContext, read_batch_context
from workers.runtime.admission.incoming_messages import DeadLetter
from workers.runtime.bus import outbox
from workers.runtime.bus.lane_progress import ATTEMPTS_MAX, OwnedLane
from workers.runtime.bus.ordered_stream_reader import place_of, stored_ns
from workers.runtime.commands.decision_writer import write_decisions
from workers.runtime.commands.envelopes import LaneOutbox, Origin
from workers.runtime.commands.letter_sealing.sealing import seal_letters
from workers.runtime.commands.missed_event_recovery import MissedEventRecovery, is_from_outbox
from workers.runtime.commands.retry_and_bisection import FAILURES_MAX, bisect
from workers.runtime.commands.unit_of_work import TIME_STEP, EmittedEvent, Rows, Unit
from workers.runtime.storage import statement_execution

EventT = TypeVar("EventT", bound=Event)


@dataclass(frozen=True, slots=True)
class ReceivedEvent(Generic[EventT]):
    """An event with its headers."""

    event: EventT
    id: UUID
    at: datetime
    actor: str
    project_id: UUID | None
    revision: int | None
    cause: UUID | None
    raw: Msg


CRASH_REASON = f"the process ended {ATTEMPTS_MAX} times"

Reaction = Callable[[Any, Unit[Any]], Awaitable[None]]


def read_event(raw: Msg) -> ReceivedEvent[Event] | None:
    """Parse an event; None for any other message, which a client can get into the stream, and which is dropped."""
    headers = raw.headers or {}
    kind = read_event_type(headers.get("ce-type", ""))
    event_type = Event.registry.get(kind)
    if event_type is None or raw.subject.split(".")[5:] != kind.split(".")[1:]:
        return None
    try:
        return ReceivedEvent(
            event=event_type.model_validate_json(raw.data),
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


def _uuid(value: str | None) -> UUID | None:
    return UUID(value) if value else None


def individual_events(received: ReceivedEvent[Event]) -> list[ReceivedEvent[Event]]:
    """Return the events that an event reports together, as if each had been received itself.

    Their ids are derived from the event's id and therefore the same on every redelivery.
    """
    events = received.event.individual_events()
    if len(events) == 1 and events[0] is received.event:
        return [received]
    project_ids = [event.__dict__["project_id"] for event in events]
    return [
        replace(received, event=event, id=UUID(event_id), project_id=project_id)
        for event, project_id, event_id in zip(events, project_ids, derived_ids(received.id, project_ids), strict=True)
    ]


class ReactionDispatcher:
    """Handles the batches of one worker's consumer of events."""

    def __init__(
        self,
        site: str,
        worker: str,
        rows: type[Rows],
        reactions: dict[type[Event], Reaction],
        *,
        remember: bool,
        numbers: MissedEventRecovery | None = None,
    ) -> None:
        """Set the reactions; `remember` stores event ids in the inbox, for rows that do not have them.

        `numbers` are counted by a worker that hears every event.
        """
        self._site = site
        self._worker = worker
        self._rows = rows
        self._reactions = reactions
        self._remember = remember
        self._numbers = numbers
        self.handled = 0
        self.dropped = 0
        self.repeated = 0

    async def handle(self, owned: OwnedLane, raw: Sequence[Msg], *, deadly: bool = False) -> bool:
        """Handle a batch in order; return whether it wrote outbox rows; raise only transient faults.

        A single message that is `deadly` has ended its process too often: it becomes a dead letter without an attempt.
        A batch without messages says that none came for some seconds.
        """
        has_rows = False
        if self._numbers is not None:
            async for part in self._numbers.overdue(owned):
                has_rows |= await self._handle(owned, part)
        if self._numbers is None or deadly:
            return await self._handle(owned, raw, deadly=deadly) if raw else has_rows
        async for part in self._numbers.complete(owned, raw):
            has_rows |= await self._handle(owned, part)
        return has_rows

    async def _handle(self, owned: OwnedLane, raw: Sequence[Msg], *, deadly: bool = False) -> bool:
        unheard = [message for message in raw if not self._is_repeated(message)]
        events = [event for message in unheard if (event := read_event(message))]
        self.repeated += len(raw) - len(unheard)
        self.dropped += len(unheard) - len(events)
        left: list[bool] = []
        if events and deadly:
            left = await self._transact(owned, events, given_up=CRASH_REASON)
        elif events:
            left = await bisect(events, partial(self._transact, owned))
        if raw and not is_from_outbox(raw[-1]) and (not events or events[-1].raw is not raw[-1]):
            await owned.advance(place_of(raw[-1]), stored_ns(raw[-1]))
        self.handled += len(events)
        return any(left)

    def _is_repeated(self, message: Msg) -> bool:
        return self._numbers is not None and self._numbers.is_repeated(message)

    async def _transact(
        self,
        owned: OwnedLane,
        batch: Sequence[ReceivedEvent[Event]],
        given_up: str | None = None,
    ) -> list[bool]:
        connection, post = owned.connection, LaneOutbox(self._site, self._worker, owned.lane)
        messages = [event.raw for event in batch]
        async with statement_execution.transaction(connection):
            delivered = [message for message in messages if not is_from_outbox(message)]
            if delivered:
                await owned.advance(place_of(delivered[-1]), stored_ns(delivered[-1]))
            else:
                await owned.advance(owned.place, 0)
            if self._numbers is not None:
                await self._numbers.save(owned, messages)
            ids = [event.id for event in batch] if self._remember else []
            context = await read_batch_context(connection, ids, [])
            if given_up:
                reason = f"Its reaction failed {FAILURES_MAX} times: {given_up}"
                letters = [post.dead(DeadLetter(message, reason)) for message in messages]
                await outbox.post(connection, await seal_letters(connection, letters))
            has_rows = bool(given_up) or await self._react(connection, post, batch, context)
        if self._numbers is not None:
            self._numbers.note(messages)
        return [has_rows]

    async def _react(
        self,
        connection: AsyncConnection,
        post: LaneOutbox,
        batch: Sequence[ReceivedEvent[Event]],
        context: BatchContext,
    ) -> bool:
        now = context.now
        once = {message.id: message for message in reversed(batch) if (self._name, message.id) not in context.known}
        fresh = list(reversed(once.values()))
        rows = await self._rows.load(connection, [message.event for message in fresh])
        posted: list[outbox.PostedRow] = []
        for place, message in enumerate(fresh):
            unit = Unit(message.id, SYSTEM, now + place * TIME_STEP, rows, connection)
            for kind in type(message.event).__mro__:
                if reaction := self._reactions.get(kind):
                    await reaction(message, unit)
            posted += _outbox_rows(unit, message, post)
        await rows.save(connection)
        await write_decisions(
            connection, [self._row(message, now) for message in fresh] if self._remember else [], posted
        )
        return bool(posted)

    @property
    def _name(self) -> str:
        return f"~{self._worker}"

    def _row(self, message: ReceivedEvent[Event], now: datetime) -> dict[str, Any]:
        return inbox.row(command_id=message.id, principal=self._name, fingerprint=b"", outcome=b"", now=now)


def _outbox_rows(unit: Unit[Any], message: ReceivedEvent[Event], post: LaneOutbox) -> list[outbox.PostedRow]:
    if not unit.emitted and not unit.sent:
        return []
    trace = trace_of((message.raw.headers or {}).get(HEADER, ""))
    origin = Origin(SYSTEM, unit.now.isoformat(), message.id, trace)
    events = [post.event(EmittedEvent(event, uuid7(), key or "-", None), origin) for event, key in unit.emitted]
    return events + [post.command(command, command_id, trace) for command, command_id in unit.sent]
