"""The form of outgoing outcomes, events, commands and dead letters: outbox rows and outcome bodies."""

import base64
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import to_json

from contracts import subjects
from contracts.errors import HTTP_STATUS, Error, Refusal
from contracts.message import Command, Event
from contracts.subjects import SYSTEM, is_valid_principal
from workers.common.trace_context import HEADER
from workers.runtime.admission.incoming_messages import COMMAND_ID, DeadLetter
from workers.runtime.admission.password_redaction import kind_with_secrets, without_secrets
from workers.runtime.bus.outbox import PostedRow
from workers.runtime.commands.unit_of_work import EmittedEvent

MESSAGE_BYTES_MAX = 1_000_000
"""The largest body that is published: the server accepts 1 MiB including the headers."""

_LETTER_BYTES_MAX = 700_000
"""A letter is longer by a third when it is sealed."""


class TooLargeError(ValueError):
    """The result of a command does not fit into a message; publishing it would block its lane for ever."""


def applied_outcome(command_id: UUID, revision: int | None, result: Event, events: list[UUID]) -> bytes:
    """Return the outcome of an applied command.

    Raises:
        TooLargeError: The outcome does not fit into a message.
    """
    body = b'{"command_id":"%b","status":"applied","revision":%b,"result":%b,"events":%b}' % (
        str(command_id).encode(),
        b"null" if revision is None else str(revision).encode(),
        result.__pydantic_serializer__.to_json(result),
        to_json(events),
    )
    if len(body) > MESSAGE_BYTES_MAX:
        raise TooLargeError
    return body


def rejected_outcome(command_id: str, error: Error) -> bytes:
    """Return the outcome of a refused command."""
    return to_json({"command_id": command_id, "status": "rejected", "error": error.model_dump(mode="json")})


def refusal_reply(refusal: Refusal, language: str) -> tuple[bytes, dict[str, str]]:
    """Return a refusal in the form of NATS services: status and sentence in the headers, the error in the body."""
    error = refusal.as_error(language)
    status = refusal.details.get("status", HTTP_STATUS[refusal.code])
    headers = {"Nats-Service-Error-Code": str(status), "Nats-Service-Error": ascii(error.message)[1:-1]}
    return b'{"error":%b}' % error.model_dump_json().encode(), headers


class Origin(NamedTuple):
    """The origin of an event: actor, time (RFC 3339), causing message and trace."""

    actor: str
    time: str
    cause: UUID | None = None
    trace: str | None = None


class LaneOutbox(NamedTuple):
    """The outbox of one worker's lane: makes the rows of its messages."""

    site: str
    worker: str
    lane: int

    def event(self, emitted: EmittedEvent, origin: Origin) -> PostedRow:
        """Make the row of an event: CloudEvents 1.0 in binary mode."""
        event, event_id = emitted.event, str(emitted.id)
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
        if emitted.revision is not None:
            headers["ce-revision"] = str(emitted.revision)
        if origin.cause is not None:
            headers["ce-causationid"] = str(origin.cause)
        if origin.trace:
            headers[HEADER] = origin.trace
        body = event.__pydantic_serializer__.to_json(event).decode()
        return self._row(subjects.event(self.site, event.subject, emitted.key), headers, body)

    def command(self, command: Command[Any], command_id: UUID, trace: str | None = None) -> PostedRow:
        """Make the row of a command that the product sends to itself, in the trace of its cause."""
        subject = subjects.command(self.site, SYSTEM, command.subject, command.key())
        headers = {COMMAND_ID: str(command_id)}
        if trace:
            headers[HEADER] = trace
        return self._row(subject, headers, command.model_dump_json())

    def forward(self, subject: str, headers: dict[str, str], body: str) -> PostedRow:
        """Make the row of a message that is replayed."""
        return self._row(subject, headers, body)

    def dead(self, dead: DeadLetter) -> PostedRow:
        """Make the row of a dead letter; its id is the message's place in its stream, so it is stored once.

        It is sealed when it is posted (`letter_sealing`).
        """
        raw = dead.raw
        headers = {_text(name): _text(value) for name, value in (raw.headers or {}).items()}
        letter: dict[str, Any] = {"subject": _text(raw.subject), "headers": headers, "reason": dead.reason}
        kind = kind_with_secrets(raw.subject)
        content = without_secrets(raw.data, kind) if kind else raw.data
        try:
            letter["body"] = content.decode()
        except UnicodeDecodeError:
            letter["body_base64"] = base64.b64encode(content).decode()
        if len(to_json(letter)) > _LETTER_BYTES_MAX:  # control characters take six bytes each
            del letter["body"]
            letter["body_base64"] = base64.b64encode(content).decode()
        own_headers = {COMMAND_ID: f"{self.worker}-{raw.metadata.stream}-{raw.metadata.sequence.stream}"}
        body = to_json(letter).decode().replace("\\u0000", "\\ufffd")
        return self._row(subjects.dead(self.site, self.worker, sender(raw.subject)), own_headers, body)

    def _row(self, subject: str, headers: dict[str, str], body: str) -> PostedRow:
        return {"worker": self.worker, "lane": self.lane, "subject": subject, "headers": headers, "body": body}


def sender(subject: str) -> str:
    """Return the sender of a message in a lane; `system` for messages of the product itself."""
    parts = subject.split(".")
    principal = parts[-3] if parts[2] == "work" else SYSTEM
    return principal if is_valid_principal(principal) else SYSTEM


def _text(value: str) -> str:
    """Replace characters that JSON cannot hold: a client can put any bytes into a subject or a header."""
    return value.encode(errors="replace").decode()
