"""Reading what lies in a lane: an accepted command, a refusal, or a message that can never be handled."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.errors import Code, Refusal
from contracts.message import Command
from contracts.subjects import Work, read_work
from contracts.texts import preferred_language
from workers.runtime.secrecy import mark_of

COMMAND_ID = "Nats-Msg-Id"
LARGEST_BODY = 64 * 1024
MOST_NAMED = 100
"""Fields that one refusal names: of a body full of mistakes, all of them would not fit into a message."""
_TRACE = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(slots=True)
class Accepted:
    """A message that has a command id: `command` when its body fits, `refusal` when it does not."""

    raw: Msg
    id: UUID
    work: Work
    mark: bytes
    language: str
    trace: str | None
    command: Command[Any] | None = None
    refusal: Refusal | None = None


@dataclass(slots=True)
class Dead:
    """A message that can never be handled, and why."""

    raw: Msg
    reason: str
    accepted: Accepted | None = None


def read(raw: Msg) -> Accepted | Dead:
    """Judge one message by itself, so that a bad one costs only itself."""
    work = read_work(raw.subject)
    headers = raw.headers or {}
    try:
        command_id = UUID(headers.get(COMMAND_ID, ""))
    except ValueError:
        return Dead(raw, f"The header {COMMAND_ID} is not a UUID.")
    known = Command.known.get(f"{work.worker}.{work.verb}")
    if known is None:
        return Dead(raw, f"{work.worker} has no command {work.verb}.")
    accepted = Accepted(
        raw=raw,
        id=command_id,
        work=work,
        mark=mark_of(known, command_id, f"{work.worker}.{work.key}.{work.verb}", raw.data),
        language=preferred_language(headers.get("Accept-Language")),
        trace=trace_of(headers.get("traceparent", "")),
    )
    if len(raw.data) > LARGEST_BODY:
        accepted.refusal = invalid(("", "body_too_large"))
        return accepted
    return _validated(accepted, known)


def trace_of(told: str) -> str | None:
    """Return a W3C trace context; None for any other text, which must not reach events."""
    return told if _TRACE.fullmatch(told) else None


def _validated(accepted: Accepted, known: type[Command[Any]]) -> Accepted | Dead:
    try:
        command = known.model_validate_json(accepted.raw.data)
    except ValidationError as error:
        if error.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid":
            return Dead(accepted.raw, "The body is not JSON.")
        accepted.refusal = refusal_of(error)
        return accepted
    if command.key_for(accepted.work.principal) != accepted.work.key:
        accepted.refusal = invalid(("" if command.keyed_by_principal else "project_id", "other_key"))
        return accepted
    accepted.command = command
    return accepted


def invalid(*fields: tuple[str, str]) -> Refusal:
    """Refuse fields, each with the validator's name for what is wrong."""
    return Refusal(Code.INVALID, fields=[{"field": name, "kind": kind} for name, kind in fields])


def refusal_of(error: ValidationError) -> Refusal:
    """Refuse a body that does not fit, naming a hundred fields at most and why; never what was written there."""
    found = error.errors(include_url=False, include_input=False, include_context=False)[:MOST_NAMED]
    return invalid(*((".".join(map(str, one["loc"])), one["type"]) for one in found))
