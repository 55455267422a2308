"""The columns of the table of summaries."""

from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from contracts.values import Language


class SummaryRow(TypedDict):
    """A row of `reports.summary`."""

    report_id: UUID
    command_id: UUID
    principal: str
    trace: str | None
    letter: Any
    created_at: datetime
    since: datetime
    until: datetime
    compare: str
    place: str | None
    timezone: str
    language: Language
    title: str
    refusal_language: str
    show_user_names: bool
    state: str
    finished_at: datetime | None
    created: int | None
    complete: bool | None
    missing: list[Any]
    bytes: int | None
    sha256: str | None
    pages: int | None
    content: str
    entries: int | None
    project_ids: list[UUID]
    is_stamped: bool | None
