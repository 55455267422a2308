"""The query of a project's history: every change of a field or text, by whom, when, and both values."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from contracts.message import Message, Query
from contracts.permissions import Level, Node
from contracts.projects.queries import Cursor, Limit
from contracts.projects.reading import ProjectReading
from contracts.values import Time


class HistoryEntry(Message):
    """One change of one field or part: `project` is its creation; comments, calls and sequences have a `part_id`.

    `label` is the name of the category or data field at that time, `names` those of the ids in `old` and `new`.
    """

    revision: int
    at: Time
    by: str
    field: str
    part_id: UUID | None
    old: Any
    new: Any
    label: str | None = None
    names: dict[str, str | None] = {}


class ProjectHistory(Message):
    """A page of entries, newest first; `withheld` names the parts that the caller may not see."""

    items: list[HistoryEntry]
    next: Cursor | None = None
    withheld: list[str] = []


class GetHistory(ProjectReading[ProjectHistory]):
    """Ask who changed what; it is recorded like reading the project, because it shows the project's content."""

    subject = "projects.history"

    field: Annotated[str, Field(pattern="^[a-z0-9_]{1,40}$")] | None = None
    part_id: UUID | None = None
    limit: Limit = 50
    after: Cursor | None = None


class PreservedEntry(HistoryEntry):
    """A change under hold that replaced or removed something: `old` is what was there, `hold_id` the hold in force."""

    hold_id: UUID


class PreservedContent(Message):
    """A page of changes under hold, newest first; `withheld` names the parts that the caller may not see."""

    items: list[PreservedEntry]
    next: Cursor | None = None
    withheld: list[str] = []


class GetPreserved(Query[PreservedContent]):
    """Ask for the earlier forms of what was changed or removed while a project was under hold; it is recorded."""

    subject = "projects.preserved"
    node = Node.RETENTION
    level = Level.MANAGE

    project_id: UUID
    limit: Limit = 50
    after: Cursor | None = None
