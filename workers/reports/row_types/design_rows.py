"""The columns of the tables of the design of reports."""

from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID


class DesignRow(TypedDict):
    """A row of `reports.design`; without content it was removed."""

    kind: str
    number: int
    content: bytes | None
    sha256: str
    facts: dict[str, Any]
    set_by: str
    set_at: datetime


class DesignRequestRow(TypedDict):
    """A row of `reports.design_request`."""

    command_id: UUID
    principal: str
    trace: str | None
    letter: Any
    requested_at: datetime
    refusal_language: str
    kind: str
    content: bytes
    facts: dict[str, Any]
