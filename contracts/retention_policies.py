"""Commands, events and the query of retention policies: other retention times than the site's, for some projects."""

from typing import Annotated, ClassVar, Generic, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from contracts.errors import Code, Refusal
from contracts.message import SITE_STORE, AnswerT_co, Change, Command, Event, Message, Query
from contracts.permissions import Node
from contracts.texts import Part, Phrase
from contracts.values import Name, Principal, PropertyId, Time

POLICIES_MAX = 100
"""Policies of a site."""

PolicyId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]
CountedFrom = Literal["creation", "closing", "year-end"]
"""Where the time of a policy begins. By a policy that counts from closing, a project that is open does not expire."""

Confirm = Annotated[int, Field(ge=0)]
"""The number of projects that the next sweep would delete; needed if a change lets it delete more than before."""


def require_confirmed(confirm: int | None, due: int, due_before: int) -> None:
    """Refuse a change of retention, as a conflict, that lets a sweep delete more, unless their number was confirmed.

    Fewer than confirmed are accepted: meanwhile some may have been deleted.
    """
    if due > due_before and (confirm is None or due > confirm):
        raise Refusal(Code.CONFLICT, fields=[{"field": "confirm", "kind": "not_confirmed", "size": due}], due=due)


class PolicyTerms(Message):
    """Which projects a policy is for, and how long it keeps them: years and days together, or without end.

    `property_id` is a type, a status, or a value of a category.
    """

    property_id: PropertyId
    years: Annotated[int, Field(ge=0, le=999)] = 0
    days: Annotated[int, Field(ge=0, le=365_000)] = 0
    exempt: bool = False
    counted_from: CountedFrom = "creation"

    @model_validator(mode="after")
    def _says_how_long(self) -> Self:
        if self.exempt == bool(self.years or self.days):
            kind = "years_or_days"
            raise PydanticCustomError(kind, "give years, days or both, or exempt alone")
        return self


class PolicyEvent(Event):
    """A policy, with its changes; `name` is that of its property at that time."""

    stores = SITE_STORE

    policy_id: PolicyId
    name: Name | None = None
    changed: dict[str, Change] = {}


class PolicyCommand(Command[AnswerT_co], Generic[AnswerT_co]):
    """A command about a policy, which only acts if `confirm` repeats what the next sweep would delete because of it."""

    node: ClassVar[Node] = Node.RETENTION
    part = Part.SETTINGS
    failure_phrase = Phrase.NOT_SAVED

    policy_id: PolicyId
    confirm: Confirm | None = None


class PolicySet(PolicyEvent):
    """A policy was made, or its terms were changed."""

    subject = "retention.policy-set"


class SetPolicy(PolicyTerms, PolicyCommand[PolicySet]):
    """Make a policy, or replace its terms. Of several policies for a project the longest counts, and not the settings'.

    It is a `conflict` if the next sweep would delete more projects than before, and `confirm` is not their number.
    """

    subject = "retention.set-policy"


class PolicyDeleted(PolicyEvent):
    """A policy was deleted."""

    subject = "retention.policy-deleted"


class DeletePolicy(PolicyCommand[PolicyDeleted]):
    """Delete a policy: its projects are kept as long as others are."""

    subject = "retention.delete-policy"


class Policy(PolicyTerms):
    """A policy, with the number of projects that it is for, counted up to a million."""

    policy_id: PolicyId
    set_by: Principal
    set_at: Time
    projects: int


class Policies(Message):
    """All policies of the site, by their ids."""

    policies: list[Policy]


class ListPolicies(Query[Policies]):
    """Ask for the policies of retention."""

    subject = "retention.policies"
    node = Node.RETENTION
