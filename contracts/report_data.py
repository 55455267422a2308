"""The data that a report has with it as a file: what its pages say, for programs."""

from typing import Any, Literal
from uuid import UUID

from contracts.message import Message
from contracts.projects.queries import ProjectDetails
from contracts.properties import FieldKind
from contracts.reports import TemplateVersion
from contracts.values import Language, Time


class NamedChoice(Message):
    """A category under the name of its time, with the name of its value."""

    label: str
    value: str | None


class NamedValue(Message):
    """A data field under the name of its time; a decimal is a text."""

    label: str
    kind: FieldKind
    value: Any


class CommentRevision(Message):
    """A comment that was edited, with its text until then, or deleted, without any."""

    comment_id: UUID
    at: Time
    by: str
    text: str | None


class OtherFile(Message):
    """A report or an export of the project that was made before."""

    id: UUID
    at: Time
    by: str


class RecordedActivity(Message):
    """What somebody did with the project; `activity` is the name of an event on the wire."""

    at: Time
    by: str
    activity: str


class ReportData(Message):
    """The data of a report; users have empty names where names are hidden.

    `missing` names the sections that the author of the report may not see. `activity` is null where
    it was not asked for. `project` has the shape of `projects.get`.
    """

    format: Literal[1] = 1
    report_id: UUID
    generated_at: Time
    generated_by: str | None
    site: str
    software: str
    language: Language
    timezone: str
    show_user_names: bool
    missing: list[str]
    project: ProjectDetails
    type: str | None
    status: str | None
    categories: list[NamedChoice]
    data: list[NamedValue]
    comment_revisions: list[CommentRevision]
    unlisted_wordings: int
    earlier_reports: list[OtherFile]
    exports: list[OtherFile]
    activity: list[RecordedActivity] | None = None
    unlisted_activities: int = 0
    template: TemplateVersion | None = None
    recipient: str | None = None
    reference: str | None = None
    legal_basis: str | None = None
