"""The unit of work of a handler: caller, time, and the rows of the batch."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

from psycopg.rows import DictRow
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Command, Event, Message
from contracts.permissions import Grants
from workers.runtime.admission.licence_check import Licensing
from workers.runtime.bus.outbox import PostedRow
from workers.runtime.commands.dead_letter_reading import DeadLetterStream
from workers.runtime.storage.statement_execution import Question

TIME_STEP = timedelta(microseconds=1)
"""Between two messages of a batch: each has its own time, so that an order by time is their order."""


@dataclass(slots=True)
class EmittedEvent:
    """An event with its id, key and revision."""

    event: Event
    id: UUID
    key: str
    revision: int | None


class Rows(ABC):
    """The rows of a slice that a batch touches: loaded and locked before it, written after it, set by set."""

    @classmethod
    @abstractmethod
    async def load(cls, connection: AsyncConnection, messages: Sequence[Message]) -> Self:
        """Read and lock, with one statement per table and in id order, all rows that the messages may need."""

    @classmethod
    def questions(cls, _messages: Sequence[Message]) -> dict[str, Question]:
        """Return statements that read and lock what the messages need; by default none.

        The runtime may send them with those that read the batch's context. Some of the messages may then be refused.
        """
        return {}

    @classmethod
    async def load_rest(
        cls, connection: AsyncConnection, messages: Sequence[Message], _answers: Mapping[str, Sequence[DictRow]]
    ) -> Self:
        """Read and lock what `questions` has not, given the rows of their statements."""
        return await cls.load(connection, messages)

    @abstractmethod
    async def save(self, connection: AsyncConnection) -> None:
        """Write all changes, with one statement per table."""


RowsT = TypeVar("RowsT", bound=Rows)


@dataclass(slots=True)
class Unit(Generic[RowsT]):
    """One message being handled; its effects are visible only after the commit of the batch.

    A handler may advance `now`, never set it back: later messages follow.
    """

    id: UUID
    principal: str
    now: datetime
    rows: RowsT
    connection: AsyncConnection
    language: str = "en"
    grants: Grants = field(default_factory=Grants)
    revision: int | None = None
    emitted: list[tuple[Event, str | None]] = field(default_factory=list)
    sent: list[tuple[Command[Any], UUID]] = field(default_factory=list)

    forwarded: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    letters: DeadLetterStream | None = None
    site: str = "main"
    is_unchanged: bool = False
    licensing: Licensing = field(default_factory=Licensing)
    trace: str | None = None
    """The trace context of the command, for a handler whose outcome follows."""
    dead_letter: Callable[[], PostedRow | None] = lambda: None
    """The dead letter of the command, for the case that its work must be given up."""

    def leave_unchanged(self, revision: int | None = None) -> None:
        """Answer without an effect, because an earlier command has already had it."""
        self.is_unchanged = True
        self.revision = revision

    def emit(self, event: Event, key: str | None = None) -> None:
        """Publish an event in addition to the one that the handler returns."""
        self.emitted.append((event, key))

    def send(self, command: Command[Any], command_id: UUID) -> None:
        """Send a command as `system` after the commit of this batch."""
        self.sent.append((command, command_id))

    def forward(self, subject: str, headers: dict[str, str], body: str) -> None:
        """Replay a dead letter unchanged after the commit of this batch."""
        self.forwarded.append((subject, headers, body))
