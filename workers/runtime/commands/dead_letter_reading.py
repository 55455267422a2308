"""The stream of dead letters: reading, removing and watching them."""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from pydantic_core import from_json
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts import subjects
from contracts.dead_letters import ContentErasure
from contracts.message import Command, Event
from workers.runtime.admission.inbox import PastDecision, fingerprint, reopen
from workers.runtime.admission.incoming_messages import CANONICAL, COMMAND_ID, DeadLetter, IncomingCommand
from workers.runtime.bus import streams

_NO_MESSAGE: Final = 10037
_DEAD_TOKENS: Final = 5
_NO_LETTER: Final = "No message like it became a dead letter under its id."
_QUEUE: Final = "forged-letters"
_UNREADABLE: Final = {
    "expired": "letter_expired",
    "project-erased": "letter_of_erased_project",
    "text-redacted": "letter_of_redacted_text",
    "key-missing": "letter_without_key",
    "altered": "letter_not_put_aside",
}
"""Why a letter whose content cannot be read cannot be replayed, as a kind of refusal."""

_SAFE_KEY: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
log = structlog.get_logger()


class LettersUnavailableError(NatsError):
    """The stream of dead letters does not answer; the request is retried."""


class Unreadable(NamedTuple):
    """Why the content of a letter cannot be read, and since when; of what was altered, nobody knows."""

    cause: ContentErasure | Literal["altered"]
    since: datetime | None = None


class Letter(NamedTuple):
    """A dead letter in its stream; in a forged one `content` is empty and `message_id` is None.

    The content of a sealed one is what everybody may know, until it is opened (`letter_sealing`).
    """

    number: int
    at: datetime
    worker: str
    principal: str
    message_id: str | None
    content: dict[str, Any]
    stored_subject: str = ""
    key_id: UUID | None = None
    unreadable: Unreadable | None = None

    @property
    def subject(self) -> str:
        """The subject of the message that could not be handled."""
        return str(self.content.get("subject", ""))

    @property
    def headers(self) -> dict[str, str]:
        """Its headers."""
        headers = self.content.get("headers")
        return dict(headers) if isinstance(headers, dict) else {}

    @property
    def body(self) -> bytes:
        """Its body."""
        return body_of(self.content)

    @property
    def work(self) -> subjects.Work | None:
        """The address of a command; None for an event and for any other message."""
        try:
            return subjects.read_work(self.subject)
        except ValueError:
            return None

    @property
    def is_event(self) -> bool:
        """Return whether it is an event whose reaction failed."""
        return self._event_type in Event.registry

    @property
    def _event_type(self) -> str:
        return subjects.read_event_type(self.headers.get("ce-type", "")) if ".evt." in self.subject else ""

    @property
    def what(self) -> str | None:
        """The subject of a known command or event; None for any other message."""
        if self.work:
            subject = f"{self.work.worker}.{self.work.verb}"
            return subject if subject in Command.registry else None
        return self._event_type if self.is_event else None

    @property
    def command_id(self) -> UUID | None:
        """The id of the command or event."""
        header = self.headers.get("ce-id" if self.is_event else COMMAND_ID, "")
        return UUID(header) if CANONICAL.fullmatch(header) else None

    @property
    def fingerprint(self) -> bytes:
        """The fingerprint of the command in the inbox."""
        address = f"{self.work.worker}.{self.work.key}.{self.work.verb}" if self.work else ""
        return fingerprint(address, self.body)

    @property
    def hindrance(self) -> str | None:
        """Why it cannot be replayed, as a kind of refusal; None if it can."""
        if self.message_id is None:
            return "letter_forged"
        if self.unreadable:
            return _UNREADABLE[self.unreadable.cause]
        if self.is_event:
            return None
        if self.work is None or self.what is None:
            return "letter_unknown"
        if self.command_id is None or not set(self.work.key) <= _SAFE_KEY:
            return "letter_without_id"
        return "letter_with_secret" if Command.registry[self.what].secrets else None


