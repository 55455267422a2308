"""Refusals: the codes of the wire and the shape in which they reach a caller."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from contracts.texts import Part, Phrase, phrase, reason, way_out


class Code(StrEnum):
    """Why something was refused."""

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
"""What `Nats-Service-Error-Code` says for each code."""


class Error(BaseModel):
    """A refusal as it travels: `message` is in the asked language, `details` names fields, times and people."""

    model_config = ConfigDict(frozen=True)

    code: Code
    message: str
    retryable: bool = False
    details: dict[str, Any] = Field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 - a refusal is an answer of the domain, not an error of the program
    """The answer no: raised by a rule, turned into an outcome or an error reply by whoever called it."""

    def __init__(self, code: Code, *, part: Part | None = None, text: Phrase | None = None, **details: Any) -> None:
        """Keep the code, what the sentence is about, and the details that show the way out."""
        super().__init__(code.value)
        self.code = code
        self.part = part
        self.text = text
        self.details = details

    def as_error(self, language: str) -> Error:
        """Say it in the asked language, with the reason beside every field that is named, and with a way out."""
        fields = [
            {"reason": reason(one["kind"], language), **one} for one in self.details.get("fields", ()) if "kind" in one
        ]
        remedy = "" if fields else way_out(self.code, language)
        return Error(
            code=self.code,
            message=phrase(self.text or Phrase(self.code.value), language, self.part),
            retryable=self.code is Code.UNAVAILABLE,
            details={
                **({"reason": remedy} if remedy else {}),
                **self.details,
                **({"fields": fields} if fields else {}),
            },
        )


def project_gone(tombstone: Mapping[Any, Any] | None, part: Part | None, field: str = "project_id") -> Refusal:
    """Say that a project was deleted, when and by whom, as its published tombstone tells; or that it never was here.

    `field` is what it was asked for by.
    """
    if tombstone is None:
        unknown = [{"field": field, "kind": "not_here"}]
        return Refusal(Code.GONE, part=part, status=404, known=False, fields=unknown)
    named: dict[str, Any] = {} if field == "project_id" else {"project_id": str(tombstone["project_id"])}
    return Refusal(
        Code.GONE,
        part=part,
        fields=[{"field": field, "kind": "deleted"}],
        **named,
        number=tombstone["number"],
        deleted_at=tombstone["deleted_at"].isoformat(),
        deleted_by=tombstone["deleted_by"],
        expired=tombstone["expired"],
    )
