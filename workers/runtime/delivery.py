"""Group commit: a batch of a lane becomes one transaction of inbox, rows and outbox; the only place that commits."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from nats.aio.msg import Msg
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.audit import AttemptRefused
from contracts.errors import Code, Error, Refusal
from contracts.ids import uuid7
from contracts.licence import Unlicensed
from contracts.message import Command, Event
from contracts.permissions import Grants
from contracts.subjects import SYSTEM
from contracts.texts import Part, Phrase
from workers.runtime import envelope, identity, inbox, licence, statements
from workers.runtime.accepted import Accepted, Dead, read
from workers.runtime.envelope import Origin, Post
from workers.runtime.faults import FAILURES, divided
from workers.runtime.licence import Licensing
from workers.runtime.place import ATTEMPTS, OwnedLane
from workers.runtime.reader import place_of
from workers.runtime.settlement import settle
from workers.runtime.standing import Standing, standing
from workers.runtime.unit import Happened, Rows, Unit

AUDITED = frozenset({Code.PERMISSION_DENIED, Code.NOT_AVAILABLE, Code.NOT_LICENSED, Code.HELD})
"""Refusals that are attempts at something forbidden, and therefore logged."""

ENDED = f"It ended its process {ATTEMPTS} times."

Handler = Callable[[Any, Unit[Any]], Awaitable[Event]]


@dataclass(slots=True)
class Counters:
    """What a worker process did since it started."""

    applied: int = 0
    rejected: int = 0
    repeated: int = 0
    retried: int = 0
    dead: int = 0
    sent: int = 0
    """Commands that handlers sent, of which chains are made: each link waits for the one before."""

    def retry(self) -> None:
        """Count a batch that had to be tried again."""
        self.retried += 1


@dataclass(slots=True)
class Decision:
    """What one transaction will leave behind."""

    outcomes: list[tuple[Accepted, bytes]] = field(default_factory=list)
    inbox: list[dict[str, Any]] = field(default_factory=list)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    repeated: int = 0
    applied: int = 0
    dead: int = 0


class Delivery:
    """Handles the batches of one worker."""

    def __init__(
        self,
        site: str,
        worker: str,
        rows: type[Rows],
        handlers: dict[type, Handler],
        licensing: Licensing,
    ) -> None:
        """Remember whose handlers to call, and whose licences count."""
        self._licensing = licensing
        self._site = site
        self._worker = worker
        self._rows = rows
        self._handlers = handlers
        self.counters = Counters()

    async def handle(
        self, owned: OwnedLane, raw: Sequence[Msg], *, deadly: bool = False
    ) -> list[tuple[Accepted, bytes]]:
        """Handle a batch in order and return the outcomes to publish; raises only for passing faults.

        A lone message that is `deadly` has ended its process too often: it becomes a dead letter, and is not tried.
        """
        told: list[tuple[Accepted, bytes]] = []
        for run in runs([read(message) for message in raw]):
            if deadly:
                told += await self._transact(owned, [put_aside(one, ENDED) for one in run])
            else:
                told += await divided(run, partial(self._transact, owned))
        return told

    async def _transact(
        self,
        owned: OwnedLane,
        batch: Sequence[Accepted | Dead],
        given_up: str | None = None,
    ) -> list[tuple[Accepted, bytes]]:
        if given_up:
            batch = [put_aside(one, f"It failed {FAILURES} times: {given_up}.") for one in batch]
        connection, post = owned.connection, Post(self._site, self._worker, owned.lane)
        async with statements.transaction(connection):
            decision = await self._decide(connection, post, batch)
            await settle(connection, decision.inbox, decision.outbox)
            await owned.advance(place_of(batch[-1].raw))
        self.counters.applied += decision.applied
        self.counters.rejected += len(decision.inbox) - decision.applied
        self.counters.repeated += decision.repeated
        self.counters.dead += decision.dead
        return decision.outcomes

    async def _decide(self, connection: AsyncConnection, post: Post, batch: Sequence[Accepted | Dead]) -> Decision:
        decision = Decision()
        accepted = [one for one in batch if isinstance(one, Accepted)]
        stands = await standing(connection, [one.id for one in accepted], [one.work.principal for one in accepted])
        now, known, grants = stands.now, stands.known, stands.grants
        unlicensed = licence.judged(stands.licence or self._licensing.included, now)
        for each in accepted:
            authorise(each, grants[each.work.principal], unlicensed)
        fresh = [
            each.command
            for each in accepted
            if each.command and not each.refusal and (each.work.principal, each.id) not in known
        ]
        rows = await self._rows.load(connection, fresh)
        for one in batch:
            if isinstance(one, Dead):
                self._bury(decision, one, post, now)
                continue
            before = known.get((one.work.principal, one.id))
            if before is not None:
                decision.repeated += 1
                decision.outcomes.append((one, self._again(one, before)))
                continue
            unit = self._unit(one, stands, rows, connection)
            outcome = await self._outcome(decision, one, unit, post)
            known[one.work.principal, one.id] = inbox.Decided(one.mark, outcome)
            self._settle(decision, one, outcome, now)
        await rows.save(connection)
        return decision

    def _unit(self, one: Accepted, stands: Standing, rows: Rows, connection: AsyncConnection) -> Unit[Any]:
        return Unit(
            id=one.id,
            principal=one.work.principal,
            now=stands.now,
            rows=rows,
            connection=connection,
            language=one.language,
            grants=stands.grants[one.work.principal],
            site=self._site,
            licensing=self._licensing,
        )

    async def _outcome(self, decision: Decision, one: Accepted, unit: Unit[Any], post: Post) -> bytes:
        try:
            if one.command is None or one.refusal:
                raise one.refusal or Refusal(Code.INVALID)
            result = await self._handlers[type(one.command)](one.command, unit)
        except Refusal as refusal:
            if refusal.code in AUDITED:
                self._publish(decision, one, unit, [Happened(refused(one, refusal), uuid7(), one.work.key, None)], post)
            return envelope.rejected(one.id, spoken(refusal, one))
        if unit.quiet:
            decision.applied += 1
            return envelope.applied(one.id, unit.revision, result, [])
        happened = [Happened(result, uuid7(), one.work.key, unit.revision)]
        happened += [Happened(event, uuid7(), key or one.work.key, None) for event, key in unit.happened]
        self._publish(decision, one, unit, happened, post)
        decision.applied += 1
        return envelope.applied(one.id, unit.revision, result, [one.id for one in happened])

    def _publish(
        self, decision: Decision, one: Accepted, unit: Unit[Any], happened: Sequence[Happened], post: Post
    ) -> None:
        origin = Origin(one.work.principal, unit.now.isoformat(), one.id, one.trace)
        decision.outbox.extend(post.event(each, origin) for each in happened)
        self.counters.sent += len(unit.sent)
        decision.outbox.extend(post.command(command, command_id) for command, command_id in unit.sent)

    def _settle(self, decision: Decision, one: Accepted, outcome: bytes, now: datetime) -> None:
        decision.outcomes.append((one, outcome))
        decision.inbox.append(
            inbox.row(command_id=one.id, principal=one.work.principal, mark=one.mark, outcome=outcome, now=now)
        )

    def _bury(self, decision: Decision, dead: Dead, post: Post, now: datetime) -> None:
        decision.dead += 1
        decision.outbox.append(post.dead(dead))
        if dead.accepted:
            error = spoken(Refusal(Code.UNAVAILABLE), dead.accepted)
            self._settle(decision, dead.accepted, envelope.rejected(dead.accepted.id, error), now)

    def _again(self, one: Accepted, before: inbox.Decided) -> bytes:
        if before.fingerprint == one.mark:
            return before.outcome
        return envelope.rejected(one.id, Refusal(Code.COMMAND_ID_REUSED).as_error(one.language))


def runs(batch: Sequence[Accepted | Dead]) -> Iterator[list[Accepted | Dead]]:
    """Cut a batch around every command that reads what was written before it.

    And behind every command that changes permissions, so that the next command is judged by them.
    """
    run: list[Accepted | Dead] = []
    for one in batch:
        command = one.command if isinstance(one, Accepted) else None
        if command and command.alone and run:
            yield run
            run = []
        run.append(one)
        if command and (command.alone or command.changes_permissions):
            yield run
            run = []
    if run:
        yield run


def authorise(one: Accepted, grants: Grants, unlicensed: Unlicensed | None) -> None:
    """Refuse before anything is read or locked for a caller who may not ask for it, or on an unlicensed site.

    What the product does by itself goes on: expired projects are deleted whether the site is licensed or not.
    """
    if one.command and not one.refusal:
        try:
            identity.authorise(one.command, one.work.principal, grants)
            if unlicensed and one.command.needs_licence and one.work.principal != SYSTEM:
                raise licence.refusal(unlicensed)
        except Refusal as refusal:
            one.refusal = refusal


def put_aside(one: Accepted | Dead, reason: str) -> Dead:
    """Make a dead letter of a message that failed too often by itself."""
    accepted = one if isinstance(one, Accepted) else None
    return Dead(one.raw, reason, accepted)


def spoken(refusal: Refusal, one: Accepted) -> Error:
    """Say a refusal in the words that belong to the command (MSG-01 to MSG-07)."""
    about = one.command
    if about is None:
        return refusal.as_error(one.language)
    refusal.part = refusal.part or about.part
    if refusal.text is None:
        refusal.text = sentence(refusal.code, type(about))
    return refusal.as_error(one.language)


def sentence(code: Code, command: type[Command[Any]]) -> Phrase | None:
    """Choose the reference product's sentence for a command that could not be carried out."""
    if code is Code.UNAVAILABLE:
        return command.failing
    if code is not Code.GONE or command.part is Part.PROJECT:
        return None
    return Phrase.REPORT_NOT_GENERATED if command.part is Part.REPORT else Phrase.NOT_SAVED


def refused(one: Accepted, refusal: Refusal) -> AttemptRefused:
    """Make the event of an attempt at something forbidden."""
    project_id = getattr(one.command, "project_id", None)
    return AttemptRefused(attempted=f"{one.work.worker}.{one.work.verb}", code=refusal.code, project_id=project_id)
