"""Commands under way: whether the server has stored them, and their outcomes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import nats
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.errors import Code, Error
from contracts.ids import uuid7
from contracts.message import Outcome
from contracts.projects.queries import OUTCOME_WAIT_SECONDS_MAX
from contracts.texts import Part, Phrase, phrase
from incidents.connection import Troubles, flush, why_unreachable
from incidents.errors import PendingError, Refused

_ATTEMPT_SECONDS: Final = 2.0
_SILENCE_SECONDS: Final = 2.0
_PAUSE_SECONDS_MIN: Final = 0.1
_PAUSE_SECONDS_MAX: Final = 2.0


@dataclass(frozen=True)
class OutgoingCommand:
    """A command as it is sent: subject, body, id, and the sentence for a failure."""

    subject: str
    body: bytes
    command_id: UUID = field(default_factory=uuid7)
    failure_phrase: Phrase = Phrase.TRY_AGAIN_LATER
    part: Part | None = None
    traced: Mapping[str, str] = field(default_factory=dict)
    """Headers of its trace."""


class Deliveries:
    """All commands that a client has under way."""

    def __init__(
        self,
        connection: Nats,
        troubles: Troubles,
        ask_outcome: Callable[[UUID], Awaitable[Outcome]],
        *,
        language: str,
        seconds: float,
    ) -> None:
        self._connection = connection
        self._bus = connection.jetstream()
        self._troubles = troubles
        self._ask_outcome = ask_outcome
        self._language = language
        self._seconds = seconds
        self._awaited: dict[UUID, asyncio.Future[Outcome]] = {}

    async def listen(self, subject: str) -> None:
        """Subscribe to outcomes, so that those of later commands are not missed."""
        await self._connection.subscribe(subject, cb=self._receive)
        await flush(self._connection, self._seconds)

    async def _receive(self, message: Msg) -> None:
        try:
            outcome = Outcome.read(message.data)
        except ValidationError:
            return  # an acknowledgement that somebody's `reply` redirected here, or another program's mistake
        awaited = self._awaited.pop(outcome.command_id, None)
        if awaited and not awaited.done():
            awaited.set_result(outcome)

    async def send(self, outgoing: OutgoingCommand) -> "Submitted":
        """Publish a command until the server acknowledges it, always with the same id."""
        deadline = _now() + self._seconds
        awaited = self._awaited.get(outgoing.command_id) or asyncio.get_running_loop().create_future()
        self._awaited[outgoing.command_id] = awaited
        is_stored = False
        try:
            repeated = await self._publish(outgoing, deadline)
            is_stored = True
        finally:
            if not is_stored:
                self._awaited.pop(outgoing.command_id, None)
        return Submitted(self, outgoing, awaited, deadline, repeated)

    async def _publish(self, outgoing: OutgoingCommand, deadline: float) -> bool:
        headers = {"Nats-Msg-Id": str(outgoing.command_id), "Accept-Language": self._language, **outgoing.traced}
        pause, reason = _PAUSE_SECONDS_MIN, ""
        while (left := deadline - _now()) > 0:
            try:
                attempt = min(left, _ATTEMPT_SECONDS)
                ack = await self._bus.publish(outgoing.subject, outgoing.body, timeout=attempt, headers=headers)
            except nats.errors.Error as error:
                reason = why_unreachable(error)
            else:
                return bool(ack.duplicate)
            if denied := self._troubles.denied(outgoing.subject):
                raise self.refusal(outgoing, Code.PERMISSION_DENIED, denied)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _PAUSE_SECONDS_MAX)
        raise self.refusal(outgoing, Code.UNAVAILABLE, reason or self._troubles.last, accepted=False)

    async def outcome(self, submitted: "Submitted") -> Outcome:
        """Wait for the outcome, and ask for it after a silence, because a core message can be lost.

        If the server reported a duplicate but no worker knows the command, it is published again: the server keeps
        ids of all principals for a short time, so the duplicate may have been another principal's.
        """
        repeated = submitted.repeated
        pause = 0.0 if repeated else _SILENCE_SECONDS
        reason = ""
        try:
            while (left := submitted.deadline - _now()) > 0:
                await asyncio.wait({submitted.awaited}, timeout=min(left, pause))
                if submitted.awaited.done():
                    return submitted.awaited.result()
                try:
                    outcome = await self._ask_outcome(submitted.command_id)
                    if not outcome.is_pending:
                        return outcome
                    repeated = False
                except Refused as refused:
                    reason = str(refused.details.get("reason") or refused.code)
                    if repeated and refused.code is Code.GONE:
                        repeated = await self._publish(submitted.outgoing, submitted.deadline)
                pause = min(max(pause, _PAUSE_SECONDS_MIN) * 2, _PAUSE_SECONDS_MAX)
        finally:
            self._awaited.pop(submitted.command_id, None)
        raise self._pending(submitted.outgoing, reason or self._troubles.last)

    def _pending(self, outgoing: OutgoingCommand, reason: str) -> PendingError:
        """Return the error that the command is stored but its outcome not known yet: nothing has failed."""
        details = {**({"reason": reason} if reason else {}), "accepted": True}
        message = phrase(Phrase.ACCEPTED, self._language)
        error = Error(code=Code.UNAVAILABLE, message=message, retryable=True, details=details)
        return PendingError(error, command_id=outgoing.command_id)

    def refusal(self, outgoing: OutgoingCommand, code: Code, reason: str, **details: bool) -> Refused:
        """Return the refusal, in the command's own sentence, that the server did not answer or denied the subject."""
        unavailable = code is Code.UNAVAILABLE
        message = phrase(outgoing.failure_phrase if unavailable else Phrase(code), self._language, outgoing.part)
        error = Error(
            code=code,
            message=message,
            retryable=unavailable,
            details={**({"reason": reason} if reason else {}), **details},
        )
        return Refused(error, command_id=outgoing.command_id)


@dataclass(frozen=True)
class Submitted:
    """A command that the server has stored and that will be handled, even without this client.

    `repeated` tells whether the server knew its id already.
    """

    deliveries: Deliveries = field(repr=False)
    outgoing: OutgoingCommand = field(repr=False)
    awaited: asyncio.Future[Outcome] = field(repr=False)
    deadline: float
    repeated: bool

    @property
    def command_id(self) -> UUID:
        """The id with which to send the command again, or to ask for its outcome."""
        return self.outgoing.command_id

    async def outcome(self) -> Outcome:
        """Wait for the outcome.

        Raises:
            PendingError: No outcome came in time; the command stays queued and will be carried out.
        """
        return await self.deliveries.outcome(self)


async def known_outcome(
    ask: Callable[[UUID, float, float], Awaitable[Outcome]], command_id: UUID, wait_seconds: float, query_seconds: float
) -> Outcome:
    """Return an outcome as soon as it is known; `ask` asks once, for as long as a worker lets a question wait.

    A command that is still being carried out after this time has a pending one.

    Raises:
        Refused: No outcome is known after this time, or it may not be asked for.
    """
    deadline = _now() + wait_seconds
    while True:
        try:
            part = min(max(deadline - _now(), 0.0), OUTCOME_WAIT_SECONDS_MAX)
            outcome = await ask(command_id, part, query_seconds)
            if not outcome.is_pending or _now() >= deadline:
                return outcome
            pause = 0.0
        except Refused as refused:
            if _now() >= deadline or not (refused.retryable or refused.code is Code.GONE):
                raise
            pause = refused.retry_after_seconds or _PAUSE_SECONDS_MIN
        await asyncio.sleep(pause)


def _now() -> float:
    return asyncio.get_running_loop().time()
