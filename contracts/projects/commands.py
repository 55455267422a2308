"""Commands and events of incident projects (PRJ, SEQ, B1 to B5)."""

from typing import Annotated, ClassVar, Final, Generic, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.message import BOTH_STORES, PROJECT_STORE, AnswerT_co, Change, Command, Event, Message
from contracts.permissions import Level, Node
from contracts.projects.recordings import Sequences, not_before
from contracts.texts import Part, Phrase
from contracts.values import (
    DecimalNumber,
    Description,
    Ids,
    Integer,
    Name,
    PropertyId,
    Reason,
    Revision,
    ShortText,
    Slot,
    Time,
)

EXPIRE_PROJECTS_MAX: Final = 1_000
"""The most projects of one step of a sweep: their ids and numbers are in one event."""

MAIN_DETAILS: Final[tuple[str, ...]] = ("type_id", "status_id", "reference", "description", "start_time", "end_time")
"""The fields of the node `main-details`; all other fields of an update belong to the node `categories`."""


def node_of_field(name: str) -> Node:
    """Return the node that governs a field of a project, or a part of an update."""
    return Node.MAIN_DETAILS if name in MAIN_DETAILS else Node.CATEGORIES


class IncidentData(Message):
    """The fifteen data fields, three of each kind (AMB-1); absent = unchanged, null = cleared."""

    integer_1: Integer | None = None
    integer_2: Integer | None = None
    integer_3: Integer | None = None
    decimal_1: DecimalNumber | None = None
    decimal_2: DecimalNumber | None = None
    decimal_3: DecimalNumber | None = None
    text_1: ShortText | None = None
    text_2: ShortText | None = None
    text_3: ShortText | None = None
    checkbox_1: bool | None = None
    checkbox_2: bool | None = None
    checkbox_3: bool | None = None
    datetime_1: Time | None = None
    datetime_2: Time | None = None
    datetime_3: Time | None = None


class ProjectCommand(Command[AnswerT_co], Generic[AnswerT_co]):
    """A command about one project, whose id is the key that keeps its commands in order."""

    node: ClassVar[Node] = Node.PROJECTS

    project_id: UUID

    def key(self) -> str:
        """Return the project's id."""
        return str(self.project_id)


class ExistingProjectCommand(ProjectCommand[AnswerT_co], Generic[AnswerT_co]):
    """A command about an existing project; refused if `expected_revision` is not the current revision."""

    expected_revision: Revision | None = None


class ProjectEvent(Event):
    """An event about one project."""

    stores = PROJECT_STORE

    project_id: UUID


class ProjectCreated(ProjectEvent):
    """A project was created, by an operator or by an import."""

    subject = "projects.created"
    stores = BOTH_STORES
    project_values = frozenset({"type_id"})
    writes_texts = True

    number: int
    type_id: int | None = None
    sequence_ids: list[UUID] = []


class CreateProject(ProjectCommand[ProjectCreated]):
    """Create a project with its type and description; a status is set later (PRJ-14, PRJ-15)."""

    subject = "projects.create"
    part = Part.PROJECT
    failure_phrase = Phrase.PROJECT_NOT_CREATED

    type_id: PropertyId | None = None
    reference: Name | None = None
    description: Description = ""
    start_time: Time | None = None
    end_time: Annotated[Time | None, not_before("start_time")] = None
    sequences: Sequences = []
    from_draft: bool = False

    def needs(self) -> dict[Node, Level]:
        """Require projects, and sequences if some are included or taken from the draft list."""
        sequences = {Node.SEQUENCES: self.level} if self.sequences or self.from_draft else {}
        return {self.node: self.level, **sequences}


class ProjectUpdated(ProjectEvent):
    """Fields of a project changed; texts are named without their content."""

    subject = "projects.updated"
    project_values = frozenset({"changed"})
    writes_texts = True

    changed: dict[str, Change]


class UpdateProject(ExistingProjectCommand[ProjectUpdated]):
    """Change any main detail, category or data field; absent = unchanged, null = cleared."""

    subject = "projects.update"
    part = Part.PROJECT
    failure_phrase = Phrase.NOT_SAVED

    type_id: PropertyId | None = None
    status_id: PropertyId | None = None
    reference: Name | None = None
    description: Description | None = None
    start_time: Time | None = None
    end_time: Annotated[Time | None, not_before("start_time")] = None
    categories: dict[Slot, PropertyId | None] = {}
    data: IncidentData = IncidentData()

    def needs(self) -> dict[Node, Level]:
        """Require main details, categories or both, depending on the fields of the update."""
        fields = self.model_fields_set - {"project_id", "expected_revision"}
        return dict.fromkeys(map(node_of_field, fields), self.level)

    @model_validator(mode="after")
    def _names_a_change(self) -> Self:
        if not self.model_fields_set - {"project_id", "expected_revision"}:
            kind = "nothing_to_change"
            raise PydanticCustomError(kind, "give at least one field to change")
        return self


