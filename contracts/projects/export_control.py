"""Listing and cancelling one's own exports (PRJ-06, PRJ-20)."""

from enum import StrEnum
from uuid import UUID

from contracts.message import SITE_STORE, Command, Event, Message, Query
from contracts.permissions import Level, Node
from contracts.projects.queries import Cursor, Limit
from contracts.texts import Part
from contracts.values import Sha256, Time


class ExportState(StrEnum):
    """How far an export is."""

    PENDING = "pending"
    MADE = "made"
    CANCELLED = "cancelled"
    FAILED = "failed"
    ERASED = "erased"


class ExportCancelled(Event):
    """An export that was being made was cancelled: it has no package."""

    subject = "projects.export-cancelled"
    stores = SITE_STORE

    export_id: UUID
    package_id: UUID
    project_id: UUID | None = None


class CancelExport(Command[ExportCancelled]):
    """Cancel an export of one's own that is being made; `export_id` is the id of its command.

    An export of one project is cancelled with its `project_id`, so that the cancellation never overtakes it.
    """

    subject = "projects.cancel-export"
    node = Node.EXPORT
    part = Part.PROJECT
    runs_alone = True

    export_id: UUID
    project_id: UUID | None = None

    def key(self) -> str:
        """Return the key of the export."""
        return str(self.project_id) if self.project_id else "-"


class Export(Message):
    """An export of the caller's; the figures of its package are missing until it is made.

    `export_id` is the id of its command. `done` counts the projects that are collected, and `included` those in the
    package. `media_bytes` are those of the recordings that were found so far. Each is read twice: `media_read_bytes`
    ends at twice as many, or beyond if recordings changed meanwhile.
    """

    export_id: UUID
    package_id: UUID
    project_id: UUID | None = None
    requested_at: Time
    state: ExportState
    total: int
    done: int
    finished_at: Time | None = None
    included: int | None = None
    media_bytes: int = 0
    media_read_bytes: int = 0
    bytes: int | None = None
    sha256: Sha256 | None = None
    recipient: str | None = None
    reference: str | None = None
    legal_basis: str | None = None


class ExportList(Message):
    """A page of the caller's exports, newest first."""

    items: list[Export]
    next: Cursor | None = None


class ListExports(Query[ExportList]):
    """Ask for the caller's own exports of the last day, newest first, or for one of them; all conditions must hold."""

    subject = "projects.exports"
    node = Node.EXPORT
    level = Level.MANAGE

    export_id: UUID | None = None
    project_id: UUID | None = None
    limit: Limit = 100
    after: Cursor | None = None
