"""Queries of activities, and the events of refused attempts (PRJ-08, LOG, B4)."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field

from contracts.errors import Code
from contracts.message import BOTH_STORES, PROJECT_STORE, Event, Message, Query
from contracts.permissions import Grants, Level, Node
from contracts.projects.watching import node_of, visible_body
from contracts.values import Principal, Time


class AttemptRefused(Event):
    """A principal tried something that it is not allowed to do."""

    subject = "audit.refused"
    stores = BOTH_STORES

    attempted: str
    code: Code
    project_id: UUID | None = None


class PageViewed(Event):
    """Somebody read a page of a list, or began to follow it: one event for all that is on the page.

    `conditions` has the names of the fields that narrowed or sorted the list, each with the ids that it named; texts
    and times are left out. `words` is the number of words that were searched, `occurrences` the number of texts that
    had them in a search for personal data, `principal` whose activities were read, and `needs` names the permissions
    that the query took.
    """

    subject = "audit.page-viewed"
    stores = PROJECT_STORE

    query: Annotated[str, Field(pattern="^[a-z.-]+$")]
    needs: list[Node]
    conditions: dict[str, list[int | UUID | None]] = {}
    words: int | None = None
    principal: Principal | None = None
    total: int
    project_ids: list[UUID]
    occurrences: int | None = None


PAGE: Final = PageViewed.subject


def visible_details(activity: str, details: Mapping[str, Any], grants: Grants) -> Mapping[str, Any]:
    """Return the details of an activity that these grants show."""
    if activity == PAGE:
        return details if all(grants.allow(node, Level.VIEW) for node in details["needs"]) else {}
    if node_of(activity) is not None:
        return visible_body(activity, details, grants) or {}
    of_hold = activity == AttemptRefused.subject and details["code"] == Code.HELD
    return {} if of_hold and not grants.allow(Node.RETENTION, Level.VIEW) else details


class SurplusCounted(Event):
    """The number of refused attempts or dead letters within one minute beyond those recorded one by one."""

    subject = "audit.surplus-counted"
    stores = BOTH_STORES

    worker: Principal
    what: Literal["refused-attempts", "dead-letters"]
    count: int
    since: Time


class Entry(Message):
    """One activity: what was done, by whom and when, with its fields in `details`.

    `labels` are the names that the categories and data fields in `details` had at that time, `names` those of the ids
    of types, statuses and values. `project_numbers` are the numbers of the `project_ids` of a page that was viewed.
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
    project_numbers: list[int] = []


class Entries(Message):
    """A page of entries, newest first, and the cursor of the next page (absent on the last page).

    `withheld` names what was requested but is not visible to the caller: `activity-logs`. On the last page,
    `dropped_before` is the time before which entries may be missing, because the logs forget what is old.
    """

    items: list[Entry]
    next: str | None = None
    withheld: list[str] = []
    dropped_before: Time | None = None


Limit = Annotated[int, Field(ge=1, le=500)]
Cursor = Annotated[str, Field(max_length=200)]


class ProjectActivity(Query[Entries]):
    """Ask for the activities of one project."""

    subject = "audit.activity"
    is_recorded = True
    node = Node.ACTIVITY_LOGS

    project_id: UUID
    limit: Limit = 100
    after: Cursor | None = None


ActivityName = Annotated[str, Field(min_length=1, max_length=100, pattern="^[a-z.-]+$")]
"""An activity, such as `projects.opened`, or the common prefix of several, such as `reports.`."""


class SiteLog(Query[Entries]):
    """Ask the log server for the activities of the site, from `since` to before `until`.

    `with_activity` adds what operators read and did in projects, which the log server does not store. It is shown to
    those with view on `incident-projects/activity-logs`, as by `audit.activity`.
    """

    subject = "audit.log"
    is_recorded = True
    node = Node.AUDIT_LOG

    actor: Principal | None = None
    activities: Annotated[list[ActivityName], Field(max_length=50)] | None = None
    project_ids: Annotated[list[UUID], Field(max_length=100)] | None = None
    with_activity: bool = False
    since: Time | None = None
    until: Time | None = None
    limit: Limit = 100
    after: Cursor | None = None
