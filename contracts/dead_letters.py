"""Dead letters: messages that could not be handled, read, sent once more for their own sender, or discarded."""

from typing import Annotated, ClassVar, Generic
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


class LetterSummary(Message):
    """A dead letter without what it says.

    `what` and `command_id` are null where the message names none. `replayable` says whether it can be sent once more;
    `hindrance` is the reason where it cannot.
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


class DeadLetters(Message):
    """Some dead letters, the oldest first; `next` is the `after` of the following page."""

    items: list[LetterSummary]
    next: int | None = None


class ListDeadLetters(Query[DeadLetters]):
    """Ask which messages could not be handled."""

    subject = "administration.list-dead-letters"
    node = Node.DEAD_LETTERS

    limit: Limit = 100
    after: Annotated[int, Field(ge=0, le=2**53 - 1)] = 0


class OpenedLetter(Message):
    """A dead letter with all that it says; passwords are left out of it."""

    summary: LetterSummary
    subject: str
    headers: dict[str, str]
    body: str | None = None
    body_base64: str | None = None


class GetDeadLetter(Query[OpenedLetter]):
    """Read a dead letter; the reading is recorded before the answer leaves."""

    subject = "administration.get-dead-letter"
    node = Node.DEAD_LETTERS

    letter: Number


class LetterEvent(AdministrationEvent):
    """Something that was done with a dead letter; `principal` is who had sent it."""

    letter: int
    principal: Principal
    what: MessageName | None = None
    command_id: UUID | None = None


class LetterOpened(LetterEvent):
    """Somebody read a dead letter."""

    subject = "administration.letter-opened"


class LetterCommand(Command[AnswerT_co], Generic[AnswerT_co]):
    """A command about one dead letter."""

    node: ClassVar[Node] = Node.DEAD_LETTERS
    part = Part.LETTER
    runs_alone = True
    """It reads the letter where it lies, and holds up nobody meanwhile."""

    letter: Number


class LetterReplayed(LetterEvent):
    """A dead letter was handed to its worker once more; who had sent it, and its id, are the same."""

    subject = "administration.letter-replayed"


class ReplayLetter(LetterCommand[LetterReplayed]):
    """Hand a dead letter to its worker once more, as what it is: of the one who sent it, under its own id.

    It takes effect once, and only if that principal may still ask for it.
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
    """A letter that was replayed or discarded does not lie there any more."""

    subject = "administration.letter-removed"

    letter: int


class RemoveLetter(Command[LetterRemoved]):
    """Take a letter out of the stream, once it is recorded why."""

    subject = "administration.remove-letter"
    node = Node.DEAD_LETTERS
    level: ClassVar[Level] = Level.MANAGE
    part = Part.LETTER
    internal = True
    runs_alone = True

    letter: Number
    mark: Mark | None = None
