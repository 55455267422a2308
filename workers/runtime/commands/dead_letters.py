"""The stream of dead letters: read, and cleared of what was decided about."""

import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from pydantic_core import from_json
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts import subjects
from contracts.message import Command, Event
from workers.runtime.admission.inbox import Decided, fingerprint, reopen
from workers.runtime.admission.incoming import CANONICAL, COMMAND_ID, DeadLetter, IncomingCommand
from workers.runtime.bus import streams

_NO_MESSAGE: Final = 10037
_DEAD_TOKENS: Final = 5
_WORK_TOKENS: Final = 8
_NOT_PUT_ASIDE: Final = "Nothing like it was put aside under its id."
_QUEUE: Final = "forged-letters"
_SAFE_KEY: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
log = structlog.get_logger()


class LettersAwayError(NatsError):
    """The stream of dead letters does not answer: it is tried again."""


class Letter(NamedTuple):
    """A dead letter as it lies in its stream; of one that no worker wrote, `told` is empty and `message_id` absent."""

    number: int
    at: datetime
    worker: str
    principal: str
    message_id: str | None
    told: dict[str, Any]

    @property
    def subject(self) -> str:
        """The subject of the message that could not be handled."""
        return str(self.told.get("subject", ""))

    @property
    def headers(self) -> dict[str, str]:
        """Its headers."""
        found = self.told.get("headers")
        return dict(found) if isinstance(found, dict) else {}

    @property
    def body(self) -> bytes:
        """What it says."""
        if "body_base64" in self.told:
            return base64.b64decode(self.told["body_base64"])
        return str(self.told.get("body", "")).encode()

    @property
    def work(self) -> subjects.Work | None:
        """The address of a command; None for an event, and for what has no such address."""
        tokens = self.subject.split(".")
        is_work = len(tokens) == _WORK_TOKENS and tokens[2] == "work" and tokens[4].isdecimal()
        return subjects.read_work(self.subject) if is_work else None

    @property
    def is_event(self) -> bool:
        """Tell whether it is an event to which a reaction failed."""
        return self._happened in Event.registry

    @property
    def _happened(self) -> str:
        return subjects.read_event_type(self.headers.get("ce-type", "")) if ".evt." in self.subject else ""

    @property
    def what(self) -> str | None:
        """Which command or event of ours it is; None for anything else."""
        if self.work:
            named = f"{self.work.worker}.{self.work.verb}"
            return named if named in Command.registry else None
        return self._happened if self.is_event else None

    @property
    def command_id(self) -> UUID | None:
        """The id of a command, or of the event."""
        told = self.headers.get("ce-id" if self.is_event else COMMAND_ID, "")
        return UUID(told) if CANONICAL.fullmatch(told) else None

    @property
    def fingerprint(self) -> bytes:
        """What the inbox keeps of a command, and tells it from any other."""
        told = f"{self.work.worker}.{self.work.key}.{self.work.verb}" if self.work else ""
        return fingerprint(told, self.body)

    @property
    def hindrance(self) -> str | None:
        """Why it cannot be handled once more, as a kind of refusal; None where it can."""
        if self.message_id is None:
            return "letter_forged"
        if self.is_event:
            return None
        if self.work is None or self.what is None:
            return "letter_unknown"
        if self.command_id is None or not set(self.work.key) <= _SAFE_KEY:
            return "letter_without_id"
        return "letter_with_secret" if Command.registry[self.what].secrets else None


class Letters:
    """Reads the letters of a site, and removes them."""

    def __init__(self, site: str, nats: Callable[[], Client]) -> None:
        """Remember whose letters, and how to reach them."""
        self._every = subjects.every_dead_letter(site)
        self._nats = nats

    async def get(self, number: int) -> Letter | None:
        """Return the letter at a place; None where none lies."""
        found = await self._following(number)
        return found if found and found.number == number else None

    async def after(self, number: int, limit: int) -> list[Letter]:
        """Return the letters behind a place, the oldest first."""
        letters: list[Letter] = []
        while len(letters) < limit and (found := await self._following(number + 1)):
            letters.append(found)
            number = found.number
        return letters

    async def remove(self, number: int, message_id: str | None) -> None:
        """Remove a letter, unless it is gone or another one lies at its place."""
        found = await self.get(number)
        if found and found.message_id == message_id:
            answer = await self._ask("DELETE", {"seq": number})
            if not answer.get("success") and answer.get("error", {}).get("err_code") != _NO_MESSAGE:
                raise LettersAwayError(str(answer.get("error", {}).get("description", "")))

    async def _following(self, number: int) -> Letter | None:
        answer = await self._ask("GET", {"seq": number, "next_by_subj": self._every})
        if "message" in answer:
            return read_letter(answer["message"])
        if answer.get("error", {}).get("err_code") == _NO_MESSAGE:
            return None
        raise LettersAwayError(str(answer.get("error", {}).get("description", "")))

    async def _ask(self, verb: str, wanted: dict[str, Any]) -> dict[str, Any]:
        return await streams.api(self._nats(), f"STREAM.MSG.{verb}.{streams.DEAD}", wanted)


def read_letter(stored: dict[str, Any]) -> Letter:
    """Read a message of the stream as JetStream tells it."""
    tokens = str(stored["subject"]).split(".")
    worker, principal = tokens[3:5] if len(tokens) == _DEAD_TOKENS else ("", "")
    message_id = _message_id(base64.b64decode(stored.get("hdrs", "")))
    told: Any = None
    if message_id is not None:
        try:
            told = from_json(base64.b64decode(stored.get("data", "")))
        except ValueError:
            message_id = None
    at = datetime.fromisoformat(stored["time"]).astimezone(UTC)
    return Letter(int(stored["seq"]), at, worker, principal, message_id, told if isinstance(told, dict) else {})


def _message_id(headers: bytes) -> str | None:
    for line in headers.decode(errors="replace").split("\r\n"):
        name, _, value = line.partition(":")
        if name == COMMAND_ID:
            return value.strip()
    return None


async def reject_forged(
    connection: AsyncConnection, batch: Sequence[IncomingCommand | DeadLetter], known: dict[tuple[str, UUID], Decided]
) -> list[IncomingCommand | DeadLetter]:
    """Return a batch in which a letter that no worker put aside is what it is: dead.

    One that stands in the batch twice is genuine both times, although the first one opens it for both.
    """
    opened: set[tuple[str, UUID, bytes]] = set()
    return [await _reject_forged(connection, one, known, opened) for one in batch]


async def _reject_forged(
    connection: AsyncConnection,
    one: IncomingCommand | DeadLetter,
    known: dict[tuple[str, UUID], Decided],
    opened: set[tuple[str, UUID, bytes]],
) -> IncomingCommand | DeadLetter:
    if isinstance(one, DeadLetter) or not one.redelivered:
        return one
    principal = one.work.principal
    letter = (principal, one.id, one.fingerprint)
    if letter in opened or await reopen(connection, (principal, one.id), one.fingerprint, known):
        opened.add(letter)
        return one
    return DeadLetter(one.raw, _NOT_PUT_ASIDE)


def is_forged(letter: Msg) -> bool:
    """Tell whether a letter is none: every worker's has an id, and what a server confirms has no headers."""
    return COMMAND_ID not in (letter.headers or {})


async def watch_letters(nats: Client, site: str, count: Callable[[], None]) -> None:
    """Count the letters that no worker wrote; of all processes one hears each of them."""

    async def look(letter: Msg) -> None:
        if is_forged(letter):
            count()
            log.warning("forged_letter", subject=letter.subject)

    await nats.subscribe(subjects.every_dead_letter(site), queue=_QUEUE, cb=look)
