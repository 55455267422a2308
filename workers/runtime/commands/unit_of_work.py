"""What a handler is given beside its message: who asks, when, and the rows that the batch touches."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Command, Event, Message
from contracts.permissions import Grants
from workers.runtime.admission.licence import Licensing
from workers.runtime.commands.dead_letters import Letters

MOMENT = timedelta(microseconds=1)
"""Between two messages of a batch: no two of them share a time, so that what is ordered by time has their order."""


@dataclass(slots=True)
class Happened:
    """An event with what travels beside its body."""

    event: Event
    id: UUID
    key: str
    revision: int | None


class Rows(ABC):
    """The rows of a slice that one batch touches: loaded and locked before it, written after it, set by set."""

    @classmethod
    @abstractmethod
    async def load(cls, connection: AsyncConnection, messages: Sequence[Message]) -> Self:
        """Read and lock, with one statement per table and in id order, all that the messages may need."""

    @abstractmethod
    async def save(self, connection: AsyncConnection) -> None:
        """Write all that changed, with one statement per table."""


RowsT = TypeVar("RowsT", bound=Rows)


@dataclass(slots=True)
class Unit(Generic[RowsT]):
    """One message being handled: nothing it does is seen before the batch has been committed.

    A handler may move `now` on, never back: the messages behind it follow.
    """

    id: UUID
    principal: str
    now: datetime
    rows: RowsT
    connection: AsyncConnection
    language: str = "en"
    grants: Grants = field(default_factory=Grants)
    revision: int | None = None
    happened: list[tuple[Event, str | None]] = field(default_factory=list)
    sent: list[tuple[Command[Any], UUID]] = field(default_factory=list)

    forwarded: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    letters: Letters | None = None
    site: str = "main"
    is_unchanged: bool = False
    licensing: Licensing = field(default_factory=Licensing)

    def leave_unchanged(self, revision: int | None = None) -> None:
        """Answer as before without anything happening: this was done by an earlier command."""
        self.is_unchanged = True
        self.revision = revision

    def emit(self, event: Event, key: str | None = None) -> None:
        """Let another event be published beside the one that the handler returns."""
        self.happened.append((event, key))

    def send(self, command: Command[Any], command_id: UUID) -> None:
        """Let a command be sent as `system` once this batch has been committed."""
        self.sent.append((command, command_id))

    def forward(self, subject: str, headers: dict[str, str], body: str) -> None:
        """Let a message that was put aside travel once more, as it was, once this batch has been committed."""
        self.forwarded.append((subject, headers, body))
