"""Queries about projects and commands, and their answers (PRJ-09, PRJ-12, B1)."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from contracts.message import Message, Outcome, Query
from contracts.permissions import Level, Node
from contracts.projects.commands import MAIN_DETAILS
from contracts.projects.parts import Direction
from contracts.projects.reading import ProjectReading
from contracts.projects.recordings import CameraId, Media
from contracts.values import INTEGER_MAX, Name, PropertyId, Slot, Text, Time


class Span(Message):
    """A span of time: `from` is included, `to` is not."""

    from_: Annotated[Time | None, Field(alias="from")] = None
    to: Time | None = None


_EVER: Final = Span()
Ids = Annotated[list[PropertyId | None], Field(max_length=200)]
"""Any of these; null means none assigned."""


Number = Annotated[int, Field(ge=1, le=INTEGER_MAX)]


class ProjectFilter(Message):
    """The conditions of a list of projects; all must hold, and an empty list of ids matches nothing."""

    type_ids: Ids | None = None
    status_ids: Ids | None = None
    categories: dict[Slot, Ids] = {}
    created_by: Annotated[list[Name], Field(max_length=200)] | None = None
    camera_ids: Annotated[list[CameraId], Field(max_length=200)] | None = None
    numbers: Annotated[list[Number], Field(max_length=500)] | None = None
    references: Annotated[list[Name], Field(max_length=200)] | None = None
    created: Span = Span()
    start_time: Span = Span()
    updated: Span = Span()
    has_hold: bool | None = None

    def needs(self) -> dict[Node, Level]:
        """Require the nodes of the conditions: cameras belong to sequences, holds to retention.

        Filtering by withheld information would reveal it, one query at a time.
        """
        started = self.start_time if self.start_time != _EVER else None
        main_details = (self.type_ids, self.status_ids, self.references, started)
        conditions: dict[Node, tuple[object, ...]] = {
            Node.MAIN_DETAILS: main_details,
            Node.CATEGORIES: (self.categories or None,),
            Node.SEQUENCES: (self.camera_ids,),
            Node.RETENTION: (self.has_hold,),
        }
        return {node: Level.VIEW for node, values in conditions.items() if any(each is not None for each in values)}


Limit = Annotated[int, Field(ge=1, le=500)]
Cursor = Annotated[str, Field(max_length=2_000)]
Search = Annotated[Text, StringConstraints(min_length=1, max_length=200)]
"""Words or parts of words, all of which must occur; words of fewer than three letters only as whole words. Words in
quotes are a phrase, and codes with digits match regardless of their spacing."""

Sort = Literal[
    "created_at",
    "-created_at",
    "number",
    "-number",
    "type_id",
    "-type_id",
    "status_id",
    "-status_id",
    "description",
    "-description",
    "start_time",
    "-start_time",
    "end_time",
    "-end_time",
    "updated_at",
    "-updated_at",
    "created_by",
    "-created_by",
]
"""The column that orders a list, `-` for descending; empty values come last either way. Of a description only the first
forty characters count."""


class ProjectRow(Message):
    """A project in a list; its main details are null for callers who may not see them."""

    project_id: UUID
    number: int
    reference: str | None = None
    revision: int
    type_id: int | None
    status_id: int | None
    description: str | None
    start_time: Time | None
    end_time: Time | None
    created_by: str
    created_at: Time
    updated_at: Time
    imported: bool


class ProjectPage(Message):
    """A page of rows, and the cursor of the next page (absent on the last page).

    `withheld` names what the caller may not see: `main-details`, which are null in every row, and the texts that a
    search left out.
    """

    items: list[ProjectRow]
    next: Cursor | None = None
    total: int | None = None
    withheld: list[str] = []


class ListProjects(Query[ProjectPage]):
    """List projects, a page at a time."""

    subject = "projects.list"
    is_recorded = True
    node = Node.PROJECTS

    filter: ProjectFilter = ProjectFilter()
    search: Search | None = None
    sort: Sort = "-created_at"
    limit: Limit = 50
    after: Cursor | None = None
    count: Literal["none", "capped", "exact"] = "none"

    def needs(self) -> dict[Node, Level]:
        """Require projects, and the nodes of the filter and the order."""
        ordered = str(self.sort).removeprefix("-") in MAIN_DETAILS
        return super().needs() | self.filter.needs() | ({Node.MAIN_DETAILS: Level.VIEW} if ordered else {})


class Comment(Message):
    """A comment in its current form."""

    comment_id: UUID
    text: str
    created_by: str
    created_at: Time
    edited_by: str | None = None
    edited_at: Time | None = None


class Call(Message):
    """A call in its current form."""

    call_id: UUID
    direction: Direction
    at: Time
    party: str
    number: str
    duration_seconds: int | None
    reference: str
    notes: str
    created_by: str
    created_at: Time
    edited_by: str | None = None
    edited_at: Time | None = None


class AttachedSequence(Message):
    """A sequence that is attached to a project."""

    sequence_id: UUID
    camera_id: str
    camera_name: str
    site: str | None
    start: Time
    end: Time
    media_expires_at: Time | None
    added_by: str
    added_at: Time
    media: Media | None = None


class Hold(Message):
    """The hold that protects a project from deletion: until a time, or without end."""

    held_by: str
    held_at: Time
    reason: str
    until: Time | None = None
    reference: str | None = None


RedactedField = Literal["description", "reference", "text_1", "text_2", "text_3", "comment", "call", "sequence"]
"""A field whose words can be redacted: all texts of a call, and the name and id of the camera of a sequence."""


class Redaction(Message):
    """A redaction of a project: its words are gone; its reason is there for those who may see retention."""

    revision: int
    field: RedactedField
    part_id: UUID | None = None
    earlier_only: bool = False
    at: Time
    by: str
    reason: str | None = None


class Label(Message):
    """The names at the time when a field was set: `label` of a category or data field, `value` of the choice.

    `value` is the name of the type, the status or the category's value. `label_now` and `value_now` are today's names,
    if they differ. A value that was set before names were recorded has the first known name.
    """

    set_at: Time
    label: str | None = None
    label_now: str | None = None
    value: str | None = None
    value_now: str | None = None


class ProjectDetails(Message):
    """The content of a project that the caller may see; `withheld` names what was left out.

    `too_large` names sections that do not fit into one message: `projects.history` returns them page by page.
    `labels` has for each field with a value the names at the time when it was set: `type_id`, `category_1`, `text_3`.
    """

    project_id: UUID
    number: int
    reference: str | None = None
    revision: int
    type_id: int | None = None
    status_id: int | None = None
    description: str | None = None
    start_time: Time | None = None
    end_time: Time | None = None
    created_by: str
    created_at: Time
    updated_by: str
    updated_at: Time
    imported: bool
    retention_exempt: bool
    categories: dict[str, int | None] | None = None
    data: dict[str, Any] | None = None
    comments: list[Comment] | None = None
    calls: list[Call] | None = None
    sequences: Sequence[AttachedSequence] | None = None
    labels: dict[str, Label] = {}
    hold: Hold | None = None
    redactions: list[Redaction] = []
    withheld: list[str] = []
    too_large: list[str] = []


class GetProject(ProjectReading[ProjectDetails]):
    """Read a project; the reading is recorded before the answer is sent (PRJ-19)."""

    subject = "projects.get"


class FoundProject(Message):
    """The project that has a number."""

    project_id: UUID
    number: int


class FindProject(Query[FoundProject]):
    """Ask which project has a number; for a deleted project, when and by whom it was deleted."""

    subject = "projects.find"
    node = Node.PROJECTS

    number: Number


OUTCOME_WAIT_SECONDS_MAX: Final = 30


class GetOutcome(Query[Outcome]):
    """Ask for the outcome of the caller's own command, and wait up to `wait_seconds` for it."""

    subject = "projects.outcome"
    node = Node.PROJECTS

    command_id: UUID
    wait_seconds: Annotated[float, Field(ge=0, le=OUTCOME_WAIT_SECONDS_MAX)] = 0

    def needs(self) -> dict[Node, Level]:
        """Require nothing: a principal may always read its own outcomes."""
        return {}
