"""How outcomes, events, commands and dead letters look when they leave: outbox rows and outcome bodies."""

import base64
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import to_json

from contracts import subjects
from contracts.errors import HTTP_STATUS, Error, Refusal
from contracts.message import Command, Event
from contracts.subjects import SYSTEM, valid_principal
from workers.common.tracing import HEADER
from workers.runtime.admission.incoming import COMMAND_ID, DeadLetter
from workers.runtime.admission.redaction import with_secrets, without_secrets
from workers.runtime.commands.unit_of_work import Happened

LARGEST_MESSAGE = 1_000_000
"""Bytes of what leaves, at most: the server takes a mebibyte with the headers."""


class TooLargeError(ValueError):
    """What a command led to does not fit into a message: said, it would hold up its lane for ever."""


def applied(command_id: UUID, revision: int | None, result: Event, events: list[UUID]) -> bytes:
    """Say that a command was applied.

    Raises:
        TooLargeError: It led to more than a message holds.
    """
    said = b'{"command_id":"%b","status":"applied","revision":%b,"result":%b,"events":%b}' % (
        str(command_id).encode(),
        b"null" if revision is None else str(revision).encode(),
        result.__pydantic_serializer__.to_json(result),
        to_json(events),
    )
    if len(said) > LARGEST_MESSAGE:
        raise TooLargeError
    return said


def rejected(command_id: str, error: Error) -> bytes:
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


class Post(NamedTuple):
    """The outbox of one worker's lane: makes the rows of what leaves from there."""

    site: str
    worker: str
    lane: int

    def event(self, happened: Happened, origin: Origin) -> dict[str, Any]:
        """Make the row of an event: CloudEvents 1.0 in binary mode."""
        event, event_id = happened.event, str(happened.id)
        headers = {
            COMMAND_ID: event_id,
            "ce-specversion": "1.0",
            "ce-id": event_id,
            "ce-source": f"/im/{self.site}/{self.worker}",
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
            headers[HEADER] = origin.trace
        body = event.__pydantic_serializer__.to_json(event).decode()
        return self._row(subjects.event(self.site, event.subject, happened.key), headers, body)

    def command(self, command: Command[Any], command_id: UUID, trace: str | None = None) -> dict[str, Any]:
        """Make the row of a command that the product sends to itself, in the trace of what led to it."""
        subject = subjects.command(self.site, SYSTEM, command.subject, command.key())
        headers = {COMMAND_ID: str(command_id)}
        if trace:
            headers[HEADER] = trace
        return self._row(subject, headers, command.model_dump_json())

    def forwarded(self, subject: str, headers: dict[str, str], body: str) -> dict[str, Any]:
        """Make the row of a message that travels once more."""
        return self._row(subject, headers, body)

    def dead(self, dead: DeadLetter) -> dict[str, Any]:
        """Make the row of a dead letter; its id is the message's place in its stream, so it lies there once."""
        raw = dead.raw
        told = {_text(name): _text(value) for name, value in (raw.headers or {}).items()}
        letter: dict[str, Any] = {"subject": _text(raw.subject), "headers": told, "reason": dead.reason}
        kind = with_secrets(raw.subject)
        content = without_secrets(raw.data, kind) if kind else raw.data
        try:
            letter["body"] = content.decode()
        except UnicodeDecodeError:
            letter["body_base64"] = base64.b64encode(content).decode()
        if len(to_json(letter)) > LARGEST_MESSAGE:  # control characters take six bytes each
            del letter["body"]
            letter["body_base64"] = base64.b64encode(content).decode()
        headers = {COMMAND_ID: f"{self.worker}-{raw.metadata.stream}-{raw.metadata.sequence.stream}"}
        body = to_json(letter).decode().replace("\\u0000", "\\ufffd")
        return self._row(subjects.dead(self.site, self.worker, sender(raw.subject)), headers, body)

    def _row(self, subject: str, headers: dict[str, str], body: str) -> dict[str, Any]:
        return {"worker": self.worker, "lane": self.lane, "subject": subject, "headers": headers, "body": body}


def sender(subject: str) -> str:
    """Return who sent what lies in a lane, `system` for what the product has heard from itself."""
    parts = subject.split(".")
    named = parts[5] if parts[2] == "work" else SYSTEM
    return named if valid_principal(named) else SYSTEM


def _text(told: str) -> str:
    """Replace what no store and no JSON takes: a client can put any bytes into a subject or a header."""
    return told.encode(errors="replace").decode()
