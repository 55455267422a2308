"""Commands, events and queries of retention: sweeps, holds and what is due (RET-01 to RET-07)."""

from datetime import datetime
from typing import Annotated, ClassVar, Generic
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from contracts.administration import RetentionDays
from contracts.message import BOTH_STORES, AnswerT_co, Command, Event, Message, Query
from contracts.permissions import Node
from contracts.projects.queries import Cursor, Limit
from contracts.texts import Part
from contracts.values import AnyText, Time, not_blank

LONGEST_REASON = 2_000
Reason = Annotated[
    AnyText,
    StringConstraints(min_length=1, max_length=LONGEST_REASON, strip_whitespace=True),
    AfterValidator(not_blank),
]
"""Why a hold is placed or released: 1 to 2,000 characters without space around them; it dies with its project."""


class SweepStarted(Event):
    """A sweep has begun: `due` projects, counted up to a million, were created before `created_before`."""

    subject = "retention.sweep-started"
    stores = BOTH_STORES

    sweep_id: UUID
    created_before: Time
    due: int


class Sweep(Command[SweepStarted]):
    """Delete what has expired now instead of at the next scheduled time; `swept` says when it is done."""

    subject = "retention.sweep"
    node = Node.RETENTION


class Swept(Event):
    """A sweep has ended, with so many projects deleted; every sweep that began ends once."""

    subject = "retention.swept"
    stores = BOTH_STORES

    sweep_id: UUID
    deleted: int


class RetentionPreview(Message):
    """What a retention time would delete now: `due` projects, counted up to a million."""

    retention_days: int
    created_before: datetime
    due: int


class PreviewRetention(Query[RetentionPreview]):
    """Ask what a retention time would delete, before it does (AMB-6); the current one when none is given."""

    subject = "retention.preview"
    node = Node.RETENTION

    retention_days: RetentionDays | None = None


class HoldCommand(Command[AnswerT_co], Generic[AnswerT_co]):
    """A command about the hold of one project, whose id is the key that keeps them in order."""

    node: ClassVar[Node] = Node.RETENTION
    part = Part.PROJECT

    project_id: UUID
    reason: Reason

    def key(self) -> str:
        """Return the project's id."""
        return str(self.project_id)


class HoldEvent(Event):
    """Something that happened to the hold of a project; why stays in the database."""

    stores = BOTH_STORES

    project_id: UUID
    hold_id: UUID


class ProjectHeld(HoldEvent):
    """A project is under hold: until its release neither people nor retention delete it."""

    subject = "retention.held"


class HoldProject(HoldCommand[ProjectHeld]):
    """Keep a project from being deleted, by hand and by retention; it can still be changed.

    Again with the same reason by the same principal is the same hold; any other hold of it is a `conflict`.
    """

    subject = "retention.hold"


class ProjectReleased(HoldEvent):
    """A project is no longer under hold and can be deleted again."""

    subject = "retention.released"


class ReleaseProject(HoldCommand[ProjectReleased]):
    """End the hold of a project, whoever placed it; a `conflict` where there is none."""

    subject = "retention.release"


class ProjectHold(Message):
    """A hold of a project, and how it ended if it did."""

    hold_id: UUID
    project_id: UUID
    number: int
    reason: str
    held_by: str
    held_at: Time
    released_by: str | None
    released_at: Time | None
    release_reason: str | None


class Holds(Message):
    """Some holds, the newest first, and the cursor after the last of them (absent on the last page)."""

    items: list[ProjectHold]
    next: Cursor | None = None


class ListHolds(Query[Holds]):
    """Ask for the holds that are in force; with `project_id`, for all of that project, past ones too."""

    subject = "retention.holds"
    node = Node.RETENTION

    project_id: UUID | None = None
    limit: Limit = 50
    after: Cursor | None = None


class DueProject(Message):
    """A project that retention will delete at the first sweep after `expires_at`."""

    project_id: UUID
    number: int
    created_at: Time
    expires_at: datetime


class DueProjects(Message):
    """Some projects, the soonest first, by the retention time of now; and the cursor after the last of them."""

    retention_days: int
    items: list[DueProject]
    next: Cursor | None = None


class ListDue(Query[DueProjects]):
    """Ask what will be deleted next: neither exempt projects nor held ones; those that have expired come first."""

    subject = "retention.due"
    node = Node.RETENTION

    within_days: Annotated[int, Field(ge=0, le=365_000)] | None = None
    limit: Limit = 50
    after: Cursor | None = None
