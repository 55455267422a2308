"""Commands under way: kept by the server or not, and what became of each."""

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
from contracts.texts import Part, Phrase, phrase
from incidents.connection import Troubles, flush
from incidents.errors import PendingError, Refused

_ATTEMPT_SECONDS: Final = 2.0
_SILENCE_SECONDS: Final = 2.0
_SHORTEST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 2.0


@dataclass(frozen=True)
class Letter:
    """A command as it is sent: where to, what it says, and the sentence if nobody answers."""

    subject: str
    body: bytes
    command_id: UUID = field(default_factory=uuid7)
    failure_phrase: Phrase = Phrase.TRY_AGAIN_LATER
    part: Part | None = None
    traced: Mapping[str, str] = field(default_factory=dict)
    """Headers that make it part of a trace."""


class Deliveries:
    """Every command that one client has under way."""

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
        """Hear outcomes from now on: whatever is sent later, its outcome is not missed."""
        await self._connection.subscribe(subject, cb=self._heard)
        await flush(self._connection, self._seconds)

    async def _heard(self, message: Msg) -> None:
        try:
            outcome = Outcome.read(message.data)
        except ValidationError:
            return  # a confirmation that somebody's `reply` steered here, or another program's mistake
        awaited = self._awaited.pop(outcome.command_id, None)
        if awaited and not awaited.done():
            awaited.set_result(outcome)

    async def send(self, letter: Letter) -> "Submitted":
        """Publish until the server says that it keeps the command, always under the same id."""
        deadline = _now() + self._seconds
        awaited = self._awaited.get(letter.command_id) or asyncio.get_running_loop().create_future()
        self._awaited[letter.command_id] = awaited
        kept = False
        try:
            repeated = await self._publish(letter, deadline)
            kept = True
        finally:
            if not kept:
                self._awaited.pop(letter.command_id, None)
        return Submitted(self, letter, awaited, deadline, repeated)

    async def _publish(self, letter: Letter, deadline: float) -> bool:
        headers = {"Nats-Msg-Id": str(letter.command_id), "Accept-Language": self._language, **letter.traced}
        pause, reason = _SHORTEST_PAUSE, ""
        while (left := deadline - _now()) > 0:
            try:
                attempt = min(left, _ATTEMPT_SECONDS)
                ack = await self._bus.publish(letter.subject, letter.body, timeout=attempt, headers=headers)
            except nats.errors.Error as error:
                reason = str(error)
            else:
                return bool(ack.duplicate)
            if denied := self._troubles.denied(letter.subject):
                raise self.refusal(letter, Code.PERMISSION_DENIED, denied)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        raise self.refusal(letter, Code.UNAVAILABLE, reason or self._troubles.last, accepted=False)

    async def outcome(self, submitted: "Submitted") -> Outcome:
        """Wait for the outcome; ask for it when there is silence, because a core message can be lost.

        Where the server knew the id and nobody knows the command, it is published again: the server knows ids for a
        moment only, and of all principals, so that the one it knew may have been somebody else's.
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
                    return await self._ask_outcome(submitted.command_id)
                except Refused as refused:
                    reason = str(refused.details.get("reason") or refused.code)
                    if repeated and refused.code is Code.GONE:
                        repeated = await self._publish(submitted.letter, submitted.deadline)
                pause = min(max(pause, _SHORTEST_PAUSE) * 2, _LONGEST_PAUSE)
        finally:
            self._awaited.pop(submitted.command_id, None)
        raise self._pending(submitted.letter, reason or self._troubles.last)

    def _pending(self, letter: Letter, reason: str) -> PendingError:
        """Say that the command is kept and what became of it is not known yet: nothing has failed."""
        details = {**({"reason": reason} if reason else {}), "accepted": True}
        message = phrase(Phrase.ACCEPTED, self._language)
        error = Error(code=Code.UNAVAILABLE, message=message, retryable=True, details=details)
        return PendingError(error, command_id=letter.command_id)

    def refusal(self, letter: Letter, code: Code, reason: str, **details: bool) -> Refused:
        """Say in the command's own sentence that nobody answered, or that the server denied it."""
        unavailable = code is Code.UNAVAILABLE
        message = phrase(letter.failure_phrase if unavailable else Phrase(code), self._language, letter.part)
        error = Error(
            code=code,
            message=message,
            retryable=unavailable,
            details={**({"reason": reason} if reason else {}), **details},
        )
        return Refused(error, command_id=letter.command_id)


@dataclass(frozen=True)
class Submitted:
    """A command that the server keeps: it will be handled, whatever happens to this client.

    `repeated` says that the server knew its id already.
    """

    deliveries: Deliveries = field(repr=False)
    letter: Letter = field(repr=False)
    awaited: asyncio.Future[Outcome] = field(repr=False)
    deadline: float
    repeated: bool

    @property
    def command_id(self) -> UUID:
        """The id under which the command can be sent again and its outcome be asked for."""
        return self.letter.command_id

    async def outcome(self) -> Outcome:
        """Wait for what became of it.

        Raises:
            PendingError: No outcome came in time; the command stays queued and will be carried out.
        """
        return await self.deliveries.outcome(self)


def _now() -> float:
    return asyncio.get_running_loop().time()
