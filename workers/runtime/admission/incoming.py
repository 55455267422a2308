"""Reading what lies in a lane: an accepted command, a refusal, or a message that can never be handled."""

import re
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from nats.aio.msg import Msg

from contracts.errors import Refusal
from contracts.message import Command
from contracts.subjects import Work, read_work
from contracts.texts import preferred_language
from workers.common.tracing import HEADER, trace_of
from workers.runtime.admission.json_body import LARGEST_BODY, MOST_NAMED, invalid, parse_body, refusal_of
from workers.runtime.admission.replay import is_redelivery, unwrapped

__all__ = [
    "LARGEST_BODY",
    "MOST_NAMED",
    "Addressed",
    "DeadLetter",
    "IncomingCommand",
    "Misnamed",
    "address",
    "invalid",
    "read_body",
    "refusal_of",
]

COMMAND_ID: Final = "Nats-Msg-Id"
_EXPECTED: Final = "Nats-Expected-"
CANONICAL: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9-]{1,64}", flags=re.ASCII)
"""What an outcome may be published to: as a token of a subject it can mean nothing but itself."""

_REPLY_TOKENS: Final = 9
"""Tokens of `$JS.ACK.<stream>.<consumer>.<deliveries>.<place>.<number>.<nanoseconds>.<pending>`; a domain has more."""


@dataclass(slots=True)
class Addressed:
    """A message that can be answered: what was sent as its id, where it lies, what it is and in which language.

    `refusal` is the answer where it is known already.
    """

    raw: Msg
    told: str
    work: Work
    kind: type[Command[Any]]
    language: str
    refusal: Refusal | None


@dataclass(slots=True)
class Misnamed(Addressed):
    """A message whose id is a text that no command has: always refused, and remembered nowhere."""


@dataclass(slots=True)
class IncomingCommand(Addressed):
    """A message with a command id: `command` when its body fits, `refusal` when it does not.

    `turned_away` says for how many seconds, where it came beyond its sender's rate; only its address was read then.
    """

    id: UUID
    trace: str | None
    place: int
    stored_ns: int
    fingerprint: bytes = b""
    turned_away: int = 0
    redelivered: bool = False
    """It was put aside before, and an administrator had it handled once more."""

    command: Command[Any] | None = None


@dataclass(slots=True)
class DeadLetter:
    """A message that can never be handled, and why."""

    raw: Msg
    reason: str
    incoming: IncomingCommand | None = None


def address(raw: Msg) -> IncomingCommand | Misnamed | DeadLetter:
    """Find out whose message it is and whom to answer; its body stays closed."""
    work = read_work(raw.subject)
    headers = raw.headers or {}
    told = headers.get(COMMAND_ID, "")
    if not _TOKEN.fullmatch(told):
        return DeadLetter(raw, f"The header {COMMAND_ID} is not a UUID.")
    if is_redelivery(work):
        return _redelivered(raw)
    kind = Command.registry.get(f"{work.worker}.{work.verb}")
    if kind is None:
        return DeadLetter(raw, f"{work.worker} has no command {work.verb}.")
    language = preferred_language(headers.get("Accept-Language"))
    if not CANONICAL.fullmatch(told):
        return Misnamed(raw, told, work, kind, language, invalid((COMMAND_ID, "id_not_canonical")))
    unsupported = next((name for name in headers if name.startswith(_EXPECTED)), None) if len(headers) > 1 else None
    place, stored_ns = located(raw)
    return IncomingCommand(
        raw=raw,
        told=told,
        work=work,
        kind=kind,
        language=language,
        refusal=invalid((unsupported, "header_not_supported")) if unsupported else None,
        id=UUID(told),
        trace=trace_of(headers.get(HEADER, "")),
        place=place,
        stored_ns=stored_ns,
    )


def _redelivered(raw: Msg) -> IncomingCommand | Misnamed | DeadLetter:
    """Find out whose message a dead letter is that comes back."""
    inner = unwrapped(raw)
    if inner is None or is_redelivery(read_work(inner.subject)):
        return DeadLetter(raw, "It holds no message to be handled once more.")
    found = address(inner)
    if not isinstance(found, IncomingCommand) or found.kind.secrets:
        return DeadLetter(raw, "It holds no message to be handled once more.")
    found.redelivered = True
    return found


def located(raw: Msg) -> tuple[int, int]:
    """Return where in its stream a message lies, and when it was stored, in nanoseconds: read from the server's reply.

    The library's own way costs as much as all else that is done with a message that is turned away.
    """
    tokens = raw.reply.split(".")
    place, _, stored_ns, _ = tokens[5:9] if len(tokens) == _REPLY_TOKENS else tokens[7:11]
    return int(place), int(stored_ns)


def read_body(one: IncomingCommand) -> None:
    """Read the body of a message that is not refused without it, so that a bad one costs only itself."""
    if one.refusal or one.turned_away:
        return
    try:
        command = parse_body(one.kind, one.raw.data)
        key_agrees(command, one.work)
        one.command = command
    except Refusal as refusal:
        one.refusal = refusal


def key_agrees(command: Command[Any], work: Work) -> None:
    """Refuse a key that is not the body's own.

    The same UUID in another spelling would go through another lane, past the commands that it has to follow.
    """
    key = command.key_for(work.principal)
    if key == work.key:
        return
    if _is_same(key, work.key):
        raise invalid(("subject", "key_not_canonical"))
    raise invalid((next((name for name, value in command if str(value) == key), ""), "other_key"))


def _is_same(one: str, other: str) -> bool:
    try:
        return UUID(one) == UUID(other)
    except ValueError:
        return False
