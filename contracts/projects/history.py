"""What can be asked about a project's past: every field and text that was changed, by whom, when, from what to what."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from contracts.message import Message, Query
from contracts.permissions import Node
from contracts.projects.queries import Cursor, Limit
from contracts.values import Time


class HistoryEntry(Message):
    """One change of one field or part: `project` is its opening; comments, calls and sequences have a `part_id`.

    `label` is what a category or a data field was called then, `names` what the ids in `old` and `new` meant then.
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
    """Some entries, the newest first; `withheld` names the parts that the caller may not see."""

    items: list[HistoryEntry]
    next: Cursor | None = None
    withheld: list[str] = []


class GetHistory(Query[ProjectHistory]):
    """Ask who changed what; it is recorded like opening the project, because it tells what the project held."""

    subject = "projects.history"
    node = Node.PROJECTS

    project_id: UUID
    field: Annotated[str, Field(pattern="^[a-z0-9_]{1,40}$")] | None = None
    part_id: UUID | None = None
    limit: Limit = 50
    after: Cursor | None = None
