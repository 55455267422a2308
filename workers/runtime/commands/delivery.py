"""Group commit: a batch of a lane becomes one transaction of inbox, rows and outbox, which commits here."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from nats.aio.msg import Msg
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.audit import AttemptRefused
from contracts.errors import Code, Refusal
from contracts.ids import uuid7
from contracts.licence import Unlicensed
from contracts.message import Command, Event
from contracts.permissions import Grants
from contracts.subjects import SYSTEM
from workers.common.counters import Counters
from workers.runtime.admission import authorisation, inbox, licence, rate_limits
from workers.runtime.admission.batch_context import BatchContext, read_batch_context
from workers.runtime.admission.incoming import DeadLetter, IncomingCommand, Misnamed, address, read_body
from workers.runtime.admission.licence import Licensing
from workers.runtime.admission.rate_limits import Rates
from workers.runtime.admission.redaction import Fingerprints, fingerprint_without_secrets
from workers.runtime.bus.lane_places import ATTEMPTS, OwnedLane
from workers.runtime.bus.reader import place_of
from workers.runtime.commands import envelopes, excess_counts
from workers.runtime.commands.batch_splitting import runs
from workers.runtime.commands.dead_letters import Letters, reject_forged
from workers.runtime.commands.envelopes import Origin, Post, sender
from workers.runtime.commands.outcomes import Decision, Outcome, write_decisions
from workers.runtime.commands.refusals import error_of, turned_away_outcome
from workers.runtime.commands.retries import FAILURES, bisect
from workers.runtime.commands.unit_of_work import MOMENT, Happened, Rows, Unit
from workers.runtime.storage import statements

AUDITED = frozenset({Code.PERMISSION_DENIED, Code.NOT_AVAILABLE, Code.NOT_LICENSED, Code.HELD})
"""Refusals that are attempts at something forbidden, and therefore logged."""

ENDED = f"It ended its process {ATTEMPTS} times."

FEW = 2
"""Commands of a batch that may need a transaction of their own: from so many on, a look at their senders pays."""

Handler = Callable[[Any, Unit[Any]], Awaitable[Event]]


class Delivery:
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
        """Remember whose handlers to call, whose licences count, and how many commands a lane takes of a principal."""
        self._licensing = licensing
        self._rates = Rates(per_second)
        self._fingerprints = Fingerprints()
        self._site = site
        self._worker = worker
        self._rows = rows
        self._handlers = handlers
        self.counters = Counters()
        self.letters: Letters | None = None

    async def handle(self, owned: OwnedLane, raw: Sequence[Msg], *, deadly: bool = False) -> list[Outcome]:
        """Handle a batch in order and return the outcomes to publish; raises only for passing faults.

        A lone message that is `deadly` has ended its process too often: it becomes a dead letter, and is not tried.
        """
        addressed = [address(message) for message in raw]
        told: list[Outcome] = [
            Outcome(one, envelopes.rejected(one.told, error_of(one.refusal, one)))
            for one in addressed
            if isinstance(one, Misnamed) and one.refusal
        ]
        batch = [one for one in addressed if not isinstance(one, Misnamed)]
        if not deadly:
            await self._read(owned, [one for one in batch if isinstance(one, IncomingCommand)])
        for run in runs(batch):
            if deadly:
                told += await self._transact(owned, [dead_lettered(one, ENDED) for one in run])
            else:
                told += await bisect(run, partial(self._transact, owned))
        if isinstance(addressed[-1], Misnamed):
            await owned.advance(place_of(raw[-1]))
        self.counters.rejected += len(addressed) - len(batch)
        return told

    async def _read(self, owned: OwnedLane, incoming: Sequence[IncomingCommand]) -> None:
        """Turn away what is too much, read the other bodies, and refuse before the batch is cut who may not."""
        judged = [one for one in incoming if not one.redelivered]
        for one, seconds in zip(judged, self._rates.judge(owned.lane, judged), strict=True):
            one.turned_away = seconds
        for one in incoming:
            read_body(one)
        await self._forbid(owned.connection, [one for one in incoming if one.command])

    async def _forbid(self, connection: AsyncConnection, asked: Sequence[IncomingCommand]) -> None:
        """Judge senders before the batch is cut: what is refused needs no transaction of its own."""
        if sum(one.kind.runs_alone or one.kind.changes_permissions for one in asked) < FEW:
            return
        context = await read_batch_context(connection, [], [one.work.principal for one in asked])
        unlicensed = licence.judged(context.licence or self._licensing.included, context.now)
        for one in asked:
            authorise(one, context.grants[one.work.principal], unlicensed)
            if one.kind.changes_permissions and not one.refusal:
                return

    async def _transact(
        self,
        owned: OwnedLane,
        batch: Sequence[IncomingCommand | DeadLetter],
        given_up: str | None = None,
    ) -> list[Outcome]:
        if given_up:
            batch = [dead_lettered(one, f"It failed {FAILURES} times: {given_up}.") for one in batch]
        connection, post = owned.connection, Post(self._site, self._worker, owned.lane)
        async with statements.transaction(connection):
            decision, now = await self._decide(connection, post, batch)
            too_many = await decision.record.surplus(connection, self._worker, post.lane, now)
            await write_decisions(connection, decision.inbox, excess_counts.without(decision.outbox, too_many))
            await owned.advance(place_of(batch[-1].raw))
        self.counters.count(decision, [one.stored_ns for one in batch if isinstance(one, IncomingCommand)])
        return decision.outcomes

    async def _decide(
        self, connection: AsyncConnection, post: Post, batch: Sequence[IncomingCommand | DeadLetter]
    ) -> tuple[Decision, datetime]:
        decision = Decision()
        incoming = [one for one in batch if isinstance(one, IncomingCommand)]
        again = [
            one.incoming for one in batch if isinstance(one, DeadLetter) and one.incoming and one.incoming.redelivered
        ]
        context = await self._judge(connection, post, incoming + again)
        now, known = context.now, context.known
        batch = await reject_forged(connection, batch, known)
        rows = await self._rows.load(connection, _new_commands(batch, known))
        for one in batch:
            if isinstance(one, DeadLetter):
                self._dead_letter(decision, one, post, context)
                continue
            before = known.get((one.work.principal, one.id))
            if before is not None:
                decision.repeated += 1
                decision.outcomes.append(Outcome(one, self._again(one, before)))
            elif one.turned_away:
                decision.turned_away += 1
                decision.outcomes.append(Outcome(one, turned_away_outcome(one)))
            else:
                unit = self._unit(one, context, rows, connection)
                outcome = await self._outcome(decision, one, unit, post)
                known[one.work.principal, one.id] = inbox.Decided(one.fingerprint, outcome)
                self._record_outcome(decision, one, outcome, now, sends=bool(unit.sent))
                context = replace(context, now=unit.now + MOMENT)
        await rows.save(connection)
        if decision.turned_away:
            await rate_limits.remember(connection, self._worker, post.lane, incoming[-1])
        return decision, now

    async def _judge(
        self, connection: AsyncConnection, post: Post, incoming: Sequence[IncomingCommand]
    ) -> BatchContext:
        """Read how things stand, refuse who may not, and only then mark what is costly to mark."""
        lane = (self._worker, post.lane)
        principals = [one.work.principal for one in incoming]
        context = await read_batch_context(connection, [one.id for one in incoming], principals, lane)
        unlicensed = licence.judged(context.licence or self._licensing.included, context.now)
        for one in incoming:
            is_late = context.turned_away and context.turned_away.covers(one) and not one.redelivered
            if is_late and not one.turned_away:
                one.turned_away, one.command = rate_limits.SHORTEST_WAIT, None
            authorise(one, context.grants[one.work.principal], unlicensed)
        await self._fingerprints.fingerprint_all(incoming, context.known)
        return context

    def _unit(self, one: IncomingCommand, context: BatchContext, rows: Rows, connection: AsyncConnection) -> Unit[Any]:
        return Unit(
            id=one.id,
            principal=one.work.principal,
            now=context.now,
            rows=rows,
            connection=connection,
            language=one.language,
            grants=context.grants[one.work.principal],
            site=self._site,
            letters=self.letters,
            licensing=self._licensing,
        )

    async def _outcome(self, decision: Decision, one: IncomingCommand, unit: Unit[Any], post: Post) -> bytes:
        try:
            if one.command is None or one.refusal:
                raise one.refusal or Refusal(Code.INVALID)
            result = await self._handlers[type(one.command)](one.command, unit)
        except Refusal as refusal:
            if refusal.code in AUDITED and decision.record.takes(one.work.principal, excess_counts.ATTEMPTS):
                attempt = Happened(refused(one, refusal), uuid7(), one.work.key, None)
                self._publish(decision, one, unit, [attempt], post)
                decision.record.add(decision.outbox[-1])
            return envelopes.rejected(one.told, error_of(refusal, one))
        if unit.is_unchanged:
            decision.applied += 1
            return envelopes.applied(one.id, unit.revision, result, [])
        happened = [Happened(result, uuid7(), one.work.key, unit.revision)]
        happened += [Happened(event, uuid7(), key or one.work.key, None) for event, key in unit.happened]
        self._publish(decision, one, unit, happened, post)
        decision.applied += 1
        return envelopes.applied(one.id, unit.revision, result, [one.id for one in happened])

    def _publish(
        self, decision: Decision, one: IncomingCommand, unit: Unit[Any], happened: Sequence[Happened], post: Post
    ) -> None:
        origin = Origin(one.work.principal, unit.now.isoformat(), one.id, one.trace)
        decision.outbox.extend(post.event(each, origin) for each in happened)
        self.counters.sent += len(unit.sent)
        decision.outbox.extend(post.forwarded(*message) for message in unit.forwarded)
        decision.outbox.extend(post.command(command, command_id, one.trace) for command, command_id in unit.sent)

    def _record_outcome(
        self, decision: Decision, one: IncomingCommand, outcome: bytes, now: datetime, *, sends: bool = False
    ) -> None:
        decision.outcomes.append(Outcome(one, outcome, sends))
        row = inbox.row(
            command_id=one.id, principal=one.work.principal, fingerprint=one.fingerprint, outcome=outcome, now=now
        )
        decision.inbox.append(row)

    def _dead_letter(self, decision: Decision, dead: DeadLetter, post: Post, context: BatchContext) -> None:
        decision.dead += 1
        who = sender(dead.raw.subject)
        if not dead.incoming:
            if decision.record.takes(who, excess_counts.LETTERS):
                decision.outbox.append(post.dead(dead))
                decision.record.add(decision.outbox[-1])
        elif before := context.known.get((dead.incoming.work.principal, dead.incoming.id)):
            decision.outbox.append(post.dead(dead))  # it was put aside before, and what was told of it stands
            decision.outcomes.append(Outcome(dead.incoming, before.outcome))
        else:
            decision.outbox.append(post.dead(dead))
            error = error_of(Refusal(Code.UNAVAILABLE), dead.incoming)
            dead.incoming.fingerprint = dead.incoming.fingerprint or fingerprint_without_secrets(dead.incoming)
            self._record_outcome(decision, dead.incoming, envelopes.rejected(dead.incoming.told, error), context.now)

    def _again(self, one: IncomingCommand, before: inbox.Decided) -> bytes:
        if before.fingerprint == one.fingerprint:
            return before.outcome
        return envelopes.rejected(one.told, Refusal(Code.COMMAND_ID_REUSED).as_error(one.language))


def _new_commands(
    batch: Sequence[IncomingCommand | DeadLetter], known: Mapping[tuple[str, UUID], inbox.Decided]
) -> list[Command[Any]]:
    """Return the commands of a batch that will reach their handlers."""
    return [
        one.command
        for one in batch
        if isinstance(one, IncomingCommand)
        and one.command
        and not one.refusal
        and (one.work.principal, one.id) not in known
    ]


def authorise(one: IncomingCommand, grants: Grants, unlicensed: Unlicensed | None) -> None:
    """Refuse before anything is read or locked for a caller who may not ask for it, or on an unlicensed site.

    What the product does by itself goes on: expired projects are deleted whether the site is licensed or not.
    """
    if one.command and not one.refusal:
        try:
            authorisation.authorise(one.command, one.work.principal, grants)
            if unlicensed and one.command.needs_licence and one.work.principal != SYSTEM:
                raise licence.refusal(unlicensed)
        except Refusal as refusal:
            one.refusal = refusal


def dead_lettered(one: IncomingCommand | DeadLetter, reason: str) -> DeadLetter:
    """Make a dead letter of a message that failed too often by itself."""
    incoming = one if isinstance(one, IncomingCommand) else None
    return DeadLetter(one.raw, reason, incoming)


def refused(one: IncomingCommand, refusal: Refusal) -> AttemptRefused:
    """Make the event of an attempt at something forbidden."""
    project_id = getattr(one.command, "project_id", None)
    return AttemptRefused(attempted=f"{one.work.worker}.{one.work.verb}", code=refusal.code, project_id=project_id)
