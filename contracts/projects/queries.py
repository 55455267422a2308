"""What can be asked about projects and commands, and what is answered (PRJ-09, PRJ-12, B1)."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from contracts.message import Message, Outcome, Query
from contracts.permissions import Level, Node
from contracts.projects.commands import MAIN_DETAILS
from contracts.projects.parts import Direction
from contracts.projects.recordings import CameraId, Media
from contracts.values import LARGEST_INTEGER, Name, PropertyId, Slot, Text, Time


class Span(Message):
    """A span of time: `from` is included, `to` is not."""

    from_: Annotated[Time | None, Field(alias="from")] = None
    to: Time | None = None


_EVER: Final = Span()
Ids = Annotated[list[PropertyId | None], Field(max_length=200)]
"""Some of these; null stands for none assigned."""


Number = Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]


class ProjectFilter(Message):
    """Which projects a list holds; all conditions must hold, an empty list of ids matches nothing."""

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
        """Ask for what the conditions tell about: cameras are what sequences are of, holds are retention's.

        Whoever could choose by what is withheld would be told it, one question at a time.
        """
        started = self.start_time if self.start_time != _EVER else None
        main_details = (self.type_ids, self.status_ids, self.references, started)
        told: dict[Node, tuple[object, ...]] = {
            Node.MAIN_DETAILS: main_details,
            Node.CATEGORIES: (self.categories or None,),
            Node.SEQUENCES: (self.camera_ids,),
            Node.RETENTION: (self.has_hold,),
        }
        return {node: Level.VIEW for node, asked in told.items() if any(one is not None for one in asked)}


Limit = Annotated[int, Field(ge=1, le=500)]
Cursor = Annotated[str, Field(max_length=2_000)]
Search = Annotated[Text, StringConstraints(min_length=1, max_length=200)]
"""Words or parts of words, all of which must be found; of fewer than three letters it must be a whole word. Words in
quotes are a phrase, and codes with digits are found however they are spaced."""

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
"""The column that orders a list, `-` for descending; what is empty comes last either way. Of a description the first
forty characters count."""


class ProjectRow(Message):
    """A project as a list shows it; its main details are null for those who may not see them."""

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
    """Some rows and the cursor after the last of them (absent on the last page).

    `withheld` names what the caller may not see: `main-details`, which are null in every row, and the texts in which a
    search did not look.
    """

    items: list[ProjectRow]
    next: Cursor | None = None
    total: int | None = None
    withheld: list[str] = []


class ListProjects(Query[ProjectPage]):
    """List projects, a page at a time."""

    subject = "projects.list"
    node = Node.PROJECTS

    filter: ProjectFilter = ProjectFilter()
    search: Search | None = None
    sort: Sort = "-created_at"
    limit: Limit = 50
    after: Cursor | None = None
    count: Literal["none", "capped", "exact"] = "none"

    def needs(self) -> dict[Node, Level]:
        """Ask for projects, and for what the filter and the order tell about."""
        ordered = str(self.sort).removeprefix("-") in MAIN_DETAILS
        return super().needs() | self.filter.needs() | ({Node.MAIN_DETAILS: Level.VIEW} if ordered else {})


class Comment(Message):
    """A comment as it stands."""

    comment_id: UUID
    text: str
    created_by: str
    created_at: Time
    edited_by: str | None = None
    edited_at: Time | None = None


class Call(Message):
    """A call as it stands."""

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
    """A sequence as it is attached to a project."""

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
    """The hold that keeps a project from being deleted."""

    held_by: str
    held_at: Time
    reason: str


class Label(Message):
    """What a field was called when its value was set: `label` a category or a data field, `value` what was chosen.

    `value` is the name of the type, the status or the category's value; a name that is another one today has that
    beside it. A value that was set before names were kept has the first known one.
    """

    set_at: Time
    label: str | None = None
    label_now: str | None = None
    value: str | None = None
    value_now: str | None = None


class ProjectDetails(Message):
    """All that a project holds and the caller may see; `withheld` names what was left out.

    `too_large` names sections that do not fit into one message: `projects.history` tells them a page at a time.
    `labels` says of each field with a value what it was called when that was set: `type_id`, `category_1`, `text_3`.
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
    sequences: list[AttachedSequence] | None = None
    labels: dict[str, Label] = {}
    hold: Hold | None = None
    withheld: list[str] = []
    too_large: list[str] = []


class GetProject(Query[ProjectDetails]):
    """Open a project; the reading is recorded before the answer leaves (PRJ-19)."""

    subject = "projects.get"
    node = Node.PROJECTS

    project_id: UUID


class FoundProject(Message):
    """The project that has a number."""

    project_id: UUID
    number: int


class FindProject(Query[FoundProject]):
    """Ask which project has a number; of one that was deleted, when and by whom."""

    subject = "projects.find"
    node = Node.PROJECTS

    number: Number


class GetOutcome(Query[Outcome]):
    """Ask again what became of one's own command."""

    subject = "projects.outcome"
    node = Node.PROJECTS

    command_id: UUID

    def needs(self) -> dict[Node, Level]:
        """Ask for nothing: a principal may always read its own outcomes."""
        return {}
