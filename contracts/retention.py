"""Commands, events and queries of retention: sweeps, holds and due projects (RET-01 to RET-07)."""

from datetime import datetime
from typing import Annotated, ClassVar, Generic, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.administration import RetentionDays
from contracts.message import BOTH_STORES, AnswerT_co, Change, Command, Event, Message, Query
from contracts.permissions import Node
from contracts.projects.queries import Cursor, Limit
from contracts.retention_policies import PolicyId, PolicyTerms
from contracts.texts import Part
from contracts.values import Name, Reason, Time


class SweepStarted(Event):
    """A sweep has started: `due` projects, up to a million, are due, and all were created before `created_before`."""

    subject = "retention.sweep-started"
    stores = BOTH_STORES

    sweep_id: UUID
    created_before: Time
    due: int


class Sweep(Command[SweepStarted]):
    """Delete expired projects now instead of at the next scheduled time; the event `swept` ends the sweep."""

    subject = "retention.sweep"
    node = Node.RETENTION


class Swept(Event):
    """A sweep has ended, after deleting this number of projects; every started sweep ends once."""

    subject = "retention.swept"
    stores = BOTH_STORES

    sweep_id: UUID
    deleted: int


class DueOfType(Message):
    """Projects of one type, or of none, that would be deleted."""

    type_id: int | None
    due: int


class RetentionPreview(Message):
    """The effect of a retention time now: it would delete `due` projects, counted up to a million.

    `due_now` are due with what is in force, and `oldest` is the creation of the oldest.
    With policies, `created_before` is later than any of their creations.
    """

    retention_days: int
    created_before: datetime
    due: int
    due_now: int = 0
    oldest: Time | None = None
    by_type: list[DueOfType] = []


class PreviewRetention(Query[RetentionPreview]):
    """Ask in advance what retention would delete (AMB-6): by default with the current time and policies.

    `terms` are those that the policy `policy_id` would have; `policy_id` alone is a policy that would be deleted.
    """

    subject = "retention.preview"
    node = Node.RETENTION

    retention_days: RetentionDays | None = None
    policy_id: PolicyId | None = None
    terms: PolicyTerms | None = None

    @model_validator(mode="after")
    def _names_the_policy(self) -> Self:
        if self.terms and self.policy_id is None:
            kind = "terms_without_policy"
            raise PydanticCustomError(kind, "give the policy_id that would have these terms")
        return self


class HoldCommand(Command[AnswerT_co], Generic[AnswerT_co]):
    """A command about the hold of one project, whose id is the key that keeps them in order."""

    node: ClassVar[Node] = Node.RETENTION
    part = Part.PROJECT

    project_id: UUID

    def key(self) -> str:
        """Return the project's id."""
        return str(self.project_id)


class HoldEvent(Event):
    """An event about the hold of a project; reason and reference stay in the database."""

    stores = BOTH_STORES

    project_id: UUID
    hold_id: UUID


class ProjectHeld(HoldEvent):
    """A project was put under hold: until its release or its end, neither people nor retention delete it."""

    subject = "retention.held"

    until: Time | None = None


class HoldProject(HoldCommand[ProjectHeld]):
    """Protect a project from deletion, by hand and by retention; it can still be changed.

    A hold ends by itself at `until`, which is in the future. `reference` is the number of the case that it is for.
    A repetition with the same fields by the same principal is the same hold; any other second hold is a `conflict`.
    """

    subject = "retention.hold"

    reason: Reason
    until: Time | None = None
    reference: Name | None = None


class HoldChanged(HoldEvent):
    """The end or the reference of a hold changed; the reference is named without its content."""

    subject = "retention.hold-changed"

    changed: dict[str, Change]


class ChangeHold(HoldCommand[HoldChanged]):
    """Change the end or the reference of the hold in force; absent = unchanged, null = cleared.

    An earlier end of somebody else's hold needs the permission to release it.
    """

    subject = "retention.change-hold"

    until: Time | None = None
    reference: Name | None = None

    @model_validator(mode="after")
    def _names_a_change(self) -> Self:
        if not self.model_fields_set - {"project_id"}:
            kind = "nothing_to_change"
            raise PydanticCustomError(kind, "give until or reference")
        return self


class ProjectReleased(HoldEvent):
    """A project was released from its hold and can be deleted again."""

    subject = "retention.released"


class ReleaseProject(HoldCommand[ProjectReleased]):
    """End the hold of a project; a `conflict` if it has none. Somebody else's hold needs a permission of its own."""

    subject = "retention.release"

    reason: Reason


class ProjectHold(Message):
    """A hold of a project, with its release if it was released; it is not in force after its end or its release."""

    hold_id: UUID
    project_id: UUID
    number: int
    reason: str
    reference: str | None = None
    held_by: str
    held_at: Time
    until: Time | None = None
    in_force: bool = True
    release_requested_by: str | None = None
    release_requested_at: Time | None = None
    release_request_reason: str | None = None
    released_by: str | None
    released_at: Time | None
    release_reason: str | None


class Holds(Message):
    """A page of holds, newest first, and the cursor of the next page (absent on the last page)."""

    items: list[ProjectHold]
    next: Cursor | None = None


class ListHolds(Query[Holds]):
    """Ask for the current holds; with `project_id`, for all current and past holds of that project."""

    subject = "retention.holds"
    is_recorded = True
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
    """A page of projects, soonest first by the current retention time, and the cursor of the next page."""

    retention_days: int
    items: list[DueProject]
    next: Cursor | None = None


class ListDue(Query[DueProjects]):
    """Ask which projects are deleted next, expired ones first, without those that are exempt or under hold.

    With `project_id`, the answer is about that project alone: it is empty if the project does not expire in this time.
    """

    subject = "retention.due"
    is_recorded = True
    node = Node.RETENTION

    project_id: UUID | None = None
    within_days: Annotated[int, Field(ge=0, le=365_000)] | None = None
    limit: Limit = 50
    after: Cursor | None = None
