"""The base of all messages: frozen objects that refuse unknown fields and name their subject and answer."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, ClassVar, Final, Generic, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.permissions import Grants, Level, Node
from contracts.texts import Part, Phrase


class Message(BaseModel):
    """A value on the wire: strict about types, closed to unknown fields, immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Change(Message):
    """The old and new value of a field; both absent if operators write the field's text."""

    old: int | bool | str | None = None
    new: int | bool | str | None = None


class Store(StrEnum):
    """Where an activity is kept (LOG-T1 to LOG-T5)."""

    INCIDENT_MANAGER = "incident_manager"
    LOG_SERVER = "log_server"


PROJECT_STORE = frozenset({Store.INCIDENT_MANAGER})
SITE_STORE = frozenset({Store.LOG_SERVER})
BOTH_STORES = frozenset(Store)


class Event(Message):
    """Something that happened. It carries ids, numbers, dates and check boxes, never texts of operators.

    Events of administration also carry the texts of definitions, which belong to the site and not to a project. The
    event of an export carries to whom and why, which is the record of a disclosure and outlives the project.
    """

    subject: ClassVar[str]
    stores: ClassVar[frozenset[Store]] = frozenset()
    project_values: ClassVar[frozenset[str]] = frozenset()
    """Fields with values of a project's data. They are beside its activity log, and go with the project."""

    writes_texts: ClassVar[bool] = False
    """Whether texts of a project may have got another wording, whose salted hashes its activity log has."""

    registry: ClassVar[dict[str, type["Event"]]] = {}

    def individual_events(self) -> Sequence["Event"]:
        """Return the events that this one reports together, each about one project; most events report themselves."""
        return (self,)

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Register the event by its subject."""
        if "subject" in cls.__dict__:
            cls.registry[cls.subject] = cls


AnswerT_co = TypeVar("AnswerT_co", covariant=True)


BODY_BYTES_MAX: Final = 64 * 1024
"""Bytes of a body; a few commands allow more."""


class Request(Message, Generic[AnswerT_co]):
    """The base of commands and queries: a subject, the required permissions, and the type of the answer."""

    subject: ClassVar[str]
    node: ClassVar[Node]
    level: ClassVar[Level]
    body_bytes_max: ClassVar[int] = BODY_BYTES_MAX
    instead: ClassVar[Node | None] = None
    """A node that suffices instead of those that `needs` names, at the same level."""

    def needs(self) -> dict[Node, Level]:
        """Return the required permissions."""
        return {self.node: self.level}

    def missing(self, grants: Grants) -> list[Node]:
        """Return the required nodes that are not granted."""
        if self.instead and grants.allow(self.instead, self.level):
            return []
        return sorted(node for node, level in self.needs().items() if not grants.allow(node, level))

    @classmethod
    def answer(cls) -> Any:
        """Return the type of the answer, as written in the class's own base."""
        for base in cls.__mro__:
            if issubclass(base, BaseModel) and base.__pydantic_generic_metadata__["args"]:
                return base.__pydantic_generic_metadata__["args"][0]
        msg = f"{cls.__name__} does not name the type of its answer: write Command[TheEvent]."
        raise TypeError(msg)

    def read_answer(self, body: bytes) -> AnswerT_co:
        """Parse an answer without the fields that a newer system adds, so that an older client understands it."""
        kind = self.answer()
        parsed: Any = kind.model_validate_json(body, extra="ignore") if issubclass(kind, BaseModel) else body
        answer: AnswerT_co = parsed
        return answer


class Command(Request[AnswerT_co], Generic[AnswerT_co]):
    """A request for a change: accepted once, applied at most once, answered by exactly one outcome."""

    level: ClassVar[Level] = Level.MANAGE
    part: ClassVar[Part | None] = None
    failure_phrase: ClassVar[Phrase] = Phrase.TRY_AGAIN_LATER
    internal: ClassVar[bool] = False
    changes_permissions: ClassVar[bool] = False
    keyed_by_principal: ClassVar[bool] = False
    needs_licence: ClassVar[bool] = True
    runs_alone: ClassVar[bool] = False
    """Whether it is handled in its own transaction, in which it reads what earlier commands have written."""
    secrets: ClassVar[frozenset[str]] = frozenset()
    """Fields that are never stored, not even in a form from which they could be guessed."""
    registry: ClassVar[dict[str, type["Command[Any]"]]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Register the command by its subject."""
        if "subject" in cls.__dict__:
            cls.registry[cls.subject] = cls

    def key(self) -> str:
        """Return the subject token that keeps commands in order, if the body names it."""
        return "-"

    def key_for(self, principal: str) -> str:
        """Return the subject token for this caller."""
        return principal if self.keyed_by_principal else self.key()


class Query(Request[AnswerT_co], Generic[AnswerT_co]):
    """A request for information: answered at once, without changes."""

    level: ClassVar[Level] = Level.VIEW
    is_recorded: ClassVar[bool] = False
    """Whether each page of its answer is recorded as viewed (`audit.page-viewed`)."""
    registry: ClassVar[dict[str, type["Query[Any]"]]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Register the query by its subject."""
        if "subject" in cls.__dict__:
            cls.registry[cls.subject] = cls


PENDING: Final = "pending"


class Outcome(BaseModel):
    """The result of a command, as published to the principal who sent it.

    A command that takes long may be `pending` when it is asked for: `done` of `total` parts are done.
    """

    model_config = ConfigDict(frozen=True)

    command_id: UUID
    status: str
    revision: int | None = None
    result: dict[str, Any] | None = None
    events: list[UUID] | None = None
    error: dict[str, Any] | None = None
    done: int | None = None
    total: int | None = None

    @property
    def is_pending(self) -> bool:
        """Whether the command was taken and is being carried out."""
        return self.status == PENDING

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Parse an outcome that a worker published."""
        return cls.model_validate_json(body)
