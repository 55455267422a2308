"""The live feed of projects: its query, the headers of its messages, and who may see which event (PRJ-09)."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field, field_validator
from pydantic_core import PydanticCustomError

from contracts.message import Message, Query
from contracts.permissions import Grants, Level, Node
from contracts.projects.commands import node_of_field
from contracts.projects.queries import ProjectFilter

KIND: Final = "Feed-Kind"
CURSOR: Final = "Feed-Cursor"
COUNT: Final = "Feed-Count"
PROJECT_NUMBER: Final = "Feed-Project-Number"

FeedKind = Literal["open", "event", "beat", "end"]
FeedCursor = Annotated[str, Field(max_length=64, pattern=r"^[0-9a-f]{1,8}-[0-9]{1,20}$")]
"""A position among the events of a site: opaque, valid for as long as its event and those after it are kept."""

BEAT_SECONDS: Final = 1.0
LEASE_SECONDS: Final = 15.0
WINDOW: Final = 1_000
"""The number of events that a feed sends ahead of what its client has acknowledged."""

_NODES: Final = {
    "projects.created": Node.PROJECTS,
    "projects.updated": Node.PROJECTS,
    "projects.deleted": Node.PROJECTS,
    "projects.redacted": Node.PROJECTS,
    "projects.restored": Node.PROJECTS,
    "projects.restricted": Node.PROJECTS,
    "projects.restriction-lifted": Node.PROJECTS,
    "projects.imported": Node.PROJECTS,
    "projects.opened": Node.ACTIVITY_LOGS,
    "projects.exported": Node.ACTIVITY_LOGS,
    "projects.downloaded": Node.ACTIVITY_LOGS,
    "projects.export-cancelled": Node.ACTIVITY_LOGS,
    "projects.sequences-added": Node.SEQUENCES,
    "projects.sequences-removed": Node.SEQUENCES,
    "projects.sequences-drafted": Node.SEQUENCES,
    "projects.sequences-undrafted": Node.SEQUENCES,
    "projects.draft-cleared": Node.SEQUENCES,
    "retention.expiries-announced": Node.RETENTION,
    "retention.expiry-announced": Node.RETENTION,
}
_PARTS: Final = {
    "projects.comment-": Node.COMMENTS,
    "projects.call-": Node.CALLS,
    "reports.": Node.REPORTS,
}
_REDACTED: Final = {"comment": Node.COMMENTS, "call": Node.CALLS, "sequence": Node.SEQUENCES}
OWN: Final = frozenset({"projects.sequences-drafted", "projects.sequences-undrafted", "projects.draft-cleared"})
"""Events of a principal's own draft list, which others do not see."""

HIDDEN: Final = frozenset({"projects.expired", "projects.erased"})
"""Events of projects that no feed shows: the product's own steps."""


def node_of(happened: str) -> Node | None:
    """Return the node whose view an event needs; None for events that no feed shows."""
    for part, node in _PARTS.items():
        if happened.startswith(part):
            return node
    return _NODES.get(happened)


def visible_body(happened: str, body: Mapping[str, Any], grants: Grants) -> dict[str, Any] | None:
    """Return the part of an event's body that these grants show; None if nothing, or if no feed shows the event."""
    node = node_of(happened)
    if node is None or not grants.allow(node, Level.VIEW):
        return None
    shown = dict(body)
    if happened == "projects.redacted":
        field = body["field"]
        return shown if grants.allow(_REDACTED.get(field) or node_of_field(field), Level.VIEW) else None
    if happened == "projects.created" and not grants.allow(Node.SEQUENCES, Level.VIEW):
        shown["sequence_ids"] = []
    if happened == "projects.created" and not grants.allow(Node.MAIN_DETAILS, Level.VIEW):
        shown["type_id"] = None
    if happened == "projects.deleted" and not grants.allow(Node.ACTIVITY_LOGS, Level.VIEW):
        shown.pop("reason", None)
    if happened in {"projects.opened", "projects.exported"} and not grants.allow(Node.RESTRICTED, Level.VIEW):
        shown.pop("access_reason", None)
    if happened == "projects.updated":
        changed: Mapping[str, Any] = body["changed"]
        shown["changed"] = {
            name: change for name, change in changed.items() if grants.allow(node_of_field(name), Level.VIEW)
        }
        return shown if shown["changed"] or not changed else None
    return shown


class WatchedProjects(ProjectFilter):
    """The filter of a feed; it also reports deletions, and projects that leave the filter."""

    project_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)] | None = None

    @field_validator("has_hold")
    @classmethod
    def _is_not_about_holds(cls, has_hold: bool | None) -> bool | None:  # noqa: FBT001 - a field's value
        if has_hold is not None:
            kind = "not_watched"
            raise PydanticCustomError(kind, "feeds do not report holds")
        return has_hold


class Feed(Message):
    """An open feed: it lasts `lease_seconds` after each renewal and sends a beat every `beat_seconds`."""

    feed: UUID
    cursor: FeedCursor
    lease_seconds: float
    beat_seconds: float
    window: int


class WatchProjects(Query[Feed]):
    """Follow events of projects and reports, and warnings before projects expire.

    The reply subject becomes the feed's address.
    With `feed`, the feed of that id is renewed instead, and `since` is the last cursor that its client has handled.
    """

    subject = "projects.watch"
    is_recorded = True
    node = Node.PROJECTS

    filter: WatchedProjects = WatchedProjects()
    since: FeedCursor | None = None
    feed: UUID | None = None

    def needs(self) -> dict[Node, Level]:
        """Require projects, and the nodes of the filter."""
        return super().needs() | self.filter.needs()


class FeedHeaders(BaseModel):
    """The headers of a message of a feed: its kind, its number in the feed, the cursor after it, and its project."""

    kind: Annotated[FeedKind, Field(alias=KIND)]
    count: Annotated[str, Field(alias=COUNT, pattern="^[1-9][0-9]*$")]
    cursor: Annotated[FeedCursor, Field(alias=CURSOR)]
    project_number: Annotated[str | None, Field(alias=PROJECT_NUMBER, pattern="^[1-9][0-9]*$")] = None
