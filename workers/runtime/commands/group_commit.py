"""Group commit: handles a batch of a lane in one transaction, which writes inbox, rows and outbox."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from nats.aio.msg import Msg
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.errors import Code, Refusal
from contracts.ids import uuid7
from contracts.message import Command, Event
from workers.common.message_counters import Counters
from workers.runtime.admission import inbox, rate_limits
from workers.runtime.admission.batch_admission import BatchAdmission
from workers.runtime.admission.batch_preload import BatchContext
from workers.runtime.admission.incoming_messages import (
    DeadLetter,
    IncomingCommand,
    Misnamed,
    address,
    as_dead_letter,
    read_body,
)
from workers.runtime.admission.licence_check import Licensing
from workers.runtime.admission.password_redaction import fingerprint_without_secrets
from workers.runtime.admission.rate_limits import RateLimits
from workers.runtime.admission.transaction_boundaries import runs
from workers.runtime.bus.lane_progress import ATTEMPTS_MAX, OwnedLane
from workers.runtime.bus.ordered_stream_reader import place_of, stored_ns
from workers.runtime.bus.outbox import Committed
from workers.runtime.commands import audit_flood_control, envelopes
from workers.runtime.commands.dead_letter_reading import DeadLetterStream, reject_forged
from workers.runtime.commands.decision_writer import DEFERRED, Decision, Outcome, write_decisions
from workers.runtime.commands.envelopes import LaneOutbox, Origin, sender
from workers.runtime.commands.letter_sealing.sealing import seal_letters
from workers.runtime.commands.refusal_messages import (
    attempt_event,
    error_of,
    turned_away_outcome,
    without_unknown_names,
)
from workers.runtime.commands.retry_and_bisection import FAILURES_MAX, bisect
from workers.runtime.commands.unit_of_work import TIME_STEP, EmittedEvent, Rows, Unit
from workers.runtime.storage import statement_execution

AUDITED_CODES = frozenset({Code.PERMISSION_DENIED, Code.NOT_AVAILABLE, Code.NOT_LICENSED, Code.HELD})
"""Codes of refusals that are audited, because the caller attempted something forbidden."""

GIVEN_UP_REASON = f"Its work failed {FAILURES_MAX} times."
CRASH_REASON = f"It ended its process {ATTEMPTS_MAX} times."

Handler = Callable[[Any, Unit[Any]], Awaitable[Event | None]]
"""Returns the command's event, or None if the command is taken now and its outcome follows (`deferred_commands`)."""


