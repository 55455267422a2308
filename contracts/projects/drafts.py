"""The draft sequence list of a principal: recordings collected for a project (SEQ-02, SEQ-03)."""

from datetime import timedelta
from typing import Annotated, ClassVar, Generic, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.message import PROJECT_STORE, AnswerT_co, Command, Event, Message, Query
from contracts.permissions import Node
from contracts.projects.recordings import CameraId, Media, Sequences, SiteName, not_before
from contracts.texts import Part, Phrase
from contracts.values import Ids, Name, Time

DRAFT_SEQUENCES_MAX = 1_000
"""The most sequences of one draft list."""

DRAFT_LIFETIME = timedelta(days=30)
"""How long a sequence stays on a draft list."""


class Camera(Message):
    """A camera whose recording of the requested time is to be drafted."""

    camera_id: CameraId
    camera_name: Name
    site: SiteName | None = None
    media_expires_at: Time | None = None


class DraftCommand(Command[AnswerT_co], Generic[AnswerT_co]):
    """A command about the caller's own draft list; the caller is the key."""

    node: ClassVar[Node] = Node.SEQUENCES
    part: ClassVar[Part | None] = Part.SEQUENCES
    keyed_by_principal: ClassVar[bool] = True


class DraftEvent(Event):
    """An event about the actor's own draft list."""

    stores = PROJECT_STORE


class SequencesDrafted(DraftEvent):
    """Sequences were put on a draft list; those already on it are not listed."""

    subject = "projects.sequences-drafted"

    sequence_ids: list[UUID]


class DraftSequences(DraftCommand[SequencesDrafted]):
    """Put recordings on the draft list: listed ones, one span of time over many cameras, or both.

    A span makes one sequence per camera, whose id is derived from the command's id.
    """

    subject = "projects.draft-sequences"
    failure_phrase = Phrase.SEQUENCE_NOT_ADDED

    sequences: Sequences = []
    cameras: Annotated[list[Camera], Field(max_length=200)] = []
    start: Time | None = None
    end: Annotated[Time | None, not_before("start")] = None

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if not self.sequences and not self.cameras:
            kind = "no_sequences"
            raise PydanticCustomError(kind, "contains no sequences")
        if bool(self.cameras) != bool(self.start and self.end) or bool(self.start) != bool(self.end):
            kind = "cameras_need_a_span"
            raise PydanticCustomError(kind, "cameras, start and end are given together")
        return self


class SequencesUndrafted(DraftEvent):
    """Sequences were removed from a draft list."""

    subject = "projects.sequences-undrafted"

    sequence_ids: list[UUID]


class UndraftSequences(DraftCommand[SequencesUndrafted]):
    """Remove the listed recordings from the draft list."""

    subject = "projects.undraft-sequences"
    failure_phrase = Phrase.NOT_SAVED

    sequence_ids: Ids


class DraftCleared(DraftEvent):
    """A draft list was emptied."""

    subject = "projects.draft-cleared"

    sequence_ids: list[UUID]


class ClearDraft(DraftCommand[DraftCleared]):
    """Empty the draft list in one action (SEQ-05)."""

    subject = "projects.clear-draft"
    failure_phrase = Phrase.SEQUENCES_NOT_REMOVED


class DraftedSequence(Message):
    """A sequence of a draft list."""

    sequence_id: UUID
    camera_id: str
    camera_name: str
    site: str | None
    start: Time
    end: Time
    media_expires_at: Time | None
    media: Media
    drafted_at: Time


class Draft(Message):
    """The caller's own draft list, in the order of the recordings."""

    sequences: list[DraftedSequence]


class GetDraft(Query[Draft]):
    """Ask for the caller's own draft list (SEQ-02)."""

    subject = "projects.draft"
    node = Node.SEQUENCES
