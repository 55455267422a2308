"""Commands and events of the comments and calls of a project (PRJ-17, PRJ-18, B3)."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.permissions import Node
from contracts.projects.commands import ExistingProjectCommand, ProjectEvent
from contracts.texts import Part, Phrase
from contracts.values import LongText, Name, ShortText, Text, Time


class CommentAdded(ProjectEvent):
    """A comment was added."""

    subject = "projects.comment-added"
    writes_texts = True

    comment_id: UUID


class AddComment(ExistingProjectCommand[CommentAdded]):
    """Add a comment."""

    subject = "projects.add-comment"
    node = Node.COMMENTS
    part = Part.COMMENT
    failure_phrase = Phrase.NOT_SAVED

    comment_id: UUID
    text: LongText


class CommentEdited(ProjectEvent):
    """The text of a comment was replaced."""

    subject = "projects.comment-edited"
    writes_texts = True

    comment_id: UUID


class EditComment(ExistingProjectCommand[CommentEdited]):
    """Replace the text of a comment."""

    subject = "projects.edit-comment"
    node = Node.COMMENTS
    part = Part.COMMENT
    failure_phrase = Phrase.NOT_SAVED

    comment_id: UUID
    text: LongText


class CommentDeleted(ProjectEvent):
    """A comment was deleted."""

    subject = "projects.comment-deleted"

    comment_id: UUID


class DeleteComment(ExistingProjectCommand[CommentDeleted]):
    """Delete a comment."""

    subject = "projects.delete-comment"
    node = Node.COMMENTS
    part = Part.COMMENT
    failure_phrase = Phrase.NOT_SAVED

    comment_id: UUID


Direction = Literal["made", "received"]
CALL_SECONDS_MAX = 7 * 24 * 3600
Seconds = Annotated[int, Field(ge=0, le=CALL_SECONDS_MAX)]
Notes = Annotated[Text, Field(max_length=20_000)]


class CallAdded(ProjectEvent):
    """A call was recorded."""

    subject = "projects.call-added"
    writes_texts = True
    project_values = frozenset({"direction", "at"})

    call_id: UUID
    direction: Direction
    at: Time


class AddCall(ExistingProjectCommand[CallAdded]):
    """Record a call, made or received, about the incident."""

    subject = "projects.add-call"
    node = Node.CALLS
    part = Part.CALL
    failure_phrase = Phrase.NOT_SAVED

    call_id: UUID
    direction: Direction
    at: Time
    party: Name
    number: ShortText = ""
    duration_seconds: Seconds | None = None
    reference: ShortText = ""
    notes: Notes = ""


class CallEdited(ProjectEvent):
    """The record of a call was replaced."""

    subject = "projects.call-edited"
    writes_texts = True
    project_values = frozenset({"direction", "at"})

    call_id: UUID
    direction: Direction
    at: Time


class EditCall(ExistingProjectCommand[CallEdited]):
    """Replace the record of a call."""

    subject = "projects.edit-call"
    node = Node.CALLS
    part = Part.CALL
    failure_phrase = Phrase.NOT_SAVED

    call_id: UUID
    direction: Direction
    at: Time
    party: Name
    number: ShortText = ""
    duration_seconds: Seconds | None = None
    reference: ShortText = ""
    notes: Notes = ""


class CallDeleted(ProjectEvent):
    """The record of a call was deleted."""

    subject = "projects.call-deleted"

    call_id: UUID


class DeleteCall(ExistingProjectCommand[CallDeleted]):
    """Delete the record of a call."""

    subject = "projects.delete-call"
    node = Node.CALLS
    part = Part.CALL
    failure_phrase = Phrase.NOT_SAVED

    call_id: UUID
