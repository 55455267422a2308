"""Queries of what was done, and the event of what was refused (PRJ-08, LOG, B4)."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from contracts.errors import Code
from contracts.message import BOTH_STORES, Event, Message, Query
from contracts.permissions import Node
from contracts.values import Principal, Time


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
    """One activity: what was done, by whom, when, and the fields it names.

    `labels` is what the categories and data fields in `details` were called then, `names` what the ids of types,
    statuses and values in it meant then.
    """

    event_id: UUID
    at: Time
    actor: str
    activity: str
    project_id: UUID | None
    command_id: UUID | None
    revision: int | None
    details: dict[str, Any]
    project_number: int | None = None
    labels: dict[str, str] = {}
    names: dict[str, str] = {}


class Entries(Message):
    """Some entries, newest first, and the cursor after the last of them (absent on the last page).

    `withheld` names what was asked for and is not shown to the caller: `activity-logs`.
    """

    items: list[Entry]
    next: str | None = None
    withheld: list[str] = []


Limit = Annotated[int, Field(ge=1, le=500)]
Cursor = Annotated[str, Field(max_length=200)]


class ProjectActivity(Query[Entries]):
    """Ask what was done to one project."""

    subject = "audit.activity"
    node = Node.ACTIVITY_LOGS

    project_id: UUID
    limit: Limit = 100
    after: Cursor | None = None


ActivityName = Annotated[str, Field(min_length=1, max_length=100, pattern="^[a-z.-]+$")]
"""What was done, as in `projects.opened`, or how several begin, as in `reports.`."""


class SiteLog(Query[Entries]):
    """Ask the log server what was done on the site, from `since` to before `until`.

    `with_activity` asks for what operators read and did in projects, too, which no log server keeps; it is shown to
    those who have view on `incident-projects/activity-logs`, as `audit.activity` shows it.
    """

    subject = "audit.log"
    node = Node.AUDIT_LOG

    actor: Principal | None = None
    activities: Annotated[list[ActivityName], Field(max_length=50)] | None = None
    project_ids: Annotated[list[UUID], Field(max_length=100)] | None = None
    with_activity: bool = False
    since: Time | None = None
    until: Time | None = None
    limit: Limit = 100
    after: Cursor | None = None
