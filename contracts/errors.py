"""Refusals: the codes of the wire, and the form in which callers receive them."""

from datetime import datetime
from enum import StrEnum
from typing import Any, TypedDict
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from contracts.limits import limit_of
from contracts.texts import Part, Phrase, phrase, reason, remedy


class Code(StrEnum):
    """The reason of a refusal."""

    PERMISSION_DENIED = "permission-denied"
    NOT_AVAILABLE = "not-available"
    GONE = "gone"
    CONFLICT = "conflict"
    UNAVAILABLE = "unavailable"
    INVALID = "invalid"
    UNKNOWN_REFERENCE = "unknown-reference"
    IN_USE = "in-use"
    HELD = "held"
    NOT_LICENSED = "not-licensed"
    COMMAND_ID_REUSED = "command-id-reused"


HTTP_STATUS = {
    Code.PERMISSION_DENIED: 403,
    Code.NOT_AVAILABLE: 403,
    Code.GONE: 410,
    Code.CONFLICT: 409,
    Code.UNAVAILABLE: 503,
    Code.INVALID: 400,
    Code.UNKNOWN_REFERENCE: 404,
    Code.IN_USE: 409,
    Code.HELD: 409,
    Code.NOT_LICENSED: 403,
    Code.COMMAND_ID_REUSED: 409,
}
"""The `Nats-Service-Error-Code` of each code."""


class Error(BaseModel):
    """A refusal on the wire: `message` is in the requested language, `details` names fields, times and people."""

    model_config = ConfigDict(frozen=True)

    code: Code
    message: str
    retryable: bool = False
    details: dict[str, Any] = Field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 - a refusal is an answer of the domain, not an error of the program
    """A refusal: raised by a rule, and turned into an outcome or an error reply by its caller."""

    def __init__(self, code: Code, *, part: Part | None = None, text: Phrase | None = None, **details: Any) -> None:
        """Keep the code, the object of the sentence, and the details for the remedy."""
        super().__init__(code.value)
        self.code = code
        self.part = part
        self.text = text
        self.details = details

    def as_error(self, language: str) -> Error:
        """Return the error in a language, with a reason for every named field, and with a remedy."""
        fields = [
            {"reason": reason(field["kind"], language, field), **field}
            for field in self.details.get("fields", ())
            if "kind" in field
        ]
        next_step = "" if fields else remedy(self.code, language)
        return Error(
            code=self.code,
            message=phrase(self.text or Phrase(self.code.value), language, self.part),
            retryable=self.code is Code.UNAVAILABLE,
            details={
                **({"reason": next_step} if next_step else {}),
                **self.details,
                **({"fields": fields} if fields else {}),
            },
        )


def reasons_of(error: ValidationError, language: str) -> list[tuple[str, str]]:
    """Return the fields that a validation refused, each with its reason in a language, and never the library's text."""
    return [(field["field"], reason(field["kind"], language, field)) for field in refused_fields(error)]


def refused_fields(error: ValidationError) -> list[dict[str, Any]]:
    """Return the fields that a validation refused, each with its kind and limit, and never with its value."""
    return [_refused_field(each) for each in error.errors(include_url=False)]


def _refused_field(error: ErrorDetails) -> dict[str, Any]:
    kind, value = error["type"], error["input"]
    if kind in {"too_long", "too_short"} and isinstance(value, str):
        kind = f"string_{kind}"  # the validator counts a text's characters as elements if a function checks it, too
    named = {"field": ".".join(map(str, error["loc"])), "kind": kind}
    return {**named, **limit_of(kind, error.get("ctx", {}), value)}


class Tombstone(TypedDict):
    """What is known of a deleted or restricted project."""

    project_id: UUID
    number: int
    deleted_by: str
    deleted_at: datetime
    expired: bool
    erase_after: datetime | None
    restricted: bool


def project_gone(tombstone: Tombstone | None, part: Part | None, field: str = "project_id") -> Refusal:
    """Return the refusal for a project that was deleted, with the facts of its tombstone, is restricted, or is unknown.

    `field` is the field that named the project.
    """
    if tombstone is None:
        fields = [{"field": field, "kind": "not_here"}]
        return Refusal(Code.GONE, part=part, status=404, known=False, fields=fields)
    project: dict[str, Any] = {} if field == "project_id" else {"project_id": str(tombstone["project_id"])}
    number = tombstone["number"]
    if tombstone["restricted"]:
        since = tombstone["deleted_at"].isoformat()
        fields = [{"field": field, "kind": "restricted"}]
        return Refusal(Code.GONE, part=part, fields=fields, **project, number=number, restricted_at=since)
    until = tombstone["erase_after"]
    known: dict[str, Any] = {"restorable_until": until.isoformat()} if until else {}
    return Refusal(
        Code.GONE,
        part=part,
        fields=[{"field": field, "kind": "restorable" if until else "deleted"}],
        **project,
        number=number,
        **known,
        deleted_at=tombstone["deleted_at"].isoformat(),
        deleted_by=tombstone["deleted_by"],
        expired=tombstone["expired"],
    )
