"""What every message is: a frozen object that refuses unknown fields and names its subject and its answer."""

from enum import StrEnum
from typing import Any, ClassVar, Generic, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.permissions import Grants, Level, Node
from contracts.texts import Part, Phrase


class Message(BaseModel):
    """A value that travels: strict about types, closed to unknown fields, never changed after it was made."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Change(Message):
    """What a field was and is; both absent where the field holds what an operator wrote."""

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
    """Something that happened; carries nothing that operators wrote, only ids, numbers, dates and check boxes.

    Events of administration carry the words of definitions, too: they are of the site and of no project.
    """

    subject: ClassVar[str]
    stores: ClassVar[frozenset[Store]] = frozenset()
    registry: ClassVar[dict[str, type["Event"]]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Make the event known by its subject."""
        if "subject" in cls.__dict__:
            cls.registry[cls.subject] = cls


AnswerT_co = TypeVar("AnswerT_co", covariant=True)


class Request(Message, Generic[AnswerT_co]):
    """What commands and queries share: a subject, the permissions asked for, and the type of the answer."""

    subject: ClassVar[str]
    node: ClassVar[Node]
    level: ClassVar[Level]
    instead: ClassVar[Node | None] = None
    """A node that does as well as what `needs` names, at the same level."""

    def needs(self) -> dict[Node, Level]:
        """Name the permissions that are asked for."""
        return {self.node: self.level}

    def missing(self, grants: Grants) -> list[Node]:
        """Name the nodes that are needed and not given."""
        if self.instead and grants.allow(self.instead, self.level):
            return []
        return sorted(node for node, level in self.needs().items() if not grants.allow(node, level))

    @classmethod
    def answer(cls) -> Any:
        """Return the type of the answer, as written in the class's own base."""
        for base in cls.__mro__:
            if issubclass(base, BaseModel) and base.__pydantic_generic_metadata__["args"]:
                return base.__pydantic_generic_metadata__["args"][0]
        msg = f"{cls.__name__} does not say what it is answered with: write Command[TheEvent]."
        raise TypeError(msg)


class Command(Request[AnswerT_co], Generic[AnswerT_co]):
    """A wish: accepted once, applied at most once, answered by exactly one outcome."""

    level: ClassVar[Level] = Level.MANAGE
    part: ClassVar[Part | None] = None
    failure_phrase: ClassVar[Phrase] = Phrase.TRY_AGAIN_LATER
    internal: ClassVar[bool] = False
    changes_permissions: ClassVar[bool] = False
    keyed_by_principal: ClassVar[bool] = False
    needs_licence: ClassVar[bool] = True
    runs_alone: ClassVar[bool] = False
    """Whether it is handled in a transaction of its own, in which it reads what earlier commands have written."""
    secrets: ClassVar[frozenset[str]] = frozenset()
    """Fields that are kept nowhere, in no form from which they could be guessed."""
    registry: ClassVar[dict[str, type["Command[Any]"]]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Make the command known by its subject."""
        if "subject" in cls.__dict__:
            cls.registry[cls.subject] = cls

    def key(self) -> str:
        """Return the subject token whose commands are kept in order, where the body names it."""
        return "-"

    def key_for(self, principal: str) -> str:
        """Return the subject token for this caller."""
        return principal if self.keyed_by_principal else self.key()


class Query(Request[AnswerT_co], Generic[AnswerT_co]):
    """A question: answered at once, changes nothing."""

    level: ClassVar[Level] = Level.VIEW
    registry: ClassVar[dict[str, type["Query[Any]"]]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Make the query known by its subject."""
        if "subject" in cls.__dict__:
            cls.registry[cls.subject] = cls


class Outcome(BaseModel):
    """What became of a command, as published to the principal who sent it."""

    model_config = ConfigDict(frozen=True)

    command_id: UUID
    status: str
    revision: int | None = None
    result: dict[str, Any] | None = None
    events: list[UUID] | None = None
    error: dict[str, Any] | None = None

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Read what a worker published."""
        return cls.model_validate_json(body)
