"""Importing projects of another system (RET-05): each is checked separately, so that one error affects one project."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.errors import Code
from contracts.message import BOTH_STORES, Command, Event, Message, Query
from contracts.permissions import Level, Node
from contracts.projects.recordings import not_before
from contracts.texts import Part, Phrase
from contracts.values import Description, Name, PropertyId, Time

IMPORT_PROJECTS_MAX = 500
"""The most projects of one command; its body has its own limit."""

IMPORT_NUMBER_MAX = 10**12
"""The highest number that an import accepts: later projects continue from it, and JSON must hold them exactly."""

ImportField = Literal["project_id", "number", "created_by", "created_at", "type_id", "status_id"]


class RefusedProject(Message):
    """A fault of a project that was not imported: its index in the command, the reason, and the field at fault."""

    index: int
    code: Code
    field: ImportField


class ProjectsImported(Event):
    """Projects of another system were imported; those that exist, or existed before, are left unchanged."""

    subject = "projects.imported"
    stores = BOTH_STORES

    project_ids: list[UUID]
    numbers: list[int]
    already_there: list[int] = []
    refused: list[RefusedProject] = []


class ImportedProject(Message):
    """A project of another system, with its own number, times and author; without a number it gets a new one."""

    project_id: UUID
    number: Annotated[int, Field(ge=1, le=IMPORT_NUMBER_MAX)] | None = None
    reference: Name | None = None
    created_by: Name
    created_at: Time
    type_id: PropertyId | None = None
    status_id: PropertyId | None = None
    description: Description = ""
    start_time: Time | None = None
    end_time: Annotated[Time | None, not_before("start_time")] = None
    retention_exempt: bool = False


def _needs(request: Message) -> dict[Node, Level]:
    """Require projects, and retention if a project is exempted from it."""
    projects = request.__dict__.get("projects")
    exempts = isinstance(projects, list) and any(project.retention_exempt for project in projects)
    return {Node.PROJECTS: Level.MANAGE, **({Node.RETENTION: Level.MANAGE} if exempts else {})}


class ImportProjects(Command[ProjectsImported]):
    """Import projects with their original numbers, dates and authors, marked as imported (RET-05)."""

    subject = "projects.import"
    node = Node.PROJECTS
    part = Part.PROJECT
    failure_phrase = Phrase.PROJECT_NOT_CREATED

    projects: Annotated[list[ImportedProject], Field(min_length=1, max_length=IMPORT_PROJECTS_MAX)]

    def needs(self) -> dict[Node, Level]:
        """Require projects, and retention if a project is exempted from it."""
        return _needs(self)


class ImportChecked(Message):
    """The effect of an import now: the indexes of projects that it would import, and of those that already exist."""

    fitting: list[int]
    already_there: list[int]
    refused: list[RefusedProject]


class CheckImport(Query[ImportChecked]):
    """Ask what `projects.import` would do with the same body; nothing is imported."""

    subject = "projects.check-import"
    node = Node.PROJECTS
    level = Level.MANAGE

    projects: Annotated[list[ImportedProject], Field(min_length=1, max_length=IMPORT_PROJECTS_MAX)]

    def needs(self) -> dict[Node, Level]:
        """Require the same permissions as the import."""
        return _needs(self)