class DeadLetterStream:
    """Reads and removes the letters of a site."""

    def __init__(self, site: str, nats: Callable[[], Client]) -> None:
        """Set the site and the connection."""
        self._every = subjects.every_dead_letter(site)
        self._nats = nats

    async def get(self, number: int) -> Letter | None:
        """Return the letter at a place; None if there is none."""
        letter = await self._next(number)
        return letter if letter and letter.number == number else None

    async def after(self, number: int, limit: int) -> list[Letter]:
        """Return the letters after a place, the oldest first."""
        letters: list[Letter] = []
        while len(letters) < limit and (letter := await self._next(number + 1)):
            letters.append(letter)
            number = letter.number
        return letters

    async def remove(self, number: int, message_id: str | None) -> None:
        """Remove a letter, unless it is gone or its place holds another one."""
        letter = await self.get(number)
        if letter and letter.message_id == message_id:
            answer = await self._ask("DELETE", {"seq": number})
            if not answer.get("success") and answer.get("error", {}).get("err_code") != _NO_MESSAGE:
                raise LettersUnavailableError(str(answer.get("error", {}).get("description", "")))

    async def _next(self, number: int) -> Letter | None:
        answer = await self._ask("GET", {"seq": number, "next_by_subj": self._every})
        if "message" in answer:
            return read_letter(answer["message"])
        if answer.get("error", {}).get("err_code") == _NO_MESSAGE:
            return None
        raise LettersUnavailableError(str(answer.get("error", {}).get("description", "")))

    async def _ask(self, verb: str, request: dict[str, Any]) -> dict[str, Any]:
        return await streams.api(self._nats(), f"STREAM.MSG.{verb}.{streams.DEAD}", request)


def body_of(content: Mapping[str, Any]) -> bytes:
    """Return the body of the message in an open letter."""
    if "body_base64" in content:
        return base64.b64decode(content["body_base64"])
    return str(content.get("body", "")).encode()


def read_letter(stored: dict[str, Any]) -> Letter:
    """Parse a stored message as JetStream returns it."""
    tokens = str(stored["subject"]).split(".")
    worker, principal = tokens[3:5] if len(tokens) == _DEAD_TOKENS else ("", "")
    message_id = _message_id(base64.b64decode(stored.get("hdrs", "")))
    content: Any = None
    if message_id is not None:
        try:
            content = from_json(base64.b64decode(stored.get("data", "")))
        except ValueError:
            message_id = None
    at = datetime.fromisoformat(stored["time"]).astimezone(UTC)
    content = content if isinstance(content, dict) else {}
    return Letter(int(stored["seq"]), at, worker, principal, message_id, content, str(stored["subject"]))


def _message_id(headers: bytes) -> str | None:
    for line in headers.decode(errors="replace").split("\r\n"):
        name, _, value = line.partition(":")
        if name == COMMAND_ID:
            return value.strip()
    return None


async def reject_forged(
    connection: AsyncConnection,
    batch: Sequence[IncomingCommand | DeadLetter],
    known: dict[tuple[str, UUID], PastDecision],
) -> list[IncomingCommand | DeadLetter]:
    """Return the batch with each forged replay replaced by a dead letter.

    A letter that the batch has twice is genuine both times, although the first one deletes its decision.
    """
    opened: set[tuple[str, UUID, bytes]] = set()
    return [await _reject_forged(connection, message, known, opened) for message in batch]


async def _reject_forged(
    connection: AsyncConnection,
    message: IncomingCommand | DeadLetter,
    known: dict[tuple[str, UUID], PastDecision],
    opened: set[tuple[str, UUID, bytes]],
) -> IncomingCommand | DeadLetter:
    if isinstance(message, DeadLetter) or not message.redelivered:
        return message
    principal = message.work.principal
    letter = (principal, message.id, message.fingerprint)
    if letter in opened or await reopen(connection, (principal, message.id), message.fingerprint, known):
        opened.add(letter)
        return message
    return DeadLetter(message.raw, _NO_LETTER)


def is_forged(letter: Msg) -> bool:
    """Return whether no worker wrote a letter: workers set an id, and a server's acknowledgement has no headers."""
    return COMMAND_ID not in (letter.headers or {})


async def watch_letters(nats: Client, site: str, count: Callable[[], None]) -> None:
    """Count forged letters; one of all processes receives each letter."""

    async def look(letter: Msg) -> None:
        if is_forged(letter):
            count()
            log.warning("forged_letter", subject=letter.subject)

    await nats.subscribe(subjects.every_dead_letter(site), queue=_QUEUE, cb=look)
