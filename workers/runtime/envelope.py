"""How outcomes, events, commands and dead letters look when they leave: outbox rows and outcome bodies."""

import base64
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import to_json

from contracts import subjects
from contracts.errors import HTTP_STATUS, Error, Refusal
from contracts.message import Command, Event
from contracts.subjects import SYSTEM
from workers.runtime.accepted import COMMAND_ID, Dead
from workers.runtime.unit import Happened


def applied(command_id: UUID, revision: int | None, result: Event, events: list[UUID]) -> bytes:
    """Say that a command was applied."""
    return b'{"command_id":"%b","status":"applied","revision":%b,"result":%b,"events":%b}' % (
        str(command_id).encode(),
        b"null" if revision is None else str(revision).encode(),
        result.__pydantic_serializer__.to_json(result),
        to_json(events),
    )


def rejected(command_id: UUID, error: Error) -> bytes:
    """Say that a command was refused, and why."""
    return to_json({"command_id": command_id, "status": "rejected", "error": error.model_dump(mode="json")})


def refused(refusal: Refusal, language: str) -> tuple[bytes, dict[str, str]]:
    """Say no in the form of NATS services: a status and a sentence in the headers, the error in the body."""
    error = refusal.as_error(language)
    status = refusal.details.get("status", HTTP_STATUS[refusal.code])
    headers = {"Nats-Service-Error-Code": str(status), "Nats-Service-Error": ascii(error.message)[1:-1]}
    return b'{"error":%b}' % error.model_dump_json().encode(), headers


class Origin(NamedTuple):
    """Where an event comes from: who acted, when (RFC 3339), by which message, in which trace."""

    actor: str
    time: str
    cause: UUID | None = None
    trace: str | None = None


def event_row(happened: Happened, origin: Origin, *, site: str, worker: str, lane: int) -> dict[str, Any]:
    """Make the outbox row of an event: CloudEvents 1.0 in binary mode."""
    event = happened.event
    headers = {
        COMMAND_ID: str(happened.id),
        "ce-specversion": "1.0",
        "ce-id": str(happened.id),
        "ce-source": f"/im/{site}/{worker}",
        "ce-type": subjects.event_type(event.subject),
        "ce-time": origin.time,
        "ce-actor": origin.actor,
    }
    if project_id := getattr(event, "project_id", None):
        headers["ce-subject"] = str(project_id)
    if happened.revision is not None:
        headers["ce-revision"] = str(happened.revision)
    if origin.cause is not None:
        headers["ce-causationid"] = str(origin.cause)
    if origin.trace:
        headers["traceparent"] = origin.trace
    return {
        "worker": worker,
        "lane": lane,
        "subject": subjects.event(site, event.subject, happened.key),
        "headers": headers,
        "body": event.__pydantic_serializer__.to_json(event).decode(),
    }


def command_row(command: Command[Any], command_id: UUID, *, site: str, worker: str, lane: int) -> dict[str, Any]:
    """Make the outbox row of a command that the product sends to itself."""
    return {
        "worker": worker,
        "lane": lane,
        "subject": subjects.command(site, SYSTEM, command.subject, command.key()),
        "headers": {COMMAND_ID: str(command_id)},
        "body": command.model_dump_json(),
    }


def dead_row(dead: Dead, *, site: str, worker: str, lane: int) -> dict[str, Any]:
    """Make the outbox row of a dead letter; its id is the message's place in its stream, so it lies there once."""
    raw = dead.raw
    letter: dict[str, Any] = {"subject": raw.subject, "headers": raw.headers or {}, "reason": dead.reason}
    try:
        letter["body"] = raw.data.decode()
    except UnicodeDecodeError:
        letter["body_base64"] = base64.b64encode(raw.data).decode()
    place = raw.metadata.sequence.stream
    return {
        "worker": worker,
        "lane": lane,
        "subject": subjects.dead(site, worker),
        "headers": {COMMAND_ID: f"{worker}-{raw.metadata.stream}-{place}"},
        "body": to_json(letter).decode().replace("\\u0000", "\\ufffd"),
    }
