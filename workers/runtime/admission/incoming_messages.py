"""Parsing the messages of a lane: each is a command, a refusal, or a dead letter."""

import re
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from nats.aio.msg import Msg

from contracts.errors import Refusal
from contracts.message import Command
from contracts.subjects import Work, read_work
from contracts.texts import preferred_language
from workers.common.trace_context import HEADER, trace_of
from workers.runtime.admission.dead_letter_replay_envelope import is_redelivery, unwrap
from workers.runtime.admission.json_body import NAMED_FIELDS_MAX, invalid, parse_body, refusal_of

__all__ = [
    "NAMED_FIELDS_MAX",
    "Addressed",
    "DeadLetter",
    "IncomingCommand",
    "Misnamed",
    "address",
    "as_dead_letter",
    "invalid",
    "read_body",
    "refusal_of",
]

COMMAND_ID: Final = "Nats-Msg-Id"
_EXPECTATION_PREFIX: Final = "Nats-Expected-"
CANONICAL: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9-]{1,64}", flags=re.ASCII)
"""Ids that an outcome may be published under: without wildcards and separators of subjects."""

_REPLY_TOKENS: Final = 9
"""Tokens of `$JS.ACK.<stream>.<consumer>.<deliveries>.<place>.<number>.<nanoseconds>.<pending>`; a domain has more."""


@dataclass(slots=True)
class Addressed:
    """A message that can be answered: its id as sent, its address, its kind, and the caller's language.

    `refusal` is the answer if it is already known.
    """

    raw: Msg
    sent_id: str
    work: Work
    kind: type[Command[Any]]
    language: str
    refusal: Refusal | None


@dataclass(slots=True)
class Misnamed(Addressed):
    """A message whose id no command can have: always refused, and never stored."""


@dataclass(slots=True)
class IncomingCommand(Addressed):
    """A message with a command id: `command` if its body is valid, `refusal` otherwise.

    `turned_away` is for how many seconds it is turned away because of its sender's rate; then its body is not read.
    """

    id: UUID
    trace: str | None
    place: int
    stored_ns: int
    fingerprint: bytes = b""
    turned_away: int = 0
    redelivered: bool = False
    """Whether it is a dead letter that an administrator replays."""

    command: Command[Any] | None = None


@dataclass(slots=True)
class DeadLetter:
    """A message that can never be handled, and the reason."""

    raw: Msg
    reason: str
    incoming: IncomingCommand | None = None


def as_dead_letter(message: IncomingCommand | DeadLetter, reason: str) -> DeadLetter:
    """Return a dead letter of a message that failed alone too often."""
    incoming = message if isinstance(message, IncomingCommand) else None
    return DeadLetter(message.raw, reason, incoming)


def address(raw: Msg) -> IncomingCommand | Misnamed | DeadLetter:
    """Parse the address of a message without reading its body."""
    work = read_work(raw.subject)
    headers = raw.headers or {}
    sent_id = headers.get(COMMAND_ID, "")
    if not _TOKEN.fullmatch(sent_id):
        return DeadLetter(raw, f"The header {COMMAND_ID} is not a UUID.")
    if is_redelivery(work):
        return _read_redelivery(raw)
    command_type = Command.registry.get(f"{work.worker}.{work.verb}")
    if command_type is None:
        return DeadLetter(raw, f"{work.worker} has no command {work.verb}.")
    language = preferred_language(headers.get("Accept-Language"))
    if not CANONICAL.fullmatch(sent_id):
        return Misnamed(raw, sent_id, work, command_type, language, invalid((COMMAND_ID, "id_not_canonical")))
    unsupported = (
        next((name for name in headers if name.startswith(_EXPECTATION_PREFIX)), None) if len(headers) > 1 else None
    )
    place, stored_ns = locate(raw)
    return IncomingCommand(
        raw=raw,
        sent_id=sent_id,
        work=work,
        kind=command_type,
        language=language,
        refusal=invalid((unsupported, "header_not_supported")) if unsupported else None,
        id=UUID(sent_id),
        trace=trace_of(headers.get(HEADER, "")),
        place=place,
        stored_ns=stored_ns,
    )


def _read_redelivery(raw: Msg) -> IncomingCommand | Misnamed | DeadLetter:
    """Parse the address of the message in a replayed dead letter."""
    inner = unwrap(raw)
    if inner is None or is_redelivery(read_work(inner.subject)):
        return DeadLetter(raw, "It holds no message that can be replayed.")
    incoming = address(inner)
    if not isinstance(incoming, IncomingCommand) or incoming.kind.secrets:
        return DeadLetter(raw, "It holds no message that can be replayed.")
    incoming.redelivered = True
    return incoming


def locate(raw: Msg) -> tuple[int, int]:
    """Return a message's place in its stream and when it was stored, in nanoseconds, from the reply subject.

    The library's own parser would double the cost of a message that is turned away.
    """
    tokens = raw.reply.split(".")
    place, _, stored_ns, _ = tokens[5:9] if len(tokens) == _REPLY_TOKENS else tokens[7:11]
    return int(place), int(stored_ns)


def read_body(message: IncomingCommand) -> None:
    """Parse the body of a message that is not refused yet; an invalid body refuses this message alone."""
    if message.refusal or message.turned_away:
        return
    try:
        command = parse_body(message.kind, message.raw.data)
        require_key(command, message.work)
        message.command = command
    except Refusal as refusal:
        message.refusal = refusal


def require_key(command: Command[Any], work: Work) -> None:
    """Refuse a message whose subject has another key than its body.

    The same UUID in another spelling would go through another lane and could overtake earlier commands.
    """
    key = command.key_for(work.principal)
    if key == work.key:
        return
    if _is_same(key, work.key):
        raise invalid(("subject", "key_not_canonical"))
    raise invalid((next((name for name, value in command if str(value) == key), ""), "other_key"))


def _is_same(left: str, right: str) -> bool:
    try:
        return UUID(left) == UUID(right)
    except ValueError:
        return False