class ProjectDeleted(ProjectEvent):
    """A project was deleted with all its content; `expired` if retention did it.

    `reason`, if one was given, is the record of a deletion and outlives the project.
    `first_erased_at` is set if a restored backup had brought it back, and is when it was deleted before.
    Until `restorable_until`, if the site has an undo window, it is kept out of sight and can be restored.
    """

    subject = "projects.deleted"
    stores = BOTH_STORES

    number: int
    expired: bool = False
    reason: Annotated[Reason | None, Field(exclude_if=lambda reason: reason is None)] = None
    first_erased_at: Time | None = Field(None, exclude_if=lambda at: at is None)
    restorable_until: Time | None = Field(None, exclude_if=lambda at: at is None)


class DeleteProject(ExistingProjectCommand[ProjectDeleted]):
    """Delete a project with all its content; a tombstone records when and by whom (PRJ-21).

    The activity records `reason`, which a site may require. It stays there: it should name nobody.
    With the setting `undo_days` the project can be restored for so many days, and is erased then.
    """

    subject = "projects.delete"
    part = Part.PROJECT

    reason: Reason | None = None


class ProjectOpened(ProjectEvent):
    """A project was read (PRJ-19); if it is restricted, `access_reason` says why."""

    subject = "projects.opened"

    access_reason: Annotated[Reason | None, Field(exclude_if=lambda reason: reason is None)] = None


class SequencesAdded(ProjectEvent):
    """Sequences were attached to a project."""

    subject = "projects.sequences-added"

    sequence_ids: list[UUID]


class AddSequences(ExistingProjectCommand[SequencesAdded]):
    """Attach recordings to a project, listed ones or the caller's draft list; they stay where they are (SEQ-06)."""

    subject = "projects.add-sequences"
    node = Node.SEQUENCES
    part = Part.SEQUENCES
    failure_phrase = Phrase.SEQUENCE_NOT_ADDED

    sequences: Sequences = []
    from_draft: bool = False

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if not self.sequences and not self.from_draft:
            kind = "no_sequences"
            raise PydanticCustomError(kind, "contains no sequences")
        return self


class SequencesRemoved(ProjectEvent):
    """Sequences were detached from a project."""

    subject = "projects.sequences-removed"

    sequence_ids: list[UUID]


class RemoveSequences(ExistingProjectCommand[SequencesRemoved]):
    """Detach the named recordings from a project (SEQ-04)."""

    subject = "projects.remove-sequences"
    node = Node.SEQUENCES
    part = Part.SEQUENCES
    failure_phrase = Phrase.NOT_SAVED

    sequence_ids: Ids


class RemoveAllSequences(ExistingProjectCommand[SequencesRemoved]):
    """Detach every recording from a project in one action (SEQ-05)."""

    subject = "projects.remove-all-sequences"
    node = Node.SEQUENCES
    part = Part.SEQUENCES
    failure_phrase = Phrase.SEQUENCES_NOT_REMOVED


class ProjectsExpired(Event):
    """One step of a sweep has deleted `deleted` projects; `more` says whether others remain.

    The activity and the feeds show each of these projects as deleted. Until `restorable_until`, if the site has an undo
    window, they are kept out of sight and can be restored.
    """

    subject = "projects.expired"

    sweep_id: UUID
    chain: int
    deleted: int
    more: bool
    project_ids: list[UUID] = []
    numbers: list[int] = []
    restorable_until: Time | None = Field(None, exclude_if=lambda at: at is None)

    def individual_events(self) -> list[ProjectDeleted]:
        """Return the deletion of each project."""
        return [
            ProjectDeleted(project_id=project_id, number=number, expired=True, restorable_until=self.restorable_until)
            for project_id, number in zip(self.project_ids, self.numbers, strict=True)
        ]


class ExpireProjects(Command[ProjectsExpired]):
    """Delete some of the projects created before `created_before`; one step of retention's sweep (RET-03)."""

    subject = "projects.expire"
    node = Node.RETENTION
    internal = True

    sweep_id: UUID
    chain: Annotated[int, Field(ge=0, le=64)]
    created_before: Time
    limit: Annotated[int, Field(ge=1, le=EXPIRE_PROJECTS_MAX)]

    def key(self) -> str:
        """Keep the steps of a chain in one lane."""
        return f"sweep-{self.chain}"
