"""Taking over projects of another system (RET-05): each is judged by itself, so that a bad one costs only itself."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.errors import Code
from contracts.message import BOTH_STORES, Command, Event, Message, Query
from contracts.permissions import Level, Node
from contracts.projects.recordings import not_before
from contracts.texts import Part, Phrase
from contracts.values import Description, Name, PropertyId, Time

MOST_PROJECTS = 500
"""Projects in one command, at most; its body has its own limit."""

LARGEST_NUMBER = 10**12
"""The highest number that is taken over: those of later projects go on behind it, and JSON must hold them exactly."""

ImportField = Literal["project_id", "number", "created_by", "created_at", "type_id", "status_id"]


class RefusedProject(Message):
    """A project that was not taken over: its place in the command, why, and the field that stands in the way."""

    index: int
    code: Code
    field: ImportField


class ProjectsImported(Event):
    """Projects of another system were taken over; those that were there already, or once were, are left as they are."""

    subject = "projects.imported"
    stores = BOTH_STORES

    project_ids: list[UUID]
    numbers: list[int]
    already_there: list[int] = []
    refused: list[RefusedProject] = []


class ImportedProject(Message):
    """A project as it was elsewhere, with its own number, times and author; without a number it gets one here."""

    project_id: UUID
    number: Annotated[int, Field(ge=1, le=LARGEST_NUMBER)] | None = None
    reference: Name | None = None
    created_by: Name
    created_at: Time
    type_id: PropertyId | None = None
    status_id: PropertyId | None = None
    description: Description = ""
    start_time: Time | None = None
    end_time: Annotated[Time | None, not_before("start_time")] = None
    retention_exempt: bool = False


def _needs(asking: Message) -> dict[Node, Level]:
    """Ask for projects, and for retention where one is exempted from it."""
    given = asking.__dict__.get("projects")
    exempts = isinstance(given, list) and any(one.retention_exempt for one in given)
    return {Node.PROJECTS: Level.MANAGE, **({Node.RETENTION: Level.MANAGE} if exempts else {})}


class ImportProjects(Command[ProjectsImported]):
    """Take over projects with their original numbers, dates and authors, marked as imported (RET-05)."""

    subject = "projects.import"
    node = Node.PROJECTS
    part = Part.PROJECT
    failure_phrase = Phrase.PROJECT_NOT_CREATED

    projects: Annotated[list[ImportedProject], Field(min_length=1, max_length=MOST_PROJECTS)]

    def needs(self) -> dict[Node, Level]:
        """Ask for projects, and for retention where one is exempted from it."""
        return _needs(self)


class ImportChecked(Message):
    """What an import of these projects would do now: the places of those that fit and of those that are there."""

    fitting: list[int]
    already_there: list[int]
    refused: list[RefusedProject]


class CheckImport(Query[ImportChecked]):
    """Ask what `projects.import` would do with the same body; nothing is taken over."""

    subject = "projects.check-import"
    node = Node.PROJECTS
    level = Level.MANAGE

    projects: Annotated[list[ImportedProject], Field(min_length=1, max_length=MOST_PROJECTS)]

    def needs(self) -> dict[Node, Level]:
        """Ask for what the import itself asks for."""
        return _needs(self)
