"""Headers and envelopes of messages: outcomes, refusals, heartbeats and dead letters."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.errors import Error
from contracts.message import Store

Traceparent = Annotated[str, Field(pattern="^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")]
AcceptLanguage = Annotated[str, Field(examples=["fr-CH, en;q=0.5"])]


class CommandHeaders(BaseModel):
    """`Nats-Msg-Id` is the command id: a repeated id repeats the first outcome and changes nothing."""

    message_id: Annotated[UUID, Field(alias="Nats-Msg-Id")]
    language: Annotated[AcceptLanguage | None, Field(alias="Accept-Language")] = None
    traceparent: Traceparent | None = None


class QueryHeaders(BaseModel):
    """The language of a refusal, and the trace that the query belongs to."""

    language: Annotated[AcceptLanguage | None, Field(alias="Accept-Language")] = None
    traceparent: Traceparent | None = None


class EventHeaders(BaseModel):
    """CloudEvents 1.0 in binary mode; `ce-subject` is the project, `ce-causationid` the causing command or event."""

    message_id: Annotated[UUID, Field(alias="Nats-Msg-Id")]
    specversion: Annotated[Literal["1.0"], Field(alias="ce-specversion")]
    id: Annotated[UUID, Field(alias="ce-id")]
    source: Annotated[str, Field(alias="ce-source", examples=["/im/main/projects"])]
    type: Annotated[str, Field(alias="ce-type", examples=["im.projects.created.v1"])]
    time: Annotated[datetime, Field(alias="ce-time")]
    actor: Annotated[str, Field(alias="ce-actor")]
    subject: Annotated[UUID | None, Field(alias="ce-subject")] = None
    revision: Annotated[str | None, Field(alias="ce-revision", pattern="^[1-9][0-9]*$")] = None
    causation: Annotated[UUID | None, Field(alias="ce-causationid")] = None
    traceparent: Traceparent | None = None


class RefusalHeaders(BaseModel):
    """The status and the sentence of a refused query, in the form of NATS services."""

    status: Annotated[Literal["400", "403", "404", "409", "410", "503"], Field(alias="Nats-Service-Error-Code")]
    sentence: Annotated[str, Field(alias="Nats-Service-Error")]


class Applied(BaseModel):
    """The outcome of a command that took effect; `result` is the body of its event."""

    command_id: UUID
    status: Literal["applied"]
    revision: int | None
    result: dict[str, Any]
    events: list[UUID]


class Rejected(BaseModel):
    """The outcome of a command that was refused: nothing changed. `command_id` is repeated as it was sent."""

    command_id: Annotated[str, Field(pattern="^[A-Za-z0-9-]{1,64}$")]
    status: Literal["rejected"]
    error: Error


class Pending(BaseModel):
    """The answer about a command that was taken and is being carried out: `done` of `total` parts are done."""

    command_id: UUID
    status: Literal["pending"]
    done: int
    total: int


class Refused(BaseModel):
    """The reply to a query that was refused."""

    error: Error


class Heartbeat(BaseModel):
    """The state of a worker process, and its counts since it started."""

    worker: str
    instance: str
    version: str
    started_at: datetime
    lanes: list[int]
    lane_count: int
    applied: int
    rejected: int
    retried: int
    dead: int
    lag: int
    oldest_pending_seconds: float
    figures: dict[str, float]
    """Backlogs of the servers, by the names of docs/operations.md without `incidents_`; unknown ones are missing."""


class SignedCheckpoint(BaseModel):
    """A signed state of an activity log, published when it is signed and again with each cosignature of a witness.

    `note` is a signed note (C2SP tlog-checkpoint). Keep it to find out later whether the log was changed.
    """

    log: Store
    size: int
    note: str


class DeadLetterHeaders(BaseModel):
    """The message's place in its stream, so that it becomes a dead letter only once."""

    message_id: Annotated[str, Field(alias="Nats-Msg-Id", examples=["projects-COMMANDS-17"])]


class DeadLetter(BaseModel):
    """A message that can never be handled, sealed with a key of its own that only the database has.

    `?` with its length replaces each header, and each part of the subject, that can have words. `body_bytes` is the
    length of the body. `sealed_base64` is a nonce of 12 bytes and the whole letter, encrypted with AES-256-GCM.
    """

    subject: str
    headers: dict[str, str]
    reason: str
    body_bytes: int
    key_id: UUID
    sealed_base64: str
