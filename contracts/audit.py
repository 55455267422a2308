"""Queries of what was done, and the event of what was refused (PRJ-08, LOG, B4)."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from contracts.errors import Code
from contracts.message import BOTH_STORES, Event, Message, Query
from contracts.permissions import Node
from contracts.values import Principal, Text, Time


class AttemptRefused(Event):
    """Somebody tried what it may not do."""

    subject = "audit.refused"
    stores = BOTH_STORES

    attempted: str
    code: Code
    project_id: UUID | None = None


class SurplusCounted(Event):
    """More was refused or put aside within one minute than is recorded one by one: so many more."""

    subject = "audit.surplus-counted"
    stores = BOTH_STORES

    worker: Principal
    what: Literal["refused-attempts", "dead-letters"]
    count: int
    since: Time


class Entry(Message):
    """One activity: what was done, by whom, when, and the fields it names."""

    event_id: UUID
    at: Time
    actor: str
    activity: str
    project_id: UUID | None
    command_id: UUID | None
    revision: int | None
    details: dict[str, Any]


class Entries(Message):
    """Some entries, newest first, and the cursor after the last of them (absent on the last page)."""

    items: list[Entry]
    next: str | None = None


Limit = Annotated[int, Field(ge=1, le=500)]
Cursor = Annotated[str, Field(max_length=200)]


class ProjectActivity(Query[Entries]):
    """Ask what was done to one project."""

    subject = "audit.activity"
    node = Node.ACTIVITY_LOGS

    project_id: UUID
    limit: Limit = 100
    after: Cursor | None = None


class SiteLog(Query[Entries]):
    """Ask the log server what was done on the site, from `since` to before `until`."""

    subject = "audit.log"
    node = Node.AUDIT_LOG

    actor: Principal | None = None
    activity: Annotated[Text, Field(max_length=100)] | None = None
    since: Time | None = None
    until: Time | None = None
    limit: Limit = 100
    after: Cursor | None = None
