"""Projects that are set aside: deleted with an undo window (RET-03), or restricted (GDPR, article 18)."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts.message import BOTH_STORES, Event, Message, Query
from contracts.permissions import Level, Node
from contracts.projects.commands import ExistingProjectCommand, ProjectCommand, ProjectEvent
from contracts.projects.queries import Cursor, Limit
from contracts.texts import Part, Phrase
from contracts.values import Reason, Time

SetAsideKind = Literal["deleted", "expired", "restricted"]
"""Why a project is set aside: somebody deleted it, it expired, or its processing is restricted."""


class ProjectRestored(ProjectEvent):
    """A deleted project is back with everything that belonged to it, before it was erased."""

    subject = "projects.restored"
    stores = BOTH_STORES

    number: int


class RestoreProject(ProjectCommand[ProjectRestored]):
    """Bring back a deleted project within the undo window of the site; afterwards it is erased and nothing helps."""

    subject = "projects.restore"
    node = Node.RETENTION
    part = Part.PROJECT
    failure_phrase = Phrase.NOT_SAVED
    runs_alone = True

    def needs(self) -> dict[Node, Level]:
        """Require retention, and the projects, as a deletion does."""
        return {self.node: self.level, Node.PROJECTS: self.level}


class ProjectsErased(Event):
    """The undo window of deleted projects has ended, and they are erased; `expired` if retention had deleted them."""

    subject = "projects.erased"
    stores = BOTH_STORES

    numbers: list[int]
    expired: bool


class ProjectRestricted(ProjectEvent):
    """The processing of a project is restricted: it is kept, and is in no list, search, figure, report or package."""

    subject = "projects.restricted"
    stores = BOTH_STORES

    number: int


class RestrictProject(ExistingProjectCommand[ProjectRestricted]):
    """Restrict the processing of a project: it is kept, and shown only to those with that right (GDPR, article 18).

    Retention does not delete it before the restriction is lifted. `reason` is kept with the restriction.
    """

    subject = "projects.restrict"
    node = Node.RESTRICTED
    part = Part.PROJECT
    failure_phrase = Phrase.NOT_SAVED

    reason: Reason


class RestrictionLifted(ProjectEvent):
    """A restricted project is shown and processed again like any other."""

    subject = "projects.restriction-lifted"
    stores = BOTH_STORES

    number: int


class LiftRestriction(ProjectCommand[RestrictionLifted]):
    """End the restriction of a project."""

    subject = "projects.lift-restriction"
    node = Node.RESTRICTED
    part = Part.PROJECT
    failure_phrase = Phrase.NOT_SAVED
    runs_alone = True


class SetAsideProject(Message):
    """A project that is set aside: why, since when and by whom.

    A deleted project can be restored until `restorable_until`. `reason` is that of a restriction, for those who may see
    restricted projects.
    """

    project_id: UUID
    number: int
    kind: SetAsideKind
    at: Time
    by: str
    restorable_until: Time | None = None
    reason: str | None = Field(None, exclude_if=lambda reason: reason is None)


class SetAsideProjects(Message):
    """A page of projects that are set aside, the last first, and the cursor of the next page."""

    items: list[SetAsideProject]
    next: Cursor | None = None


class ListSetAside(Query[SetAsideProjects]):
    """Ask which projects were deleted and can be restored, and which are restricted."""

    subject = "projects.set-aside"
    is_recorded = True
    node = Node.RETENTION

    kinds: list[SetAsideKind] = []
    limit: Limit = 50
    after: Cursor | None = None