class GroupCommit:
    """Handles the batches of one worker."""

    def __init__(
        self,
        site: str,
        worker: str,
        rows: type[Rows],
        handlers: dict[type, Handler],
        licensing: Licensing,
        per_second: float = 0,
    ) -> None:
        """Set the handlers, the licensing, and the rate at which a lane accepts the commands of a principal."""
        self._licensing = licensing
        self._rates = RateLimits(per_second)
        self._admission = BatchAdmission(worker, licensing, rows.questions)
        self._site = site
        self._worker = worker
        self._rows = rows
        self._handlers = handlers
        self.counters = Counters()
        self.letters: DeadLetterStream | None = None
        self.on_taken: list[Callable[[], None]] = []
        """Called when a transaction is committed that has taken commands whose outcomes follow."""
        self.on_commit: Callable[[Committed], None] = lambda _: None
        """Called with the messages of each transaction when it is committed."""

    async def handle(self, owned: OwnedLane, raw: Sequence[Msg], *, deadly: bool = False) -> list[Outcome]:
        """Handle a batch in order and return the outcomes to publish; raise only transient faults.

        A single message that is `deadly` has ended its process too often: it becomes a dead letter without an attempt.
        """
        addressed = [address(each) for each in raw]
        outcomes: list[Outcome] = [
            Outcome(message, envelopes.rejected_outcome(message.sent_id, error_of(message.refusal, message)))
            for message in addressed
            if isinstance(message, Misnamed) and message.refusal
        ]
        batch = [message for message in addressed if not isinstance(message, Misnamed)]
        if not deadly:
            await self._read(owned, [message for message in batch if isinstance(message, IncomingCommand)])
        for run in runs(batch):
            if deadly:
                outcomes += await self._transact(owned, [as_dead_letter(message, CRASH_REASON) for message in run])
            else:
                outcomes += await bisect(run, partial(self._transact, owned))
        if isinstance(addressed[-1], Misnamed):
            await owned.advance(place_of(raw[-1]), stored_ns(raw[-1]))
        self.counters.rejected += len(addressed) - len(batch)
        return outcomes

    async def _read(self, owned: OwnedLane, incoming: Sequence[IncomingCommand]) -> None:
        """Turn away commands beyond the rate, read the other bodies, and refuse unauthorised senders."""
        judged = [message for message in incoming if not message.redelivered]
        for message, seconds in zip(judged, self._rates.judge(owned.lane, judged), strict=True):
            message.turned_away = seconds
        for message in incoming:
            read_body(message)
        await self._admission.refuse_early(owned.connection, [message for message in incoming if message.command])

    async def _transact(
        self, owned: OwnedLane, batch: Sequence[IncomingCommand | DeadLetter], given_up: str | None = None
    ) -> list[Outcome]:
        if given_up:
            batch = [as_dead_letter(message, f"It failed {FAILURES_MAX} times: {given_up}.") for message in batch]
        connection, post = owned.connection, LaneOutbox(self._site, self._worker, owned.lane)
        async with statement_execution.transaction(connection):
            decision, now = await self._decide(connection, post, batch)
            excess = await decision.record.find_excess(connection, self._worker, post.lane, now)
            messages = audit_flood_control.remove_excess(decision.outbox, excess)
            if decision.dead:
                messages = await seal_letters(connection, messages)
            numbers = await write_decisions(connection, decision.inbox, messages)
            await owned.advance(place_of(batch[-1].raw), stored_ns(batch[-1].raw))
        if numbers and messages:
            [posted] = numbers()
            first = posted["posted"] - len(messages) + 1
            self.on_commit(Committed(owned.lane, owned.epoch, first, posted["posted_at"], messages))
        if decision.taken:
            for notify in self.on_taken:
                notify()
        self.counters.count(decision, [message.stored_ns for message in batch if isinstance(message, IncomingCommand)])
        return decision.outcomes

    async def _decide(
        self, connection: AsyncConnection, post: LaneOutbox, batch: Sequence[IncomingCommand | DeadLetter]
    ) -> tuple[Decision, datetime]:
        decision = Decision()
        incoming = [message for message in batch if isinstance(message, IncomingCommand)]
        redelivered = [
            message.incoming
            for message in batch
            if isinstance(message, DeadLetter) and message.incoming and message.incoming.redelivered
        ]
        context, preloaded = await self._admission.admit(connection, post.lane, incoming, redelivered)
        now, known = context.now, context.known
        batch = await reject_forged(connection, batch, known)
        new = _new_commands(batch, known)
        rows = await (
            self._rows.load_rest(connection, new, preloaded.answers)
            if preloaded.covers(new)
            else self._rows.load(connection, new)
        )
        for message in batch:
            if isinstance(message, DeadLetter):
                self._dead_letter(decision, message, post, context)
                continue
            before = known.get((message.work.principal, message.id))
            if before is not None:
                decision.repeated += 1
                decision.answer(Outcome(message, self._repeat_outcome(message, before)))
            elif message.turned_away:
                decision.turned_away += 1
                decision.outcomes.append(Outcome(message, turned_away_outcome(message)))
            else:
                unit = self._unit(message, context, rows, connection, post)
                outcome = await self._outcome(decision, message, unit, post)
                known[message.work.principal, message.id] = inbox.PastDecision(message.fingerprint, outcome)
                self._record_outcome(decision, message, outcome, now, sends=bool(unit.sent) or message.kind.internal)
                context = replace(context, now=unit.now + TIME_STEP)
        await rows.save(connection)
        if decision.turned_away:
            await rate_limits.remember(connection, self._worker, post.lane, incoming[-1])
        return decision, now

    def _unit(
        self,
        message: IncomingCommand,
        context: BatchContext,
        rows: Rows,
        connection: AsyncConnection,
        post: LaneOutbox,
    ) -> Unit[Any]:
        return Unit(
            id=message.id,
            principal=message.work.principal,
            now=context.now,
            rows=rows,
            connection=connection,
            language=message.language,
            grants=context.grants[message.work.principal],
            site=self._site,
            letters=self.letters,
            licensing=self._licensing,
            trace=message.trace,
            dead_letter=lambda: post.dead(as_dead_letter(message, GIVEN_UP_REASON)),
        )

    async def _outcome(self, decision: Decision, message: IncomingCommand, unit: Unit[Any], post: LaneOutbox) -> bytes:
        try:
            if message.command is None or message.refusal:
                raise message.refusal or Refusal(Code.INVALID)
            result = await self._handlers[type(message.command)](message.command, unit)
        except Refusal as refusal:
            if refusal.code in AUDITED_CODES and decision.record.admits(
                message.work.principal, audit_flood_control.ATTEMPTS
            ):
                attempt = EmittedEvent(attempt_event(message, refusal), uuid7(), message.work.key, None)
                self._publish(decision, message, unit, [attempt], post)
                decision.record.add(decision.outbox[-1])
            return envelopes.rejected_outcome(message.sent_id, error_of(refusal, message))
        if result is None:
            decision.taken += 1
            return DEFERRED
        if unit.is_unchanged:
            decision.applied += 1
            return envelopes.applied_outcome(message.id, unit.revision, result, [])
        emitted = [EmittedEvent(result, uuid7(), message.work.key, unit.revision)]
        emitted += [EmittedEvent(event, uuid7(), key or message.work.key, None) for event, key in unit.emitted]
        self._publish(decision, message, unit, emitted, post)
        decision.applied += 1
        return envelopes.applied_outcome(message.id, unit.revision, result, [event.id for event in emitted])

    def _publish(
        self,
        decision: Decision,
        message: IncomingCommand,
        unit: Unit[Any],
        events: Sequence[EmittedEvent],
        post: LaneOutbox,
    ) -> None:
        origin = Origin(message.work.principal, unit.now.isoformat(), message.id, message.trace)
        decision.outbox.extend(post.event(event, origin) for event in events)
        self.counters.sent += len(unit.sent)
        decision.outbox.extend(post.forward(*message) for message in unit.forwarded)
        decision.outbox.extend(post.command(command, command_id, message.trace) for command, command_id in unit.sent)

    def _record_outcome(
        self, decision: Decision, message: IncomingCommand, outcome: bytes, now: datetime, *, sends: bool = False
    ) -> None:
        decision.answer(Outcome(message, outcome, sends))
        row = inbox.row(
            command_id=message.id,
            principal=message.work.principal,
            fingerprint=message.fingerprint,
            outcome=without_unknown_names(outcome),
            now=now,
        )
        decision.inbox.append(row)

    def _dead_letter(self, decision: Decision, dead: DeadLetter, post: LaneOutbox, context: BatchContext) -> None:
        decision.dead += 1
        if not dead.incoming:
            if decision.record.admits(sender(dead.raw.subject), audit_flood_control.LETTERS):
                decision.outbox.append(post.dead(dead))
                decision.record.add(decision.outbox[-1])
        elif before := context.known.get((dead.incoming.work.principal, dead.incoming.id)):
            decision.outbox.append(post.dead(dead))  # the outcome of its first failure remains valid
            decision.answer(Outcome(dead.incoming, before.outcome))
        else:
            decision.outbox.append(post.dead(dead))
            message = dead.incoming
            message.fingerprint = message.fingerprint or fingerprint_without_secrets(message)
            outcome = envelopes.rejected_outcome(message.sent_id, error_of(Refusal(Code.UNAVAILABLE), message))
            self._record_outcome(decision, message, outcome, context.now)

    def _repeat_outcome(self, message: IncomingCommand, before: inbox.PastDecision) -> bytes:
        if before.fingerprint == message.fingerprint:
            return before.outcome
        return envelopes.rejected_outcome(message.sent_id, Refusal(Code.COMMAND_ID_REUSED).as_error(message.language))


def _new_commands(
    batch: Sequence[IncomingCommand | DeadLetter], known: Mapping[tuple[str, UUID], inbox.PastDecision]
) -> list[Command[Any]]:
    """Return the commands of a batch that will reach their handlers."""
    return [
        message.command
        for message in batch
        if isinstance(message, IncomingCommand)
        and message.command
        and not message.refusal
        and (message.work.principal, message.id) not in known
    ]
