"""Reading, replaying and discarding dead letters: messages that could not be handled."""

from typing import Annotated, ClassVar, Generic, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from contracts.administration import AdministrationEvent
from contracts.message import AnswerT_co, Command, Event, Message, Query
from contracts.permissions import Level, Node
from contracts.projects.queries import Limit
from contracts.texts import Part, Phrase
from contracts.values import Principal, Time

Number = Annotated[int, Field(ge=1, le=2**53 - 1)]
"""The place of a letter in the stream of dead letters."""

MessageName = Annotated[str, StringConstraints(pattern=r"^[a-z-]{1,40}[.][a-z-]{1,60}$")]
"""The subject of a message, `worker.verb` or `worker.happened`."""

Mark = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,100}$")]

ContentErasure = Literal["expired", "project-erased", "text-redacted", "key-missing"]
"""Why the content of a letter cannot be read any more: its key died, or this database never had it."""


class LetterSummary(Message):
    """A dead letter without its content.

    `what` and `command_id` are null if the message has none. `replayable` says whether it can be replayed, `hindrance`
    why not. `erasure` says why its content is gone, and `erased_at` since when.
    """

    letter: int
    at: Time
    worker: str
    principal: str
    what: str | None
    command_id: UUID | None
    reason: str
    replayable: bool
    hindrance: str | None = None
    erasure: ContentErasure | None = None
    erased_at: Time | None = None


class DeadLetters(Message):
    """A page of dead letters, oldest first; `next` is the `after` of the next page."""

    items: list[LetterSummary]
    next: int | None = None


class ListDeadLetters(Query[DeadLetters]):
    """Ask for the dead letters."""

    subject = "administration.list-dead-letters"
    is_recorded = True
    node = Node.DEAD_LETTERS

    limit: Limit = 100
    after: Annotated[int, Field(ge=0, le=2**53 - 1)] = 0


class OpenedLetter(Message):
    """A dead letter with its whole content, except for passwords.

    Without its key it has no body, and `?` with its length in place of each header, or part of the subject, that can
    have words. `body_bytes` is the length of the body in bytes; letters of earlier versions do not have it.
    """

    summary: LetterSummary
    subject: str
    headers: dict[str, str]
    body: str | None = None
    body_base64: str | None = None
    body_bytes: int | None = None


class GetDeadLetter(Query[OpenedLetter]):
    """Read a dead letter; the reading is recorded before the answer is sent."""

    subject = "administration.get-dead-letter"
    node = Node.DEAD_LETTERS

    letter: Number


class LetterEvent(AdministrationEvent):
    """An action on a dead letter; `principal` is the sender of the original message."""

    letter: int
    principal: Principal
    what: MessageName | None = None
    command_id: UUID | None = None


class LetterOpened(LetterEvent):
    """A dead letter was read."""

    subject = "administration.letter-opened"


class LetterCommand(Command[AnswerT_co], Generic[AnswerT_co]):
    """A command about one dead letter."""

    node: ClassVar[Node] = Node.DEAD_LETTERS
    part = Part.LETTER
    runs_alone = True
    """It reads the letter from its stream, which must not delay other commands."""

    letter: Number


class LetterReplayed(LetterEvent):
    """A dead letter was sent to its worker again, with the original sender and id."""

    subject = "administration.letter-replayed"


class ReplayLetter(LetterCommand[LetterReplayed]):
    """Send a dead letter to its worker again, with its original sender and id.

    It takes effect once, and only if that principal still has the permission.
    """

    subject = "administration.replay-letter"
    failure_phrase = Phrase.TRY_AGAIN_LATER


class LetterDiscarded(LetterEvent):
    """A dead letter was discarded."""

    subject = "administration.letter-discarded"


class DiscardLetter(LetterCommand[LetterDiscarded]):
    """Delete a dead letter without handling it."""

    subject = "administration.discard-letter"
    failure_phrase = Phrase.TRY_AGAIN_LATER


class LetterRemoved(Event):
    """A replayed or discarded letter was removed from the stream."""

    subject = "administration.letter-removed"

    letter: int


class RemoveLetter(Command[LetterRemoved]):
    """Remove a letter from the stream, after the reason was recorded."""

    subject = "administration.remove-letter"
    node = Node.DEAD_LETTERS
    level: ClassVar[Level] = Level.MANAGE
    part = Part.LETTER
    internal = True
    runs_alone = True

    letter: Number
    mark: Mark | None = None
