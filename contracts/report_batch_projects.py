"""The projects of a batch of reports, each with what became of its report."""

from enum import StrEnum
from uuid import UUID

from contracts.message import Message, Query
from contracts.permissions import Node
from contracts.projects.queries import Cursor, Limit
from contracts.report_batches import Omission


class PartState(StrEnum):
    """What became of a project of a batch that is not left out of its file."""

    WAITING = "waiting"
    MADE = "made"
    NOT_MADE = "not-made"


class BatchedProject(Message):
    """A project of a batch: its place, and what became of its report.

    `state` is `waiting`, `made`, `not-made` if the batch ended without a file, or the reason of an omission.
    """

    place: int
    project_id: UUID
    number: int | None
    state: PartState | Omission


class BatchedProjectList(Message):
    """A page of the projects of a batch, in their order."""

    items: list[BatchedProject]
    next: Cursor | None = None


class ListBatchedProjects(Query[BatchedProjectList]):
    """Ask for the projects of one of the caller's own batches, each with what became of its report."""

    subject = "reports.batched-projects"
    node = Node.REPORTS

    report_id: UUID
    limit: Limit = 100
    after: Cursor | None = None
